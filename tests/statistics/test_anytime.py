"""The always-valid answer: against a numerical integral of scipy's noncentral t, and by looking."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import integrate, stats

from bakeoff.errors import TooFewSeeds
from bakeoff.statistics import t_evidence


@pytest.mark.parametrize("n", [2, 3, 7, 15])
def test_evidence_is_the_average_likelihood_of_the_t_statistic(n: int) -> None:
    d = np.random.default_rng(n).normal(0.8, 1.3, n)
    t = stats.ttest_1samp(d, 0).statistic

    def weighted(effect: float) -> float:
        return stats.nct.pdf(t, n - 1, effect * np.sqrt(n)) * stats.norm.pdf(effect, 0, 1.5)

    over = integrate.quad(weighted, -12, 12, limit=400)[0] / stats.t.pdf(t, n - 1)
    assert t_evidence(d)[-1].evidence == pytest.approx(over, rel=1e-5)


def test_equal_arms_never_have_a_winner_too_often_however_often_one_looks() -> None:
    g = np.random.default_rng(11)
    false, missed = 0, 0
    for _ in range(700):
        seen = t_evidence(g.standard_normal(40) - 5 * g.standard_normal(40))
        false += seen[-1].p <= 0.05
        missed += any(not answer.interval.contains(0) for answer in seen)
    # Three standard errors of 700 experiments.
    assert false / 700 <= 0.05 + 0.025
    assert false == missed


def test_a_clear_difference_is_found_within_ten_seeds() -> None:
    g = np.random.default_rng(12)
    found = [
        t_evidence(3 + g.standard_normal(10) - g.standard_normal(10))[-1].p for _ in range(200)
    ]
    assert np.mean(np.array(found) <= 0.05) > 0.9


def test_p_never_rises_and_two_pairs_are_the_least() -> None:
    ps = [answer.p for answer in t_evidence(np.random.default_rng(5).normal(1, 1, 12))]
    assert ps == sorted(ps, reverse=True)
    with pytest.raises(TooFewSeeds):
        t_evidence([0.3])


def test_differences_without_spread_prove_nothing() -> None:
    assert t_evidence([1.0, 1.0, 1.0])[-1].p == 1.0
