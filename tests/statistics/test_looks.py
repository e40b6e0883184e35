"""Looks: against published boundaries, a multivariate normal, and experiments in another style."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics import default_looks, design, looks_ahead, welch_or_ranks
from bakeoff.statistics import sequential as module
from bakeoff.statistics.look_simulation import look_p, paths
from bakeoff.statistics.tabled import stored


@pytest.mark.parametrize(
    ("looks", "shape", "constant"),
    # Jennison & Turnbull 2000, tables 2.1 and 2.3: two-sided 5 %, equal steps.
    [(2, 0.5, 2.178), (4, 0.5, 2.361), (5, 0.5, 2.413), (2, 0.0, 1.977), (4, 0.0, 2.024)],
)
def test_with_many_runs_the_constants_are_the_published_ones(
    monkeypatch: pytest.MonkeyPatch, looks: int, shape: float, constant: float
) -> None:
    monkeypatch.setattr(module, "SHAPE", shape)
    plan = tuple(200 * k for k in range(1, looks + 1))
    g = np.random.default_rng(1)
    _, never = module.calibrated(plan, "paired", (0.05,), 20_000, g)
    # Three standard errors of a 5 % point from 20,000 experiments.
    assert never.at[0] == pytest.approx(constant, abs=0.045)


def test_the_shape_between_them_has_the_level_of_a_multivariate_normal() -> None:
    looks = np.array([3, 5, 7, 10])
    shares = np.minimum(looks[:, None], looks) / np.maximum(looks[:, None], looks)
    g = np.random.default_rng(2)
    _, never = module.calibrated(tuple(100 * looks), "paired", (0.05,), 20_000, g)
    limit = never.at[0] * (looks / 10) ** (module.SHAPE - 0.5)
    inside = stats.multivariate_normal(np.zeros(4), np.sqrt(shares)).cdf(limit, lower_limit=-limit)
    assert 1 - inside == pytest.approx(0.05, abs=0.005)


def test_p_at_a_look_is_scipys() -> None:
    g = np.random.default_rng(3)
    for n in (3, 5, 8):
        a, b = g.standard_normal((20, n)), 0.5 + 2 * g.standard_normal((20, n))
        ours = look_p(a, b, "joint")
        for row in range(20):
            welch = stats.ttest_ind(a[row], b[row], equal_var=False).pvalue
            rank = stats.mannwhitneyu(a[row], b[row], method="exact").pvalue
            expected = welch if n < 5 else min(welch, min(1, 2 * rank))
            assert ours[row] == pytest.approx(expected)
            paired = stats.ttest_rel(a[row], b[row]).pvalue
            assert look_p(a, b, "paired")[row] == pytest.approx(paired)


@pytest.mark.parametrize("looks", [(3, 5, 7, 10), (3, 5, 6, 7, 8, 9, 12)])
@pytest.mark.parametrize("ratio", [1, 3, 5])
def test_equal_arms_seldom_have_a_winner_at_any_look(looks: tuple[int, ...], ratio: int) -> None:
    """Runs added one at a time, scipy's tests, stopped at the first crossing."""
    g = np.random.default_rng([ratio, *looks])
    plan = design(looks)
    a, b = g.standard_normal((4000, looks[-1])), ratio * g.standard_normal((4000, looks[-1]))
    going, winners = np.ones(4000, dtype=bool), np.zeros(4000, dtype=bool)
    for k, n in enumerate(looks):
        welch = stats.ttest_ind(a[:, :n], b[:, :n], axis=1, equal_var=False).pvalue
        p = welch
        if n >= 5:
            rank = stats.mannwhitneyu(a[:, :n], b[:, :n], axis=1, method="exact").pvalue
            p = np.minimum(welch, 2 * rank)
        winners |= going & (p <= plan.bound(k))
        going &= (p > plan.bound(k)) & (p <= plan.gives_up_above(k))
    # Three standard errors of 4,000 experiments.
    assert winners.mean() <= (0.055 if ratio == 5 else 0.05) + 0.0105


def test_following_a_path_says_what_the_bounds_say() -> None:
    g, plan = np.random.default_rng(4), design((3, 5, 7, 10))
    for ps in paths(plan.looks, "joint", g, experiments=300, gap=1.0):
        end = None
        for k in range(4):
            if ps[k] <= plan.bound(k):
                end = "decided"
            elif ps[k] > plan.gives_up_above(k):
                end = "given up"
            elif k == 3:
                end = "undecided"
            path = plan.follow(list(ps[: k + 1]))
            assert path.stop == (end or "open")
            assert (path.p <= 0.05) == (end == "decided")
            if end:
                break


def test_smaller_error_rates_need_smaller_p() -> None:
    plan = design((3, 5, 10), test="welch")
    bounds = [[plan.bound(k, alpha) for k in range(3)] for alpha in (0.001, 0.01, 0.05, 0.2)]
    assert np.diff(bounds, axis=0).min() > 0
    assert np.diff(bounds, axis=1).min() > 0
    never = design((3, 5, 10), test="welch", give_up=False)
    assert never.bound(2) <= plan.bound(2)


def test_interval_after_any_look_holds_at_all_looks_together() -> None:
    g, plan = np.random.default_rng(5), design((3, 5, 7, 10))
    a, b = 1.5 + g.standard_normal((3000, 10)), 2 * g.standard_normal((3000, 10))
    held = np.ones(3000, dtype=bool)
    for k, n in enumerate(plan.looks):
        ci = stats.ttest_ind(a[:, :n], b[:, :n], axis=1, equal_var=False).confidence_interval(
            plan.interval_level(k)
        )
        held &= (ci.low <= 1.5) & (ci.high >= 1.5)
    assert held.mean() >= 0.95 - 0.012


def test_plans_that_are_not_stored_are_simulated_and_agree_with_stored_ones() -> None:
    g = np.random.default_rng(6)
    crossing, never = module.calibrated((3, 5, 10), "welch", (0.05,), 20_000, g)
    plan = design((3, 5, 10), test="welch")
    assert crossing.at[0] == pytest.approx(plan.crossing.value(0.05), abs=0.045)
    assert never.at[0] == pytest.approx(plan.never_giving_up.value(0.05), abs=0.045)
    assert all(len(p["levels"]) == len(p["crossing"]) for p in stored()["plans"])


def test_default_looks_end_where_asked_and_impossible_ones_are_refused() -> None:
    assert default_looks(10) == (3, 5, 7, 10)
    assert default_looks(12) == (3, 5, 6, 7, 8, 9, 12)
    assert default_looks(2) == (2,)
    assert all(default_looks(n)[-1] == n for n in range(2, 41))
    for wrong in ((5, 3), (1, 4), (3, 99), ()):
        with pytest.raises(UsageError):
            design(wrong)
    with pytest.raises(UsageError, match="were planned"):
        design((3, 5, 10)).follow([0.5, 0.5, 0.5, 0.5])


@pytest.mark.parametrize("arms", [2, 4])
def test_several_arms_share_one_error_rate(arms: int) -> None:
    ahead = looks_ahead(
        design((3, 5, 7, 10)), [0.0] * arms, np.random.default_rng(arms), experiments=1500
    )
    assert ahead.false <= 0.05 + 0.017
    assert ahead.runs < 0.9 * ahead.worst


def test_racing_trains_arms_that_are_beaten_no_further() -> None:
    plan, means = design((3, 5, 7, 10)), [0.0, 0.0, 4.0]
    all_pairs = looks_ahead(plan, means, np.random.default_rng(1), experiments=500)
    raced = looks_ahead(plan, means, np.random.default_rng(1), experiments=500, race=True)
    assert raced.runs < all_pairs.runs
    assert raced.found > 0.9


def test_welch_or_ranks_keeps_its_level_and_survives_collapses() -> None:
    g = np.random.default_rng(7)
    for n, ratio in ((5, 1), (5, 3), (10, 1), (10, 3)):
        a, b = g.standard_normal((700, n)), ratio * g.standard_normal((700, n))
        false = np.mean([welch_or_ranks(x, y).p <= 0.05 for x, y in zip(a, b, strict=True)])
        assert false <= 0.05 + 0.025
    a = 2 + g.standard_normal((300, 10)) - 20 * (g.random((300, 10)) < 0.05)
    b = g.standard_normal((300, 10)) - 20 * (g.random((300, 10)) < 0.05)
    found = np.mean([welch_or_ranks(x, y).p <= 0.05 for x, y in zip(a, b, strict=True)])
    alone = np.mean(stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue <= 0.05)
    assert found >= 0.76
    assert alone < 0.5
    with pytest.raises(TooFewSeeds):
        welch_or_ranks([1, 2, 3, 4], [5, 6, 7, 8])
