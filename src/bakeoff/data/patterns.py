"""`--exclude`: shell patterns of files and folders that are left out; none without an effect."""

from __future__ import annotations

import difflib
import fnmatch
import os
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import UsageError

MOST_COMPARED = 10_000
"""Names that a pattern without a match is compared with, to find the one that was meant."""


@dataclass(frozen=True)
class Pattern:
    """One pattern: `text` as it is matched and recorded, relative to the set's folder."""

    text: str
    folders_only: bool

    def matches(self, relative: str, *, is_folder: bool) -> bool:
        """Whether it names the file or folder at `relative` (composed Unicode, "/" between)."""
        if self.folders_only and not is_folder:
            return False
        return relative == self.text or fnmatch.fnmatchcase(relative, self.text)


class Patterns:
    """The patterns of one listing, and which of them left something out.

    `./x` is x, `x/` is the folder x, `x//y` is x/y, as in a shell; a path as an error message
    names it (from the working folder, or absolute) is the file below `root`; all else is a shell
    pattern relative to `root`, whose `*` also matches "/". Capitals count.
    """

    def __init__(self, root: Path, given: Sequence[str]) -> None:
        self._root = root
        self._patterns = [_normal(root, pattern) for pattern in given]
        self._effective: set[Pattern] = set()

    @property
    def texts(self) -> tuple[str, ...]:
        """The patterns as they are recorded."""
        return tuple(p.text + "/" * p.folders_only for p in self._patterns)

    def leave_out(self, path: Path) -> bool:
        """Whether a pattern names `path`, which lies below the root."""
        if not self._patterns:
            return False
        relative = _relative(path, self._root)
        is_folder = any(p.folders_only for p in self._patterns) and path.is_dir()
        hits = [p for p in self._patterns if p.matches(relative, is_folder=is_folder)]
        self._effective.update(hits)
        return bool(hits)

    def names_something(self) -> bool:
        """Whether any pattern names a file or folder below the root."""
        every = _everything(self._root)
        return any(
            p.matches(name, is_folder=folder) for name, folder in every for p in self._patterns
        )

    def require_effect(self) -> None:
        """Raise UsageError for a pattern that names nothing below the root.

        To be called when everything was looked at. A pattern that names only what is left out or
        not used anyway passes.
        """
        idle = [p for p in self._patterns if p not in self._effective]
        if not idle:
            return
        every = list(_everything(self._root))
        for pattern in idle:
            if not any(pattern.matches(name, is_folder=folder) for name, folder in every):
                raise UsageError(
                    f"the pattern to exclude {pattern.text + '/' * pattern.folders_only!r} names "
                    f"nothing in {self._root}",
                    _hint(pattern, every),
                )


def _normal(root: Path, given: str) -> Pattern:
    path, folder = Path(given).absolute(), root.absolute()
    inside = path != folder and path.is_relative_to(folder) and os.path.lexists(path)
    text = path.relative_to(folder).as_posix() if inside else given
    steps = [step for step in text.split("/") if step not in ("", ".")]
    named = "/" * text.startswith("/") + "/".join(steps)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        raise UsageError(
            f"the pattern to exclude {given!r} is not UTF-8, so no record can hold it",
            "Write * for the characters in question",
        ) from None
    if not steps:
        raise UsageError(
            f"the pattern to exclude {given!r} names no file or folder",
            "Give a path or pattern inside the set",
        )
    return Pattern(unicodedata.normalize("NFC", named), given.endswith("/"))


def _relative(path: Path, root: Path) -> str:
    return unicodedata.normalize("NFC", path.relative_to(root).as_posix())


def _everything(root: Path) -> Iterator[tuple[str, bool]]:
    """Every file and folder below `root`, relative to it, and whether it is a folder."""
    for folder, inner, files in os.walk(root):
        for names, is_folder in ((inner, True), (files, False)):
            for name in names:
                yield _relative(Path(folder) / name, root), is_folder


def _hint(pattern: Pattern, every: list[tuple[str, bool]]) -> str:
    folded = Pattern(pattern.text.casefold(), pattern.folders_only)
    for name, is_folder in every:
        if folded.matches(name.casefold(), is_folder=is_folder):
            return f"In other capitals it would name {name!r}: capitals count"
    near = difflib.get_close_matches(pattern.text, [name for name, _ in every[:MOST_COMPARED]], n=1)
    if near:
        return f"Did you mean {near[0]!r}?"
    example = next((name for name, is_folder in every if not is_folder), "class/image.png")
    return f"Patterns are relative to that folder, such as {example!r}"
