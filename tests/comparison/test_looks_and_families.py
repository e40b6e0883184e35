"""One error rate: over looks, over metrics, and for seeds that collapse."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import bakeoff
from bakeoff.bakeoffs.execution.looks import decisive
from bakeoff.cli.app import app
from bakeoff.comparison import reasons as why
from bakeoff.errors import UsageError
from bakeoff.records.looks import LookPlan
from bakeoff.records.manifest import Manifest, PlannedArm, load_manifest
from bakeoff.records.schema import DetailedEvaluation
from bakeoff.records.scores import balanced_accuracy
from bakeoff.records.store import run_folder, save_record
from bakeoff.reporting import report
from bakeoff.statistics import design
from comparison.worlds import frame_of, make_record


def fact(row: object, kind: type) -> object:
    return next(reason for reason in row.facts if isinstance(reason, kind))  # type: ignore[attr-defined]


def folder_of(
    tmp_path: Path, correct: dict[str, list[int]], plan: LookPlan | None, verdicts: tuple[int, ...]
) -> Path:
    for arm, values in correct.items():
        for seed, right in enumerate(values):
            record = make_record(arm, seed, right)
            save_record(record, run_folder(tmp_path, arm, seed))
    arms = tuple(
        PlannedArm(name=arm, recipe=arm, model="resnet50", init="scratch", budget=record.budget)
        for arm in correct
    )
    Manifest(
        name="toy",
        created="2026-01-01T00:00:00+00:00",
        data="mnist",
        budget_asked="quick",
        budget_reason="asked",
        arms=arms,
        seeds=tuple(range(10)),
        look_plan=plan,
        verdicts_at=verdicts,
    ).save(tmp_path)
    return tmp_path


PLAN = LookPlan(looks=(3, 5, 7, 10), test="joint", give_up=True, race=False, alpha=0.05)


def test_a_planned_look_decides_by_its_boundary_and_says_so(tmp_path: Path) -> None:
    runs = {"a": [900, 905, 897, 903, 899], "b": [800, 806, 797, 803, 801]}
    row = bakeoff.compare(folder_of(tmp_path, runs, PLAN, ())).pair("a", "b")
    look = fact(row, why.Look)
    assert row.verdict == "better"
    assert (look.taken, look.seeds, look.stop, look.winner) == (1, 3, "decided", "a")
    assert look.p <= look.needed == pytest.approx(design(PLAN.looks).bound(0))
    assert row.p_adjusted <= 0.05
    assert "look 1 of 4" in row.sentence


def test_what_one_look_would_call_a_winner_waits_for_the_next_look(tmp_path: Path) -> None:
    runs = {"a": [900, 910, 920], "b": [880, 885, 890]}
    alone = bakeoff.compare(
        [make_record(a, s, v) for a, of in runs.items() for s, v in enumerate(of)]
    )
    assert alone.pair("a", "b").p < 0.05
    planned = bakeoff.compare(folder_of(tmp_path, runs, PLAN, ())).pair("a", "b")
    assert planned.verdict == "cannot tell"
    assert fact(planned, why.Look).stop == "open"
    assert planned.more_seeds is None
    assert planned.interval.half_width > alone.pair("a", "b").interval.half_width


def test_a_second_look_is_said_with_the_p_that_it_needs(tmp_path: Path) -> None:
    runs = {"a": [900, 910, 920, 905, 915], "b": [885, 895, 905, 890, 900]}
    first = bakeoff.compare(folder_of(tmp_path / "one", runs, None, (5,))).pair("a", "b")
    again = bakeoff.compare(folder_of(tmp_path / "two", runs, None, (3, 5))).pair("a", "b")
    assert first.verdict == "better"
    assert not first.has(why.LookAgain)
    found = fact(again, why.LookAgain)
    assert (found.look, found.before, found.needed) == (2, (3,), pytest.approx(0.01))
    assert again.verdict == "cannot tell"
    assert again.p_adjusted == pytest.approx(5 * first.p_adjusted)
    assert 0 < fact(again, why.AlwaysValid).p <= 1
    assert "second look" in again.sentence


def test_looks_of_a_table_are_given_and_share_one_error_rate() -> None:
    g = np.random.default_rng(1)
    false = 0
    for _ in range(150):
        a, b = (90 + g.standard_normal(10) for _ in "ab")
        for n in (3, 5, 10):
            row = bakeoff.compare(frame_of(a=a[:n], b=b[:n]), looks=[3, 5, 10]).pair("a", "b")
            if row.verdict != "cannot tell":
                false += 1
                break
    # Three standard errors of 150 experiments.
    assert false / 150 <= 0.05 + 0.054
    with pytest.raises(UsageError, match="last planned look"):
        bakeoff.compare(frame_of(a=a, b=b), looks=[3, 5])


def test_the_command_line_takes_looks_primary_and_family(tmp_path: Path) -> None:
    table = tmp_path / "runs.csv"
    frame_of(a=[90.1, 90.2, 90.3], b=[80.1, 80.3, 80.2]).to_csv(table, index=False)
    said = CliRunner().invoke(
        app, ["compare", str(table), "--looks", "3,5,10", "--family", "primary"]
    )
    assert said.exit_code == 0
    assert "look 1 of 3" in said.output
    with pytest.raises(UsageError, match="no numbers"):
        CliRunner().invoke(app, ["compare", str(table), "--looks", "three"], catch_exceptions=False)


def metrics_of(g: np.random.Generator, gap: float) -> pd.DataFrame:
    rows = []
    for arm, ahead in (("a", gap), ("b", 0.0)):
        for seed in range(5):
            accuracy = 60 + ahead + g.standard_normal()
            rows.append(
                (
                    arm,
                    seed,
                    accuracy,
                    99 + 0.1 * g.standard_normal(),
                    1 + g.random(),
                    100 + g.random(),
                )
            )
    return pd.DataFrame(rows, columns=["arm", "seed", "accuracy", "top5", "loss", "seconds"])


def test_equal_arms_have_a_winner_in_some_metric_no_more_often_than_in_one() -> None:
    g = np.random.default_rng(2)
    for family in ("primary", "all"):
        worlds = [bakeoff.compare(metrics_of(g, 0.0), family=family) for _ in range(80)]
        any_winner = [any(r.verdict != "cannot tell" for r in w.comparisons) for w in worlds]
        assert np.mean(any_winner) <= 0.05 + 0.074


def test_other_metrics_are_described_until_the_primary_is_decided() -> None:
    g = np.random.default_rng(3)
    equal = bakeoff.compare(metrics_of(g, 0.0))
    row = equal.pair("a", "b", "loss")
    assert (row.verdict, row.p_adjusted) == ("cannot tell", None)
    assert row.interval is not None
    assert fact(row, why.Described).primary == "accuracy"
    assert bakeoff.compare(metrics_of(g, 30.0)).pair("a", "b", "loss").has(why.BehindPrimary)
    other = bakeoff.compare(metrics_of(g, 30.0), primary="loss")
    assert other.comparisons[0].metric == "loss"
    assert other.pair("a", "b").has(why.Described)
    together = bakeoff.compare(metrics_of(g, 30.0), family="all").pair("a", "b")
    assert together.verdict == "better"
    assert fact(together, why.OneFamily).tests == 4


def test_one_collapsed_run_hides_no_difference_and_is_named() -> None:
    g = np.random.default_rng(4)
    a, b = 95 + 0.1 * g.standard_normal(10), 94 + 0.1 * g.standard_normal(10)
    a[3] = 11.0
    row = bakeoff.compare(frame_of(a=a, b=b)).pair("a", "b")
    assert (row.verdict, row.test) == ("better", "Welch or ranks")
    off = fact(row, why.RunFarOff)
    assert (off.arm, off.seed) == ("a", 3)
    assert fact(row, why.WelchOrRanks).by == "ranks"


def test_beside_the_same_stands_what_so_few_runs_cannot_exclude() -> None:
    row = bakeoff.compare(
        frame_of(a=[90.01, 90.02, 90.03, 90.02, 90.01], b=[90.02, 90.01, 90.02, 90.03, 90.02]),
        margin=0.5,
    ).pair("a", "b")
    found = fact(row, why.CollapsesNotExcluded)
    assert row.verdict == "same"
    assert (found.runs, round(found.share, 2)) == (5, 0.45)
    assert "45 %" in row.sentence


def test_runs_at_chance_level_are_named_and_count_as_they_are() -> None:
    runs = {"a": [900, 905, 102], "b": [880, 885, 890]}
    row = bakeoff.compare(
        [make_record(a, s, v) for a, of in runs.items() for s, v in enumerate(of)]
    ).pair("a", "b")
    found = fact(row, why.AtChance)
    assert (found.arm, found.seeds, found.chance) == ("a", (2,), 10.0)
    assert "seed 2 of a is no better than guessing (10 %)" in row.sentence
    assert row.n_a == 3


def confused(g: np.random.Generator, right: tuple[float, float]) -> DetailedEvaluation:
    """900 images of one class and 100 of another, each right with its chance."""
    labels = np.repeat([0, 1], [900, 100])
    said = np.where(g.random(1000) < np.array(right)[labels], labels, 1 - labels)
    confusion = np.zeros((2, 2), dtype=int)
    np.add.at(confusion, (labels, said), 1)
    correct = int((said == labels).sum())
    return DetailedEvaluation(
        images=1000, correct=correct, accuracy=correct / 10, top5=100.0, loss=0.3,
        per_class_accuracy=(0.0, 0.0), calibration_error=1.0,
        confusion=tuple(map(tuple, confusion.tolist())),
    )  # fmt: skip


def test_balanced_accuracy_is_the_mean_over_the_classes_that_are_there() -> None:
    found = confused(np.random.default_rng(10), (0.9, 0.4))
    (a, wrong_a), (wrong_b, b) = found.confusion
    assert balanced_accuracy(found) == pytest.approx(
        50 * a / (a + wrong_a) + 50 * b / (b + wrong_b)
    )
    third = found.model_copy(update={"confusion": ((a, wrong_a, 0), (wrong_b, b, 0), (0, 0, 0))})
    assert balanced_accuracy(third) == balanced_accuracy(found)
    assert balanced_accuracy(found.model_copy(update={"confusion": ()})) is None


def test_a_bakeoff_decides_by_the_metric_that_it_planned(tmp_path: Path) -> None:
    g = np.random.default_rng(9)
    folder_of(tmp_path, {"a": [1], "b": [1]}, None, ())
    for arm, right in (("a", (0.93, 0.9)), ("b", (0.98, 0.5))):
        for seed in range(4):
            found = confused(g, right)
            record = make_record(arm, seed, found.correct, result=found)
            save_record(record, run_folder(tmp_path, arm, seed))
    plan = load_manifest(tmp_path).model_copy(
        update={"primary": "balanced_accuracy", "seeds": (0, 1, 2, 3)}
    )
    plain = bakeoff.compare(tmp_path)
    plan.save(tmp_path)
    planned = bakeoff.compare(tmp_path)
    assert plain.comparisons[0].metric == "accuracy"
    assert "balanced_accuracy" not in {row.metric for row in plain.comparisons}
    first = planned.comparisons[0]
    assert (first.metric, first.verdict) == ("balanced_accuracy", "better")
    assert first.sentence.startswith("a has a higher balanced accuracy than b by ")
    assert (
        decisive(record, "balanced_accuracy")
        == planned.arm("b").metrics["balanced_accuracy"].values[-1]
    )
    assert decisive(record, "loss") == -0.3
    assert bakeoff.compare(tmp_path, metrics="accuracy").comparisons[0].metric == "accuracy"
    assert "decides by balanced accuracy" in report(tmp_path).md.read_text()


def test_every_row_with_looks_is_json() -> None:
    found = bakeoff.compare(frame_of(a=[90, 91, 92.0], b=[80, 81, 82.5]), looks=[3, 5])
    assert any(f["code"] == "look" for f in found.to_dict()["comparisons"][0]["facts"])
    assert dataclasses.is_dataclass(found)
