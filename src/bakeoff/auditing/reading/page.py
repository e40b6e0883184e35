"""HTML to blocks, by the standard library's parser: tables, headings, paragraphs, list items.

Scripts, styles, code and the attributes are skipped. Nothing is executed or fetched.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html.parser import HTMLParser

from bakeoff.auditing.reading.blocks import (
    Blocks,
    Comment,
    Grid,
    Heading,
    Paragraph,
    Pasted,
    RawCell,
)
from bakeoff.auditing.reading.source import Source, Text

_SKIPPED = {"script", "style", "code", "template", "noscript", "svg", "sup"}
_BREAKING = {
    "p",
    "div",
    "li",
    "ul",
    "ol",
    "br",
    "section",
    "article",
    "header",
    "footer",
    "blockquote",
    "dd",
    "dt",
    "figcaption",
    "summary",
    "body",
    "main",
    "tr",
    "hr",
    "details",
    "center",
}
_HEADINGS = {"h1", "h2", "h3", "h4", "h5", "h6"}
_BOLD = {"b", "strong"}
MAX_SPAN = 200


@dataclass(slots=True)
class _Cell:
    pieces: list[tuple[str, int, int]] = field(default_factory=list)
    bold: bool = False
    columns: int = 1
    rows: int = 1
    header: bool = False

    def raw(self, line: int) -> RawCell:
        text = _joined(self.pieces) if self.pieces else Text.of_line("", line)
        return RawCell(text, self.bold, self.columns, self.rows)


@dataclass(slots=True)
class _Table:
    line: int
    rows: list[list[_Cell]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    caption: list[tuple[str, int, int]] = field(default_factory=list)
    head: int = 0


class _Reader(HTMLParser):
    """Collects blocks; a nested table ends nothing and is not read on its own."""

    def __init__(self, source: Source, blocks: Blocks, first: int) -> None:
        super().__init__(convert_charrefs=True)
        self.source, self.blocks, self.first = source, blocks, first
        self.table: _Table | None = None
        self.cell: _Cell | None = None
        self.nested = 0
        self.skipping: list[str] = []
        self.in_caption = self.in_head = False
        self.bold = 0
        self.items = 0
        self.heading = 0
        self.pieces: list[tuple[str, int, int]] = []
        self.pre = False

    def _at(self) -> tuple[int, int]:
        line, column = self.getpos()
        return line + self.first - 1, column + 1

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "pre" and self.table is None and not self.skipping:
            self._flush()
            self.pre = True
        elif tag in _SKIPPED and not (tag == "code" and (self.cell or self.pre)):
            if len(self.skipping) < 100:
                self.skipping.append(tag)
        elif tag == "table":
            self._flush()
            if self.table is not None:
                self.nested += 1
            else:
                self.table = _Table(self._at()[0])
        elif self.table is not None and not self.nested:
            self._in_table(tag, attrs)
        elif self.table is None:
            self._in_text(tag)
        if tag in _BOLD:
            self.bold += 1
            if self.cell is not None:
                self.cell.bold = True

    def _in_table(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert self.table is not None
        if tag == "tr":
            self.cell = None
            self.table.rows.append([])
            self.table.lines.append(self._at()[0])
        elif tag in {"td", "th"}:
            if not self.table.rows:
                self.table.rows.append([])
                self.table.lines.append(self._at()[0])
            given = dict(attrs)
            self.cell = _Cell(
                columns=_span(given.get("colspan")),
                rows=_span(given.get("rowspan")),
                header=tag == "th" or self.in_head,
            )
            self.table.rows[-1].append(self.cell)
        elif tag == "caption":
            self.in_caption = True
        elif tag == "thead":
            self.in_head = True
        elif tag == "br" and self.cell is not None:
            self.cell.pieces.append((" ", *self._at()))

    def _in_text(self, tag: str) -> None:
        if tag in _HEADINGS:
            self._flush()
            self.heading = int(tag[1])
        elif tag in _BREAKING:
            self._flush()
            self.items += tag in {"ul", "ol"}

    def handle_endtag(self, tag: str) -> None:
        if self.skipping and tag == self.skipping[-1]:
            self.skipping.pop()
        elif tag == "pre" and self.pre:
            self._end_pre()
        elif tag == "table" and self.table is not None:
            if self.nested:
                self.nested -= 1
            else:
                self._end_table()
        elif tag in {"td", "th", "tr"} and not self.nested:
            self.cell = None
        elif tag == "caption":
            self.in_caption = False
        elif tag == "thead":
            self.in_head = False
        elif tag in _BOLD:
            self.bold = max(0, self.bold - 1)
        elif self.table is None and (tag in _HEADINGS or tag in _BREAKING):
            self._flush()
            self.items = max(0, self.items - (tag in {"ul", "ol"}))

    def handle_data(self, data: str) -> None:
        if self.skipping:
            return
        line, column = self._at()
        target = self.pieces
        if self.table is not None:
            if self.cell is not None and not self.nested:
                target = self.cell.pieces
            elif self.in_caption:
                target = self.table.caption
            else:
                return
        if self.pre and self.table is None:
            self._printed(data, line, column)
            return
        for number, part in enumerate(data.split("\n")):
            at = (line + number, column if number == 0 else 1)
            lead = len(part) - len(part.lstrip())
            if number:
                target.append((" ", *at))
            if part.strip():
                target.append(
                    (part[lead:] if number else part, at[0], at[1] + (lead if number else 0))
                )

    def handle_comment(self, data: str) -> None:
        line, column = self._at()
        shown = self.source.lines[line - 1] if line <= len(self.source.lines) else ""
        alone = shown.strip().startswith("<!--") and shown.strip().endswith("-->")
        self.blocks.comments.append(Comment(data[:2000], line, column, alone))

    def finish(self) -> None:
        """Close what the document left open."""
        if self.table is not None:
            self._end_table()
        self._flush()

    def _printed(self, data: str, line: int, column: int) -> None:
        for number, part in enumerate(data.split("\n")):
            if number or not self.pieces:
                self.pieces.append((part, line + number, column if number == 0 else 1))
            else:
                text, at, since = self.pieces[-1]
                self.pieces[-1] = (text + part, at, since)

    def _end_pre(self) -> None:
        lines, self.pieces, self.pre = self.pieces, [], False
        if lines:
            self.blocks.items.append(Pasted(tuple(lines)))
            self.blocks.extents.append((lines[0][1], lines[-1][1]))

    def _flush(self) -> None:
        if self.pre:
            self._end_pre()
        text = _joined(self.pieces)
        self.pieces = []
        heading, self.heading = self.heading, 0
        if not text.s.strip():
            return
        self.blocks.items.append(
            Heading(heading, text) if heading else Paragraph(text, min(self.items, 9))
        )
        self.blocks.extents.append((text.line, text.last_line))

    def _end_table(self) -> None:
        table, self.table, self.cell = self.table, None, None
        assert table is not None
        rows = [(row, line) for row, line in zip(table.rows, table.lines, strict=True) if row]
        headers = 0
        for row, _ in rows:
            if not all(cell.header for cell in row):
                break
            headers += 1
        last = self._at()[0]
        caption = _joined(table.caption) if table.caption else None
        raw = [[cell.raw(line) for cell in row] for row, line in rows]
        if raw:
            self.blocks.items.append(Grid(raw, headers, table.line, last, caption))
            self.blocks.extents.append((table.line, last))


def _span(value: str | None) -> int:
    return (
        min(max(int(value), 1), MAX_SPAN) if value and value.isdecimal() and len(value) < 6 else 1
    )


def _joined(pieces: list[tuple[str, int, int]]) -> Text:
    starts: list[tuple[int, int, int]] = []
    parts: list[str] = []
    offset = 0
    for s, line, column in pieces:
        starts.append((offset, line, column))
        parts.append(s)
        offset += len(s)
    return Text(
        "".join(parts).replace("\xa0", " ").replace("\t", " "), tuple(starts) or ((0, 1, 1),)
    )


def read_fragment(lines: list[str], first: int, last: int, source: Source, blocks: Blocks) -> None:
    """HTML of lines first to last (1-based, inclusive) put into `blocks`."""
    reader = _Reader(source, blocks, first)
    reader.feed("\n".join(lines[first - 1 : last]) + "\n")
    reader.close()
    reader.finish()


def read_html(source: Source) -> Blocks:
    """The blocks of an HTML document."""
    blocks = Blocks()
    read_fragment(source.lines, 1, len(source.lines), source, blocks)
    return in_order(blocks)


def first_line(block: Heading | Paragraph | Grid | Pasted) -> int:
    """The line a block begins at."""
    if isinstance(block, Grid):
        return block.line
    return block.lines[0][1] if isinstance(block, Pasted) else block.text.line


def in_order(blocks: Blocks) -> Blocks:
    """Blocks in document order, each comment once."""
    blocks.items.sort(key=first_line)
    blocks.extents.sort()
    seen = {(c.line, c.column): c for c in blocks.comments}
    blocks.comments = [seen[key] for key in sorted(seen)]
    return blocks
