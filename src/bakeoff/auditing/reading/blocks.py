"""What every format is turned into before claims are read: headings, paragraphs, tables, comments.

A reader of one format yields these in document order and knows nothing of claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bakeoff.auditing.reading.source import Text


@dataclass(slots=True, unsafe_hash=True)
class Heading:
    """level 1 is the title."""

    level: int
    text: Text


@dataclass(slots=True, unsafe_hash=True)
class Paragraph:
    """A paragraph, or the text of one list item. depth: 0 outside lists, 1 in a list …"""

    text: Text
    depth: int = 0


@dataclass(slots=True, unsafe_hash=True)
class RawCell:
    """One cell as written; `text.s` is cleaned of markup. columns, rows: how many it spans."""

    text: Text
    bold: bool = False
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class Grid:
    """A table as written. headers: how many first rows are header rows. cell: as `Pasted`."""

    rows: list[list[RawCell]]
    headers: int
    line: int
    last_line: int
    caption: Text | None = None
    cell: str = ""


@dataclass(slots=True, unsafe_hash=True)
class Pasted:
    """Text set as it was printed: a code fence, an indented block, a log, a notebook's output.

    lines: (text, line, column), column 1-based. code: source code, read for what it names and for
    no figures. cell: of a notebook's output, which its neighbours say nothing about.
    """

    lines: tuple[tuple[str, int, int], ...]
    code: bool = False
    cell: str = ""

    @property
    def text(self) -> Text:
        """The lines, each at its place."""
        starts: list[tuple[int, int, int]] = []
        offset = 0
        for s, line, column in self.lines:
            starts.append((offset, line, column))
            offset += len(s) + 1
        return Text("\n".join(s for s, _, _ in self.lines), tuple(starts) or ((0, 1, 1),))


@dataclass(slots=True, unsafe_hash=True)
class Comment:
    """A comment of the document's format. alone: nothing else stands on its line."""

    text: str
    line: int
    column: int
    alone: bool


@dataclass(slots=True)
class Blocks:
    """A document's blocks. extents: (first, last) line of each block that a comment may cover.
    left: figures that stand in what was not made a block of."""

    items: list[Heading | Paragraph | Grid | Pasted] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
    left: int = 0
