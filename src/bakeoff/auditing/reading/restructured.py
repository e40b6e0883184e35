"""reStructuredText to blocks: titles, paragraphs, simple and grid tables, list and csv tables,
literal blocks, comments. Directives that hold no text (figures, images, toctree) are skipped.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from itertools import pairwise

from bakeoff.auditing.reading.blocks import (
    Blocks,
    Comment,
    Grid,
    Heading,
    Paragraph,
    Pasted,
    RawCell,
)
from bakeoff.auditing.reading.page import in_order
from bakeoff.auditing.reading.source import Source, Text

_ADORNMENT = re.compile(r"^([=\-`:'\"~^_*+#<>.])\1{2,}\s*$")
_RULER = re.compile(r"^\s*=+(?:\s+=+)+\s*$")
_SUB_RULER = re.compile(r"^\s*-+(?:\s+-+)*\s*$")
_GRID = re.compile(r"^\s*\+(?:[-=]+\+)+\s*$")
_DIRECTIVE = re.compile(r"^(\s*)\.\.\s+([\w-]+)::\s*(.*)$")
_COMMENT = re.compile(r"^(\s*)\.\.(?:\s+(.*))?$")
_OPTION = re.compile(r"^\s+:([\w-]+):\s*(.*)$")
_BULLET = re.compile(r"^(\s*)(?:[-*+•]|\d{1,3}[.)]|\(?[a-z][.)]|#\.)\s+")
_ITEM = re.compile(r"^(\s*)\*\s+-(?:\s+|$)")
_NEXT = re.compile(r"^(\s+)-(?:\s+|$)")
_ROLE = re.compile(
    r":[\w:+.-]{1,40}:`([^`<]{1,200})(?:<[^`>]{0,300}>)?`|`([^`<]{1,200})<[^`>]{0,300}>`__?"
)
_MARKUP = re.compile(r"\*\*|(?<!\w)\*(?=\S)|(?<=\S)\*(?!\w)|``|`_{0,2}|\|(?=\w)|(?<=\w)\|_?")
_SKIPPED = frozenset({
    "image", "figure", "toctree", "include", "literalinclude", "raw", "math", "autofunction",
    "autoclass", "automodule", "plot", "contents", "highlight", "index", "only",
})  # fmt: skip
_LITERAL = frozenset({"code-block", "code", "parsed-literal", "sourcecode"})
_PRINTED = frozenset({"", "text", "none", "console", "bash", "shell", "default", "output"})


def read_restructured(source: Source) -> Blocks:
    """The blocks of a document in reStructuredText."""
    return in_order(_Reader(source).read())


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source, self.lines = source, source.lines
        self.blocks = Blocks()
        self.levels: list[str] = []

    def read(self) -> Blocks:
        index = 0
        while index < len(self.lines):
            index = self._next(index)
        return self.blocks

    def _next(self, i: int) -> int:
        line = self.lines[i]
        if not line.strip():
            return i + 1
        if _GRID.match(line):
            return self._grid(i)
        if _RULER.match(line):
            return self._simple(i)
        if match := _DIRECTIVE.match(line):
            return self._directive(i, match)
        if match := _COMMENT.match(line):
            return self._comment(i, match)
        if title := self._title(i):
            return title
        return self._paragraph(i)

    def _title(self, i: int) -> int | None:
        """A line over or between adornments; 0-based index after it."""
        lines = self.lines
        over = _ADORNMENT.match(lines[i])
        if over and i + 2 < len(lines) and _ADORNMENT.match(lines[i + 2]) and lines[i + 1].strip():
            self._heading(i + 1, over.group(1) * 2)
            return i + 3
        under = _ADORNMENT.match(lines[i + 1]) if i + 1 < len(lines) else None
        if under and not over and not lines[i][:1].isspace() and len(lines[i + 1].strip()) >= 3:
            self._heading(i, under.group(1))
            return i + 2
        return i + 1 if over else None

    def _heading(self, i: int, mark: str) -> None:
        if mark not in self.levels:
            self.levels.append(mark)
        level = min(self.levels.index(mark) + 1, 6)
        self.blocks.items.append(Heading(level, _text(self.lines[i], i + 1)))
        self.blocks.extents.append((i + 1, i + 2))

    def _paragraph(self, i: int) -> int:
        last = i
        pieces: list[tuple[str, int, int]] = []
        depth = 0
        while last < len(self.lines) and self.lines[last].strip():
            line = self.lines[last]
            bullet = _BULLET.match(line)
            if last > i and (bullet or _DIRECTIVE.match(line) or _GRID.match(line)):
                break
            start = bullet.end() if bullet else len(line) - len(line.lstrip())
            depth = max(depth, len(bullet.group(1)) // 2 + 1) if bullet else depth
            pieces.append((line[start:], last + 1, start + 1))
            last += 1
        literal = pieces[-1][0].rstrip().endswith("::")
        text = Text.join([(_plain(s), n, c) for s, n, c in pieces])
        self.blocks.items.append(Paragraph(text, min(depth, 9)))
        self.blocks.extents.append((i + 1, last))
        return self._literal(last, False) if literal else last

    def _indented(self, i: int, base: int = 0) -> tuple[int, int]:
        """(first, end) of the indented lines from i on, blank ones at both ends left out."""
        while i < len(self.lines) and not self.lines[i].strip():
            i += 1
        end = i
        last = i
        while end < len(self.lines):
            line = self.lines[end]
            if line.strip():
                if len(line) - len(line.lstrip()) <= base:
                    break
                last = end + 1
            end += 1
        return i, last

    def _literal(self, i: int, code: bool, base: int = 0) -> int:
        first, end = self._indented(i, base)
        taken = tuple((self.lines[n], n + 1, 1) for n in range(first, end))
        if taken:
            self.blocks.items.append(Pasted(taken, code))
            self.blocks.extents.append((first + 1, end))
        return max(end, i)

    def _comment(self, i: int, match: re.Match[str]) -> int:
        first, end = self._indented(i + 1, len(match.group(1)))
        said = match.group(2) or ""
        if not said.startswith(("_", "[", "|")):
            text = " ".join([said, *(self.lines[n].strip() for n in range(first, end))])
            self.blocks.comments.append(Comment(text[:2000], i + 1, 1, True))
            return max(end, i + 1)
        return i + 1

    def _directive(self, i: int, match: re.Match[str]) -> int:
        base, name, argument = len(match.group(1)), match.group(2).lower(), match.group(3).strip()
        options: dict[str, str] = {}
        body = i + 1
        while body < len(self.lines) and (option := _OPTION.match(self.lines[body])):
            options[option.group(1).lower()] = option.group(2).strip()
            body += 1
        first, end = self._indented(body, base)
        caption = Text.of_line(argument, i + 1, match.start(3) + 1) if argument else None
        headers = (
            int(options.get("header-rows", "0"))
            if options.get("header-rows", "0").isdecimal()
            else 0
        )
        if name == "list-table":
            self._add(self._list_rows(first, end), headers, i, end, caption)
        elif name == "csv-table":
            self._csv(first, end, options, headers, i, caption)
        elif name in _LITERAL:
            return self._literal(body, argument.lower() not in _PRINTED, base)
        elif name in _SKIPPED:
            return max(end, body)
        else:  # its text is read as any other: ".. table:: Caption", ".. note::"
            if caption is not None and name == "table" and first < len(self.lines):
                before = len(self.blocks.items)
                after = (
                    self._next(first)
                    if _GRID.match(self.lines[first]) or _RULER.match(self.lines[first])
                    else first
                )
                for item in self.blocks.items[before:]:
                    if isinstance(item, Grid):
                        item.caption = caption
                return after
            if caption is not None:
                self.blocks.items.append(Paragraph(caption))
            return max(first if end > first else end, i + 1)
        return max(end, body)

    def _add(
        self, rows: list[list[RawCell]], headers: int, first: int, end: int, caption: Text | None
    ) -> None:
        if rows:
            self.blocks.items.append(Grid(rows, headers, first + 1, end, caption))
            self.blocks.extents.append((first + 1, end))

    def _list_rows(self, first: int, end: int) -> list[list[RawCell]]:
        rows: list[list[RawCell]] = []
        pieces: list[tuple[str, int, int]] = []

        def close() -> None:
            if rows and pieces:
                rows[-1].append(_cell(pieces))
            pieces.clear()

        for n in range(first, end):
            line = self.lines[n]
            start = _ITEM.match(line)
            further = None if start else _NEXT.match(line)
            if start or further:
                close()
                if start:
                    rows.append([])
                at = (start or further).end()  # type: ignore[union-attr]
                pieces.append((line[at:], n + 1, at + 1))
            elif line.strip() and pieces:
                at = len(line) - len(line.lstrip())
                pieces.append((line[at:], n + 1, at + 1))
        close()
        return rows

    def _csv(
        self,
        first: int,
        end: int,
        options: dict[str, str],
        headers: int,
        i: int,
        caption: Text | None,
    ) -> None:
        mark = {"tab": "\t", "space": " "}.get(
            options.get("delim", ","), options.get("delim", ",")[:1] or ","
        )
        rows: list[list[RawCell]] = []
        if "header" in options:
            number = next(n for n in range(i, end) if ":header:" in self.lines[n])
            rows.append(_split(options["header"], number + 1, self.lines[number], mark))
            headers += 1
        for n in range(first, end):
            if self.lines[n].strip():
                rows.append(_split(self.lines[n], n + 1, self.lines[n], mark))
        self._add(rows, headers, i, end, caption)

    def _simple(self, i: int) -> int:
        """Columns under rulers of "="; the header stands between the first two."""
        lines = self.lines
        spans = [m.span() for m in re.finditer(r"=+", lines[i])]
        rulers = [i]
        rows: list[tuple[int, list[RawCell]]] = []
        n = i + 1
        while n < len(lines):
            line = lines[n]
            if _RULER.match(line):
                rulers.append(n)
                closed = n + 1 >= len(lines) or not lines[n + 1].strip()
                if closed or len(rulers) == 3:
                    break
            elif line.strip() and not _SUB_RULER.match(line):
                rows.append((n, _columns(line, n + 1, spans)))
            elif not line.strip() and (n + 1 >= len(lines) or not lines[n + 1].strip()):
                break
            n += 1
        joined: list[list[RawCell]] = []
        headers = 0
        for at, row in rows:
            if (
                joined
                and not row[0].text.s
                and row[0].text.s == ""
                and not any(c.isdigit() for c in lines[at])
            ):
                continue  # a row's second line of words
            joined.append(row)
            headers += len(rulers) > 2 and at < rulers[1]
        self._add(joined, headers, i, n + 1, None)
        return n + 1

    def _grid(self, i: int) -> int:
        """Cells between "+", "-" and "|"; several lines of a cell are joined."""
        lines = self.lines
        end = i
        while end < len(lines) and lines[end].lstrip().startswith(("+", "|")):
            end += 1
        edges = [m.start() for m in re.finditer(r"\+", lines[i])]
        rows: list[list[RawCell]] = []
        headers = 0
        pieces: list[list[tuple[str, int, int]]] = [[] for _ in edges[1:]]
        for n in range(i + 1, end):
            line = lines[n]
            if _GRID.match(line):
                if any(pieces):
                    rows.append([_cell(p) if p else _cell([("", n, 1)]) for p in pieces])
                pieces = [[] for _ in edges[1:]]
                headers = len(rows) if "=" in line else headers
                continue
            for c, (a, b) in enumerate(pairwise(edges)):
                part = line[a + 1 : b]
                if part.strip(" |"):
                    lead = len(part) - len(part.lstrip())
                    pieces[c].append((part.strip(), n + 1, a + 2 + lead))
        self._add(rows, headers or 1, i, end, None)
        return max(end, i + 1)


def _columns(line: str, number: int, spans: Sequence[tuple[int, int]]) -> list[RawCell]:
    row: list[RawCell] = []
    for c, (a, _) in enumerate(spans):
        b = spans[c + 1][0] if c + 1 < len(spans) else len(line)
        part = line[a:b]
        lead = len(part) - len(part.lstrip())
        row.append(_cell([(part.strip(), number, a + 1 + lead)]))
    return row


def _split(text: str, number: int, line: str, mark: str) -> list[RawCell]:
    cells = next(csv.reader([text.strip()], delimiter=mark, skipinitialspace=True), [])
    row: list[RawCell] = []
    position = 0
    for cell in cells[:200]:
        at = line.find(cell, position)
        position = at + len(cell) if at >= 0 else position
        row.append(_cell([(cell.strip(), number, max(at, 0) + 1)]))
    return row


def _cell(pieces: Sequence[tuple[str, int, int]]) -> RawCell:
    bold = any("**" in s for s, _, _ in pieces)
    return RawCell(Text.join([(_plain(s).strip(), n, c) for s, n, c in pieces]), bold)


def _plain(s: str) -> str:
    """Roles, links and emphasis taken away."""
    return _MARKUP.sub("", _ROLE.sub(lambda m: (m.group(1) or m.group(2)).strip(), s))


def _text(line: str, number: int) -> Text:
    lead = len(line) - len(line.lstrip())
    return Text.of_line(_plain(line.strip()), number, lead + 1)
