"""Which documents a call names: files, folders of them, and standard input."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bakeoff.auditing.claims import Document, Place, Problem
from bakeoff.auditing.reading import read
from bakeoff.auditing.reading.formats import in_a_folder, read_content
from bakeoff.auditing.reading.source import MAX_FILE
from bakeoff.errors import BadFile, UsageError
from bakeoff.progress import tracked

STDIN = "-"
STDIN_NAME = "<stdin>"
MAX_FOUND = 100_000
"""Files of a folder that are looked at."""
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "site-packages", "venv"})
FEW = 8
"""Fewer documents than this are read one after the other: starting processes takes longer."""


@dataclass(slots=True)
class Gathered:
    """documents: each with whether it was found in a folder, not named. left_alone: by the ending
    of its name, how many files of the folders hold no document that is read."""

    documents: list[tuple[Path, bool]] = field(default_factory=list)
    left_alone: Counter[str] = field(default_factory=Counter)


def gather(paths: Sequence[str | Path]) -> Gathered:
    """The documents that the paths name, those of a folder in order of their names, each once.

    Files that a LaTeX document among them takes in are read with it, and not by themselves.

    Raises UsageError if a folder holds no document.
    """
    found = Gathered()
    seen: set[Path] = set()
    for path in map(Path, paths):
        if str(path) == STDIN or not path.is_dir():
            members, in_folder = [path], False
        else:
            members, in_folder = list(_inside(path, found.left_alone)), True
            if not members:
                raise UsageError(f"{path} holds no document", "Name one with results")
        for member in members:
            if member not in seen:
                seen.add(member)
                found.documents.append((member, in_folder))
    sources = [p for p, _ in found.documents if p.suffix.lower() in (".tex", ".ltx", ".latex")]
    if len(sources) > 1:
        from bakeoff.auditing.reading.arxiv import parts_of

        parts = set[Path]().union(*map(parts_of, sources))
        found.documents = [d for d in found.documents if d[0] not in parts]
    return found


def _inside(folder: Path, left_alone: Counter[str]) -> Iterator[Path]:
    looked_at = 0
    for place, folders, files in os.walk(folder):  # links are not followed
        kept = (f for f in folders if not f.startswith(".") and f not in SKIPPED_FOLDERS)
        folders[:] = sorted(kept)
        for name in sorted(files):
            looked_at += 1
            if looked_at > MAX_FOUND:
                raise UsageError(
                    f"{folder} holds more than {MAX_FOUND:,} files", "Name the folders with results"
                )
            path = Path(place, name)
            if in_a_folder(path):
                yield path
            else:
                left_alone[path.suffix.lower() or name] += 1


def read_all(paths: Sequence[str | Path], workers: int | None = 1) -> list[Document]:
    """Every document that the paths name.

    workers: processes to read in; None takes one a processor where there is enough to read.
    Raises BadFile for a named document that cannot be read; one that was found in a folder is
    read as nothing, and its problem says why.
    """
    wanted = gather(paths).documents
    if workers is None:
        workers = min(_processors(), len(wanted)) if len(wanted) >= FEW else 1
    return list(_read(wanted, max(1, workers)))


def _read(wanted: list[tuple[Path, bool]], workers: int) -> Iterator[Document]:
    if workers == 1:
        for path, found in tracked(wanted, "reading documents"):
            yield one(path, found)
        return
    from concurrent.futures import ProcessPoolExecutor
    from multiprocessing import get_context

    # Started afresh and not forked: whoever shows progress has threads.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        results = pool.map(_outcome, wanted, chunksize=max(1, min(16, len(wanted) // workers // 4)))
        for _, outcome in zip(tracked(wanted, "reading documents"), results, strict=True):
            yield outcome()


def _outcome(wanted: tuple[Path, bool]) -> Callable[[], Document]:
    try:
        return partial(_same, one(*wanted))
    except BadFile as error:
        return partial(_raise, error)


def _same(document: Document) -> Document:
    return document


def _raise(error: BadFile) -> Document:
    raise error


def one(path: Path, found: bool = False) -> Document:
    """One document, or standard input for "-". found: in a folder, so it may be unreadable."""
    if str(path) == STDIN:
        return read_content(sys.stdin.buffer.read(MAX_FILE + 1)[: MAX_FILE + 1], STDIN_NAME)
    try:
        return read(path)
    except BadFile as error:
        if not found:
            raise
        said = error.message.removeprefix(f"{path}: ").removeprefix(f"{path}:")
        place = Place(str(path), error.line or 1, 1)
        return Document(str(path), "markdown", (), problems=(Problem(place, said),))


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
