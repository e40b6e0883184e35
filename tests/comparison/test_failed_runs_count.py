"""A failed seed is shown and counts; it is never dropped to make an arm look good."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import bakeoff
from bakeoff.errors import UsageError
from comparison.worlds import failed_record, frame_of, make_record

NAN = math.nan


def test_an_arm_that_wins_on_its_survivors_is_not_declared_better() -> None:
    clean = bakeoff.compare(frame_of(a=[96, 96.1, 96.2], b=[95, 95.1, 95.2, 95.1]))
    assert clean.comparisons[0].verdict == "better"
    found = bakeoff.compare(frame_of(a=[96, 96.1, 96.2, NAN], b=[95, 95.1, 95.2, 95.1]))
    row = found.comparisons[0]
    assert row.verdict == "cannot tell"
    assert (row.n_a, row.failed_a, row.n_b, row.failed_b) == (3, 1, 4, 0)
    assert row.difference == pytest.approx(1.0)
    assert any("1 of 4 runs of a failed" in reason for reason in row.reasons)
    assert "3 of 4 runs finished" in row.sentence


def test_failures_of_the_loser_do_not_save_it() -> None:
    row = bakeoff.compare(frame_of(a=[96, 96.1, 96.2, 96.1], b=[95, 95.1, 95.2, NAN])).comparisons[
        0
    ]
    assert row.verdict == "better"
    assert row.failed_b == 1


def test_with_enough_seeds_ranks_can_show_a_winner_in_spite_of_a_failure() -> None:
    generator = np.random.default_rng(0)
    a = [*(96 + 0.1 * generator.standard_normal(11)), NAN]
    b = 95 + 0.1 * generator.standard_normal(12)
    row = bakeoff.compare(frame_of(a=a, b=b)).comparisons[0]
    assert row.verdict == "better"
    assert "Mann-Whitney" in row.test
    ranked = np.where(np.isnan(a), -1e9, a)
    assert row.p == pytest.approx(stats.mannwhitneyu(ranked, b, method="exact").pvalue, rel=1e-6)


def test_an_arm_whose_runs_all_fail_loses_to_one_whose_runs_all_end() -> None:
    row = bakeoff.compare(frame_of(a=[NAN] * 5, b=[90, 91, 92, 93, 94])).comparisons[0]
    assert row.verdict == "worse"
    assert row.difference is None
    assert row.p == pytest.approx(2 / 252)
    assert row.sentence.startswith("b beats a, counting failed runs as the worst")


def test_an_arm_without_a_finished_run_has_no_rank() -> None:
    found = bakeoff.compare(frame_of(a=[NAN, NAN], b=[90, 91]))
    assert found.arm("a").rank is None
    assert found.ranking == (("b",),)
    assert found.comparisons[0].verdict == "cannot tell"


def test_failed_runs_never_show_that_arms_are_the_same() -> None:
    close = [95.0, 95.01, 95.02, 95.01, 95.0]
    assert bakeoff.compare(frame_of(a=close, b=close[::-1]), margin=1).comparisons[0].verdict == (
        "same"
    )
    row = bakeoff.compare(frame_of(a=[*close, NAN], b=close[::-1]), margin=1).comparisons[0]
    assert (row.verdict, row.equivalence_p) == ("cannot tell", None)


def test_p_superiority_counts_a_failure_as_worse_than_anything() -> None:
    row = bakeoff.compare(frame_of(a=[96, 96.1, NAN, NAN], b=[95, 95.1, 95.2, 95.1])).pairs()[0]
    assert row.p_superiority == pytest.approx(0.5)
    loss = frame_of(a=[96, 96.1, NAN], b=[95, 95.1, 95.3]).assign(
        loss=[0.1, 0.1, NAN, 0.2, 0.2, 0.2]
    )
    assert bakeoff.compare(loss).pairs("loss")[0].p_superiority == pytest.approx(2 / 3)


def test_a_status_column_and_a_loss_that_is_not_finite_are_failures_too() -> None:
    frame = frame_of(a=[96, 96.1, 96.2], b=[95, 95.1, 95.2])
    marked = frame.assign(status=["complete", "failed", "complete", "ok", "crashed", ""])
    summary = {arm.arm: arm for arm in bakeoff.compare(marked).arms}
    assert (summary["a"].n, summary["a"].failed) == (2, 1)
    assert (summary["b"].n, summary["b"].failed) == (2, 1)
    infinite = frame.assign(loss=[0.1, 0.11, math.inf, 0.2, 0.21, 0.22])
    row = bakeoff.compare(infinite).pairs("loss")[0]
    assert (row.n_a, row.failed_a, row.verdict) == (2, 1, "cannot tell")


@pytest.mark.parametrize(
    "word",
    ["OOM", "out-of-memory", "timeout", "TIMED_OUT", "killed", "NaN loss", "nan", "CANCELLED",
     "preempted", "Failed"],
)  # fmt: skip
@pytest.mark.parametrize("form", ["csv", "frame"])
def test_a_run_that_ended_badly_is_failed_by_whatever_word(
    tmp_path: Path, word: str, form: str
) -> None:
    frame = frame_of(a=[95.1, 95.2, 11.3], b=[90.0, 90.1, 90.3])
    frame["Status"] = ["ok", "FINISHED", word, "complete", "Success", "done"]
    frame.to_csv(tmp_path / "r.csv", index=False)
    found = bakeoff.compare(tmp_path / "r.csv" if form == "csv" else frame)
    assert (found.arm("a").n, found.arm("a").failed, found.arm("b").n) == (2, 1, 3)
    assert found.arm("a").metrics["accuracy"].mean == pytest.approx(95.15)


def test_a_status_word_that_nobody_knows_is_asked_about() -> None:
    frame = frame_of(a=[95.1, 95.2, 11.3], b=[90.0, 90.1, 90.3])
    frame["status"] = ["ok", "ok", "kaputt", "ok", "ok", "ok"]
    with pytest.raises(UsageError, match=r"seed 2 of a has the status 'kaputt'.*complete, failed"):
        bakeoff.compare(frame)


def test_a_run_without_a_status_word_is_judged_by_its_accuracy(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("arm,seed,accuracy,status\na,0,95,\na,1,95.1,n/a\nb,0,94,\nb,1,,ok\n")
    found = bakeoff.compare(path)
    assert (found.arm("a").n, found.arm("b").n) == (2, 1)
    assert found.arm("b").failures == ("seed 1: no finite accuracy",)


@pytest.mark.parametrize(
    "b", [[*(90 + 0.1 * np.arange(9)), NAN], [90.0, 90.01, *[NAN] * 8], [90.0, 90.01, NAN]]
)
def test_a_failed_run_makes_no_verdict_possible_that_a_finished_one_would_not(
    b: list[float],
) -> None:
    finished = [90 + 0.1 * seed if math.isnan(value) else value for seed, value in enumerate(b)]
    for runs in (finished, b):
        row = bakeoff.compare(frame_of(a=[95.1, 95.3], b=runs)).comparisons[0]
        assert (row.verdict, row.test, row.p, row.interval) == ("cannot tell", "none", None, None)
        assert f"2 against {len(b)} runs: with unequal numbers at least 3" in row.reasons[0]


def test_why_ranks_decide_is_said_as_it_is() -> None:
    varies = {"c": [94, 94.5, 95.2]}
    flat = bakeoff.compare(frame_of(a=[95.1] * 3, b=[95.3] * 3 + [NAN], **varies)).pair("a", "b")
    assert flat.test == "Mann-Whitney"
    assert flat.reasons[0] == "no spread for a t test: ranks, failed runs last"
    few = bakeoff.compare(frame_of(a=[95.1, NAN, NAN], b=[95.3, 95.4, 95.6])).pair("a", "b")
    assert few.reasons[0] == "too few runs finished for a t test: ranks, failed runs last"


def test_failed_records_are_shown_with_their_reason() -> None:
    records = [
        *(make_record("a", seed, 950 + seed) for seed in range(3)),
        failed_record("a", 3),
        *(make_record("b", seed, 900 + seed) for seed in range(4)),
    ]
    found = bakeoff.compare(records)
    assert found.arm("a").failed == 1
    assert found.arm("a").failures == ("seed 3: diverged, loss is not finite",)
    assert "failed: a, seed 3: diverged" in str(found)
    assert found.comparisons[0].verdict == "cannot tell"


def test_unfinished_runs_are_not_failures_and_are_said() -> None:
    records = [
        *(make_record("a", seed, 950 + seed) for seed in range(3)),
        make_record("a", 3, 1, status="incomplete", result=None, cost=None),
        *(make_record("b", seed, 900 + seed) for seed in range(3)),
    ]
    found = bakeoff.compare(records)
    assert (found.arm("a").failed, found.arm("a").incomplete) == (0, 1)
    assert found.comparisons[0].verdict == "better"
    assert "1 run of a not finished yet" in found.comparisons[0].reasons


def test_failures_never_make_false_winners() -> None:
    generator = np.random.default_rng(8)
    wins = 0
    for _ in range(400):
        values = generator.standard_normal((2, 6)) + 90
        values[generator.random((2, 6)) < 0.3] = NAN
        row = bakeoff.compare(frame_of(a=values[0], b=values[1])).comparisons[0]
        wins += row.verdict in ("better", "worse")
    assert wins / 400 < 0.06
