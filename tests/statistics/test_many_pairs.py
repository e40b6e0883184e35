"""What is computed of thousands of pairs of arms at once is what scipy says of each."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize, stats

from bakeoff.statistics import detectable_difference, hedges_g, rank_p, seeds_needed
from bakeoff.statistics.arrays import ManyMoments, moments
from bakeoff.statistics.critical_shift import (
    FEW,
    power_of_few,
    power_of_many,
    shift_of_few,
    shift_of_many,
)
from bakeoff.statistics.effect import hedges_g_of_pairs
from bakeoff.statistics.means import welch_of_pairs
from bakeoff.statistics.power import detectable_differences, seeds_needed_each
from bakeoff.statistics.ranks import p_superiorities, permutation_ps, rank_ps
from bakeoff.statistics.roots import rising_roots

ROWS = 60


def rows(n_a: int, n_b: int, decimals: int) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(n_a * 100 + n_b)
    spread = generator.uniform(0.2, 3, (2, ROWS, 1))
    a = 1 + spread[0] * generator.standard_normal((ROWS, n_a))
    b = spread[1] * generator.standard_normal((ROWS, n_b))
    return np.round(a, decimals), np.round(b, decimals)


@pytest.mark.parametrize(("n_a", "n_b"), [(2, 2), (3, 7), (5, 5), (40, 30)])
def test_welch_of_many_pairs_is_scipys(n_a: int, n_b: int) -> None:
    a, b = rows(n_a, n_b, 6)
    ours = welch_of_pairs(
        ManyMoments.of([moments(row) for row in a]), ManyMoments.of([moments(row) for row in b])
    )
    theirs = stats.ttest_ind(a, b, axis=1, equal_var=False)
    low, high = theirs.confidence_interval(0.95)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert (ours.low, ours.high) == (pytest.approx(low), pytest.approx(high))


def test_arms_without_any_spread_differ_surely_or_not_at_all() -> None:
    same, other = (
        ManyMoments(3, np.array([1.0]), np.zeros(1)),
        ManyMoments(3, np.array([2.0]), np.zeros(1)),
    )
    assert welch_of_pairs(same, other).p.tolist() == [0.0]
    assert welch_of_pairs(same, same).p.tolist() == [1.0]
    assert hedges_g_of_pairs(same, other).tolist() == [-math.inf]
    assert hedges_g_of_pairs(same, same).tolist() == [0.0]


@pytest.mark.parametrize("decimals", [0, 6])
@pytest.mark.parametrize(("n_a", "n_b"), [(4, 4), (5, 5), (3, 9), (10, 12), (20, 20)])
def test_ranks_of_many_pairs_are_scipys(n_a: int, n_b: int, decimals: int) -> None:
    a, b = rows(n_a, n_b, decimals)
    assert rank_ps(a, b) == pytest.approx([rank_p(x, y) for x, y in zip(a, b, strict=True)])
    wins = [stats.mannwhitneyu(x, y).statistic for x, y in zip(a, b, strict=True)]
    assert p_superiorities(a, b) * n_a * n_b == pytest.approx(wins)
    if decimals:  # without ties scipy is exact too
        exact = [stats.mannwhitneyu(x, y, method="exact").pvalue for x, y in zip(a, b, strict=True)]
        if n_a + n_b <= 30:
            assert rank_ps(a, b) == pytest.approx(exact)


@pytest.mark.parametrize("decimals", [0, 6])
@pytest.mark.parametrize(("n_a", "n_b"), [(4, 4), (5, 4), (7, 8)])
def test_permutations_of_many_pairs_are_counted_one_by_one(
    n_a: int, n_b: int, decimals: int
) -> None:
    a, b = (part[:8] for part in rows(n_a, n_b, decimals))
    theirs = [
        stats.permutation_test(
            (x, y),
            lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
            vectorized=True,
            n_resamples=np.inf,
            alternative="greater",
        ).pvalue
        for x, y in zip(a, b, strict=True)
    ]
    assert permutation_ps(a, b) == pytest.approx(theirs)


def test_effects_of_many_pairs_are_each_ones_own() -> None:
    a, b = rows(5, 6, 6)
    many = hedges_g_of_pairs(
        ManyMoments.of([moments(row) for row in a]), ManyMoments.of([moments(row) for row in b])
    )
    assert many == pytest.approx([hedges_g(x, y) for x, y in zip(a, b, strict=True)])


@pytest.mark.parametrize(("n_a", "n_b"), [(2, 2), (3, 3), (3, 40), (5, 5), (9, 4)])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4950, 0.3])
def test_the_shift_read_off_the_curve_has_the_power(n_a: int, n_b: int, alpha: float) -> None:
    share = 1 / (1 + np.geomspace(1e-9, 1e9, 10 * FEW))
    shift = shift_of_few(share, n_a, n_b, alpha, 0.8)
    assert power_of_few(shift, share, n_a, n_b, alpha) == pytest.approx(0.8, abs=1e-7)


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4950])
def test_the_shift_of_many_runs_is_the_root_of_the_noncentral_t(alpha: float) -> None:
    freedoms = np.geomspace(9, 20_000, 2 * FEW)
    shift = shift_of_many(freedoms, alpha, 0.8)
    assert power_of_many(shift, freedoms, alpha) == pytest.approx(0.8, abs=1e-7)


@pytest.mark.parametrize("n", [3, 5, 12])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4950])
def test_what_many_pairs_could_show_is_what_each_could(n: int, alpha: float) -> None:
    generator = np.random.default_rng(n)
    sd_a, sd_b = generator.uniform(0.05, 2, (2, 3 * FEW))
    sd_a[0], sd_b[1], sd_a[2], sd_b[2] = 0, 0, 0, 0
    many = detectable_differences(sd_a, n, sd_b, n, alpha=alpha)
    each = [detectable_difference(x, n, y, n, alpha=alpha) for x, y in zip(sd_a, sd_b, strict=True)]
    assert many == pytest.approx(each, rel=1e-7)
    assert many[2] == 0


@pytest.mark.parametrize("alpha", [0.05, 0.05 / 4950])
def test_the_seeds_that_many_pairs_need_are_those_that_each_needs(alpha: float) -> None:
    generator = np.random.default_rng(0)
    sd_a, sd_b = generator.uniform(0.05, 1, (2, 6 * FEW))
    delta = np.geomspace(0.005, 30, 6 * FEW)
    many = seeds_needed_each(delta, sd_a, sd_b, alpha=alpha)
    assert (many == 0).any()
    assert len(set(many.tolist()) & set(range(2, 12))) > 3
    for needed, d, x, y in zip(many.tolist()[::3], delta[::3], sd_a[::3], sd_b[::3], strict=True):
        if needed:
            assert seeds_needed(d, x, y, alpha=alpha) == needed


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=30), st.floats(0.1, 10))
@settings(max_examples=50)
def test_roots_are_those_of_scipys_brentq_even_where_slopes_mislead(
    zeros: list[float], wrong: float
) -> None:
    at = np.array(zeros)

    def function(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.arctan(x - at) * 3, wrong * 3 / (1 + (x - at) ** 2)

    found = rising_roots(function, np.full(len(at), -5.0), np.full(len(at), 7.0), np.zeros(len(at)))
    theirs = [optimize.brentq(lambda x, z=z: math.atan(x - z), -5, 7, xtol=1e-14) for z in zeros]
    assert found == pytest.approx(theirs, abs=1e-9)
