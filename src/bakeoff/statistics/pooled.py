"""Many arms of equal spread: one pooled spread instead of two runs' own, chosen before the runs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics.arrays import Estimate, Interval, Moments, Values, check_level, finite


@dataclass(frozen=True, slots=True)
class Tukey:
    """Every pair of k arms, corrected together. p: (k, k) adjusted, symmetric, 1 on the diagonal.
    standard_error: (k, k) of the difference of two means. half_width: (k, k) of the intervals that
    all hold together. pooled: the spread of all arms' runs."""

    means: NDArray[np.float64]
    p: NDArray[np.float64]
    standard_error: NDArray[np.float64]
    half_width: NDArray[np.float64]
    pooled: float
    degrees_of_freedom: int

    def pair(self, i: int, j: int) -> Estimate:
        """Arm i minus arm j, its interval and p corrected for all pairs."""
        value, half = float(self.means[i] - self.means[j]), float(self.half_width[i, j])
        return Estimate(
            value,
            Interval(value - half, value + half),
            float(self.p[i, j]),
            float(self.standard_error[i, j]),
            float(self.degrees_of_freedom),
        )


def tukey(arms: Sequence[Moments], level: float = 0.95) -> Tukey:
    """All pairs of arms whose runs vary alike.

    p = P(Q(k, f) >= |m_i − m_j| / (s·√((1/n_i + 1/n_j)/2))) with the studentized range Q,
    s² = Σ(n_i−1)s_i²/f, f = Σ(n_i−1). Speaks truly only where the true spreads agree: choose it
    before the runs, and look at `spreads_agree` after. arms: k >= 2, n >= 1 each, f >= 1, else
    TooFewSeeds. Source: Tukey 1953, Kramer 1956; the same numbers as scipy.stats.tukey_hsd.
    """
    # Late: it takes longer to import than all the rest of this room.
    from scipy.stats import studentized_range

    check_level(level)
    if len(arms) < 2:
        raise UsageError("a pooled spread compares two arms or more", "Give a second arm")
    n = np.array([arm.n for arm in arms], dtype=np.float64)
    freedom = int(n.sum()) - len(arms)
    if n.min() < 1 or freedom < 1:
        raise TooFewSeeds("a pooled spread does not exist with one run an arm", "Run 2 seeds")
    squares = sum((arm.n - 1) * arm.variance for arm in arms if arm.n > 1)
    pooled = math.sqrt(squares / freedom)
    means = np.array([arm.mean for arm in arms])
    error = pooled * np.sqrt(1 / n[:, None] + 1 / n[None, :])
    distance = np.abs(means[:, None] - means[None, :])
    p = np.ones_like(distance)
    for i, j in zip(*np.triu_indices(len(arms), 1), strict=True):
        if error[i, j] > 0:
            q = math.sqrt(2) * distance[i, j] / error[i, j]
            found = float(studentized_range.sf(q, len(arms), freedom))
        else:
            found = 1.0 if distance[i, j] == 0 else 0.0
        p[i, j] = p[j, i] = min(1.0, max(0.0, found))
    width = float(studentized_range.ppf(level, len(arms), freedom)) / math.sqrt(2)
    return Tukey(means, p, error, width * error, pooled, freedom)


def spreads_agree(arms: Sequence[Values]) -> float:
    """p of "all arms vary alike" by distances from their medians, hardly moved by one odd run.

    arms: each of shape (n_runs,), n >= 2. Source: Brown & Forsythe 1974; the same numbers as
    scipy.stats.levene(center="median"). 1 where nothing varies.
    """
    runs = [finite(arm, 2, "a test of spreads") for arm in arms]
    distances = [np.abs(arm - np.median(arm)) for arm in runs]
    if all(np.ptp(d) == 0 for d in distances) and len({float(d[0]) for d in distances}) == 1:
        return 1.0
    total = sum(len(d) for d in distances)
    grand = sum(float(d.sum()) for d in distances) / total
    between = sum(len(d) * (float(d.mean()) - grand) ** 2 for d in distances) / (len(runs) - 1)
    within = sum(float(((d - d.mean()) ** 2).sum()) for d in distances) / (total - len(runs))
    if within == 0:
        return 0.0
    return float(special.fdtrc(len(runs) - 1, total - len(runs), between / within))
