"""Means over seeds: t intervals and tests. Everything here is in the unit of its input."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics.arrays import (
    Estimate,
    Estimates,
    Interval,
    ManyMoments,
    Moments,
    Values,
    check_level,
    finite,
    moments,
    variance,
)

Array = NDArray[np.float64]


def t_quantile(probability: float, degrees_of_freedom: float) -> float:
    """Quantile of Student's t (scipy.special.stdtrit)."""
    return float(special.stdtrit(degrees_of_freedom, probability))


def two_sided_p(t: float, degrees_of_freedom: float) -> float:
    """P(|T| >= |t|) for Student's t (scipy.special.stdtr)."""
    return float(2 * special.stdtr(degrees_of_freedom, -abs(t)))


def t_estimate(
    value: float, standard_error: float, degrees_of_freedom: float, level: float
) -> Estimate:
    """value ± t(df)·se, with the two-sided p of value = 0. se = 0 gives p = 0, or 1 at value 0."""
    at, se, df = (np.array([float(x)]) for x in (value, standard_error, degrees_of_freedom))
    return t_estimates(at, se, df, level).each()[0]


def t_estimates(
    value: Array, standard_error: Array, degrees_of_freedom: Array, level: float
) -> Estimates:
    """`t_estimate` of many; arrays of shape (m,)."""
    check_level(level)
    half = special.stdtrit(degrees_of_freedom, (1 + level) / 2) * standard_error
    varies = standard_error > 0
    with np.errstate(over="ignore"):
        t = np.divide(value, standard_error, out=np.zeros_like(value), where=varies)
    p = np.where(varies, 2 * special.stdtr(degrees_of_freedom, -np.abs(t)), value == 0)
    return Estimates(value, value - half, value + half, p, standard_error, degrees_of_freedom)


def mean_interval(values: Values, level: float = 0.95) -> Interval:
    """Interval for the mean over seeds: m ± t(n−1)·s/√n.

    values: shape (n_seeds,), n >= 2, else TooFewSeeds. Source: Student 1908.
    """
    return mean_interval_from(moments(finite(values, 2, "an interval over seeds")), level)


def mean_interval_from(runs: Moments, level: float = 0.95) -> Interval:
    """`mean_interval` from the moments of two runs or more."""
    standard_error = math.sqrt(runs.variance / runs.n)
    return t_estimate(runs.mean, standard_error, runs.n - 1, level).interval


def check_welch_sizes(n_a: int, n_b: int) -> None:
    """Raise TooFewSeeds where Welch's interval does not have its nominal coverage.

    At least 2 runs each; with unequal n at least 3 in the smaller arm, because at 2 against 10 the
    95 % interval covers 88 to 94 % (docs/calibration.md).
    """
    small = min(n_a, n_b)
    if small < 2:
        raise TooFewSeeds(
            "an interval between arms does not exist with one run in an arm",
            "Run at least 2 seeds of each, better 3",
        )
    if n_a != n_b and small < 3:
        raise TooFewSeeds(
            f"{n_a} against {n_b} runs: the interval would not have its nominal coverage",
            "With unequal numbers run at least 3 seeds of each",
        )


def welch_degrees_of_freedom(variance_a: float, n_a: int, variance_b: float, n_b: int) -> float:
    """(u+v)² / (u²/(n_a−1) + v²/(n_b−1)) with u = s_a²/n_a, v = s_b²/n_b.

    The smaller n−1 where both variances are zero. Source: Welch 1947, Satterthwaite 1946.
    """
    one = welch_freedoms(np.array([float(variance_a)]), n_a, np.array([float(variance_b)]), n_b)
    return float(one[0])


def welch_freedoms(variance_a: Array, n_a: int, variance_b: Array, n_b: int) -> Array:
    """`welch_degrees_of_freedom` of many pairs of arms; variances: shape (m,)."""
    u, v = variance_a / n_a, variance_b / n_b
    # Shares instead of the raw variances: squares of tiny variances would underflow.
    share = np.divide(u, u + v, out=np.zeros_like(u), where=u + v != 0)
    freedoms = 1 / (share**2 / (n_a - 1) + (1 - share) ** 2 / (n_b - 1))
    return np.where(u + v != 0, freedoms, min(n_a, n_b) - 1)


def welch(a: Values, b: Values, level: float = 0.95) -> Estimate:
    """mean(a) − mean(b) for unequal variances, with interval and two-sided p.

    a, b: shape (n_seeds,), same unit; sizes as in `check_welch_sizes`, else TooFewSeeds.
    Source: Welch 1947; the same numbers as scipy.stats.ttest_ind(equal_var=False).
    """
    a, b = finite(a, 1, "Welch's test"), finite(b, 1, "Welch's test")
    return welch_from(moments(a), moments(b), level)


def welch_from(a: Moments, b: Moments, level: float = 0.95) -> Estimate:
    """`welch` from each arm's moments."""
    return welch_of_pairs(ManyMoments.of([a]), ManyMoments.of([b]), level).each()[0]


def welch_of_pairs(a: ManyMoments, b: ManyMoments, level: float = 0.95) -> Estimates:
    """`welch` of many pairs of arms at once, the first of a against the first of b and so on."""
    check_welch_sizes(a.n, b.n)
    se = np.sqrt(a.variance / a.n + b.variance / b.n)
    df = welch_freedoms(a.variance, a.n, b.variance, b.n)
    return t_estimates(a.mean - b.mean, se, df, level)


def welch_interval(a: Values, b: Values, level: float = 0.95) -> Interval:
    """Interval for mean(a) − mean(b), unequal variances; see `welch`."""
    return welch(a, b, level).interval


def paired_t(a: Values, b: Values, level: float = 0.95) -> Estimate:
    """Mean of a − b over pairs, with interval and two-sided p.

    a, b: shape (n_pairs,), a[i] and b[i] share what was declared to be shared *before* the runs
    (seed, data order, initial weights); n >= 2, else TooFewSeeds. Pairing after the fact, when
    the runs do not correlate, costs power: at 3 pairs a gap of 4 sd is found in 71 % instead of
    95 %. Source: Student 1908; the same numbers as scipy.stats.ttest_rel.
    """
    a, b = finite(a, 2, "a paired test"), finite(b, 2, "a paired test")
    if len(a) != len(b):
        raise UsageError(
            f"pairs need the same number of runs, not {len(a)} and {len(b)}",
            "Run the missing seeds, or compare unpaired",
        )
    d = a - b
    spread = variance(d, size=float(max(np.abs(a).max(), np.abs(b).max())))
    return t_estimate(float(d.mean()), math.sqrt(spread / len(d)), len(d) - 1, level)


def prediction_interval(
    values: Values, level: float = 0.95, *, rounding: float = 0.0, published_runs: int = 1
) -> Interval:
    """Where one figure published by somebody else would fall, if it came from the same procedure.

    m ± t(n−1)·s·√(1/k + 1/n), widened by half a unit of the figure's last printed digit.

    values: shape (n_seeds,), n >= 2, else TooFewSeeds: with one run of ours there is no spread,
    so nothing can be told. rounding: that half unit. published_runs: k, how many runs the
    figure is a mean of. Source: Hahn & Meeker 1991, section 4.7; for k > 1 section 4.8.
    """
    n, mean, variance_of_runs = moments(finite(values, 2, "agreement with a published figure"))
    assert rounding >= 0
    assert published_runs >= 1
    se = math.sqrt(variance_of_runs * (1 / published_runs + 1 / n))
    return t_estimate(mean, se, n - 1, level).interval.widened(rounding)
