"""One run each: the verdict is of two models, on the same test images, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from statsmodels.stats.contingency_tables import mcnemar

import bakeoff
from bakeoff.errors import UsageError
from comparison.worlds import frame_of, make_record

Write = Callable[..., Path]


def right(wrong: int, first: int = 0) -> np.ndarray:
    answers = np.ones(1000, dtype=bool)
    answers[first : first + wrong] = False
    return answers


def test_two_models_are_compared_by_mcnemar_with_its_counts(write_run: Write) -> None:
    a, b = write_run("a", 0, right(30)), write_run("b", 0, right(80, first=10))
    row = bakeoff.compare([a, b]).comparisons[0]
    assert (row.scope, row.test, row.verdict) == ("models", "exact McNemar", "better")
    assert (row.discordant.b, row.discordant.c, row.discordant.images) == (60, 10, 1000)
    assert row.p == pytest.approx(mcnemar([[0, 60], [10, 0]], exact=True).pvalue)
    assert row.difference == pytest.approx(5.0)
    assert 3.0 < row.interval.low < 5.0 < row.interval.high < 7.0
    assert row.sentence.startswith("this model of a beats this model of b by 5.0")
    assert "says nothing about the recipes" in row.sentence
    assert "60 images" in row.sentence
    assert row.interval_new_images is None


def test_two_models_are_told_apart_in_loss_over_the_same_images(write_run: Write) -> None:
    a, b = write_run("a", 0, right(30)), write_run("b", 0, right(80))
    row = bakeoff.compare([a, b]).pair("a", "b", "loss")
    assert (row.test, row.scope, row.verdict) == ("paired t over images", "models", "better")


def test_the_bootstrap_gives_the_same_interval_every_time(write_run: Write) -> None:
    folders = [write_run("a", 0, right(30)), write_run("b", 0, right(80))]
    intervals = {bakeoff.compare(folders).comparisons[0].interval for _ in range(3)}
    assert len(intervals) == 1


def test_models_that_differ_on_few_images_get_no_interval(write_run: Write) -> None:
    a, b = write_run("a", 0, right(30)), write_run("b", 0, right(33))
    row = bakeoff.compare([a, b]).comparisons[0]
    assert (row.verdict, row.interval, row.discordant.c) == ("cannot tell", None, 0)
    assert row.p == pytest.approx(0.25)


def test_one_run_without_predictions_cannot_tell() -> None:
    row = bakeoff.compare(frame_of(a=[99.0], b=[80.0])).comparisons[0]
    assert (row.verdict, row.interval, row.p, row.scope) == ("cannot tell", None, None, "models")
    assert "no predictions per image" in row.sentence


def test_one_models_accuracy_has_wilsons_interval() -> None:
    found = bakeoff.compare([make_record("a", 0, 990), make_record("b", 0, 980)])
    summary = found.arm("a").metrics["accuracy"]
    assert summary.interval_of == "this model, over test images"
    assert summary.interval == pytest.approx((98.17, 99.46), abs=0.01)
    assert summary.sd is None


def test_several_seeds_with_predictions_also_speak_of_new_images(write_run: Write) -> None:
    generator = np.random.default_rng(0)
    hard = generator.random(1000) < 0.2
    folders = []
    for arm, rate in (("a", 0.4), ("b", 0.5)):
        for seed in range(4):
            folders.append(write_run(arm, seed, ~(hard & (generator.random(1000) < rate))))
    row = bakeoff.compare(folders).comparisons[0]
    assert row.test == "Welch"
    assert row.interval_new_images is not None
    assert any("new test images" in reason for reason in row.reasons)


def test_predictions_of_another_run_beside_a_record_are_refused(write_run: Write) -> None:
    a, b = write_run("a", 0, right(30)), write_run("b", 0, right(80))
    (a / "predictions.npz").write_bytes((b / "predictions.npz").read_bytes())
    with pytest.raises(UsageError, match="have 920 right, its record says 970"):
        bakeoff.compare([a, b])
