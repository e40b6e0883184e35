"""How large a difference is beside the spread of the seeds."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import TooFewSeeds
from bakeoff.statistics.arrays import ManyMoments, Moments, Values, finite, moments


def hedges_g(a: Values, b: Values) -> float:
    """(mean(a) − mean(b)) / √((s_a² + s_b²)/2) · J, in standard deviations; ± inf at no spread.

    J = Γ(m/2) / (√(m/2)·Γ((m−1)/2)), m = n_a+n_b−2, removes the small-sample bias. a, b: shape
    (n_seeds,), n >= 2 each, else TooFewSeeds. Source: Hedges 1981, equations 6d and 7.
    """
    a, b = finite(a, 1, "an effect size"), finite(b, 1, "an effect size")
    return hedges_g_from(moments(a), moments(b))


def hedges_g_from(a: Moments, b: Moments) -> float:
    """`hedges_g` from each arm's moments."""
    return float(hedges_g_of_pairs(ManyMoments.of([a]), ManyMoments.of([b]))[0])


def hedges_g_of_pairs(a: ManyMoments, b: ManyMoments) -> NDArray[np.float64]:
    """`hedges_g` of many pairs of arms at once; shape (m,)."""
    if min(a.n, b.n) < 2:
        raise TooFewSeeds("an effect size does not exist with one run in an arm", "Run 2 seeds")
    spread = np.sqrt((a.variance + b.variance) / 2)
    difference = a.mean - b.mean
    m = a.n + b.n - 2
    log_j = math.lgamma(m / 2) - math.log(math.sqrt(m / 2)) - math.lgamma((m - 1) / 2)
    # Without spread any difference is infinitely many of it, and none is none.
    none = np.where(difference == 0, 0.0, np.copysign(math.inf, difference))
    in_spreads = np.divide(difference, spread, out=none, where=spread > 0)
    return np.where(spread > 0, in_spreads * math.exp(log_j), in_spreads)
