"""A row an epoch: which rows are one run's log, and what its last row says."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from bakeoff.errors import UsageError

ADVICE = (
    "Add a column seed that says which run each row is of, or give the last row of each run only"
)


def missing(cell: Any) -> bool:
    """Whether nothing was written: the word nan is something, a diverged run's value."""
    if cell is None or (isinstance(cell, str) and not cell.strip()):
        return True
    try:
        return not isinstance(cell, str) and bool(cell != cell)
    except (TypeError, ValueError):  # a missing value of pandas has no truth of its own
        return str(cell) == "<NA>"


def is_log(axes: Sequence[Sequence[Any]], rows: Sequence[int], whose: str) -> bool:
    """Whether these rows of one run, in their order, are its epochs.

    axes: columns that say how far the run was. False where none of them moves: then the rows say
    nothing of time. Raises UsageError where they go back and forth, so that several runs may be
    in them.
    """
    moves = False
    for axis in axes:
        along = [_place(axis[row], whose) for row in rows if not missing(axis[row])]
        steps = {later - earlier for earlier, later in itertools.pairwise(along)}
        moves |= any(steps)
        if any(step < 0 for step in steps):
            raise UsageError(
                f"the epochs or steps of {whose} go back and forth: several runs may be in them",
                ADVICE,
            )
    return moves


def last(axis: Sequence[Any], rows: Sequence[int], column: Sequence[Any]) -> Any:
    """What a column says at the end of a run; None where it says nothing there.

    A column that is written now and then (a validation every fifth epoch, a row for training and
    one for validation) ends with the last value written; one that was written every time and then
    no more has none.
    """
    written = [row for row in rows if not missing(column[row])]
    if not written:
        return None
    final = axis[rows[-1]]
    at_the_end = [row for row in written if axis[row] == final or missing(final)]
    if at_the_end:
        return column[at_the_end[-1]]
    now_and_then = rows.index(written[-1]) + 1 > len(written)
    return column[written[-1]] if now_and_then else None


def _place(cell: Any, whose: str) -> float:
    try:
        place = float(cell)
    except (TypeError, ValueError):
        place = math.nan
    if math.isnan(place):
        raise UsageError(f"{str(cell)[:40]!r} is no epoch or step of {whose}", "Give numbers")
    return place
