"""Tables of a PDF, from where their words stand: a column is white that runs through the rows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bakeoff.auditing.reading.blocks import Grid, RawCell
from bakeoff.auditing.reading.cells import read_cell
from bakeoff.auditing.reading.pdf_lines import CELL_GAP, Line
from bakeoff.auditing.reading.pdf_words import Word
from bakeoff.auditing.reading.source import Text

CLOSE = 0.5
"""Ems between the words of one cell at most."""
MOST_HEADERS = 4
LARGEST_GAP = 2.8
"""Ems from one row to the next at most; rules take some room."""
_BULLET = re.compile(r"[•◦▪–—*]|\(?[a-z0-9]{1,3}[.)]$")
CAPTION = re.compile(r"(?:table|tab\.)\s?[A-Z]{0,2}\.?\d{0,3}\s?[:.|–—]", re.IGNORECASE)
_SECTION = re.compile(r"(?:[A-Z]|\d{1,2})(?:\.\d{1,2}){0,3}\.?$")


def is_tabular(line: Line) -> bool:
    """Whether a line has the gaps of a table's row; list items and headings have one too."""
    parts = line.segments()
    if len(parts) < 2:
        return False
    first = line.say(parts[0])
    if CAPTION.match(line.say(line.words)):
        return False
    return not (len(parts) == 2 and (_BULLET.match(first) or _SECTION.match(first)))


def runs(lines: Sequence[Line]) -> Iterator[tuple[list[Line], bool]]:
    """The lines in order, cut into tables (True) and the rest (False)."""
    rest: list[Line] = []
    at = 0
    while at < len(lines):
        end = _table_end(lines, at)
        if end > at:
            if rest:
                yield rest, False
            rest = []
            yield list(lines[at:end]), True
            at = end
        else:
            rest.append(lines[at])
            at += 1
    if rest:
        yield rest, False


def _table_end(lines: Sequence[Line], start: int) -> int:
    """The line after the table that begins at `start`; `start` if none does."""
    if not is_tabular(lines[start]):
        return start
    end = last = start + 1
    reach = lines[start].x1
    begin = lines[start].x0
    while end < len(lines):
        line = lines[end]
        if line.y - lines[end - 1].y > LARGEST_GAP * line.size:
            break
        if CAPTION.match(line.say(line.words)):
            break
        if is_tabular(line) or _fits(line, lines[start:last]):
            last = end + 1
            reach, begin = max(reach, line.x1), min(begin, line.x0)
        elif end - last >= 1 or line.x1 - line.x0 > 0.6 * (reach - begin):
            break  # one short line between rows heads a group of them
        end += 1
    rows = [line for line in lines[start:last] if is_tabular(line)]
    rows = rows if len(rows) > 1 else list(lines[start:last])
    numeric = sum(any(read_cell(line.say(s)) for s in line.segments(0.3)[1:]) for line in rows)
    return last if len(rows) >= 2 and 2 * numeric >= len(rows) else start


def _fits(line: Line, rows: Sequence[Line]) -> bool:
    """Whether a line with narrow gaps leaves white what the rows above leave white."""
    spans = sorted(
        (s[0].x0, max(w.x1 for w in s)) for row in rows if is_tabular(row) for s in row.segments()
    )
    reach = spans[0][1] if spans else 0.0
    fits = 0
    for x0, x1 in spans:
        if x0 > reach:
            middle = (reach + x0) / 2
            if any(w.x0 < middle < w.x1 for w in line.words):
                return False
            fits += line.x0 < middle < line.x1
        reach = max(reach, x1)
    return fits > 0


@dataclass(slots=True)
class _Part:
    words: list[Word]
    x0: float
    x1: float

    @property
    def middle(self) -> float:
        return (self.x0 + self.x1) / 2


def to_grid(lines: Sequence[Line], said: list[str]) -> Grid:
    """The rectangle. said: the text of each line, in which cells have their places."""
    parts = [
        [_Part(s, s[0].x0, max(w.x1 for w in s)) for s in line.segments(CLOSE)] for line in lines
    ]
    columns = _columns(lines, parts)
    placed = [_place(row, columns) for row in parts]
    rows: list[list[RawCell]] = []
    headers = _headers(lines, placed)
    for n, (line, cells) in enumerate(zip(lines, placed, strict=True)):
        if n < headers:
            cells = _spread(parts[n], columns) or cells
        rows.append(_row(line, cells, len(columns), said[n]))
    headers = headers if headers < len(rows) else 0
    return Grid(rows, headers, lines[0].number, lines[-1].number)


def _columns(lines: Sequence[Line], parts: Sequence[Sequence[_Part]]) -> list[tuple[float, float]]:
    """(from, to) of each column: the union of what stands in the rows that have most parts."""
    most = max(len(row) for row in parts)
    size = lines[0].size
    spans = sorted((p.x0, p.x1) for row in parts if len(row) >= max(2, 0.6 * most) for p in row)
    columns: list[list[float]] = []
    for x0, x1 in spans:
        if columns and x0 <= columns[-1][1] + 0.15 * size:
            columns[-1][1] = max(columns[-1][1], x1)
        else:
            columns.append([x0, x1])
    return [(a, b) for a, b in columns]


_Placed = dict[int, tuple[list[_Part], int]]
"""By first column: the parts of a cell, and how many columns it spans."""


def _place(row: Sequence[_Part], columns: Sequence[tuple[float, float]]) -> _Placed:
    cells: _Placed = {}
    for part in row:
        over = [n for n, (a, b) in enumerate(columns) if min(b, part.x1) - max(a, part.x0) > 0]
        if not over:
            over = [min(range(len(columns)), key=lambda n: abs(sum(columns[n]) / 2 - part.middle))]
        first = over[0]
        if first in cells:
            cells[first][0].append(part)
        else:
            cells[first] = ([part], len(over))
    return cells


def _spread(row: Sequence[_Part], columns: Sequence[tuple[float, float]]) -> _Placed | None:
    """Labels that are each centred over as many columns as the others; None if they are not."""
    for skipped in range(min(3, len(columns))):
        under = columns[skipped:]
        own = [p for p in row if not skipped or p.middle > columns[skipped - 1][1]]
        before = [p for p in row if p not in own]
        if not own or not under or len(under) % len(own) or len(own) == len(under):
            continue
        size = len(under) // len(own)
        groups = [under[n : n + size] for n in range(0, len(under), size)]
        reach = 0.3 * min(b[0] - a[1] for a, b in pairwise(under)) + 3
        fits = all(
            abs(part.middle - (group[0][0] + group[-1][1]) / 2) < reach
            for part, group in zip(own, groups, strict=True)
        )
        if fits:
            cells = _place(before, columns)
            for n, part in enumerate(own):
                cells[skipped + n * size] = ([part], size)
            return cells
    return None


def _headers(lines: Sequence[Line], placed: Sequence[_Placed]) -> int:
    """How many rows stand above the first that holds mostly numbers."""
    for n, (line, cells) in enumerate(zip(lines, placed, strict=True)):
        texts = [_text(line, parts) for column, (parts, _) in cells.items() if column]
        numbers = sum(read_cell(text) is not None for text in texts)
        if texts and 2 * numbers >= len(texts):
            return n if n <= MOST_HEADERS else 1
    return 1


def _text(line: Line, parts: Sequence[_Part]) -> str:
    return " ".join(filter(None, (line.say(p.words) for p in parts)))


def _row(line: Line, cells: _Placed, width: int, said: str) -> list[RawCell]:
    row: list[RawCell] = []
    column = position = 0
    while column < width:
        if column not in cells:
            row.append(RawCell(Text.of_line("", line.number)))
            column += 1
            continue
        parts, span = cells[column]
        beyond = [c for c in cells if c > column]
        span = min(span, (min(beyond) if beyond else width) - column)
        text = _text(line, parts)
        found = said.find(text, position)
        position = max(position, found)
        words = [w for p in parts for w in p.words]
        bold = 2 * sum(w.bold for w in words) > len(words)
        row.append(RawCell(Text.of_line(text, line.number, max(found, 0) + 1), bold, max(1, span)))
        column += max(1, span)
    return row


def gapped(line: Line) -> str:
    """A row as text, its cells two blanks apart."""
    return "  ".join(filter(None, (line.say(s) for s in line.segments(min(CLOSE, CELL_GAP)))))
