"""One run each: the verdict is of two models, on the same test images, and says so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
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


LABELS = np.array(["cat", "dog", "owl"] * 20)


@pytest.mark.parametrize(
    ("label", "prediction", "says"),
    [
        (LABELS, np.arange(60) % 3, "labels such as 'cat' and predictions such as 0"),
        (
            np.arange(60) % 3,
            LABELS.astype(object),
            "such as 0 and predictions such as 'cat'",
        ),
        (LABELS.astype(object), LABELS.astype("U") == "cat", "predictions such as True"),
        (LABELS, np.array(["Katze", "Hund"] * 30), "'cat' and predictions such as 'Katze'"),
        (np.arange(60) % 3, np.arange(60) % 3 + 10, "labels such as 0 and predictions such as 10"),
    ],
)
@pytest.mark.parametrize("form", ["frame", "csv", "npz"])
def test_classes_by_name_and_by_number_are_refused_not_counted_as_wrong(
    tmp_path: Path, label: np.ndarray, prediction: np.ndarray, says: str, form: str
) -> None:
    good = pd.DataFrame({"arm": "a", "image": range(60), "label": label, "prediction": label})
    bad = good.assign(arm="b", prediction=prediction)
    source: object = [good, bad]
    if form == "csv":
        source = [tmp_path / "a.csv", tmp_path / "b.csv"]
        good.to_csv(source[0], index=False)
        bad.to_csv(source[1], index=False)
    elif form == "npz":
        source = [tmp_path / "b.npz"]
        names = [x.astype("U") if x.dtype.kind == "O" else x for x in (label, prediction)]
        np.savez(source[0], label=names[0], prediction=names[1])
    with pytest.raises(UsageError, match=f"b has .*{says}"):
        bakeoff.compare(source)


def test_a_model_that_is_always_wrong_has_no_accuracy_and_is_no_mistake() -> None:
    label = np.arange(60) % 3
    frame = pd.DataFrame({"arm": "a", "image": range(60), "label": label, "prediction": label})
    wrong = bakeoff.compare([frame, frame.assign(arm="b", prediction=(label + 1) % 3)])
    assert wrong.arm("b").metrics["accuracy"].mean == 0
    one = frame[label == 0]  # images of one class tell nothing of how classes are named
    alone = bakeoff.compare([one, one.assign(arm="b", prediction=7)])
    assert alone.arm("b").metrics["accuracy"].mean == 0


def test_predictions_of_another_run_beside_a_record_are_refused(write_run: Write) -> None:
    a, b = write_run("a", 0, right(30)), write_run("b", 0, right(80))
    (a / "predictions.npz").write_bytes((b / "predictions.npz").read_bytes())
    with pytest.raises(UsageError, match="have 920 right, its record says 970"):
        bakeoff.compare([a, b])
