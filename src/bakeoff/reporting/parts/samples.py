"""An arm's figure over its seeds, as a cell of a table."""

from __future__ import annotations

from collections.abc import Callable

from bakeoff.reporting.arms import Sample
from bakeoff.reporting.numbers import ABSENT, fixed


def with_interval(sample: Sample | None, write: Callable[[float], str]) -> str:
    """ "98.87 ± 0.12"; the mean alone where there is no interval."""
    if sample is None:
        return ABSENT
    half, mean = sample.half, write(sample.mean)
    if half is None:
        return mean
    # A mean and its interval end at the same decimal.
    return f"{mean} ± {fixed(half, len(mean.partition('.')[2]))}"
