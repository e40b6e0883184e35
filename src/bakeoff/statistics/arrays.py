"""What every statistic here takes and returns: arrays in, intervals out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import TooFewSeeds, UsageError

Values: TypeAlias = NDArray[np.float64] | Sequence[float]


LARGEST = 1e100
"""Larger values are not compared: their squares leave the range of double precision, and no
network that is of any use has such a loss."""


class Interval(NamedTuple):
    """A closed interval in the unit of the values it was made from."""

    low: float
    high: float

    @property
    def half_width(self) -> float:
        return (self.high - self.low) / 2

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high

    def widened(self, by: float) -> Interval:
        return Interval(self.low - by, self.high + by)


@dataclass(frozen=True, slots=True)
class Estimate:
    """A value with its t interval and the two-sided p of "it is zero"."""

    value: float
    interval: Interval
    p: float
    standard_error: float
    degrees_of_freedom: float


def finite(values: Values, at_least: int, what: str) -> NDArray[np.float64]:
    """`values` as a float array of shape (n,), n >= at_least.

    Raises TooFewSeeds when n is smaller, UsageError when a value is not finite or beyond LARGEST: a
    failed run is the caller's to count, and is never averaged away here.
    """
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1:
        raise UsageError(
            f"{what} takes one value per run, shape (n,), not {array.shape}",
            "Give one figure per run, such as its accuracy",
        )
    if len(array) < at_least:
        raise TooFewSeeds(
            f"{what} does not exist for {len(array)} run{'' if len(array) == 1 else 's'}",
            f"Run at least {at_least} seeds",
        )
    if not np.isfinite(array).all():
        raise UsageError(
            f"{what} needs finite values", "Count failed runs apart, do not average them"
        )
    if len(array) and np.abs(array).max() > LARGEST:
        raise UsageError(
            f"{what} does not exist for values beyond {LARGEST:g}",
            "Count runs that diverged apart, do not average them",
        )
    return array


# Spread below this share of the values is how they were rounded: 95.1 three times has a mean that
# differs from 95.1 in its last bit.
_ROUNDING = 1e-12


def variance(values: NDArray[np.float64], size: float) -> float:
    """Of finite values, shape (n,), n >= 2, n − 1 in the denominator; 0 where it is rounding alone.

    size: of the figures that the values are, or are differences of.
    """
    found = float(values.var(ddof=1))
    return found if found > (_ROUNDING * size) ** 2 else 0.0


@dataclass(frozen=True, slots=True)
class Estimates:
    """`Estimate` of many pairs of arms; arrays of shape (m,). low, high: the intervals' ends."""

    value: NDArray[np.float64]
    low: NDArray[np.float64]
    high: NDArray[np.float64]
    p: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    degrees_of_freedom: NDArray[np.float64]

    def each(self) -> list[Estimate]:
        """One by one."""
        columns = (self.value, self.low, self.high, self.p, self.standard_error)
        return [
            Estimate(value, Interval(low, high), p, error, freedom)
            for value, low, high, p, error, freedom in zip(
                *(column.tolist() for column in columns),
                self.degrees_of_freedom.tolist(),
                strict=True,
            )
        ]


class Moments(NamedTuple):
    """What t statistics need of one arm's runs; made once, it serves every pair the arm is in.

    mean: in the unit of the values, NaN where there are none. variance: in its square, n − 1 in the
    denominator, NaN below two.
    """

    n: int
    mean: float
    variance: float


class ManyMoments(NamedTuple):
    """`Moments` of many arms with n runs each; mean, variance: shape (m,)."""

    n: int
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]

    @classmethod
    def of(cls, arms: Sequence[Moments]) -> ManyMoments:
        """Of arms with as many runs each; there must be one."""
        mean, variance = (
            np.array([getattr(arm, name) for arm in arms]) for name in ("mean", "variance")
        )
        return cls(arms[0].n, mean, variance)

    def at(self, arms: NDArray[np.intp]) -> ManyMoments:
        """Of the arms at these places, in this order."""
        return ManyMoments(self.n, self.mean[arms], self.variance[arms])


def moments(values: NDArray[np.float64]) -> Moments:
    """Of finite values, shape (n,)."""
    n = len(values)
    mean = float(values.mean()) if n else math.nan
    return Moments(n, mean, variance(values, abs(mean)) if n > 1 else math.nan)


def check_level(level: float) -> None:
    """Raise UsageError unless 0 < level < 1."""
    if not 0 < level < 1:
        raise UsageError(f"a level of {level} is not between 0 and 1", "Give 0.95 for 95 %")
