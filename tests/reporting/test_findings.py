"""Findings are computed from records: each is planted in made-up runs, found, and told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import Record
from bakeoff.reporting import findings
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.document import plain
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import NBSP
from bakeoff.reporting.parts.found import found
from bakeoff.reporting.source import Source, read_source
from reporting.synthetic_runs import evaluation, run, write_bakeoff

IMAGES, CLASSES = 1000, 10
SHIPPED = Path(__file__).parents[2] / "docs" / "results" / "reproduce"


def answers(wrong: dict[int, int], said: int, sure: float, keep: int = 0) -> Predictions:
    """`wrong[c]` images of class c are called `said`; `keep` others of class 9 are missed too."""
    label = (np.arange(IMAGES) % CLASSES).astype(np.int32)
    top5 = ((label[:, None] + np.arange(5)) % CLASSES).astype(np.int32)
    for true, number in wrong.items():
        for image in np.flatnonzero(label == true)[:number]:
            top5[image] = [said, true, *((said + 3 + np.arange(3)) % CLASSES)]
    for image in np.flatnonzero(label == 9)[:keep]:
        top5[image] = [0, 9, 1, 2, 3]
    rest = (1 - sure) / 4
    probability = np.tile(np.float32([sure, rest, rest, rest, rest]), (IMAGES, 1))
    return Predictions(label, top5, probability, np.full(IMAGES, 0.5, np.float32))


def planted(arm: str, seed: int, made: Predictions, **change: Any) -> tuple[Record, Predictions]:
    record, _ = run(arm, seed, 20, **change)
    return record.model_copy(update={"result": evaluation(made)}), made


@pytest.fixture
def material(tmp_path: Path) -> Material:
    """good misses 10 nines; bad calls 60 fives, 30 twos and 10 ones "8", and is half sure."""
    runs = [planted("good", s, answers({}, 8, 0.99, keep=10)) for s in range(2)]
    runs += [planted("bad", s, answers({5: 60, 2: 30, 1: 10 + s}, 8, 0.5)) for s in range(2)]
    return Material(read_source(write_bakeoff(tmp_path / "planted", runs)))


def arms(material: Material) -> tuple[ArmRuns, ArmRuns]:
    good, bad = material.measured
    return good, bad


def said(material: Material, question: str) -> str:
    [told] = [one for one in found(material) if question in one.question]
    return plain(told.text).replace(NBSP, " ")


def test_the_classes_that_carry_the_gap_are_named(material: Material) -> None:
    gap = findings.gap_by_class(*arms(material))
    assert gap is not None
    assert gap.classes == ("5",)
    assert gap.share == pytest.approx(100 * 60 / 90.5)
    assert said(material, "gap come from").startswith(
        "Class 5 carries 66 % of the gap between good"
    )


def test_answers_given_too_often_and_too_rarely_are_told(material: Material) -> None:
    both = findings.shifts(arms(material)[1])
    assert both is not None
    over, under = both
    assert over == findings.Shift("8", pytest.approx(20.05), pytest.approx(10.0))
    assert under == findings.Shift("5", pytest.approx(4.0), pytest.approx(10.0))
    assert findings.shifts(arms(material)[0]) is None
    assert "bad answers “8” for 20.1 % of images" in said(material, "too often")


def test_who_is_right_alone_in_every_run_is_counted(material: Material) -> None:
    assert findings.alone(*arms(material)) == findings.Alone(100, 10, IMAGES)
    assert "good alone is right in every run on 100 images, bad alone on 10." in said(
        material, "other is wrong"
    )


def test_confidence_is_held_against_accuracy(material: Material) -> None:
    told = said(material, "probabilities")
    assert "bad is underconfident: 50.0 % sure on average, right 90.0 % of the time" in told
    assert "1 other arm: about as sure as right" in told


def test_a_gap_that_closes_or_grows_is_told() -> None:
    def curve(arm: str, accuracies: list[float]) -> Any:
        record, _ = run(arm, 0, 20, epochs=4)
        points = tuple(
            point.model_copy(update={"test": point.test.model_copy(update={"accuracy": accuracy})})
            for point, accuracy in zip(record.curves, accuracies, strict=True)
            if point.test is not None
        )
        return read_source([record.model_copy(update={"curves": points})]).runs[0]

    ahead = ArmRuns("a", (curve("a", [80, 90, 95, 97]),))
    behind = ArmRuns("b", (curve("b", [50, 70, 85, 92]),))
    assert findings.closing(ahead, behind) == findings.Closing(30.0, 5.0)


def test_the_gap_stands_beside_the_spread_of_seeds(material: Material) -> None:
    both = findings.gap_and_spread(*arms(material))
    assert both is not None
    assert both.gap == pytest.approx(9.05)
    assert both.spread == pytest.approx(0.1)
    assert "times less" in said(material, "beside the seeds")


def test_overfitting_is_told_only_where_it_is(material: Material) -> None:
    fit = findings.fit(arms(material)[1])
    assert fit is not None
    assert fit.excess == pytest.approx(99.0 - 89.95)
    assert "bad overfits: 99.0 % of training images right" in said(material, "overfit")


def test_without_predictions_what_needs_them_is_not_told(material: Material) -> None:
    records = [run.record for run in material.source.runs]
    alone = Material(Source(read_source(records).runs))
    questions = " ".join(one.question for one in found(alone))
    assert "gap come from" in questions
    assert "other is wrong" not in questions
    assert "probabilities" not in questions


def test_the_shipped_bakeoff_has_the_findings_that_explain_it() -> None:
    shipped = Material(read_source(SHIPPED))
    assert "Classes 5, 2 and 8 carry 67 %" in said(shipped, "gap come from")
    assert "“9” for 20.0 % of images" in said(shipped, "too often")
    assert "on 1,014 images, rsb-a3 alone on 21." in said(shipped, "other is wrong")
    assert "28.9 points behind after a quarter of the training, 22.5" in said(shipped, "catch up")
