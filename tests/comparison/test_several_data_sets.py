"""A table with a column dataset: a verdict on each set, corrected, and one over all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import bakeoff
from bakeoff.comparison import reasons as why
from bakeoff.errors import NotComparable

SETS = ("mnist", "letters", "birds", "cars", "dogs", "food")


def table(
    g: np.random.Generator, gap: float = 0.0, *, sets: tuple[str, ...] = SETS, runs: int = 3
) -> pd.DataFrame:
    rows = []
    for at, name in enumerate(sets):
        rows += [
            (arm, seed, name, 60 + 5 * at + ahead + g.standard_normal())
            for arm, ahead in (("a", gap), ("b", 0.0))
            for seed in range(runs)
        ]
    return pd.DataFrame(rows, columns=["arm", "seed", "dataset", "accuracy"])


def test_one_table_has_a_verdict_on_each_set_and_one_over_all() -> None:
    frame = table(np.random.default_rng(0), gap=4.0)
    found = bakeoff.compare(frame)
    assert [(r.a, r.b) for r in found.pairs()] == [(f"a on {s}", f"b on {s}") for s in SETS]
    assert all(next(f for f in r.facts if isinstance(f, why.Adjusted)).pairs == 6
               for r in found.pairs())  # fmt: skip
    (over,) = found.over_data_sets
    assert (over.a, over.b, over.sets, over.verdict) == ("a", "b", SETS, "better")
    means = frame.groupby(["dataset", "arm"], sort=False)["accuracy"].mean().unstack()
    theirs = stats.ttest_1samp(means["a"] - means["b"], 0)
    assert over.p == pytest.approx(theirs.pvalue)
    assert over.interval == pytest.approx(tuple(theirs.confidence_interval()))
    assert "over 6 data sets a beats b by" in str(found)


def test_four_sets_say_nothing_of_others_like_them() -> None:
    (over,) = bakeoff.compare(table(np.random.default_rng(1), 9.0, sets=SETS[:4])).over_data_sets
    assert (over.verdict, over.p, over.difference) == ("cannot tell", None, None)
    assert over.sentence.startswith("cannot tell a from b over data sets: 4 sets are too few")
    assert len(over.differences) == 4


def test_equal_arms_have_a_winner_on_some_set_no_more_often_than_on_one() -> None:
    g = np.random.default_rng(2)
    worlds = [bakeoff.compare(table(g)) for _ in range(120)]
    on_some = [any(r.verdict != "cannot tell" for r in w.comparisons) for w in worlds]
    over_all = [w.over_data_sets[0].verdict != "cannot tell" for w in worlds]
    # Three standard errors of 120 experiments.
    assert np.mean(on_some) <= 0.05 + 0.06
    assert np.mean(over_all) <= 0.05 + 0.06


def test_two_spellings_are_one_set_and_files_may_hold_one_each(tmp_path: Path) -> None:
    frame = table(np.random.default_rng(3), sets=("mnist", "cars"))
    frame.loc[frame.index[1], "dataset"] = "MNIST"
    assert len(bakeoff.compare(frame).pairs()) == 2
    for name, rows in frame.replace({"MNIST": "mnist"}).groupby("dataset"):
        rows.to_csv(tmp_path / f"{name}.csv", index=False)
    assert len(bakeoff.compare(tmp_path).pairs()) == 2


def test_arms_that_are_not_on_every_set_are_not_ranked() -> None:
    frame = table(np.random.default_rng(4), sets=("mnist", "cars"))
    with pytest.raises(NotComparable, match="must not be ranked"):
        bakeoff.compare(frame[(frame["arm"] == "a") | (frame["dataset"] == "mnist")])


def test_a_set_with_failed_runs_is_left_out_of_the_answer_over_all() -> None:
    frame = table(np.random.default_rng(5))
    frame.loc[frame.index[0], "accuracy"] = np.nan
    (over,) = bakeoff.compare(frame).over_data_sets
    assert over.sets == SETS[1:]


def test_rank_intervals_hold_together_on_each_set_and_are_shown() -> None:
    two = ("mnist", "cars")
    others = table(np.random.default_rng(7), 18.0, sets=two).replace({"a": "c", "b": "d"})
    found = bakeoff.compare(pd.concat([table(np.random.default_rng(6), 9.0, sets=two), others]))
    ranks = {one.arm: one.rank_interval for one in found.arms}
    assert ranks["c on cars"] == (1, 1)
    assert ranks["a on cars"] == (2, 2)
    assert ranks["b on cars"] == ranks["d on cars"] == (3, 4)
    assert "3= (3–4)" in str(found)
