"""Ranks, data sets, pooled spreads, folds, printed summaries, collapses: against other people."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.multicomp import pairwise_tukeyhsd
from statsmodels.stats.proportion import proportion_confint

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics import (
    at_chance,
    corrected_resampled_t,
    moments,
    over_data_sets,
    rank_intervals,
    share_not_excluded,
    spreads_agree,
    tukey,
    welch_from_summaries,
)


@pytest.mark.parametrize("seed", range(6))
def test_rank_intervals_are_those_of_all_orders_that_the_verdicts_allow(seed: int) -> None:
    g = np.random.default_rng(seed)
    arms, truth = 5, g.permutation(5)
    better = (truth[:, None] < truth[None, :]) & (g.random((arms, arms)) < 0.4)
    allowed = [
        order
        for order in itertools.permutations(range(arms))
        if all(order.index(i) < order.index(j) for i, j in zip(*np.nonzero(better), strict=True))
    ]
    for arm, found in enumerate(rank_intervals(better)):
        ranks = [1 + order.index(arm) for order in allowed]
        assert found == (min(ranks), max(ranks))


def test_contradicting_verdicts_are_refused() -> None:
    with pytest.raises(UsageError, match="each better"):
        rank_intervals(np.array([[False, True], [True, False]]))


def test_tukeys_pairs_are_scipys_and_statsmodels() -> None:
    g = np.random.default_rng(4)
    arms = [g.normal(m, 1, n) for m, n in ((0, 5), (0.4, 5), (1.7, 4), (2.0, 6))]
    ours = tukey([moments(a) for a in arms])
    theirs = stats.tukey_hsd(*arms)
    assert ours.p == pytest.approx(theirs.pvalue, abs=1e-6)
    between = theirs.confidence_interval(0.95)
    assert ours.pair(0, 2).interval == pytest.approx((between.low[0, 2], between.high[0, 2]))
    labels = np.repeat(["0", "1", "2", "3"], [len(a) for a in arms])
    table = pairwise_tukeyhsd(np.concatenate(arms), labels)
    upper = ours.p[np.triu_indices(4, 1)]
    assert upper == pytest.approx(table.pvalues, abs=1e-3)


def test_agreement_of_spreads_is_levenes_test_by_medians() -> None:
    g = np.random.default_rng(5)
    arms = [g.normal(0, s, n) for s, n in ((1, 7), (3, 5), (1, 6))]
    assert spreads_agree(arms) == pytest.approx(stats.levene(*arms, center="median").pvalue)
    assert spreads_agree([[1.0, 1.0], [2.0, 2.0]]) == 1.0


def test_answer_over_sets_is_the_t_test_of_their_differences_and_needs_five() -> None:
    d = np.random.default_rng(6).normal(0.4, 1, 12)
    ours, theirs = over_data_sets(d), stats.ttest_1samp(d, 0)
    assert ours.p == pytest.approx(theirs.pvalue)
    assert ours.interval == pytest.approx(tuple(theirs.confidence_interval()))
    with pytest.raises(TooFewSeeds):
        over_data_sets(d[:4])


def test_printed_means_and_spreads_give_scipys_welch() -> None:
    ours = welch_from_summaries(80.4, 0.21, 5, 79.8, 0.09, 3)
    theirs = stats.ttest_ind_from_stats(80.4, 0.21, 5, 79.8, 0.09, 3, equal_var=False)
    assert ours.p == pytest.approx(theirs.pvalue)
    with pytest.raises(UsageError):
        welch_from_summaries(80.4, -1, 5, 79.8, 0.09, 3)


def test_folds_reduce_to_the_t_test_without_overlap_and_to_few_winners_with_it() -> None:
    d = np.random.default_rng(8).normal(0.5, 1, 10)
    almost = corrected_resampled_t(d, 1e-12)
    assert almost.p == pytest.approx(stats.ttest_1samp(d, 0).pvalue)
    # Ten folds: s²·(1/10 + 1/9), the published correction, from scipy's own pieces.
    scale = np.sqrt((1 / 10 + 1 / 9) * d.var(ddof=1))
    assert corrected_resampled_t(d, 0.1).p == pytest.approx(
        2 * stats.t.sf(abs(d.mean()) / scale, 9)
    )


def test_equal_learners_on_overlapping_folds_seldom_have_a_winner() -> None:
    """A nearest-mean classifier on two random projections of one data set, 10-fold."""
    g = np.random.default_rng(9)
    corrected, plain = [], []
    for _ in range(300):
        x = g.standard_normal((60, 8))
        y = g.random(60) < 1 / (1 + np.exp(-x.sum(axis=1)))
        d = []
        for fold in np.array_split(g.permutation(60), 10):
            train = np.setdiff1d(np.arange(60), fold)
            right = []
            for part in (x[:, :4], x[:, 4:]):
                w = part[train][y[train]].mean(axis=0) - part[train][~y[train]].mean(axis=0)
                cut = part[train].mean(axis=0) @ w
                right.append(np.mean((part[fold] @ w > cut) == y[fold]))
            d.append(right[0] - right[1])
        corrected.append(corrected_resampled_t(d, 0.1).p < 0.05)
        plain.append(stats.ttest_1samp(d, 0).pvalue < 0.05)
    assert np.mean(corrected) < np.mean(plain)
    assert np.mean(corrected) <= 0.05 + 0.038


@pytest.mark.parametrize("n", [1, 3, 5, 10, 59])
def test_collapses_not_excluded_are_clopper_pearsons_upper_end(n: int) -> None:
    upper = proportion_confint(0, n, alpha=0.1, method="beta")[1]
    assert share_not_excluded(n) == pytest.approx(upper)


def test_a_run_that_guesses_is_at_chance_and_one_that_learnt_is_not() -> None:
    g = np.random.default_rng(1)
    assert all(at_chance(int(g.binomial(10_000, 0.1)), 10_000, 10) for _ in range(200))
    assert at_chance(980, 10_000, 10)
    assert at_chance(0, 100, 2)
    assert not at_chance(1_500, 10_000, 10)
