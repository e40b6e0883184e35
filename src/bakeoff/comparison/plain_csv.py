"""Small tables of plain cells, read as pandas reads them, without the time that it takes to load.

Whatever leaves a doubt (quotes, rows of other lengths, true, inf, spaces at a cell's end) is left
to pandas: `columns` says nothing of it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_BYTES = 8 * 1024**2

_WHOLE = re.compile(r"[+-]?[0-9]{1,18}")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_DOUBTFUL = re.compile(
    r"[+-]?(?:true|false|inf|infinity|nan|[0-9]{19,}|[0-9.]+e[+-]?)", re.IGNORECASE
)


def columns(
    path: Path, separator: str, comments: int, as_text: Collection[str]
) -> dict[str, Any] | None:
    """Columns by name; None where pandas has to say what the file holds.

    comments: lines before the header. as_text: columns that are never numbers. A column is a list
    of int or of float, or an array of texts; an empty cell is NaN.
    """
    if path.stat().st_size > MOST_BYTES:
        return None
    try:
        text = path.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except UnicodeDecodeError:
        return None
    if any(mark in text for mark in '"\r\0\f\v\u2028\u2029\x85\x1c\x1d\x1e'):
        return None
    rows = [_cells(line, separator) for line in text.split("\n")[comments:] if line]
    if not rows or any(len(row) != len(rows[0]) for row in rows):
        return None
    header, *body = rows
    if "" in header or len(set(header)) < len(header) or _has_spaces(rows):
        return None
    found: dict[str, Any] = {}
    for name, cells in zip(header, zip(*body, strict=True), strict=False):
        if any(map(_DOUBTFUL.fullmatch, cells)):
            return None
        found[name] = _text(cells) if name in as_text else _converted(cells)
    return found or {name: [] for name in header}


def _cells(line: str, separator: str) -> list[str]:
    return [cell.lstrip(" ") for cell in line.split(separator)]


def _has_spaces(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell begins or ends with white space, or a row is nothing else."""
    return any(cell != cell.strip() for row in rows for cell in row) or any(
        not any(row) for row in rows
    )


def _converted(cells: Sequence[str]) -> Any:
    if all(map(_WHOLE.fullmatch, cells)):
        return [int(cell) for cell in cells]
    if all(not cell or _NUMBER.fullmatch(cell) for cell in cells):
        return [float(cell) if cell else math.nan for cell in cells]
    return _text(cells)


def _text(cells: Sequence[str]) -> NDArray[np.object_]:
    return np.array([cell or math.nan for cell in cells], dtype=object)
