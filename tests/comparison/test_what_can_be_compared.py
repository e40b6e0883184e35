"""Every form in which results come, and each told apart from the others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bakeoff
from bakeoff.errors import BadFile
from comparison.worlds import frame_of, make_record, predictions_with

AHEAD = [95.42, 95.51, 95.36]
BEHIND = [95.01, 94.95, 95.08]
TIMM = "epoch,train_loss,eval_loss,eval_top1,eval_top5,lr\n"


def image_rows(accuracies: dict[str, list[float]], images: int = 400) -> pd.DataFrame:
    rows = []
    for arm, values in accuracies.items():
        for seed, share in enumerate(values):
            wrong = round(images * (1 - share))
            for i in range(images):
                label = i % 10
                guess = (label + 1) % 10 if (i + 7 * seed) % images < wrong else label
                rows.append((arm, seed, f"img{i:04d}.png", label, guess))
    return pd.DataFrame(rows, columns=["arm", "seed", "image", "label", "prediction"])


def test_a_csv_of_arm_seed_accuracy(tmp_path: Path) -> None:
    frame_of(a=AHEAD, b=BEHIND).to_csv(tmp_path / "r.csv", index=False)
    found = bakeoff.compare(tmp_path / "r.csv")
    assert found.comparisons == bakeoff.compare(frame_of(a=AHEAD, b=BEHIND)).comparisons


def test_a_csv_with_percent_signs_gaps_and_spaces(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text(
        "Arm, Seed, Accuracy\na, 0, 95.4%\na, 1, 95.5%\na, 2, failed\n"
        "b, 0, 95.0%\nb, 1, 95.1%\nb, 2, 94.9%\n"
    )
    found = bakeoff.compare(path)
    assert (found.arm("a").n, found.arm("a").failed) == (2, 1)


def test_one_csv_an_arm(tmp_path: Path) -> None:
    for arm, values in (("a", AHEAD), ("b", BEHIND)):
        pd.DataFrame({"seed": range(3), "accuracy": values}).to_csv(
            tmp_path / f"{arm}.csv", index=False
        )
    for source in ([tmp_path / "a.csv", tmp_path / "b.csv"], tmp_path, str(tmp_path / "*.csv")):
        assert bakeoff.compare(source).comparisons[0].verdict == "better"


def test_records_folders_and_globs_of_runs(write_run: Callable[..., Path]) -> None:
    folders = []
    for arm, wrong in (("a", 20), ("b", 60)):
        for seed in range(3):
            answers = np.ones(1000, dtype=bool)
            answers[: wrong + seed] = False
            folders.append(write_run(arm, seed, answers))
    root = folders[0].parents[1]
    from_root = bakeoff.compare(root)
    assert bakeoff.compare(str(root / "*")).comparisons == from_root.comparisons
    assert bakeoff.compare(folders).comparisons == from_root.comparisons
    records = bakeoff.load_records(root)
    assert bakeoff.compare(records).pairs()[0].p == pytest.approx(from_root.pairs()[0].p)
    assert from_root.data == "MNIST"
    assert from_root.test_images == 1000
    assert "on MNIST at 20,000 images" in from_root.comparisons[0].sentence


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_predictions_per_image_as_a_table(tmp_path: Path, suffix: str) -> None:
    frame = image_rows({"a": [0.95, 0.94, 0.955], "b": [0.9, 0.905, 0.895]})
    path = tmp_path / f"predictions{suffix}"
    frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
    mixed = pd.concat([frame[:1], frame[1:].sample(frac=1, random_state=1)])
    for source in (path, frame, mixed):
        row = bakeoff.compare(source).comparisons[0]
        assert (row.verdict, row.n_a, row.test) == ("better", 3, "Welch")
        assert row.difference == pytest.approx(4.833, abs=0.01)
        assert row.interval_new_images is not None


def test_predictions_per_image_as_right_or_wrong_in_fixed_order() -> None:
    correct = pd.DataFrame(
        {
            "arm": np.repeat(["a", "b"], 100),
            "correct": np.r_[np.arange(100) >= 5, np.arange(100) >= 30],
        }
    )
    row = bakeoff.compare(correct).comparisons[0]
    assert (row.discordant.b, row.discordant.c, row.scope) == (25, 0, "models")


@pytest.mark.parametrize("names", [("a/seed-{}/predictions", "b/seed-{}/predictions"),
                                   ("a-seed-{}", "b-seed-{}")])  # fmt: skip
def test_predictions_per_image_as_npz_with_arm_and_seed_in_the_path(
    tmp_path: Path, names: tuple[str, str]
) -> None:
    for name, wrong in zip(names, (10, 50), strict=True):
        for seed in range(2):
            path = tmp_path / f"{name.format(seed)}.npz"
            path.parent.mkdir(parents=True, exist_ok=True)
            found = predictions_with(np.arange(500) >= wrong + 3 * seed)
            np.savez(
                path,
                label=found.label,
                top5_class=found.top5_class,
                top5_probability=found.top5_probability,
                nll=found.nll,
            )
    compared = bakeoff.compare(tmp_path)
    assert [(arm.arm, arm.n) for arm in compared.arms] == [("a", 2), ("b", 2)]
    assert [row.metric for row in compared.comparisons] == [
        "accuracy", "loss", "calibration_error",
    ]  # fmt: skip


def test_logits_and_probabilities_give_prediction_and_loss(tmp_path: Path) -> None:
    generator = np.random.default_rng(0)
    label = generator.integers(0, 5, 200)
    logits = generator.standard_normal((200, 5)) + 3 * np.eye(5)[label]
    p = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.savez(tmp_path / "a.npz", label=label, logits=logits)
    np.savez(tmp_path / "b.npz", label=label, probabilities=p)
    found = bakeoff.compare([tmp_path / "a.npz", tmp_path / "b.npz"])
    for arm in found.arms:
        assert arm.metrics["accuracy"].mean == pytest.approx(100 * (p.argmax(1) == label).mean())
        nll = -np.log(p[np.arange(200), label])
        assert arm.metrics["loss"].mean == pytest.approx(nll.mean())
    assert found.comparisons[0].difference == pytest.approx(0)


def test_images_that_only_some_runs_have_are_left_out_and_said() -> None:
    frame = image_rows({"a": [0.95], "b": [0.9]})
    short = frame[~((frame.arm == "b") & (frame.image > "img0349.png"))]
    found = bakeoff.compare(short)
    assert found.test_images == 350
    assert "350 test images that all runs share" in found.notes[0]


def test_timms_summary_is_judged_by_its_last_epoch(tmp_path: Path) -> None:
    for model, accuracies in (("resnet50", AHEAD), ("resnet26", BEHIND)):
        for seed, accuracy in enumerate(accuracies):
            folder = tmp_path / f"2026010{seed + 1}-120000-{model}-224"
            folder.mkdir()
            (folder / "summary.csv").write_text(
                f"{TIMM}0,5,4,99.9,99.99,0.1\n1,4,0.2{seed},{accuracy},99.{seed},0.01\n"
            )
            (folder / "args.yaml").write_text(
                f"model: {model}\nseed: {seed}\nepochs: 2\nimg_size: 224\n"
            )
    found = bakeoff.compare(tmp_path)
    assert found.arm("resnet50-224").metrics["accuracy"].values == tuple(AHEAD)
    assert found.pair("resnet26-224", "resnet50-224").verdict == "worse"
    assert {row.metric for row in found.comparisons} == {"accuracy", "top5", "loss"}


def test_timms_runs_that_stopped_early_are_unfinished(tmp_path: Path) -> None:
    for arm, accuracy in (("a", 91), ("b", 90)):
        for seed in range(3):
            folder = tmp_path / arm / f"seed-{seed}"
            folder.mkdir(parents=True)
            rows = [f"{epoch},5,4,{accuracy + epoch + seed},99,0.1" for epoch in range(2)]
            if (arm, seed) == ("a", 2):
                rows.pop()
            (folder / "summary.csv").write_text(TIMM + "\n".join(rows))
            (folder / "args.yaml").write_text("epochs: 2\nopt: sgd\n")
    found = bakeoff.compare([tmp_path / "a", tmp_path / "b"], metrics="accuracy")
    assert (found.arm("a").n, found.arm("a").incomplete, found.arm("b").n) == (2, 1, 3)


def test_sources_of_different_kinds_are_compared_together() -> None:
    records = [make_record("ours", seed, 950 + seed) for seed in range(3)]
    found = bakeoff.compare([*records, frame_of(theirs=[90.0, 90.1, 90.2])], metrics="accuracy")
    assert found.comparisons[0].verdict == "better"


@pytest.mark.parametrize("form", ["columns", "rows", "arms", "arrays", "polars", "lazy", "arrow"])
def test_a_table_may_come_in_every_usual_form(form: str) -> None:
    frame = frame_of(a=AHEAD, b=BEHIND)
    forms = {
        "columns": lambda: frame.to_dict("list"),
        "rows": lambda: frame.to_dict("records"),
        "arms": lambda: {"a": AHEAD, "b": BEHIND},
        "arrays": lambda: {"a": np.array(AHEAD), "b": np.array(BEHIND)},
        "polars": lambda: pytest.importorskip("polars").from_pandas(frame),
        "lazy": lambda: pytest.importorskip("polars").from_pandas(frame).lazy(),
        "arrow": lambda: frame.convert_dtypes(dtype_backend="pyarrow"),
    }
    assert bakeoff.compare(forms[form]()).comparisons == bakeoff.compare(frame).comparisons


def test_the_order_of_rows_and_the_kind_of_their_numbers_change_nothing() -> None:
    frame = frame_of(a=AHEAD, b=BEHIND)
    shuffled = frame.sample(frac=1, random_state=3).astype({"accuracy": str, "seed": float})
    row = bakeoff.compare(shuffled).pair("a", "b")
    expected = bakeoff.compare(frame).pair("a", "b")
    assert row.p == pytest.approx(expected.p)
    assert row.sentence == expected.sentence


def test_names_of_arms_cannot_break_a_line_or_command_a_terminal() -> None:
    found = bakeoff.compare(frame_of(**{"a\n\x1b[31m": AHEAD, "[red]<b>": BEHIND}))
    for text in (str(found), found.comparisons[0].sentence):
        assert "\x1b" not in text
    assert "\n" not in found.comparisons[0].sentence
    assert "[red]<b>" in str(found)
    assert "<b>" not in found._repr_html_()


def test_two_columns_of_the_same_values_or_that_nobody_reads_are_no_matter() -> None:
    frame = frame_of(a=AHEAD, b=BEHIND)
    expected = bakeoff.compare(frame).comparisons
    assert bakeoff.compare(frame.assign(top1=frame.accuracy)).comparisons == expected
    other = frame.assign(note="x", Note="y")
    assert bakeoff.compare(other.rename(columns={"Note": "note"})).comparisons == expected


def test_an_image_is_known_by_its_own_column_before_any_other() -> None:
    frame = image_rows({"a": [0.95], "b": [0.9]})
    shuffled = frame.sample(frac=1, random_state=0).assign(index=range(len(frame)))
    expected = bakeoff.compare(frame).pair("a", "b")
    assert bakeoff.compare(shuffled).pair("a", "b").sentence == expected.sentence


@pytest.mark.parametrize("suffix", [".csv", ".tsv"])
@pytest.mark.parametrize("trailing", [1, 2])
@pytest.mark.parametrize("columns", [["arm", "seed", "accuracy"], ["arm", "accuracy", "loss"]])
def test_a_separator_at_the_end_of_every_row_moves_no_column(
    tmp_path: Path, suffix: str, trailing: int, columns: list[str]
) -> None:
    frame = frame_of(a=AHEAD, b=BEHIND).assign(loss=[0.2, 0.21, 0.19, 0.3, 0.31, 0.29])[columns]
    separator = "," if suffix == ".csv" else "\t"
    head, *rows = frame.to_csv(index=False, sep=separator).splitlines()
    path = tmp_path / f"r{suffix}"
    path.write_text("\n".join([head, *(row + trailing * separator for row in rows)]))
    assert bakeoff.compare(path).comparisons == bakeoff.compare(frame).comparisons


def test_values_that_the_header_does_not_name_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("arm,seed,accuracy\na,0,95.1,7\na,1,95.2,\nb,0,94,\nb,1,94.1,\n")
    with pytest.raises(BadFile, match="its rows have 4 values, its header 3 names"):
        bakeoff.compare(path)


FRACTIONS = [0.012, 0.014, 0.011, 0.034, 0.033, 0.036]
POINTS = [1.2, 1.4, 1.1, 3.4, 3.3, 3.6]


@pytest.mark.parametrize("name", ["ece", "calibration_error"])
@pytest.mark.parametrize(
    ("accuracy_unit", "errors"),
    [
        (0.01, FRACTIONS),
        (0.01, POINTS),
        (1.0, POINTS),
        (1.0, [f"{value}%" for value in POINTS]),
        (0.01, [f"{value}%" for value in POINTS]),
    ],
)
def test_calibration_errors_are_points_whatever_unit_accuracy_has(
    name: str, accuracy_unit: float, errors: list[float]
) -> None:
    frame = frame_of(a=AHEAD, b=BEHIND)
    frame = frame.assign(accuracy=frame.accuracy * accuracy_unit, **{name: errors})
    row = bakeoff.compare(frame).pair("a", "b", "calibration_error")
    assert row.difference == pytest.approx(np.mean(POINTS[:3]) - np.mean(POINTS[3:]))
    assert (row.unit, row.verdict) == ("points", "better")


def test_calibration_errors_below_a_point_are_points_where_a_sign_says_so() -> None:
    frame = frame_of(a=AHEAD, b=BEHIND).assign(ece=["0.2%", "0.3%", "0.1%", "0.7%", "0.8%", "1%"])
    assert bakeoff.compare(frame).arm("a").metrics["calibration_error"].mean == pytest.approx(0.2)
