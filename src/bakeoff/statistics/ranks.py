"""Which arm's runs tend to be higher: no normal distribution assumed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics.arrays import (
    Interval,
    Moments,
    Values,
    check_level,
    finite,
    moments,
)
from bakeoff.statistics.means import welch_degrees_of_freedom

FEWEST_FOR_PERMUTATION = 4
MOST_POOLED = 30
MOST_LISTED = 1_000
"""Labellings that are listed one by one; more are counted by halves."""


def p_superiority(a: Values, b: Values) -> float:
    """P(A > B) + P(A = B)/2: how often a new run of A would beat a new run of B, 0 to 1.

    a, b: shape (n_runs,). The Mann-Whitney U over n_a·n_b; a tie counts half; −inf stands for a
    failed run, which every finished one beats. Source: Vargha & Delaney 2000, equation 2.
    """
    a, b = _ordered(a), np.sort(_ordered(b))
    below, not_above = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")
    return int(below.sum() + not_above.sum()) / (2 * len(a) * len(b))


def p_superiority_interval(a: Values, b: Values, level: float = 0.95) -> Interval:
    """Score-type interval for P(A > B); stays in [0, 1] and has width even if all of A beat all
    of B.

    All θ with |θ̂ − θ| <= t·√(θ(1−θ)(1 + k((1−θ)/(2−θ) + θ/(1+θ))) / (n_a·n_b)),
    k = (n_a+n_b)/2 − 1. a, b: as in `p_superiority`; n >= 2 each, else TooFewSeeds.

    Source: Newcombe 2006, Statistics in Medicine 25:559, method 5; t with Welch's degrees of
    freedom (n_a+n_b−2 where a run failed) in place of z, which covers 85 to 97 % at 3 runs each.
    """
    a, b = _ordered(a), _ordered(b)
    of_a, of_b = moments(a[np.isfinite(a)]), moments(b[np.isfinite(b)])
    return p_superiority_interval_from(p_superiority(a, b), len(a), len(b), of_a, of_b, level)


def p_superiority_interval_from(
    estimate: float, n_a: int, n_b: int, a: Moments, b: Moments, level: float = 0.95
) -> Interval:
    """`p_superiority_interval` from the estimate, the numbers of runs, failed ones included, and
    the moments of the finished ones."""
    check_level(level)
    if min(n_a, n_b) < 2:
        raise TooFewSeeds(
            "an interval for P(A>B) does not exist with one run in an arm", "Run at least 2 seeds"
        )
    df = float(n_a + n_b - 2)
    if (a.n, b.n) == (n_a, n_b):
        df = welch_degrees_of_freedom(a.variance, n_a, b.variance, n_b)
    t = float(special.stdtrit(df, (1 + level) / 2))
    k = (n_a + n_b) / 2 - 1

    def outside(theta: float) -> float:
        spread = 1 + k * ((1 - theta) / (2 - theta) + theta / (1 + theta))
        variance = theta * (1 - theta) * spread / (n_a * n_b)
        return abs(estimate - theta) - t * math.sqrt(variance)

    return Interval(_boundary(outside, 0.0, estimate), _boundary(outside, 1.0, estimate))


def permutation_p(a: Values, b: Values) -> float:
    """Exact two-sided p of "the labels A and B do not matter", for the difference of means.

    The share of all C(n_a+n_b, n_a) ways to label the runs whose |difference| is at least the
    observed one: two-sided *by the size of the difference*. scipy.stats.permutation_test with
    alternative="two-sided" doubles the smaller tail instead: the same for equal numbers of runs,
    whose null distribution is symmetric, often another p for unequal ones. With |difference| as
    its statistic and alternative="greater" it gives the numbers given here.

    a, b: shape (n_runs,), n >= 4 each and at most 30 in all, else TooFewSeeds or UsageError: it
    cannot go below 2/C(2n, n), which is 0.10 at 3 against 3, so below 4 it could never say yes at
    5 %. Source: Fisher 1935, section 21. Sums of the two halves of the pool are counted against
    each other (Horowitz & Sahni 1974), so no arrangement is listed.
    """
    a, b = finite(a, 1, "a permutation test"), finite(b, 1, "a permutation test")
    if min(len(a), len(b)) < FEWEST_FOR_PERMUTATION:
        smallest = 2 / math.comb(2 * min(len(a), len(b)), min(len(a), len(b)))
        raise TooFewSeeds(
            f"a permutation test of {len(a)} against {len(b)} runs cannot reach p = 0.05"
            f" (at best {smallest:.2g})",
            f"Run at least {FEWEST_FOR_PERMUTATION} seeds of each",
        )
    return _exact_two_sided(a, b)


def rank_p(a: Values, b: Values) -> float:
    """Two-sided p of the Mann-Whitney test with mid-ranks; −inf stands for a failed run.

    A failed run ranks below every finished one and ties with other failed ones, so nothing needs
    to be assumed about how bad it is. Exact (every labelling) up to 30 runs in all, the normal
    approximation with ties (scipy.stats.mannwhitneyu) beyond. Source: Lachin 1999 (worst-rank
    scores); Mann & Whitney 1947.
    """
    a, b = _ordered(a), _ordered(b)
    pooled = np.concatenate([a, b])
    if len(pooled) > MOST_POOLED:
        return _normal_rank_p(a, b)
    ranks, _ = _ranks(pooled)
    # The p is that of the ranks, in any order; of two sets of runs without ties it is one of few.
    return _exact_rank_p(tuple(sorted(ranks[: len(a)])), tuple(sorted(ranks[len(a) :])))


@lru_cache(maxsize=4096)
def _exact_rank_p(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    return _exact_two_sided(np.array(a), np.array(b))


def _ranks(pooled: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(mid-ranks, how often each value is there)."""
    _, position, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[position], counts


def _normal_rank_p(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    """The normal approximation with ties and continuity; scipy.stats.mannwhitneyu's numbers,
    without the second that loading scipy.stats takes."""
    n_a, n_b, n = len(a), len(b), len(a) + len(b)
    ranks, counts = _ranks(np.concatenate([a, b]))
    u = float(ranks[:n_a].sum()) - n_a * (n_a + 1) / 2
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    variance = n_a * n_b / 12 * ((n + 1) - ties / (n * (n - 1)))
    if variance <= 0:
        return 1.0
    z = (max(u, n_a * n_b - u) - n_a * n_b / 2 - 0.5) / math.sqrt(variance)
    return min(1.0, 2 * float(special.ndtr(-z)))


def _ordered(values: Values) -> NDArray[np.float64]:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0 or np.isnan(array).any():
        raise UsageError(
            "ranking needs at least one value of each arm, and no NaN",
            "Let a failed run be -inf",
        )
    return array


def _boundary(outside: Callable[[float], float], far: float, near: float) -> float:
    """Where `outside` turns from negative to positive on the way from `near` to `far`."""
    # At an estimate of 0 or 1 `outside` is zero there too, so the search begins a little off it.
    begin = near + 1e-12 * (far - near)
    if near == far or outside(begin) >= 0:
        return near
    return float(optimize.brentq(outside, begin, far, xtol=1e-14))


def _exact_two_sided(a: NDArray[np.float64], b: NDArray[np.float64]) -> float:
    n_a, n = len(a), len(a) + len(b)
    if n > MOST_POOLED:
        raise UsageError(
            f"an exact permutation test of {n} runs would take too long",
            "Welch's test needs no help at that many seeds",
        )
    pooled = np.concatenate([a, b])
    pooled -= pooled.mean()
    observed = abs(float(pooled[:n_a].sum()))
    # Two labellings with the same difference must count as the same in spite of rounding.
    threshold = observed - 1e-9 * max(observed, float(np.abs(pooled).max()))
    if threshold <= 0:
        return 1.0
    if (labellings := math.comb(n, n_a)) <= MOST_LISTED:
        apart = np.abs(_labellings(n, n_a) @ pooled)
        return int((apart >= threshold).sum()) / labellings
    sums, others = _subset_sums(pooled[: n // 2]), _subset_sums(pooled[n // 2 :])
    sizes, other_sizes = _subset_sizes(n // 2), _subset_sizes(n - n // 2)
    as_extreme = 0
    for k in range(max(0, n_a - (n - n // 2)), min(n // 2, n_a) + 1):
        left = sums[sizes == k]
        right = np.sort(others[other_sizes == n_a - k])
        as_extreme += int((len(right) - np.searchsorted(right, threshold - left, "left")).sum())
        as_extreme += int(np.searchsorted(right, -threshold - left, "right").sum())
    return as_extreme / math.comb(n, n_a)


def _subset_sums(values: NDArray[np.float64]) -> NDArray[np.float64]:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


@lru_cache
def _labellings(n: int, chosen: int) -> NDArray[np.float64]:
    """A row for each way to choose so many of n, ones where it is chosen."""
    rows = list(itertools.combinations(range(n), chosen))
    table = np.zeros((len(rows), n))
    table[np.arange(len(rows))[:, None], np.array(rows, dtype=np.intp)] = 1.0
    return table


@lru_cache
def _subset_sizes(n: int) -> NDArray[np.int64]:
    sizes = np.zeros(1, dtype=np.int64)
    for _ in range(n):
        sizes = np.concatenate([sizes, sizes + 1])
    return sizes
