"""Folds and repeated splits: their training sets overlap, so they are not independent runs."""

from __future__ import annotations

import math

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Estimate, Values, finite, variance
from bakeoff.statistics.means import t_estimate


def corrected_resampled_t(differences: Values, test_share: float, level: float = 0.95) -> Estimate:
    """Mean difference of two arms over splits of one data set, with interval and two-sided p.

    d̄ ± t(J−1)·s·√(1/J + ρ), ρ = n_test/n_train: training sets that overlap make the plain t over
    folds call far too many winners. differences: (J,), a − b on the same split; J >= 2, else
    TooFewSeeds. test_share: n_test/(n_train + n_test) of each split, 1/k for k folds, between 0
    and 1. Source: Nadeau & Bengio 2003, equation 9; for repeated folds Bouckaert & Frank 2004.
    """
    d = finite(differences, 2, "a test over folds")
    if not 0 < test_share < 1:
        raise UsageError(
            f"a test share of {test_share} is not between 0 and 1", "Give 0.1 for ten folds"
        )
    spread = variance(d, size=float(abs(d).max()))
    overlap = test_share / (1 - test_share)
    return t_estimate(
        float(d.mean()), math.sqrt(spread * (1 / len(d) + overlap)), len(d) - 1, level
    )
