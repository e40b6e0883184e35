"""Percent or fractions: each cell's own sign, then the majority of the column, else a question."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

from bakeoff.errors import UnknownName, UsageError

Unit = Literal["percent", "fraction"]
UNITS: tuple[Unit, ...] = ("percent", "fraction")
_NO_NUMBER = frozenset({"", "na", "n/a", "none", "null", "<na>", "failed", "-"})
_THOUSANDS = re.compile(r"[-+]?\d{1,3}(?:,\d{3})+\.\d+|[-+]?\d{1,3}(?:,\d{3}){2,}")
_DECIMAL_COMMA = re.compile(r"[-+]?(?:\d+|\d{1,3}(?:\.\d{3})+),(?P<places>\d+)")
_CLOCK = re.compile(
    r"(?:(?P<days>\d+) days?,? *)?(?:(?P<h>\d+):)?(?P<m>\d{1,2}):(?P<s>\d{1,2}(?:\.\d+)?)"
)
_LETTERS = re.compile(
    r"(?=\d)(?:(?P<days>\d+(?:\.\d+)?) *d(?:ays?)?)? *(?:(?P<h>\d+(?:\.\d+)?) *h)?"
    r" *(?:(?P<m>\d+(?:\.\d+)?) *m(?:in)?)? *(?:(?P<s>\d+(?:\.\d+)?) *s(?:ec)?)?"
)


@dataclass(frozen=True, slots=True)
class Cell:
    """An accuracy as it was written. signed: with a percent sign, its own or its column's."""

    arm: str
    value: float
    signed: bool


def checked_unit(unit: str | None) -> Unit | None:
    """Raises UnknownName for a unit that is none of accuracies."""
    if unit is None or unit in UNITS:
        return unit
    raise UnknownName("unit", unit, UNITS)


def number(cell: Any, name: str) -> tuple[float, bool]:
    """(value, whether it has a percent sign); NaN where there is none. Raises UsageError."""
    if cell is None:
        return math.nan, False
    if isinstance(cell, bool | complex):
        raise UsageError(f"{name} {cell} is not a number", "Give numbers")
    try:
        return float(cell), False
    except (TypeError, ValueError):
        text = str(cell).strip()
    if text.lower() in _NO_NUMBER:
        return math.nan, False
    try:
        return float(_with_point(text.removesuffix("%").strip(), name)), text.endswith("%")
    except ValueError:
        raise UsageError(f"{name} {text[:40]!r} is not a number", "Give numbers") from None


def _with_point(text: str, name: str) -> str:
    """A number with a point as its decimal sign, without signs between thousands.

    Raises UsageError for 1,234, which may be either, unless only one of them can be.
    """
    if _THOUSANDS.fullmatch(text):
        return text.replace(",", "")
    if match := _DECIMAL_COMMA.fullmatch(text):
        at_most_100 = name.startswith(("accuracy", "top5", "calibration", "error"))
        if len(match["places"]) == 3 and "." not in text and not at_most_100:
            raise UsageError(
                f"{name} {text} may be {text.replace(',', '.')} or {text.replace(',', '')}",
                "Write a point as the decimal sign, and nothing between thousands",
            )
        return text.replace(".", "").replace(",", ".")
    return text


def duration(cell: Any) -> float | None:
    """Seconds of 0:01:31, "1 day, 2:03:04", "1h 31m", "91 s" or a timedelta; None for no such."""
    if isinstance(cell, timedelta):
        return cell.total_seconds()
    if type(cell).__name__ == "timedelta64":
        return float(cell.astype("timedelta64[us]").astype(float) / 1e6)
    text = str(cell).strip().lower()
    match = _CLOCK.fullmatch(text) or _LETTERS.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, seconds = (float(match[key] or 0) for key in ("days", "h", "m", "s"))
    return 86_400 * days + 3600 * hours + 60 * minutes + seconds


def unit_of(cells: Sequence[Cell], asked: Unit | None) -> Unit:
    """What the cells without a percent sign are in.

    The majority of all cells decides, where every arm has a cell of its kind: a run that collapsed
    to 0.1 % beside others at 76 is a result. Raises UsageError where it is in doubt, or a value
    cannot be.
    """
    cells = [cell for cell in cells if math.isfinite(cell.value)]
    for cell in cells:
        fraction = asked == "fraction" and not cell.signed
        if cell.value < 0 or cell.value > (1 if fraction else 100):
            if fraction and 1 < cell.value <= 100:
                raise UsageError(
                    f"an accuracy of {cell.value:g} is no fraction of 1", "Say --unit percent"
                )
            sign = "%" if cell.signed else ""
            raise UsageError(
                f"an accuracy of {cell.value:g}{sign} cannot be", "Give percent, 0 to 100"
            )
    if asked is not None:
        return asked
    small = [cell for cell in cells if not cell.signed and 0 < cell.value <= 1]
    large = [cell for cell in cells if cell.signed or cell.value > 1]
    if not large or not small:
        return "percent" if large else "fraction"
    if len(small) > len(large) and all(cell.signed for cell in large):
        return "fraction"
    arms = Counter(cell.arm for cell in large)
    if len(large) > len(small) and all(cell.arm in arms for cell in small):
        return "percent"
    raise UsageError(
        f"accuracies mix percent and fractions: {max(c.value for c in large):g}"
        f" and {min(c.value for c in small):g}",
        "Give all in percent, or all as fractions of 1; --unit percent or --unit fraction says"
        " which it is",
    )
