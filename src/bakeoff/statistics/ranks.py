"""Which arm's runs tend to be higher: no normal distribution assumed."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

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
from bakeoff.statistics.roots import rising_roots

Array = NDArray[np.float64]

FEWEST_FOR_PERMUTATION = 4
MOST_POOLED = 30
MOST_LISTED = 1_000
"""Labellings that are listed one by one; more are counted by halves."""
MOST_CELLS = 2_000_000
"""Of an array that is made for many pairs of arms at once."""


def p_superiority(a: Values, b: Values) -> float:
    """P(A > B) + P(A = B)/2: how often a new run of A would beat a new run of B, 0 to 1.

    a, b: shape (n_runs,). The Mann-Whitney U over n_a·n_b; a tie counts half; −inf stands for a
    failed run, which every finished one beats. Source: Vargha & Delaney 2000, equation 2.
    """
    return float(p_superiorities(_ordered(a)[None], _ordered(b)[None])[0])


def p_superiorities(a: Array, b: Array) -> Array:
    """`p_superiority` of many pairs of arms, a row each: shapes (m, n_a) and (m, n_b) to (m,)."""
    cells = a.shape[1] * b.shape[1]
    if cells > MOST_LISTED:
        twice = np.array([_wins(x, np.sort(y)) for x, y in zip(a, b, strict=True)], dtype=np.int64)
        return np.asarray(twice / (2 * cells), dtype=np.float64)
    wins = []
    for part in _parts(len(a), cells):
        ours, theirs = a[part, :, None], b[part, None, :]
        wins.append((ours > theirs).sum(axis=(1, 2)) + (ours >= theirs).sum(axis=(1, 2)))
    return np.asarray(np.concatenate(wins) / (2 * cells), dtype=np.float64)


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
    if min(n_a, n_b) < 2:
        raise TooFewSeeds(
            "an interval for P(A>B) does not exist with one run in an arm", "Run at least 2 seeds"
        )
    df = float(n_a + n_b - 2)
    if (a.n, b.n) == (n_a, n_b):
        df = welch_degrees_of_freedom(a.variance, n_a, b.variance, n_b)
    low, high = p_superiority_intervals(np.array([estimate]), n_a, n_b, np.array([df]), level)
    return Interval(float(low[0]), float(high[0]))


def p_superiority_intervals(
    estimate: Array, n_a: int, n_b: int, degrees_of_freedom: Array, level: float = 0.95
) -> tuple[Array, Array]:
    """Lower and upper ends for many pairs of arms; estimate, degrees_of_freedom: shape (m,)."""
    check_level(level)
    t = special.stdtrit(degrees_of_freedom, (1 + level) / 2)
    # θ and 1 − θ, θ̂ and 1 − θ̂ change places between the ends, so both are lower ends.
    ends = _lower_end(np.concatenate([estimate, 1 - estimate]), np.tile(t, 2), n_a, n_b)
    return ends[: len(estimate)], 1 - ends[len(estimate) :]


def _lower_end(estimate: Array, t: Array, n_a: int, n_b: int) -> Array:
    """The least θ in [0, θ̂] with (θ̂ − θ)² <= t²·V(θ)."""
    k = (n_a + n_b) / 2 - 1
    scale = t**2 / (n_a * n_b)

    def inside(theta: Array) -> tuple[Array, Array]:
        # (1−θ)/(2−θ) + θ/(1+θ) = 2 − 3/(2 + q) with q = θ(1−θ)
        q = theta * (1 - theta)
        spread = 1 + 2 * k - 3 * k / (2 + q)
        slope = (1 - 2 * theta) * (spread + 3 * k * q / (2 + q) ** 2)
        away = estimate - theta
        return scale * q * spread - away**2, scale * slope + 2 * away

    zero = np.zeros_like(estimate)
    return rising_roots(inside, zero, estimate, zero)


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
    if len(a) + len(b) > MOST_POOLED:
        raise UsageError(
            f"an exact permutation test of {len(a) + len(b)} runs would take too long",
            "Welch's test needs no help at that many seeds",
        )
    return float(permutation_ps(a[None], b[None])[0])


def permutation_ps(a: Array, b: Array) -> Array:
    """`permutation_p` of many pairs of arms, a row each: shapes (m, n_a) and (m, n_b) to (m,)."""
    n_a, n = a.shape[1], a.shape[1] + b.shape[1]
    pooled = np.concatenate([a, b], axis=1)
    pooled -= pooled.mean(axis=1, keepdims=True)
    observed = np.abs(pooled[:, :n_a].sum(axis=1))
    # Two labellings with the same difference must count as the same in spite of rounding.
    threshold = observed - 1e-9 * np.maximum(observed, np.abs(pooled).max(axis=1))
    labellings = math.comb(n, n_a)
    if labellings > MOST_LISTED:
        counted = [_as_extreme(*row, n_a) for row in zip(pooled, threshold, strict=True)]
        return np.array(counted, dtype=np.float64) / labellings
    listed = _labellings(n, n_a)
    found = [
        (np.abs(pooled[part] @ listed.T) >= threshold[part, None]).sum(axis=1)
        for part in _parts(len(pooled), labellings)
    ]
    return np.asarray(np.concatenate(found) / labellings, dtype=np.float64)


def rank_p(a: Values, b: Values) -> float:
    """Two-sided p of the Mann-Whitney test with mid-ranks; −inf stands for a failed run.

    A failed run ranks below every finished one and ties with other failed ones, so nothing needs
    to be assumed about how bad it is. Exact (every labelling) up to 30 runs in all, the normal
    approximation with ties (scipy.stats.mannwhitneyu) beyond. Source: Lachin 1999 (worst-rank
    scores); Mann & Whitney 1947.
    """
    return float(rank_ps(_ordered(a)[None], _ordered(b)[None])[0])


def rank_ps(a: Array, b: Array) -> Array:
    """`rank_p` of many pairs of arms, a row each: shapes (m, n_a) and (m, n_b) to (m,)."""
    n_a, n = a.shape[1], a.shape[1] + b.shape[1]
    pooled = np.concatenate([a, b], axis=1)
    if n > MOST_POOLED:
        return np.array([_normal_rank_p(row, n_a) for row in pooled])
    # Twice the mid-ranks, which are whole.
    ranks = np.concatenate(
        [
            (pooled[part, None, :] < pooled[part, :, None]).sum(axis=2, dtype=np.int16)
            + (pooled[part, None, :] <= pooled[part, :, None]).sum(axis=2, dtype=np.int16)
            for part in _parts(len(pooled), n * n)
        ]
    )
    ranks += 1
    sums = ranks[:, :n_a].sum(axis=1, dtype=np.int64)
    # The p is that of the sum of ranks among those of the pool, of which few kinds are met.
    kinds, kind_of = np.unique(np.sort(ranks, axis=1), axis=0, return_inverse=True)
    p = np.empty(len(pooled))
    kind_of = kind_of.reshape(-1)
    order = np.argsort(kind_of, kind="stable")
    ends = np.searchsorted(kind_of[order], np.arange(len(kinds) + 1))
    for kind, begin, end in zip(kinds.tolist(), ends, ends[1:], strict=False):
        these = order[begin:end]
        p[these] = _two_sided_by_sum(tuple(kind), n_a)[sums[these]]
    return p


@lru_cache(maxsize=1024)
def _two_sided_by_sum(ranks: tuple[int, ...], chosen: int) -> Array:
    """For each sum of so many of these ranks, the share of all choices that are at least as far
    from the mean sum."""
    most = sum(ranks)
    ways = np.zeros((chosen + 1, most + 1), dtype=np.int64)
    ways[0, 0] = 1
    for rank in ranks:
        ways[1:, rank:] += ways[:-1, : most + 1 - rank].copy()
    counts = ways[chosen]
    away = np.abs(len(ranks) * np.arange(most + 1) - chosen * most)
    by_distance = np.bincount(away, weights=counts)
    as_far = by_distance[::-1].cumsum()[::-1]
    return np.asarray(as_far[away] / counts.sum(), dtype=np.float64)


def _ranks(pooled: Array) -> tuple[Array, NDArray[np.int64]]:
    """(mid-ranks, how often each value is there)."""
    _, position, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    return (np.cumsum(counts) - (counts - 1) / 2)[position], counts


def _normal_rank_p(pooled: Array, n_a: int) -> float:
    """The normal approximation with ties and continuity; scipy.stats.mannwhitneyu's numbers,
    without the second that loading scipy.stats takes."""
    n = len(pooled)
    n_b = n - n_a
    ranks, counts = _ranks(pooled)
    u = float(ranks[:n_a].sum()) - n_a * (n_a + 1) / 2
    ties = float((counts.astype(np.float64) ** 3 - counts).sum())
    variance = n_a * n_b / 12 * ((n + 1) - ties / (n * (n - 1)))
    if variance <= 0:
        return 1.0
    z = (max(u, n_a * n_b - u) - n_a * n_b / 2 - 0.5) / math.sqrt(variance)
    return min(1.0, 2 * float(special.ndtr(-z)))


def _ordered(values: Values) -> Array:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0 or np.isnan(array).any():
        raise UsageError(
            "ranking needs at least one value of each arm, and no NaN",
            "Let a failed run be -inf",
        )
    return array


def _wins(a: Array, b: Array) -> int:
    """Twice the comparisons that runs of a win against those of b, which are sorted."""
    below, not_above = np.searchsorted(b, a, "left"), np.searchsorted(b, a, "right")
    return int(below.sum() + not_above.sum())


def _parts(rows: int, cells: int) -> Iterator[slice]:
    """Slices of so many rows, of `cells` cells each, that fit MOST_CELLS."""
    each = max(1, MOST_CELLS // cells)
    return (slice(begin, begin + each) for begin in range(0, rows, each))


def _as_extreme(pooled: Array, threshold: float, n_a: int) -> int:
    """Labellings of centred values whose sum is as far from 0 as the threshold, by halves."""
    n = len(pooled)
    if threshold <= 0:
        return math.comb(n, n_a)
    sums, others = _subset_sums(pooled[: n // 2]), _subset_sums(pooled[n // 2 :])
    sizes, other_sizes = _subset_sizes(n // 2), _subset_sizes(n - n // 2)
    as_extreme = 0
    for k in range(max(0, n_a - (n - n // 2)), min(n // 2, n_a) + 1):
        left = sums[sizes == k]
        right = np.sort(others[other_sizes == n_a - k])
        as_extreme += int((len(right) - np.searchsorted(right, threshold - left, "left")).sum())
        as_extreme += int(np.searchsorted(right, -threshold - left, "right").sum())
    return as_extreme


def _subset_sums(values: Array) -> Array:
    sums = np.zeros(1)
    for value in values:
        sums = np.concatenate([sums, sums + value])
    return sums


@lru_cache
def _labellings(n: int, chosen: int) -> Array:
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
