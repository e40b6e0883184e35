"""Tests from what a table prints: mean ± standard deviation over n runs."""

from __future__ import annotations

import math

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Estimate, Moments
from bakeoff.statistics.means import welch_from


def welch_from_summaries(
    mean_a: float,
    sd_a: float,
    n_a: int,
    mean_b: float,
    sd_b: float,
    n_b: int,
    level: float = 0.95,
) -> Estimate:
    """mean_a − mean_b for unequal variances, from printed means and standard deviations.

    sd: with n − 1 in the denominator, same unit as the means; sizes as in `check_welch_sizes`,
    else TooFewSeeds. Source: Welch 1947; the same numbers as scipy.stats.ttest_ind_from_stats.
    """
    for name, mean, sd in (("first", mean_a, sd_a), ("second", mean_b, sd_b)):
        if not (math.isfinite(mean) and 0 <= sd < math.inf):
            raise UsageError(
                f"the {name} arm's {mean} ± {sd} is no mean and standard deviation",
                "Give finite figures, the standard deviation not below 0",
            )
    return welch_from(Moments(n_a, mean_a, sd_a**2), Moments(n_b, mean_b, sd_b**2), level)
