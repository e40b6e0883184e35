"""Collapses, copies, untested arms, two runs: said to be what they look like, as typed facts."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bakeoff
from bakeoff.comparison.answer import Comparison
from bakeoff.comparison.reasons import DidNotTrain, TwoBasins, UndecidedAtEveryRate
from comparison.worlds import failed_record, frame_of, make_record

AHEAD, BEHIND = [95.42, 95.51, 95.36], [95.01, 94.95, 95.08]


def codes(found: Comparison) -> list[tuple[str, tuple[str, ...]]]:
    return [(concern.code, concern.arms) for concern in found.concerns]


def test_an_arm_that_failed_in_every_run_did_not_train_and_is_named_first() -> None:
    found = bakeoff.compare(
        [
            *(make_record("works", seed, 950 + seed) for seed in range(3)),
            *(failed_record("broken", seed) for seed in range(2)),
        ]
    )
    assert codes(found)[0] == ("did not train", ("broken",))
    arm, row = found.arm("broken"), found.comparisons[0]
    assert arm.did_not_train
    assert not found.arm("works").did_not_train
    assert [(run.seed, run.cause, run.message, run.step) for run in arm.failed_runs] == [
        (0, "diverged", "loss is not finite", 7),
        (1, "diverged", "loss is not finite", 7),
    ]
    assert [fact for fact in row.facts if isinstance(fact, DidNotTrain)] == [
        DidNotTrain("broken", 2, 0, "diverged", 7, "loss is not finite")
    ]
    assert "cannot tell" not in row.sentence
    lines = str(found).splitlines()
    said = [line for line in lines if "did not train" in line]
    assert "diverged at step 7" in said[-1]
    assert not any("cannot tell" in line and "broken" in line for line in lines[-6:])


def test_an_arm_whose_run_is_not_done_may_still_train() -> None:
    unfinished = make_record("a", 1, 1, status="incomplete", result=None, cost=None)
    found = bakeoff.compare([failed_record("a", 0), unfinished, make_record("b", 0, 900)])
    assert not found.arm("a").did_not_train
    assert codes(found) == []


@pytest.mark.parametrize("other", [[50.0], [50.0, 50.1]])
def test_an_arm_without_a_test_has_a_rank_interval_and_no_rank(other: list[float]) -> None:
    arms = {"good": [97.0, 97.1, 97.2], "mlp": [96.0, 96.1, 96.2], "knn": other}
    found = bakeoff.compare(arms)
    assert found.ranking == (("good",), ("mlp",))
    assert [found.arm(name).rank for name in arms] == [1, 2, None]
    assert [found.arm(name).rank_interval for name in arms] == [(1, 2), (2, 3), (1, 3)]
    assert "1–3   knn" in str(found)


def test_two_arms_with_identical_values_are_said_to_be_alike() -> None:
    found = bakeoff.compare(frame_of(a=AHEAD, b=AHEAD, c=BEHIND))
    assert codes(found) == [("identical arms", ("a", "b"))]
    assert "identical values in all 3 seeds" in str(found)


def test_two_models_with_identical_answers_are_said_to_be_alike(
    write_run: Callable[..., Path],
) -> None:
    folders = [write_run(arm, 0, np.arange(1000) >= 50) for arm in "ab"]
    assert codes(bakeoff.compare(folders)) == [("identical arms", ("a", "b"))]


@pytest.mark.parametrize(
    ("a", "seeds"),
    [([91.37] * 5, (0, 1, 2, 3, 4)), ([91.37, 91.37, 91.37, 91.52, 91.18], (0, 1, 2))],
)
def test_a_run_copied_under_several_seeds_is_said_to_be_one(
    a: list[float], seeds: tuple[int, ...]
) -> None:
    found = bakeoff.compare(frame_of(a=a, b=[90.11, 90.43, 90.26, 90.35, 90.52]))
    assert codes(found) == [("copied run", ("a",))]
    assert found.concerns[0].seeds == seeds
    assert f"{len(seeds)} seeds of a" in str(found)


def test_a_copied_run_counts_as_one_run_in_every_verdict() -> None:
    once = [90.11, 90.43, 90.26, 90.35, 90.52]
    found = bakeoff.compare(frame_of(a=[91.37] * 5, b=once))
    row = found.comparisons[0]
    assert (row.n_a, row.n_b, row.verdict) == (1, 5, "cannot tell")
    assert "count as one run" in found.concerns[0].sentence
    some = bakeoff.compare(frame_of(a=[91.37, 91.37, 91.37, 91.52, 91.18], b=once))
    without = bakeoff.compare(frame_of(a=[91.37, 91.52, 91.18], b=once))
    assert some.comparisons[0].n_a == 3
    assert some.comparisons[0].interval == without.comparisons[0].interval


def test_a_pair_whose_half_is_a_copy_is_no_further_pair() -> None:
    a, b = [91.37, 91.37, 91.37, 91.52, 91.18], [90.11, 90.43, 90.26, 90.35, 90.52]
    paired = bakeoff.compare(frame_of(a=a, b=b), paired=True)
    kept = bakeoff.compare(frame_of(a=[a[0], *a[3:]], b=[b[0], *b[3:]]), paired=True)
    assert paired.paired
    assert (paired.comparisons[0].n_a, paired.comparisons[0].n_b) == (3, 3)
    assert paired.comparisons[0].interval == kept.comparisons[0].interval


def test_values_that_rounding_makes_alike_are_no_copies() -> None:
    found = bakeoff.compare(
        frame_of(a=[91.4, 91.4, 91.3, 91.6, 91.2], b=[90.1, 90.4, 90, 90.3, 90])
    )
    assert codes(found) == []


def test_a_winner_by_two_runs_is_warned_of() -> None:
    found = bakeoff.compare(frame_of(a=[95.42, 95.44], b=[93.0, 93.01]))
    assert found.comparisons[0].verdict == "better"
    assert codes(found) == [("two basins", ("a", "b"))]
    assert found.comparisons[0].has(TwoBasins)
    assert codes(bakeoff.compare(frame_of(a=AHEAD, b=BEHIND))) == []
    assert codes(bakeoff.compare(frame_of(a=[95.4, 95.5], b=[95.4, 95.6]))) == []


@pytest.mark.parametrize("loss", [1e101, 1e154, 1e160, 1e300, math.inf, math.nan])
def test_a_loss_that_cannot_be_squared_is_a_diverged_run(loss: float) -> None:
    frame = frame_of(a=AHEAD, b=BEHIND).assign(loss=[0.2, 0.21, loss, 0.3, 0.31, 0.32])
    row = bakeoff.compare(frame, metrics="loss").comparisons[0]
    assert (row.n_a, row.failed_a, row.n_b) == (2, 1, 3)
    every = frame.assign(loss=[loss] * 3 + [0.3, 0.31, 0.32])
    row = bakeoff.compare(every, metrics="loss").comparisons[0]
    assert (row.n_a, row.failed_a, row.verdict) == (0, 3, "cannot tell")
    assert not row.has(DidNotTrain)


def test_what_was_never_decided_survives_no_other_rate() -> None:
    close = [95.4, 95.1, 95.3]
    arms = {"a": AHEAD, "b": close, "a+lr0.5": AHEAD, "b+lr0.5": close}
    row = bakeoff.compare(frame_of(**arms, **{"a+lr2": AHEAD, "b+lr2": close})).comparisons[0]
    assert row.verdict_at_rates == {"0.5": "cannot tell", "2": "cannot tell"}
    assert row.survives_rate is None
    assert row.has(UndecidedAtEveryRate)
    assert not any("survive" in said for said in (*row.reasons, row.sentence))
    decided = bakeoff.compare(frame_of(**arms, **{"a+lr2": AHEAD, "b+lr2": [90, 91, 90.5]}))
    assert decided.comparisons[0].survives_rate is False


def records(correct: int, **change: Any) -> list[Any]:
    return [
        *(make_record("a", seed, 900 + seed, **change) for seed in range(3)),
        *(make_record("b", seed, correct + seed, seconds=200.0, **change) for seed in range(3)),
    ]


def test_a_comparison_of_accuracy_speaks_of_accuracy_only() -> None:
    found = bakeoff.compare(records(600), metrics="accuracy")
    assert {row.metric for row in found.comparisons} == {"accuracy"}
    assert not any("target" in note or "equal" in note for note in found.notes)
    everything = bakeoff.compare(records(600))
    assert any("target" in note for note in everything.notes)
    frame = frame_of(a=AHEAD, b=BEHIND).assign(ece=[0.012, 0.014, 0.011, 0.034, 0.033, 0.036])
    assert bakeoff.compare(frame, metrics="accuracy").comparisons[0].verdict == "better"


@pytest.mark.parametrize(("correct", "there"), [(100, False), (115, False), (200, True)])
def test_no_target_is_set_by_an_arm_that_guesses(correct: int, there: bool) -> None:
    found = bakeoff.compare(records(correct))
    assert any(row.metric == "seconds_to_target" for row in found.comparisons) == there
    asked = bakeoff.compare(records(correct), target=5)
    assert any(row.metric == "seconds_to_target" for row in asked.comparisons)
