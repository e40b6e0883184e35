"""Where two learning curves cross, and what a law of learning foretells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Interval, Values, finite


@dataclass(frozen=True, slots=True)
class Crossed:
    """after, before: places of the two budgets that are decided opposite ways. at: where the line
    between the differences is 0; interval: where the band between their intervals holds 0."""

    after: int
    before: int
    at: float
    interval: Interval


def crossings(
    budgets: Values,
    differences: Values,
    intervals: Sequence[Interval],
    winners: Sequence[int],
) -> tuple[Crossed, ...]:
    """Every change of the winner between budgets, and where it happens.

    budgets: shape (k,), positive and increasing, in one unit, which is the answer's. differences:
    shape (k,), a − b, better being higher. intervals: of each. winners: by the verdict at each
    budget, corrected over all of them: 1 for a, −1 for b, 0 where undecided. A crossing is claimed
    only between two budgets that are decided opposite ways, so the chance of a false one is at
    most that of a false verdict.

    Between budgets the difference is taken to be linear in the logarithm of the budget. With
    w the place between two budgets k and l, the crossing's interval is every place where
    |(1 − w)·d_k + w·d_l| <= (1 − w)·h_k + w·h_l, h being half the width of an interval: the band
    that a chart draws. It holds at least the intervals' level whatever the dependence between
    budgets, because the standard error of a sum is at most the sum of the standard errors
    (runs of one seed share their first weights at every budget); of independent ones it is up to
    √2 wider than needed. The inversion is Fieller's (1954): the places that the differences do
    not exclude.
    """
    at = np.log(finite(budgets, 1, "a crossing"))
    d = finite(differences, 1, "a crossing")
    if not len(at) == len(d) == len(intervals) == len(winners) or not (np.diff(at) > 0).all():
        raise UsageError(
            "a crossing wants a difference, an interval and a winner for each of rising budgets",
            "Give as many of each, shortest budget first",
        )
    found = []
    decided = [place for place, winner in enumerate(winners) if winner]
    for k, m in pairwise(decided):
        if winners[k] == -winners[m]:
            lows = [interval.low for interval in intervals[k : m + 1]]
            highs = [interval.high for interval in intervals[k : m + 1]]
            places = at[k : m + 1]
            held = [*_zeros(places, lows), *_zeros(places, highs)]
            held += [
                x for x, low, high in zip(places, lows, highs, strict=True) if low <= 0 <= high
            ]
            zero = _zeros(places, d[k : m + 1])
            # Failed runs may decide against the means, which then do not cross.
            middle = zero[len(zero) // 2] if zero else float(places.mean())
            held.append(middle)
            whole = Interval(math.exp(min(held)), math.exp(max(held)))
            found.append(Crossed(k, m, math.exp(middle), whole))
    return tuple(found)


def _zeros(x: Values, y: Values) -> list[float]:
    """Where the line through points, x increasing, is 0."""
    found = []
    points = list(zip(x, y, strict=True))
    for (x0, y0), (x1, y1) in pairwise(points):
        if y0 == 0:
            found.append(float(x0))
        elif y0 * y1 < 0:
            found.append(float(x0 + (x1 - x0) * y0 / (y0 - y1)))
    if points and points[-1][1] == 0:
        found.append(float(points[-1][0]))
    return found


@dataclass(frozen=True, slots=True)
class PowerLaw:
    """error = exp(log_scale)·images^slope."""

    log_scale: float
    slope: float

    def at(self, images: float) -> float:
        """The error that the law foretells."""
        return math.exp(self.log_scale + self.slope * math.log(images))

    def meets(self, other: PowerLaw) -> float | None:
        """The images at which both foretell one error; None where they never do, or so far out
        that it is no number."""
        if self.slope == other.slope:
            return None
        where = (other.log_scale - self.log_scale) / (self.slope - other.slope)
        return math.exp(where) if abs(where) < 700 else None


def power_law(images: Values, errors: Values) -> PowerLaw:
    """The power law of the error over training, by least squares of the logarithms.

    images, errors: shape (k,), positive, k >= 2 of different images; errors in any unit. Source:
    Hestness et al. 2017 (arXiv 1712.00409), section 3, without the irreducible error, which two
    or three budgets cannot show; so it foretells too much of long training, and its miss at a
    budget that it was not fitted to belongs beside whatever it says.
    """
    x, y = finite(images, 2, "a power law"), finite(errors, 2, "a power law")
    if len(x) != len(y) or (x <= 0).any() or (y <= 0).any() or len(set(x.tolist())) < 2:
        raise UsageError(
            "a power law wants positive errors at two budgets or more",
            "Leave out budgets at which there is no error",
        )
    slope, log_scale = np.polyfit(np.log(x), np.log(y), 1)
    return PowerLaw(float(log_scale), float(slope))
