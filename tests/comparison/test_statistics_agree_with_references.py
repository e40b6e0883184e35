"""Every statistic against scipy, statsmodels or a published example, never against itself."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import TTestIndPower, TTestPower
from statsmodels.stats.weightstats import ttost_ind

from bakeoff.records.predictions import Predictions
from bakeoff.statistics import (
    detectable_difference,
    discordant,
    hedges_g,
    holm,
    images_needed,
    mcnemar_exact,
    mean_interval,
    p_superiority,
    p_superiority_interval,
    paired_bootstrap_interval,
    paired_t,
    pairs_needed,
    permutation_p,
    prediction_interval,
    rank_p,
    seeds_and_images,
    seeds_needed,
    tost,
    welch,
    welch_power,
    wilson_interval,
)
from bakeoff.statistics.calibration_error import expected_calibration_error
from bakeoff.training.evaluate import detail

SIZES = [(2, 2), (3, 3), (3, 7), (10, 10), (20, 5)]


def draw(seed: int, n: int, m: int, shift: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return shift + generator.standard_normal(n), 2 * generator.standard_normal(m)


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_welch_is_scipys(n: int, m: int) -> None:
    a, b = draw(n, n, m)
    theirs = stats.ttest_ind(a, b, equal_var=False)
    ours = welch(a, b, 0.9)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.degrees_of_freedom == pytest.approx(theirs.df)
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval(0.9)))
    assert ours.value == pytest.approx(a.mean() - b.mean())


def test_welch_survives_spreads_too_small_to_square() -> None:
    a, b = np.array([0.0, 1e-170]), np.array([1e-170, 3e-170])
    assert math.isfinite(welch(a, b).degrees_of_freedom)


def test_paired_t_is_scipys() -> None:
    a, b = draw(1, 6, 6)
    theirs = stats.ttest_rel(a, b)
    ours = paired_t(a, b)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)))


def test_mean_interval_is_scipys() -> None:
    a, _ = draw(2, 5, 2)
    theirs = stats.t.interval(0.95, 4, loc=a.mean(), scale=stats.sem(a))
    assert mean_interval(a) == pytest.approx(theirs)


def test_prediction_interval_is_the_textbooks() -> None:
    # Hahn & Meeker 1991, section 4.7.2: n=5, mean 50.10, sd 1.31; next observation 46.1 to 54.1.
    values = np.array([51.4, 49.5, 48.7, 49.3, 51.6])
    assert values.mean() == pytest.approx(50.10)
    assert values.std(ddof=1) == pytest.approx(1.31, abs=0.005)
    assert prediction_interval(values) == pytest.approx((46.1, 54.1), abs=0.05)
    rounded = prediction_interval(values, rounding=0.05)
    assert rounded.low == pytest.approx(prediction_interval(values).low - 0.05)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 15, 45])
def test_holm_is_statsmodels_and_leaves_missing_tests_out(count: int) -> None:
    generator = np.random.default_rng(count)
    made = np.round(generator.random(count) ** 4, 3)
    theirs = multipletests(made, method="holm")[1]
    ours = holm(np.insert(made, count // 2, np.nan))
    assert math.isnan(ours[count // 2])
    np.testing.assert_allclose(np.delete(ours, count // 2), theirs)


@given(st.lists(st.floats(0, 1) | st.just(math.nan), max_size=30))
def test_holm_never_lowers_a_p_and_keeps_their_order(p: list[float]) -> None:
    made = sorted(zip(p, holm(p), strict=True), key=lambda pair: pair[0])
    made = [(raw, adjusted) for raw, adjusted in made if not math.isnan(raw)]
    assert all(raw <= adjusted <= 1 for raw, adjusted in made)
    assert all(x[1] <= y[1] for x, y in itertools.pairwise(sorted(made)))


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_tost_is_statsmodels(n: int, m: int) -> None:
    a, b = draw(n + 5, n, m, shift=0.0)
    theirs = ttost_ind(a, b, -1.0, 1.0, usevar="unequal")[0]
    assert tost(welch(a, b), 1.0) == pytest.approx(theirs)


@pytest.mark.parametrize("counts", [(0, 0), (0, 5), (3, 9), (9, 3), (50, 20), (400, 401), (7, 7)])
def test_mcnemar_is_statsmodels(counts: tuple[int, int]) -> None:
    b, c = counts
    theirs = mcnemar([[900, b], [c, 10]], exact=True).pvalue
    assert mcnemar_exact(b, c) == pytest.approx(min(1.0, theirs))


@pytest.mark.parametrize(("k", "n"), [(0, 10), (10, 10), (9887, 10_000), (1, 3), (500, 1000)])
def test_wilson_is_scipys(k: int, n: int) -> None:
    theirs = stats.binomtest(k, n).proportion_ci(0.95, method="wilson")
    assert wilson_interval(k, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize(("n", "m"), [(4, 4), (4, 6), (5, 5), (6, 4)])
@pytest.mark.parametrize("decimals", [0, 1, 8])
def test_permutation_p_is_scipys_exact_test_with_and_without_ties(
    n: int, m: int, decimals: int
) -> None:
    a, b = (np.round(x, decimals) for x in draw(n * m, n, m, shift=1.5))
    theirs = stats.permutation_test(
        (a, b),
        lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
        n_resamples=np.inf,
        alternative="greater",
    )
    assert permutation_p(a, b) == pytest.approx(theirs.pvalue)


def test_permutation_p_reaches_its_smallest_value_and_no_less() -> None:
    n = 10
    a, b = np.arange(n) + 100.0, np.arange(n) * 1.0
    assert permutation_p(a, b) == pytest.approx(2 / math.comb(2 * n, n))


@pytest.mark.parametrize(("n", "m"), [(3, 3), (5, 4), (8, 8)])
def test_rank_p_without_ties_is_scipys_exact_mann_whitney(n: int, m: int) -> None:
    a, b = draw(n * 7 + m, n, m, shift=1.0)
    theirs = stats.mannwhitneyu(a, b, method="exact")
    assert rank_p(a, b) == pytest.approx(theirs.pvalue)


def test_rank_p_with_failed_runs_is_scipys_permutation_of_ranks() -> None:
    a = np.array([-np.inf, 95.2, 95.3, 95.4, 95.6])
    b = np.array([-np.inf, -np.inf, 94.9, 95.0, 95.2])
    ranks = stats.rankdata(np.concatenate([a, b]))
    theirs = stats.permutation_test(
        (ranks[:5], ranks[5:]),
        lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
        n_resamples=np.inf,
        alternative="greater",
    )
    assert rank_p(a, b) == pytest.approx(theirs.pvalue)


def test_rank_p_of_many_runs_is_the_normal_approximation() -> None:
    a, b = draw(3, 40, 30)
    assert rank_p(a, b) == pytest.approx(stats.mannwhitneyu(a, b, method="asymptotic").pvalue)
    assert rank_p(np.ones(20), np.ones(20)) == 1.0


def test_p_superiority_counts_pairs() -> None:
    a, b = np.array([1.0, 2.0, 2.0, -np.inf]), np.array([2.0, 0.0, -np.inf])
    by_hand = np.mean(
        [1.0 if x > y else 0.5 if x == y else 0.0 for x, y in itertools.product(a, b)]
    )
    assert p_superiority(a, b) == pytest.approx(by_hand)
    u = stats.mannwhitneyu(*draw(4, 6, 9)).statistic
    assert p_superiority(*draw(4, 6, 9)) == pytest.approx(u / 54)


@given(st.integers(0, 10_000), st.integers(2, 8), st.integers(2, 8))
@settings(max_examples=50)
def test_p_superiority_interval_mirrors_when_arms_swap(seed: int, n: int, m: int) -> None:
    a, b = draw(seed, n, m)
    low, high = p_superiority_interval(a, b)
    assert 0 <= low <= p_superiority(a, b) <= high <= 1
    assert p_superiority_interval(b, a) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def test_hedges_g_removes_the_bias_of_small_samples() -> None:
    generator = np.random.default_rng(11)
    draws = [
        hedges_g(1 + generator.standard_normal(4), generator.standard_normal(4))
        for _ in range(20_000)
    ]
    assert np.mean(draws) == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("n", [12, 20, 64])
@pytest.mark.parametrize("effect", [0.4, 0.9])
def test_power_with_many_runs_is_statsmodels(n: int, effect: float) -> None:
    theirs = TTestIndPower().power(effect, n, 0.05)
    assert welch_power(effect, 1.0, n, 1.0, n) == pytest.approx(theirs, abs=1e-6)


@pytest.mark.parametrize(
    ("n_a", "n_b", "ratio", "delta", "alpha"),
    [(2, 2, 1, 8, 0.05), (3, 3, 2, 4, 0.05), (3, 5, 1, 3, 0.01), (5, 5, 1, 2, 0.05 / 15)],
)
def test_power_with_few_runs_is_what_scipys_test_achieves(
    n_a: int, n_b: int, ratio: float, delta: float, alpha: float
) -> None:
    generator = np.random.default_rng(5)
    a = delta + generator.standard_normal((60_000, n_a))
    b = ratio * generator.standard_normal((60_000, n_b))
    achieved = (stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < alpha).mean()
    assert welch_power(delta, 1, n_a, ratio, n_b, alpha) == pytest.approx(achieved, abs=0.008)


@pytest.mark.parametrize("n", [2, 3, 5, 10, 40])
def test_detectable_difference_has_the_wanted_power(n: int) -> None:
    delta = detectable_difference(0.1, n, 0.2, n, power=0.8)
    assert welch_power(delta, 0.1, n, 0.2, n) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("n", [10, 25, 80])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 1225])
def test_detectable_difference_is_scipys_noncentral_t_where_runs_are_many(
    n: int, alpha: float
) -> None:
    ours = detectable_difference(0.2, n, 0.2, n, power=0.8, alpha=alpha)
    # statsmodels adds the far tail, which is NaN in scipy at some of these; it is below 1e-9.
    critical = stats.t.isf(alpha / 2, 2 * n - 2)
    seen = stats.nct.sf(critical, 2 * n - 2, ours / (0.2 * math.sqrt(2 / n)))
    assert seen == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(("n_a", "n_b"), [(2, 2), (3, 3), (3, 40), (9, 4)])
@pytest.mark.parametrize("ratio", [1.0, 0.2, 30.0, 0.0])
@pytest.mark.parametrize("alpha", [0.05, 0.05 / 1225, 0.3])
def test_detectable_difference_of_few_runs_is_the_root_of_scipys_distributions(
    n_a: int, n_b: int, ratio: float, alpha: float
) -> None:
    at, weight = np.polynomial.legendre.leggauss(16)
    at, weight = (at + 1) / 2, weight / 2
    u = stats.chi2.ppf(at, n_a - 1)[:, None] / (n_a - 1) / n_a
    v = ratio**2 * stats.chi2.ppf(at, n_b - 1)[None, :] / (n_b - 1) / n_b
    df = (u + v) ** 2 / (u**2 / (n_a - 1) + v**2 / (n_b - 1))
    reach = stats.t.isf(alpha / 2, df) * np.sqrt(u + v)
    scale = math.sqrt(1 / n_a + ratio**2 / n_b)

    def power(delta: float) -> float:
        seen = stats.norm.sf(reach, delta, scale) + stats.norm.cdf(-reach, delta, scale)
        return float(weight @ seen @ weight)

    ours = detectable_difference(1.0, n_a, ratio, n_b, power=0.8, alpha=alpha)
    assert power(ours - 3e-6 * scale) < 0.8 < power(ours + 3e-6 * scale)
    # Before 1.17 scipy itself was no closer than 1e-8 to the quantiles of such small levels.
    assert welch_power(ours, 1.0, n_a, ratio, n_b, alpha) == pytest.approx(power(ours), rel=1e-7)


def test_what_is_seen_without_a_difference_needs_none() -> None:
    assert detectable_difference(1.0, 3, 1.0, 3, power=0.01, alpha=0.3) == 0.0


@given(st.integers(0, 10_000), st.integers(2, 6), st.integers(2, 6), st.integers(0, 9))
@settings(max_examples=50)
def test_p_superiority_interval_is_newcombes_equation(
    seed: int, n: int, m: int, apart: int
) -> None:
    a, b = draw(seed, n, m)
    a = a + apart  # so that the estimate is often exactly 1, where the interval has width too
    low, high = p_superiority_interval(a, b)
    variances = a.var(ddof=1) / n, b.var(ddof=1) / m
    df = sum(variances) ** 2 / (variances[0] ** 2 / (n - 1) + variances[1] ** 2 / (m - 1))
    theta = np.linspace(0, 1, 20_001)[1:-1]
    spread = 1 + ((n + m) / 2 - 1) * ((1 - theta) / (2 - theta) + theta / (1 + theta))
    reach = stats.t.ppf(0.975, df) * np.sqrt(theta * (1 - theta) * spread / (n * m))
    within = theta[np.abs(p_superiority(a, b) - theta) <= reach]
    assert (low, high) == pytest.approx((within.min(), within.max()), abs=6e-5)


@pytest.mark.parametrize("effect", [0.041, 0.1, 0.3, 0.7, 1.0])
def test_seeds_needed_are_statsmodels_where_they_are_many(effect: float) -> None:
    theirs = math.ceil(TTestIndPower().solve_power(effect, power=0.8, alpha=0.05))
    assert seeds_needed(effect, 1.0, 1.0) == theirs


@pytest.mark.parametrize("effect", [1.5, 2.0, 3.0, 5.0, 20.0])
def test_seeds_needed_are_enough_and_not_one_too_many(effect: float) -> None:
    n = seeds_needed(effect, 1.0, 1.5)
    assert welch_power(effect, 1.0, n, 1.5, n) >= 0.8 - 1e-3
    assert n == 2 or welch_power(effect, 1.0, n - 1, 1.5, n - 1) < 0.8


@pytest.mark.parametrize("effect", [0.05, 0.2, 0.7, 1.3, 2.0, 3.0])
@pytest.mark.parametrize("alpha", [0.05, 0.005])
def test_pairs_needed_are_the_fewest_with_statsmodels_power(effect: float, alpha: float) -> None:
    n = pairs_needed(effect * 0.3, 0.3, alpha=alpha)
    theirs = TTestPower()
    assert theirs.power(effect, n, alpha) >= 0.8
    assert n == 2 or theirs.power(effect, n - 1, alpha) < 0.8


def test_images_needed_let_mcnemar_find_the_difference() -> None:
    delta, disagreement = 0.01, 0.05
    images = images_needed(delta, disagreement)
    generator = np.random.default_rng(3)
    shares = [(disagreement + delta) / 2, (disagreement - delta) / 2, 1 - disagreement]
    counts = generator.multinomial(images, shares, size=4000)
    found = np.mean([mcnemar_exact(int(b), int(c)) < 0.05 for b, c, _ in counts])
    assert 0.76 < found < 0.84


def test_bootstrap_over_images_is_the_one_that_resamples_images() -> None:
    generator = np.random.default_rng(0)
    a = generator.random(2000) < 0.95
    b = np.where(generator.random(2000) < 0.03, ~a, a)
    plain = stats.bootstrap(
        (a.astype(float) - b,),
        np.mean,
        n_resamples=4000,
        method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval
    ours = paired_bootstrap_interval(*discordant(a, b), 2000)
    assert ours == pytest.approx((plain.low, plain.high), abs=0.001)


@pytest.mark.parametrize(("b", "c", "images"), [(60, 10, 1000), (12, 0, 10_000), (900, 950, 2000)])
def test_bootstrap_over_images_has_the_quantiles_of_the_multinomial(
    b: int, c: int, images: int
) -> None:
    shares = [b / images, c / images, (images - b - c) / images]
    counts = np.random.default_rng(0).multinomial(images, shares, size=100_000)
    sums = counts[:, 0] - counts[:, 1]
    theirs = np.quantile(sums, [0.025, 0.975], method="inverted_cdf")
    ours = np.array(paired_bootstrap_interval(b, c, images)) * images
    assert ours == pytest.approx(theirs, abs=0.02 * (b + c) ** 0.5 + 1)


def test_seeds_and_images_variance_is_unbiased_for_new_seeds_and_new_images() -> None:
    # Known components: seeds 0.3², images (of the difference) 1², residual 0.5² in either arm.
    generator = np.random.default_rng(9)
    n, images, errors, variances = 3, 40, [], []
    for _ in range(4000):
        common, own = generator.standard_normal((2, images))
        a, b = (
            ease
            + 0.3 * generator.standard_normal((n, 1))
            + 0.5 * generator.standard_normal((n, images))
            for ease in (common + own, common)
        )
        found = seeds_and_images(a, b)
        errors.append(found.value)
        variances.append(found.standard_error**2)
    truth = 2 * 0.3**2 / n + 1 / images + 2 * 0.5**2 / (n * images)
    assert np.mean(variances) == pytest.approx(truth, rel=0.03)
    assert np.var(errors) == pytest.approx(truth, rel=0.06)


def test_seeds_and_images_without_seed_spread_is_the_paired_t_over_images() -> None:
    # Runs of an arm that answer alike leave only the luck of the images.
    generator = np.random.default_rng(4)
    a, b = generator.random(500) < 0.9, generator.random(500) < 0.85
    both = seeds_and_images(np.stack([a] * 3), np.stack([b] * 3))
    theirs = stats.ttest_rel(a.astype(float), b.astype(float))
    assert both.interval == pytest.approx(tuple(theirs.confidence_interval(0.95)))


def test_seeds_and_images_without_image_spread_is_welch() -> None:
    # Runs that are right or wrong on all images alike leave only the luck of the seeds.
    a = np.repeat([[0.90], [0.92], [0.95]], 400, axis=1)
    b = np.repeat([[0.80], [0.86], [0.83]], 400, axis=1)
    both = seeds_and_images(a, b)
    assert both.interval == pytest.approx(welch(a[:, 0], b[:, 0]).interval)


def test_calibration_error_of_a_worked_example() -> None:
    # Two bins of five images: sure 0.9 and right 4 of 5; sure 0.5 and right 3 of 5.
    confidence = np.array([0.9] * 5 + [0.5] * 5)
    correct = np.array([True] * 4 + [False] + [True] * 3 + [False] * 2)
    assert expected_calibration_error(confidence, correct) == pytest.approx(0.1)


def guo(confidence: np.ndarray, correct: np.ndarray, bins: int) -> float:
    """Section 2 of Guo et al. 2017, word for word and in fractions: bin m is ((m-1)/M, m/M]."""
    total = 0.0
    for m in range(1, bins + 1):
        chosen = [
            i
            for i, p in enumerate(confidence)
            if Fraction(m - 1, bins) < Fraction(str(p)) <= Fraction(m, bins)
        ]
        if chosen:
            gap = correct[chosen].mean() - confidence[chosen].mean()
            total += len(chosen) / len(confidence) * abs(gap)
    return total


@pytest.mark.parametrize("bins", [10, 15])
@pytest.mark.parametrize("kind", [np.float64, np.float32])
def test_calibration_error_has_the_bin_edges_of_guo_et_al(bins: int, kind: type) -> None:
    generator = np.random.default_rng(bins)
    confidence = generator.choice(np.arange(1, 11) / 10, 400)
    correct = generator.random(400) < confidence**2
    ours = expected_calibration_error(confidence.astype(kind).astype(np.float64), correct, bins)
    assert ours == pytest.approx(guo(confidence, correct, bins), abs=1e-6)


def test_a_record_and_a_table_have_one_calibration_error() -> None:
    generator = np.random.default_rng(3)
    confidence = generator.choice([0.2, 0.4, 0.6, 0.8], 200)
    label = np.where(generator.random(200) < confidence, 0, 1).astype(np.int32)
    predictions = Predictions(
        label,
        np.zeros((200, 1), np.int32),
        confidence[:, None].astype(np.float32),
        np.zeros(200, np.float32),
    )
    of_table = 100 * expected_calibration_error(confidence, label == 0)
    assert detail(predictions, 2).calibration_error == pytest.approx(of_table, abs=1e-4)


@pytest.mark.parametrize(("n", "m"), [(4, 5), (4, 9), (5, 8)])
def test_permutation_p_counts_by_the_size_of_the_difference_where_numbers_are_unequal(
    n: int, m: int
) -> None:
    def gap(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        return x.mean(axis) - y.mean(axis)

    def size(x: np.ndarray, y: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.abs(gap(x, y, axis))

    generator = np.random.default_rng(n * m)
    doubled_differs = False
    for _ in range(5):
        a, b = generator.exponential(size=n), generator.exponential(size=m)
        ours, pooled = permutation_p(a, b), np.concatenate([a, b])
        by_hand = [
            abs(pooled[list(chosen)].mean() - np.delete(pooled, chosen).mean())
            for chosen in itertools.combinations(range(n + m), n)
        ]
        counted = np.mean(np.array(by_hand) >= abs(a.mean() - b.mean()) - 1e-12)
        every = {"vectorized": True, "n_resamples": np.inf}
        theirs = stats.permutation_test((a, b), size, alternative="greater", **every).pvalue
        assert ours == pytest.approx(counted, abs=1e-12)
        assert ours == pytest.approx(theirs, abs=1e-12)
        doubled = stats.permutation_test((a, b), gap, **every).pvalue
        doubled_differs |= abs(doubled - ours) > 0.01
    assert doubled_differs
