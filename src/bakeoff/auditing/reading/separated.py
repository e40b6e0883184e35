"""CSV and TSV to a grid. Rows may be ragged; a quote left open ends with the file."""

from __future__ import annotations

import csv
import re
from io import StringIO

from bakeoff.auditing.reading.blocks import Blocks, Comment, Grid, RawCell
from bakeoff.auditing.reading.labels import read_label
from bakeoff.auditing.reading.layout import role_of
from bakeoff.auditing.reading.source import MAX_LINE, Source, Text

_COMMENT = re.compile(r"^\s{0,5}#")


_DIGITS = re.compile(r"(?<![\w.])\d[\d.]*")
LONG = 300
"""Lines; a table of more is read only if its header names a figure that is audited."""


def _about_results(header: str, separator: str) -> bool:
    """Whether a header names a metric, a statistic or an average."""
    labels = [part.strip().strip("\"'") for part in header.split(separator)]
    return any(
        (said := read_label(label)).metric or said.statistic or role_of(label) != "data"
        for label in labels
    )


def read_separated(source: Source) -> Blocks:
    """One table. The separator is the tab, comma, semicolon or bar that the header has most of."""
    blocks = Blocks()
    lines = list(source.lines)
    first = 1
    while lines and (not lines[0].strip() or _COMMENT.match(lines[0])):
        if lines[0].strip():
            blocks.comments.append(Comment(lines[0].strip().lstrip("# "), first, 1, True))
        lines.pop(0)
        first += 1
    if not lines:
        return blocks
    separator = max("\t,;|", key=lambda c: lines[0].count(c))
    csv.field_size_limit(MAX_LINE * 4)
    reader = csv.reader(StringIO("\n".join(lines)), delimiter=separator, skipinitialspace=True)
    if len(lines) > LONG and not _about_results(lines[0], separator):
        blocks.left = sum(1 for line in lines for _ in _DIGITS.finditer(line))
        return blocks
    rows: list[list[RawCell]] = []
    previous = 0
    try:
        for row in reader:
            line = first + previous
            previous = reader.line_num
            if row and any(cell.strip() for cell in row):
                rows.append(_cells(row, line, source))
    except csv.Error as error:
        source.problem(
            first + reader.line_num - 1, f"the rest of this table cannot be read: {error}"
        )
    if rows:
        blocks.items.append(Grid(rows, 0, first, len(source.lines)))
        blocks.extents = [(n, n) for n in range(first, len(source.lines) + 1)]
    return blocks


def _cells(row: list[str], line: int, source: Source) -> list[RawCell]:
    cells: list[RawCell] = []
    shown = source.lines[line - 1] if line <= len(source.lines) else ""
    position = 0
    for value in row:
        stripped = value.strip()
        found = shown.find(stripped, position) if stripped else -1
        column = found + 1 if found >= 0 else 1
        position = found + len(stripped) if found >= 0 else position
        text = stripped if stripped.isalnum() else " ".join(stripped.split())
        cells.append(RawCell(Text(text, ((0, line, column),))))
    return cells
