"""Our arms against published figures: agreement, difference, or why they are not comparable."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import bakeoff
from bakeoff.errors import UsageError
from bakeoff.records.schema import Record
from comparison.worlds import frame_of, make_record

# What the registry says of RSB A2, as a table would state it.
RSB = {
    "test_set": "imagenet-1k",
    "split": "validation",
    "architecture": "resnet50",
    "procedure": "rsb-a2",
    "test_resolution": "224",
    "extra_data": "none",
}


def against(values: list[float], name: str = "rsb-a2", **conditions: str):
    frame = frame_of(ours=values).assign(**(RSB | conditions))
    return bakeoff.compare(frame, published=name).published[0]


def test_a_figure_within_what_our_seeds_predict_agrees() -> None:
    found = against([79.7, 79.8, 79.9])
    assert found.verdict == "agrees"
    half = stats.t.ppf(0.975, 2) * 0.1 * np.sqrt(1 + 1 / 3) + 0.05 + 0.03
    assert found.interval == pytest.approx((79.8 - half, 79.8 + half))
    assert found.sentence.startswith("ours agrees with published rsb-a2 (79.8 percent")
    assert any("rounding" in reason for reason in found.reasons)
    assert any("evaluator" in reason for reason in found.reasons)


def test_a_figure_outside_differs() -> None:
    found = against([78.0, 78.02, 78.04])
    assert found.verdict == "differs"
    assert "a figure from the same procedure would lie between" in found.sentence


def test_one_run_cannot_tell() -> None:
    found = against([79.8])
    assert (found.verdict, found.interval) == ("cannot tell", None)
    assert "one run has no spread over seeds" in found.sentence


def test_conditions_that_differ_are_listed_and_no_number_is_given() -> None:
    found = against([79.7, 79.8], test_resolution="288", extra_data="imagenet-21k")
    assert (found.verdict, found.interval) == ("not comparable", None)
    assert [difference.condition for difference in found.differences] == [
        "test_resolution",
        "extra_data",
    ]
    assert "not comparable: test resolution 288 against 224; extra data" in found.sentence


def test_our_mnist_runs_are_not_comparable_with_imagenet() -> None:
    found = bakeoff.compare(
        [make_record("rsb-a2", seed, 950 + seed) for seed in range(3)], published="rsb-a2"
    ).published[0]
    assert found.verdict == "not comparable"
    assert {"test_set", "test_resolution", "epochs", "test images"} <= {
        difference.condition for difference in found.differences
    }
    assert "test set mnist against imagenet-1k" in found.sentence


def test_what_only_one_side_states_is_said_to_be_unchecked() -> None:
    frame = frame_of(ours=[79.7, 79.8, 79.9])
    found = bakeoff.compare(frame, published="rsb-a2").published[0]
    assert found.verdict == "agrees"
    assert "test set" in found.unstated
    assert any(reason.startswith("stated by one side only") for reason in found.reasons)
    assert "not checked, since only one side states it: test set" in found.sentence


def test_published_errors_are_turned_into_accuracies() -> None:
    found = against([77.0, 77.1], "resnet50-original-10crop", procedure="resnet-original")
    assert found.value == pytest.approx(77.15)


def test_the_same_evaluator_needs_no_allowance() -> None:
    theirs = against([79.7, 79.8, 79.9], evaluator="timm").interval
    same = against([79.7, 79.8, 79.9], evaluator="paper").interval
    assert theirs.half_width == pytest.approx(same.half_width + 0.03)


def test_a_spread_is_not_an_accuracy() -> None:
    with pytest.raises(UsageError, match="not an accuracy"):
        against([79.7, 79.8], "rsb-a2-seeds")


def test_arms_and_published_results_are_told_in_one_comparison() -> None:
    ours: list[Record] = [
        make_record(arm, seed, 900 + seed) for arm in ("a", "b") for seed in range(2)
    ]
    found = bakeoff.compare(ours, published=["rsb-a2", "rsb-a3"])
    assert [(row.arm, row.published) for row in found.published] == [
        ("a", "rsb-a2"),
        ("b", "rsb-a2"),
        ("a", "rsb-a3"),
        ("b", "rsb-a3"),
    ]
    assert "not comparable" in str(found)
