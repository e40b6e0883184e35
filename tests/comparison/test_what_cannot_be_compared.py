"""What must not or cannot be compared: one clear line each, exit status 2, nothing written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bakeoff
from bakeoff.comparison.reasons import Untuned
from bakeoff.errors import BadFile, BakeoffError, NotComparable, UnknownName, UsageError
from comparison.worlds import frame_of, make_record, predictions_with

GOOD = frame_of(a=[95.0, 95.1, 95.3], b=[94.0, 94.1, 94.4])


def images(arm: str, start: int, stop: int, label: int = 1) -> pd.DataFrame:
    numbers = np.arange(start, stop)
    return pd.DataFrame(
        {"arm": arm, "seed": 0, "image": numbers, "label": label, "prediction": numbers % 2}
    )


@pytest.mark.parametrize(
    ("source", "error", "says"),
    [
        (frame_of(a=[95.0, 95.1]), UsageError, "only one arm, a"),
        (frame_of(), UsageError, "no rows"),
        (frame_of(a=[98.0] * 3, b=[97.0] * 3), UsageError, "all 3 seeds of a gave exactly 98"),
        (frame_of(a=[98.0] * 2, b=[98.0] * 2), UsageError, "no other arm varies"),
        (frame_of(a=[95.0, 95.1], b=[0.94, 0.95]), UsageError, "percent and fractions"),
        (frame_of(a=[95.0, 195.1], b=[94.0, 95.0]), UsageError, "accuracy of 195.1 cannot be"),
        (frame_of(a=[95.0, -1.0], b=[94.0, 95.0]), UsageError, "cannot be"),
        (GOOD.assign(seed=0), UsageError, "seed 0 of a is there 3 times"),
        (pd.concat([GOOD, GOOD]), UsageError, "is there 2 times"),
        (GOOD.drop(columns="arm"), UsageError, "no column arm"),
        (GOOD.drop(columns="accuracy"), UsageError, "columns arm, seed"),
        (GOOD.assign(accuracy="high"), UsageError, "'high' is not a number"),
        (GOOD.assign(test_set=["x"] * 3 + ["y"] * 3), NotComparable, "test set x against y"),
        (GOOD.assign(split=["val"] * 3 + ["test"] * 3), NotComparable, "split val against test"),
        (
            GOOD.assign(test_hash=["x"] * 3 + ["y"] * 3, test_set="same"),
            NotComparable,
            r"test set same \(x\) against same \(y\)",
        ),
        (GOOD.assign(dataset=["x"] * 3 + ["y"] * 3), NotComparable, "test set x against y"),
        (GOOD.assign(Data=["x"] * 3 + ["y"] * 3), NotComparable, "test set x against y"),
        (GOOD.assign(test_set=["花"] * 3 + ["鸟"] * 3), NotComparable, "test set 花 against 鸟"),
        (GOOD.assign(test_set=["कि"] * 3 + ["का"] * 3), NotComparable, "test set कि against का"),
        (GOOD.assign(test_set=["!"] * 3 + ["?"] * 3), NotComparable, r"test set ! against \?"),
        (
            GOOD.drop(columns="seed").assign(data_set=["x", "y", "z"] * 2),
            NotComparable,
            r"a \(seed 0\) and a \(seed 1\) must not be ranked: test set x against y",
        ),
        (GOOD.assign(seed=0, data_set=["x", "y", "z"] * 2), NotComparable, "test set x against y"),
        (
            GOOD.assign(architecture=["resnet18", "resnet50", "resnet18"] * 2),
            NotComparable,
            "seeds 0 and 1 of a were not made alike: architecture resnet18 against resnet50",
        ),
        (
            GOOD.assign(test_accuracy=[1, 2, 3, 7, 8, 9]),
            UsageError,
            "columns accuracy and test_accuracy both mean accuracy, and differ",
        ),
        (
            GOOD.drop(columns="accuracy").assign(top1=[1, 2, 3, 7, 8, 9], acc=[1, 2, 3, 7, 8, 8]),
            UsageError,
            "columns acc and top1 both mean accuracy",
        ),
        (GOOD.assign(loss=1, nll=2), UsageError, "loss and nll both mean loss"),
        (GOOD.assign(Accuracy=[1, 2, 3, 7, 8, 9]), UsageError, "two columns are called accuracy"),
        (
            GOOD.rename(columns={"seed": "accuracy"}),
            UsageError,
            "two columns are called accuracy",
        ),
        (
            GOOD.assign(Accuracy=[1, 2, 3, 7, 8, 9]).to_dict("records"),
            UsageError,
            "two columns are called accuracy",
        ),
        (
            images("a", 0, 50).assign(predicted=[1] * 50),
            UsageError,
            "columns prediction and predicted both mean prediction",
        ),
        (
            GOOD.assign(ece=[0.012, 0.014, 0.011, 0.034, 0.033, 0.036]),
            UsageError,
            "calibration errors up to 0.036 may be points or fractions of 1",
        ),
        (
            [
                frame_of(a=[0.95, 0.951]).assign(ece=[0.012, 0.013]),
                frame_of(b=[0.94, 0.941]).assign(ece=[1.2, 1.3]),
            ],
            UsageError,
            "calibration errors up to 0.013 may be points or fractions of 1",
        ),
        (GOOD.assign(ece=[1, 2, 3, 4, 5, 120]), UsageError, "calibration error of 120 cannot be"),
        (GOOD.assign(ece=[1, 2, 3, 4, 5, -1]), UsageError, "calibration error of -1 cannot be"),
        (GOOD.assign(test_images=[500] * 3 + [400] * 3), NotComparable, "tested on 500 images"),
        ([images("a", 0, 50), images("b", 50, 99)], NotComparable, "no test image in common"),
        (
            [images("a", 0, 50), images("b", 0, 50, label=2)],
            NotComparable,
            "different labels for the same images",
        ),
        (
            [images("a", 0, 50).assign(dataset="x"), images("b", 0, 50).assign(dataset="y")],
            NotComparable,
            "test set x against y",
        ),
        (pd.concat([images("a", 0, 50), images("a", 3, 5)]), UsageError, "a test image twice"),
        (
            images("a", 0, 50).assign(correct=7).drop(columns=["label", "prediction"]),
            UsageError,
            "other things than 0 and 1",
        ),
        ([], UsageError, "no runs"),
        (7, UsageError, "cannot compare a int"),
        ([object()], UsageError, "cannot compare a object"),
        ({"a": [1.0]}, UsageError, "only one arm, a"),
        ({"a": 1.0, "b": 2.0}, UsageError, "cannot compare a dict of single values"),
        ({"arm": ["a"], "accuracy": [1.0, 2.0]}, UsageError, "different lengths"),
        (GOOD.assign(arm=["a"] * 3 + [None] * 3), UsageError, "row 4 of the table has no arm"),
        (GOOD.assign(arm=[""] * 3 + ["b"] * 3), UsageError, "row 1 of the table has no arm"),
        (GOOD.assign(seed=[0, 1, np.nan] * 2), UsageError, "row 3 of the table has no seed"),
        (GOOD.assign(accuracy=[1j] * 6), UsageError, "is not a number"),
        (GOOD.assign(accuracy=[95 + 1e-13, 95, 95] * 2), UsageError, "no other arm varies"),
        (
            [frame_of(a=[0.95, 0.951]), frame_of(b=[94.0, 94.1])],
            UsageError,
            "percent and fractions",
        ),
        ("nowhere/*", UsageError, r"nowhere/\*: no such file"),
    ],
)
def test_bad_input_is_refused_in_one_line(source: Any, error: type, says: str) -> None:
    with pytest.raises(error, match=says) as refused:
        bakeoff.compare(source)
    assert refused.value.exit_code == 2
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"data": {"test_hash": "c" * 64}}, r"test set mnist \(bbbbbbbb\) against mnist \(cccc"),
        ({"data": {"test_images": 900}}, "tested on 1,000 images"),
    ],
)
def test_records_of_different_test_sets_are_never_ranked(change: dict[str, Any], says: str) -> None:
    ours = [make_record("a", seed, 950 + seed) for seed in range(2)]
    with pytest.raises(NotComparable, match=says):
        bakeoff.compare([*ours, make_record("b", 0, 900, **change)])


def test_a_first_run_that_does_not_state_its_test_set_hides_no_difference() -> None:
    three = frame_of(a=[95.1, 95.2, 95.4], b=[96.0, 96.1, 96.3], c=[76.0, 76.1, 76.3])
    stated = [""] * 3 + ["cifar10"] * 3 + ["cifar100"] * 3
    with pytest.raises(NotComparable, match=r"^b .* and c .*: test set cifar10 against cifar100"):
        bakeoff.compare(three.assign(test_set=stated))


@pytest.mark.parametrize(
    "names", [("CIFAR-10", "cifar 10"), ("花", "花 "), ("Straße", "STRASSE"), ("été", "e\u0301té")]
)
def test_spelling_makes_no_other_test_set(names: tuple[str, str]) -> None:
    a, b = names
    assert bakeoff.compare(GOOD.assign(test_set=[a] * 3 + [b] * 3)).comparisons[0].verdict


def test_a_column_test_set_counts_before_one_that_is_called_dataset() -> None:
    trained_on = GOOD.assign(test_set="x", dataset=["a", "b"] * 3)
    assert bakeoff.compare(trained_on).comparisons[0].verdict == "better"


@pytest.mark.parametrize(
    ("where", "says"),
    [
        ("data: /data/{}\ndata_dir: null\ndataset: ''", "test set cifar10 against imagenette"),
        ("data: null\ndata_dir: /data/{}\ndataset: ''", "test set cifar10 against imagenette"),
        ("data_dir: /data\ndataset: torch/{}", "test set torch/cifar10 against torch/imagenette"),
        ("data_dir: /{}\ndataset: torch/folder", "test set cifar10 against imagenette"),
    ],
)
def test_timms_runs_on_other_images_are_never_ranked(tmp_path: Path, where: str, says: str) -> None:
    for arm, data in (("a", "cifar10"), ("b", "imagenette")):
        for seed in range(2):
            folder = tmp_path / arm / f"seed-{seed}"
            folder.mkdir(parents=True)
            (folder / "summary.csv").write_text(f"epoch,eval_top1\n0,9{seed}\n")
            (folder / "args.yaml").write_text(f"{where.format(data)}\nepochs: 1\n")
    with pytest.raises(NotComparable, match=says):
        bakeoff.compare(tmp_path)


def test_seeds_of_one_arm_must_differ_in_the_seed_alone() -> None:
    runs = [make_record("a", 0, 950), make_record("a", 1, 951, images=40_000)]
    with pytest.raises(NotComparable, match="seeds 0 and 1 of a were not made alike: budget"):
        bakeoff.compare([*runs, make_record("b", 0, 900)])


def test_arms_on_other_terms_are_ranked_and_the_terms_named() -> None:
    a = [make_record("a", seed, 950 + seed) for seed in range(3)]
    model = a[0].model.model_copy(update={"init": "timm:resnet50.a1_in1k"})
    b = [make_record("b", seed, 900 + seed, model=model, images=40_000) for seed in range(3)]
    [row, *_] = bakeoff.compare([*a, *b]).comparisons
    reasons = "; ".join(row.reasons)
    assert "extra data: none against weights timm:resnet50.a1_in1k" in reasons
    assert "unequal budgets: 20,000 against 40,000 training images" in reasons
    assert Untuned(rate_checked=False) in row.facts


@pytest.mark.parametrize(
    ("option", "error"),
    [
        ({"metrics": "acuracy"}, UnknownName),
        ({"metrics": "loss"}, UsageError),
        ({"margin": 0}, UsageError),
        ({"margin": -1}, UsageError),
        ({"margin": float("nan")}, UsageError),
        ({"level": 95}, UsageError),
        ({"alpha": 0}, UsageError),
        ({"published": "rsb-a9"}, UnknownName),
        ({"target": 90}, UsageError),
    ],
)
def test_options_that_make_no_sense_are_refused(option: dict[str, Any], error: type) -> None:
    with pytest.raises(error):
        bakeoff.compare(GOOD, **option)


def test_pairs_need_the_same_seeds() -> None:
    with pytest.raises(UsageError, match="only one of them has seed 2"):
        bakeoff.compare(frame_of(a=[95, 95.1, 95.2], b=[94, 94.1]), paired=True)


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("x.csv", b"", "not a readable table"),
        ("x.csv", b"\xff\xfe\x00broken\x00", "x.csv"),
        ("x.parquet", b"PAR1nothing", "not a readable table"),
        ("x.npz", b"PK nothing", "not a readable predictions file"),
        ("x.txt", b"arm,seed,accuracy", "not a kind of file"),
        ("summary.csv", b"epoch,eval_top1\n", "no epoch was finished"),
        ("summary.csv", b"epoch,eval_top1\n0,90\n", "which seed is this"),
        ("record.json", b"{}", "schema version None"),
        ("record.json", b'{"schema_version": 99}', "schema version 99, this Bakeoff reads"),
        ("record.json", b"[" * 100_000, "not a readable record"),
    ],
)
def test_damaged_files_are_named(tmp_path: Path, name: str, content: bytes, says: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=says):
        bakeoff.compare(tmp_path / name)


def test_pickles_inside_predictions_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", label=np.array([{"x": 1}], dtype=object), correct=[1])
    with pytest.raises(BadFile):
        bakeoff.compare(tmp_path / "a.npz")


def test_yaml_tags_beside_timms_summary_are_not_carried_out(tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    (tmp_path / "summary.csv").write_text("epoch,eval_top1\n0,90\n")
    (tmp_path / "args.yaml").write_text(f"!!python/object/apply:os.mkdir ['{canary}']\n")
    with pytest.raises(BakeoffError):
        bakeoff.compare(tmp_path)
    assert not canary.exists()


def test_arrays_of_different_lengths_are_refused(tmp_path: Path) -> None:
    found = predictions_with(np.ones(9, dtype=bool))
    np.savez(tmp_path / "a.npz", label=found.label, prediction=found.top5_class[:5, 0])
    with pytest.raises(BadFile, match="different lengths"):
        bakeoff.compare(tmp_path / "a.npz")
