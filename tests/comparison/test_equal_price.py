"""Accuracy at equal images, FLOPs and time, cost, and time to a target accuracy."""

from __future__ import annotations

import pytest

import bakeoff
from bakeoff.errors import UsageError
from bakeoff.records.schema import Record
from comparison.worlds import make_record


def runs(arm: str, correct: int, **change: float) -> list[Record]:
    return [make_record(arm, seed, correct + seed, **change) for seed in range(3)]


def test_every_metric_and_cost_gets_a_row() -> None:
    found = bakeoff.compare([*runs("a", 950), *runs("b", 900)])
    assert [row.metric for row in found.comparisons] == [
        "accuracy",
        "top5",
        "loss",
        "calibration_error",
        "accuracy_at_equal_images",
        "accuracy_at_equal_flops",
        "accuracy_at_equal_seconds",
        "seconds_to_target",
        "images",
        "flops",
        "seconds",
    ]


def test_accuracy_is_read_off_at_what_both_have() -> None:
    # In these records accuracy grows in proportion; b trains twice as long, so half of it counts.
    found = bakeoff.compare([*runs("a", 800), *runs("b", 900, images=40_000)])
    row = found.pair("a", "b", "accuracy_at_equal_images")
    means = {arm.arm: arm.metrics["accuracy_at_equal_images"].mean for arm in found.arms}
    assert means["a"] == pytest.approx(80.1)
    assert means["b"] == pytest.approx(90.1 / 2)
    assert row.verdict == "better"
    assert found.pair("a", "b").verdict == "worse"
    assert any("at 2e+04" in note and "interpolation" in note for note in found.notes)


def test_equal_time_differs_from_equal_images_when_one_arm_is_slower() -> None:
    found = bakeoff.compare([*runs("a", 800), *runs("b", 800, seconds=200.0)], metrics=[
        "accuracy_at_equal_images", "accuracy_at_equal_seconds",
    ])  # fmt: skip
    images, seconds = found.comparisons
    assert images.difference == pytest.approx(0)
    assert seconds.difference > 35


def test_time_to_a_target_is_the_first_evaluation_at_or_above_it() -> None:
    found = bakeoff.compare([*runs("a", 900), *runs("b", 600)], target=45.0)
    assert found.arm("a").metrics["seconds_to_target"].values == pytest.approx([50, 50.5, 51])
    assert found.arm("b").metrics["seconds_to_target"].values == pytest.approx([100, 101, 102])
    assert found.pair("a", "b", "seconds_to_target").verdict == "better"


def test_never_reaching_the_target_counts_as_the_worst_time() -> None:
    found = bakeoff.compare([*runs("a", 900), *runs("b", 600)], target=80.0)
    row = found.pair("a", "b", "seconds_to_target")
    assert (row.n_b, row.failed_b, row.difference) == (0, 3, None)
    assert row.p_superiority == 1.0
    assert any("never reached it" in reason for reason in row.reasons)


def test_a_target_without_curves_is_refused() -> None:
    bare = [record.model_copy(update={"curves": ()}) for record in runs("a", 900)]
    with pytest.raises(UsageError, match="learning curve of every run"):
        bakeoff.compare([*bare, *runs("b", 900)], target=80.0)


def test_cost_that_is_fixed_by_the_plan_is_counted_not_tested() -> None:
    found = bakeoff.compare([*runs("a", 900), *runs("b", 900, images=40_000)])
    images = found.pair("a", "b", "images")
    assert (images.verdict, images.p, images.test, images.scope) == (
        "better",
        None,
        "none",
        "plan",
    )
    assert images.sentence == (
        "a sees fewer images than b: 20,000 against 40,000, 2.00 times less."
    )
    assert found.pair("a", "b", "flops").difference == pytest.approx(-2e13)


def test_a_margin_in_points_says_nothing_of_losses_or_seconds() -> None:
    found = bakeoff.compare([*runs("a", 900), *runs("b", 900)], margin=5)
    assert found.pair("a", "b").verdict == "same"
    assert {r.margin for r in found.comparisons if r.unit != "points"} == {None}
