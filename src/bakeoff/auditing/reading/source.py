"""From bytes to lines: bounded, decoded, with a place for every character."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter
from pathlib import Path

from bakeoff.auditing.claims import Place, Problem, Spot
from bakeoff.errors import BadFile

MAX_BYTES = 16 * 1024 * 1024
MAX_FILE = 64 * 1024 * 1024
"""Bytes of a document whose text is only a part of it: PDF, Word, archives of sources."""
MAX_LINE = 20_000
SHOWN = 2_000
_BOMS = (
    (b"\xef\xbb\xbf", "utf-8-sig"),
    (b"\xff\xfe\x00\x00", "utf-32"),
    (b"\x00\x00\xfe\xff", "utf-32"),
    (b"\xff\xfe", "utf-16"),
    (b"\xfe\xff", "utf-16"),
)
_TOO_LARGE = "A results document is smaller; name the file with the tables"


def load(path: Path, most: int = MAX_BYTES) -> bytes:
    """The content of a file of at most `most` bytes.

    Raises BadFile for what is missing, is no regular file, or is too large.
    """
    try:
        if path.is_dir():
            raise BadFile(path, "is a folder, not a document", "Name the file inside it")
        if path.exists() and not path.is_file():
            raise BadFile(path, "is not a regular file", "Name a document")
        with path.open("rb") as file:
            content = file.read(most + 1)
    except FileNotFoundError:
        raise BadFile(path, "does not exist", "Check the path") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise BadFile(path, f"cannot be read: {reason}", "Check the path and its rights") from None
    if len(content) > most:
        raise BadFile(path, f"is larger than {most // 2**20} MiB", _TOO_LARGE)
    return content


def decode(content: bytes, path: Path | str) -> str:
    """Bytes as text: UTF-8, or UTF-16 and UTF-32 with a byte order mark.

    Raises BadFile for what is too large, binary or in another encoding.
    """
    if len(content) > MAX_BYTES:
        raise BadFile(path, f"is larger than {MAX_BYTES // 2**20} MiB", _TOO_LARGE)
    encoding = next((name for bom, name in _BOMS if content.startswith(bom)), "utf-8")
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        what = "is not text" if b"\0" in content[:8192] else "is not UTF-8 text"
        raise BadFile(path, what, "Save it as UTF-8", line=line) from None
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        raise BadFile(path, "is not text: it holds zero bytes", "Save it as UTF-8", line=line)
    return text


@dataclass
class Source:
    """A document's lines, and the problems met while reading it.

    Lines end at \\n, \\r\\n or \\r only, as editors count them. A line longer than MAX_LINE is cut
    there and noted as a problem, so that no pattern ever sees an unbounded line. spots: where each
    line stands in the document as a person has it; empty where that is simply its number.
    """

    file: str
    lines: list[str]
    problems: list[Problem] = field(default_factory=list)
    spots: Sequence[Spot] = ()

    @classmethod
    def of(cls, text: str, file: str, spots: Sequence[Spot] = ()) -> Source:
        """From text; raises BadFile if it is larger than MAX_BYTES characters."""
        if len(text) > MAX_BYTES:
            raise BadFile(file, f"is larger than {MAX_BYTES // 2**20} MiB", _TOO_LARGE)
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        source = cls(file, lines, spots=spots)
        for index, line in enumerate(source.lines):
            if len(line) > MAX_LINE:
                source.lines[index] = line[:MAX_LINE]
                source.problem(
                    index + 1, f"only the first {MAX_LINE} characters of this line were read"
                )
        return source

    def holding(self, *words: str) -> Iterator[tuple[int, str]]:
        """The lines, with their numbers, that hold one of some words in any letter case."""
        if not any(word in self._folded for word in words):
            return
        for number, line in enumerate(self.lines, start=1):
            folded = line.lower()
            if any(word in folded for word in words):
                yield number, line

    @cached_property
    def _folded(self) -> str:
        return "\n".join(self.lines).lower()

    def place(self, line: int, column: int = 1, length: int = 0) -> Place:
        """The place of `length` characters at 1-based line and column."""
        text = self.lines[line - 1] if 0 < line <= len(self.lines) else ""
        spot = self.spots[line - 1] if 0 < line <= len(self.spots) else None
        return Place(self.file, line, column, text[:SHOWN], length, spot)

    def problem(self, line: int, message: str) -> None:
        """Note something that could not be read."""
        self.problems.append(Problem(self.place(line), message))


@dataclass(slots=True, unsafe_hash=True)
class Text:
    """A stretch of prose whose every character knows its place.

    starts: (offset in `s`, line, column) of each contiguous piece, ascending. bold: (start, end)
    offsets of emphasised stretches.
    """

    s: str
    starts: tuple[tuple[int, int, int], ...]
    bold: tuple[tuple[int, int], ...] = ()

    def at(self, offset: int) -> tuple[int, int]:
        """1-based line and column of the character at `offset`."""
        starts = self.starts
        at = 0 if len(starts) == 1 else bisect_right(starts, offset, key=itemgetter(0)) - 1
        start, line, column = starts[at]
        return line, column + offset - start

    @property
    def line(self) -> int:
        """The first line."""
        return self.starts[0][1]

    @property
    def last_line(self) -> int:
        """The last line."""
        return self.starts[-1][1]

    @classmethod
    def of_line(cls, s: str, line: int, column: int = 1) -> Text:
        """One line of text."""
        return cls(s, ((0, line, column),))

    @classmethod
    def join(cls, pieces: list[tuple[str, int, int]]) -> Text:
        """Pieces (text, line, column) joined by single blanks."""
        parts: list[str] = []
        starts: list[tuple[int, int, int]] = []
        offset = 0
        for s, line, column in pieces:
            starts.append((offset, line, column))
            parts.append(s)
            offset += len(s) + 1
        return cls(" ".join(parts), tuple(starts) or ((0, 1, 1),))

    def is_bold(self, offset: int) -> bool:
        """True if the character at `offset` is emphasised."""
        return any(a <= offset < b for a, b in self.bold)
