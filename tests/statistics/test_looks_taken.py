"""All pairs of arms through all looks: who is decided, who runs on, and how failures count."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from bakeoff.statistics import design, looks_ahead
from bakeoff.statistics.looks_taken import pair_p, take_looks, unplanned_alpha

PLAN = design((3, 5, 7, 10))


def arms(seed: int, n: int, *means: float) -> dict[str, list[float]]:
    g = np.random.default_rng(seed)
    return {f"arm{k}": (m + g.standard_normal(n)).tolist() for k, m in enumerate(means)}


def test_no_look_is_taken_before_its_runs_are_there() -> None:
    assert take_looks(arms(1, 2, 0, 9), PLAN).looks == 0
    early = take_looks(arms(1, 4, 0, 0.5), PLAN)
    assert (early.looks, early.runs) == (1, 3)
    assert early.pairs[0].looks[0].n == 3


def test_a_clear_winner_is_named_and_nobody_runs_on() -> None:
    taken = take_looks(arms(2, 10, 0, 8), PLAN)
    path = taken.pair("arm1", "arm0")
    assert (path.stop, path.winner, taken.running) == ("decided", "arm1", ())
    assert path.p_adjusted <= 0.05
    assert len(path.looks) < 4


def test_runs_beyond_the_last_look_and_looks_after_the_end_change_nothing() -> None:
    runs = arms(2, 10, 0, 8)
    taken = take_looks(runs, PLAN)
    short = take_looks({arm: values[: taken.runs] for arm, values in runs.items()}, PLAN)
    assert short == taken


def test_only_arms_with_an_open_pair_get_more_runs() -> None:
    g = np.random.default_rng(5)
    base = g.standard_normal(3)
    three = {"a": base.tolist(), "b": (base + 0.8).tolist(), "low": (base - 40).tolist()}
    taken = take_looks(three, PLAN)
    assert taken.pair("a", "low").winner == "a"
    assert set(taken.running) == {"a", "b"}
    assert take_looks(three, PLAN, race=True).running == ("a", "b")


def test_a_failed_run_counts_as_the_worst_and_never_helps_its_arm() -> None:
    inf = float("inf")
    five = take_looks({"fine": [90, 91, 92, 93, 94.0], "fails": [-inf] * 5}, PLAN)
    assert five.pair("fine", "fails").winner == "fine"
    p, lead = pair_p(
        np.array([99.0, 99.1, 98.9, -inf, 99.2]), np.array([90.0, 91, 92, 93, 94]), "joint"
    )
    assert lead > 0
    ranked = stats.mannwhitneyu([99, 99.1, 98.9, 0, 99.2], [90, 91, 92, 93, 94], method="exact")
    assert p >= ranked.pvalue - 1e-9


@pytest.mark.parametrize("seed", range(3))
def test_many_experiments_at_once_and_one_by_one_agree(seed: int) -> None:
    means = (0.0, 0.0, 1.5)
    g = np.random.default_rng(seed)
    runs = [take_looks(arms(seed * 1000 + k, 10, *means), PLAN) for k in range(250)]
    found = np.mean([path.winner == "arm2" for t in runs for path in t.pairs[1:]])
    ahead = looks_ahead(PLAN, means, g, experiments=1000)
    assert found == pytest.approx(ahead.found, abs=0.1)


def test_later_looks_that_nobody_planned_need_a_smaller_p() -> None:
    needed = [unplanned_alpha(look) for look in range(1, 6)]
    assert needed == pytest.approx([0.05, 0.01, 0.005, 0.0025, 0.00125])
    g = np.random.default_rng(3)
    a, b = g.standard_normal((2000, 10)), g.standard_normal((2000, 10))
    false = np.zeros(2000, dtype=bool)
    for look, n in enumerate((3, 4, 5, 7, 10), start=1):
        p = stats.ttest_ind(a[:, :n], b[:, :n], axis=1, equal_var=False).pvalue
        false |= p < unplanned_alpha(look)
    assert false.mean() <= 0.05 + 0.015
