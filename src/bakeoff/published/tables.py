"""Reading the registry's CSV files: strict, plain, fast (a command must start in milliseconds)."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from pathlib import Path

from bakeoff.errors import BadFile

FOLDER = Path(__file__).parent


def rows(path: Path, columns: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield (line number, row) of a CSV file whose header must be exactly `columns`.

    Raises BadFile when the header or the number of cells of a row is wrong.
    """
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file)
        header = tuple(next(reader, ()))
        if header != columns:
            raise BadFile(path, f"columns are {', '.join(header)}", f"Use {', '.join(columns)}")
        for cells in reader:
            if len(cells) != len(columns):
                what = f"{len(cells)} cells where {len(columns)} are expected"
                raise BadFile(path, what, "Quote cells that hold a comma", line=reader.line_num)
            yield reader.line_num, dict(zip(columns, cells, strict=True))


def printed(text: str) -> tuple[Decimal, Decimal]:
    """A number as printed: its value, and half a unit of its last digit.

    >>> printed("76.130")
    (Decimal('76.130'), Decimal('0.0005'))

    Raises ValueError when `text` is not one plain decimal number.
    """
    try:
        value = Decimal(text.replace(",", ""))
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a number") from None
    exponent = value.as_tuple().exponent
    if not isinstance(exponent, int):
        raise ValueError(f"{text!r} is not a finite number")
    return value, Decimal(5).scaleb(exponent - 1)


def squash(name: str) -> str:
    """A name without case, spaces and punctuation: ResNet-50, resnet50 and ResNet 50 meet."""
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def words(text: str) -> frozenset[str]:
    """Lower-case words of a text, and each run of words joined by punctuation as one word too.

    >>> sorted(words("ResNet-50 RSB"))
    ['50', 'resnet', 'resnet50', 'rsb']
    """
    found = set(re.findall(r"[a-z0-9]+", text.lower()))
    found.update(squash(chunk) for chunk in text.lower().split())
    return frozenset(found - {""})
