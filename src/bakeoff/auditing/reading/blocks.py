"""What every format is turned into before claims are read: headings, paragraphs, tables, comments.

A reader of one format yields these in document order and knows nothing of claims.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from bakeoff.auditing.reading.source import Text


@dataclass(frozen=True, slots=True)
class Heading:
    """level 1 is the title."""

    level: int
    text: Text


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph, or the text of one list item. depth: 0 outside lists, 1 in a list …"""

    text: Text
    depth: int = 0


@dataclass(frozen=True, slots=True)
class RawCell:
    """One cell as written; `text.s` is cleaned of markup. columns, rows: how many it spans."""

    text: Text
    bold: bool = False
    columns: int = 1
    rows: int = 1


@dataclass(slots=True)
class Grid:
    """A table as written. headers: how many of the first rows are header rows."""

    rows: list[list[RawCell]]
    headers: int
    line: int
    last_line: int
    caption: Text | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment of the document's format. alone: nothing else stands on its line."""

    text: str
    line: int
    column: int
    alone: bool


@dataclass(slots=True)
class Blocks:
    """A document's blocks. extents: (first, last) line of each block that a comment may cover."""

    items: list[Heading | Paragraph | Grid] = field(default_factory=list)
    comments: list[Comment] = field(default_factory=list)
    extents: list[tuple[int, int]] = field(default_factory=list)
