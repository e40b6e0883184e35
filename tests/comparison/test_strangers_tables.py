"""Results tables as other tools write them: what is a run, which column decides, in which unit."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import bakeoff
from bakeoff.comparison.answer import Comparison
from bakeoff.comparison.units import number
from bakeoff.errors import NotComparable, UsageError
from comparison.worlds import frame_of

AHEAD, BEHIND = [91.2, 91.5, 91.3], [90.1, 90.4, 90.2]


def written(path: Path, head: str, rows: Sequence[str]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([head, *rows]) + "\n")
    return path


def log(path: Path, head: str, last: float, epochs: int = 10) -> Path:
    """Training accuracy rises to 0.99, the one that should decide to `last`."""
    rows = [f"{e},{0.9 + 0.01 * e},{last - 0.01 * (epochs - 1 - e):.4f}" for e in range(epochs)]
    return written(path, head, rows)


def single_runs(found: Comparison) -> list[tuple[int, float | None]]:
    return [(arm.n, arm.metrics["accuracy"].mean) for arm in found.arms]


@pytest.mark.parametrize(
    "axis",
    [
        "epoch",
        "Epoch",
        "step",
        "global_step",
        "_step",
        "round",
        "iteration",
        "trainer/global_step",
        "communication_round",
        "images_seen",
        "epochs_done",
    ],
)
@pytest.mark.parametrize(
    ("training", "deciding"),
    [("accuracy", "val_accuracy"), ("train/acc", "val/acc"), ("acc", "valid_acc"),
     ("train_acc", "test_acc"), ("trainAcc", "evalAcc")],
)  # fmt: skip
def test_a_log_is_one_run_judged_by_its_last_row_and_not_by_training_images(
    tmp_path: Path, axis: str, training: str, deciding: str
) -> None:
    head = f"{axis},{training},{deciding}"
    paths = [log(tmp_path / "big.csv", head, 0.85), log(tmp_path / "small.csv", head, 0.90)]
    found = bakeoff.compare(paths)
    assert single_runs(found) == [(1, pytest.approx(85)), (1, pytest.approx(90))]
    assert found.comparisons[0].verdict == "cannot tell"
    read = found.tables[0]
    assert (read.row, read.rows, read.runs) == ("epoch", 10, 1)
    assert (read.epoch, read.metrics["accuracy"]) == (axis, deciding)
    assert any(axis in note and deciding in note for note in found.notes)


def test_logs_of_several_runs_in_one_table_are_a_run_a_seed(tmp_path: Path) -> None:
    rows = [
        f"{arm},{seed},{epoch},{last - 0.01 * (4 - epoch) + 0.001 * seed:.4f}"
        for arm, last in (("a", 0.9), ("b", 0.8))
        for seed in range(3)
        for epoch in range(5)
    ]
    found = bakeoff.compare(written(tmp_path / "r.csv", "method,seed,epoch,test_acc", rows))
    row = found.comparisons[0]
    assert (row.n_a, row.n_b, row.verdict) == (3, 3, "better")
    assert row.difference == pytest.approx(10)


def test_a_log_written_now_and_then_ends_with_its_last_value(tmp_path: Path) -> None:
    # Lightning writes a row for training and one for validation; the last epoch has no validation.
    rows = ["0,9,0.5,,", "0,9,,0.80,0.6", "1,19,0.4,,", "1,19,,0.85,0.5", "2,29,0.3,,"]
    head = "epoch,step,train_loss,val_acc,val_loss"
    paths = [written(tmp_path / f"version_{i}" / "metrics.csv", head, rows) for i in range(2)]
    found = bakeoff.compare(paths)
    assert [arm.arm for arm in found.arms] == ["version_0", "version_1"]
    assert single_runs(found) == [(1, pytest.approx(85))] * 2
    diverged = written(paths[1], head, [*rows[:3], "1,19,,nan,nan"])
    assert bakeoff.compare([paths[0], diverged]).arm("version_1").did_not_train


@pytest.mark.parametrize(
    ("head", "rows"),
    [
        ("epoch,accuracy", ["0,0.5", "1,0.6", "0,0.5", "1,0.7"]),
        ("model,epoch,accuracy", ["a,93,0.5", "a,87,0.6", "b,95,0.5", "b,80,0.7"]),
        ("model,fold,accuracy", [f"{m},{f},{90 + f}" for m in "ab" for f in (0, 1, 3)]),
        (
            "model,seed,cv_fold,accuracy",
            [f"{m},0,{f},9{f}" for m in "ab" for f in range(3 + (m > "a"))],
        ),
        ("model,seed,split,accuracy", [f"{m},0,{s},9{s}" for m in "ab" for s in range(3)]),
        ("accuracy", ["90", "91"]),
        ("img_size,top1", ["224,80.1", "288,80.9"]),
        ("recipe,lr,acc", [f"{m},{lr},9{lr}" for m in "ab" for lr in (1, 2)]),
        ("model,params_lr,acc", [f"{m},{lr},9{lr}" for m in "ab" for lr in (1, 2)]),
        ("model,seed,train_accuracy", [f"{m},{s},9{s}" for m in "ab" for s in range(3)]),
        ("arm,seed,accuracy,val_accuracy", ["a,0,90,80", "a,1,91,81", "b,0,92,82", "b,1,93,83"]),
    ],
)
def test_rows_that_may_not_be_runs_are_asked_about(
    tmp_path: Path, head: str, rows: list[str]
) -> None:
    with pytest.raises(UsageError):
        bakeoff.compare(written(tmp_path / "r.csv", head, rows))


def test_a_run_table_with_its_length_in_epochs_is_a_row_a_run(tmp_path: Path) -> None:
    # W&B exports the last value of everything that Keras logged.
    head = "Name,State,model,seed,epoch,_step,accuracy,val_accuracy,loss,val_loss"
    rows = [
        f"run-{m}{s},{'crashed' if (m, s) == ('a', 3) else 'finished'},{m},{s},{49 - s},{900 + s},"
        f"0.99,{0.9 + 0.001 * s + (m == 'b') * 0.02:.4f},0.1,{0.3 + 0.001 * s}"
        for m in "ab"
        for s in range(4)
    ]
    found = bakeoff.compare(written(tmp_path / "w.csv", head, rows))
    row = found.pair("a", "b")
    assert (row.n_a, row.failed_a, row.n_b, row.verdict) == (3, 1, 4, "worse")
    read = found.tables[0]
    assert (read.row, read.arm, read.status) == ("run", "model", "State")
    assert read.metrics == {"accuracy": "val_accuracy", "loss": "val_loss"}
    assert read.left_out == ("accuracy", "loss")


@pytest.mark.parametrize("names", [("cifar", "imagenet"), ("one", "two")])
@pytest.mark.parametrize("seeds", [True, False])
def test_tables_of_published_results_never_beat_each_other(
    tmp_path: Path, names: tuple[str, str], seeds: bool
) -> None:
    paths = []
    for name, level in zip(names, (91, 71), strict=True):
        rows = [
            f"{model},{f'{s},' if seeds else ''}{level + i + 0.1 * s}"
            for i, model in enumerate(("resnet", "vit"))
            for s in range(3 if seeds else 1)
        ]
        head = "model,seed,accuracy" if seeds else "model,accuracy"
        paths.append(written(tmp_path / f"{name}.csv", head, rows))
    with pytest.raises(UsageError, match=rf"{names[0]}\.csv.*{names[1]}\.csv"):
        bakeoff.compare(paths)


def test_more_verdicts_than_anybody_reads_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", "model,top1", [f"m{i},{50 + i / 100}" for i in range(1000)])
    with pytest.raises(UsageError, match="499,500 pairs"):
        bakeoff.compare(path)


def test_validation_and_test_images_are_never_ranked(tmp_path: Path) -> None:
    a = written(tmp_path / "a.csv", "seed,val_accuracy", ["0,0.90", "1,0.91"])
    b = written(tmp_path / "b.csv", "seed,test_accuracy", ["0,0.80", "1,0.81"])
    with pytest.raises(NotComparable, match="test_accuracy"):
        bakeoff.compare([a, b])


@pytest.mark.parametrize("column", ["state", "State", "Status", "run_state", "trial_status"])
@pytest.mark.parametrize(
    ("ended", "failed"),
    [("finished", "crashed"), ("finished", "killed"), ("COMPLETE", "FAIL"), ("COMPLETE", "PRUNED"),
     ("FINISHED", "FAILED"), ("FINISHED", "KILLED"), ("TERMINATED", "ERROR"),
     ("TrialState.COMPLETE", "TrialState.FAIL"), ("COMPLETED", "CANCELLED by 1000")],
)  # fmt: skip
def test_how_a_run_ended_is_read_whatever_tool_wrote_it(
    column: str, ended: str, failed: str
) -> None:
    frame = frame_of(a=[90.1, 90.2, 40.0], b=[91.0, 91.1, 91.3])
    frame[column] = [ended, ended, failed, ended, ended, ended]
    found = bakeoff.compare(frame)
    assert (found.arm("a").n, found.arm("a").failed, found.arm("b").n) == (2, 1, 3)
    assert found.tables[0].status == column
    assert found.arm("a").failed_runs[0].cause


@pytest.mark.parametrize(
    ("column", "well", "badly"),
    [("exit_code", "0", "1"), ("ExitCode", "0:0", "1:0"), ("returncode", 0, -9),
     ("sys/failed", False, True), ("crashed", "no", "yes"), ("success", "True", "False"),
     ("Phase", "Succeeded", "Failed"), ("outcome", "ok", "error"), ("exit", 0, 137),
     ("error", "", "CUDA out of memory"), ("Exception", None, "ValueError: nan")],
)  # fmt: skip
def test_flags_exit_codes_and_phases_tell_how_a_run_ended(
    column: str, well: object, badly: object
) -> None:
    frame = frame_of(a=[90.1, 90.2, 40.0], b=[91.0, 91.1, 91.3])
    found = bakeoff.compare(frame.assign(**{column: [well, well, badly, well, well, well]}))
    assert (found.arm("a").n, found.arm("a").failed, found.arm("b").n) == (2, 1, 3)
    assert found.tables[0].status == column


def test_a_run_that_is_flagged_as_not_finished_is_no_result() -> None:
    frame = frame_of(a=[90.1, 90.2, 40.0], b=[91.0, 91.1, 91.3])
    found = bakeoff.compare(frame.assign(finished=[True, True, False, True, True, True]))
    assert (found.arm("a").n, found.arm("a").failed, found.arm("a").incomplete) == (2, 0, 1)


@pytest.mark.parametrize(
    ("column", "cells"),
    [("failed", [3, 5, 8, 2, 1, 0]), ("success", [0.91, 0.92, 0.9, 0.91, 0.93, 0.9]),
     ("phase", ["warm"] * 6), ("result", ["good"] * 6),
     ("error", ["0.3 ± 0.1"] * 6), ("error", [9.9, 9.8, 10, 9, 8.9, 8.7])],
)  # fmt: skip
def test_a_column_of_such_a_name_that_holds_anything_else_says_nothing_of_ends(
    column: str, cells: list[object]
) -> None:
    frame = frame_of(a=[90.1, 90.2, 90.0], b=[91.0, 91.1, 91.3])
    found = bakeoff.compare(frame.assign(**{column: cells}))
    assert (found.arm("a").n, found.tables[0].status) == (3, "")


@pytest.mark.parametrize("word", ["RUNNING", "PENDING", "WAITING", "PAUSED", "SCHEDULED"])
def test_a_run_that_is_not_done_is_neither_failed_nor_a_result(word: str) -> None:
    frame = frame_of(a=[90.1, 90.2, 40.0], b=[91.0, 91.1, 91.3])
    found = bakeoff.compare(frame.assign(state=["done"] * 2 + [word] + ["done"] * 3))
    assert (found.arm("a").n, found.arm("a").failed, found.arm("a").incomplete) == (2, 0, 1)


def test_terminated_is_asked_about_where_other_runs_ended_by_another_word() -> None:
    frame = frame_of(a=[90.1, 90.2, 40.0], b=[91.0, 91.1, 91.3])
    with pytest.raises(UsageError, match="did it finish"):
        bakeoff.compare(frame.assign(state=["Succeeded"] * 2 + ["Terminated"] + ["Succeeded"] * 3))


@pytest.mark.parametrize(
    "column", ["model", "Model", "Method", "variant", "recipe", "experiment_name", "params.model"]
)
@pytest.mark.parametrize("seeds", [True, False])
def test_the_arm_is_named_by_whatever_column_names_it(column: str, seeds: bool) -> None:
    frame = frame_of(a=AHEAD, b=BEHIND).rename(columns={"arm": column})
    found = bakeoff.compare(frame if seeds else frame.drop(columns="seed"))
    row = found.comparisons[0]
    assert ((row.a, row.b), row.n_a, row.verdict) == (("a", "b"), 3, "better")
    assert (found.tables[0].arm, found.tables[0].seed) == (column, "seed" if seeds else "")
    assert any(column in note for note in found.notes)


def test_a_model_and_a_method_name_the_arm_together_where_both_vary() -> None:
    frame = pd.concat(
        frame_of(a=np.add(AHEAD, i), b=np.add(BEHIND, 1.03 * i)).assign(model=model)
        for i, model in enumerate(("resnet50", "vit"))
    ).rename(columns={"arm": "method"})
    names = [arm.arm for arm in bakeoff.compare(frame).arms]
    assert names == ["resnet50 with a", "resnet50 with b", "vit with a", "vit with b"]
    one = frame[frame.model == "vit"]
    assert [arm.arm for arm in bakeoff.compare(one).arms] == ["a", "b"]


def test_a_file_without_a_column_for_its_arms_is_not_one_arm(tmp_path: Path) -> None:
    rows = [f"{m},{s},{70 + s * 0.1 + m}" for m in (1, 2) for s in range(3)]
    with pytest.raises(UsageError, match=r"names the arm \(its columns: kind, seed, top1\)"):
        bakeoff.compare(written(tmp_path / "r.csv", "kind,seed,top1", rows))


def test_rows_that_sum_runs_up_are_no_runs(tmp_path: Path) -> None:
    seeds = ("0", "1", "2", "mean", "std")
    rows = [f"{m},{s},{90 + i * 0.1 + (m == 'b')}" for m in "ab" for i, s in enumerate(seeds)]
    found = bakeoff.compare(written(tmp_path / "r.csv", "model,seed,accuracy", rows))
    assert [arm.n for arm in found.arms] == [3, 3]


COLLAPSED = [("a", s, 76.1 + 0.1 * s) for s in range(5)] + [
    ("b", s, 75.9 + 0.1 * s if s < 4 else 0.1) for s in range(5)
]


@pytest.mark.parametrize("form", ["{:.2f}", "{:.2f}%", "{:.2f} %"])
def test_a_run_that_collapsed_in_a_percent_table_is_a_result(tmp_path: Path, form: str) -> None:
    rows = [f"{a},{s},{form.format(x)}" for a, s, x in COLLAPSED]
    found = bakeoff.compare(written(tmp_path / "r.csv", "arm,seed,accuracy", rows))
    assert found.arm("b").metrics["accuracy"].values[-1] == pytest.approx(0.1)
    assert (found.arm("b").n, found.arm("b").failed) == (5, 0)
    assert any("0.1 of b, seed 4" in note for note in found.notes) == ("%" not in form)


def test_a_percent_sign_settles_the_cell_that_has_it_or_the_column(tmp_path: Path) -> None:
    rows = [f"{a},{s},{0.3 + 0.01 * s + 0.1 * (a == 'b'):.2f}" for a in "ab" for s in range(3)]
    path = written(tmp_path / "r.csv", "arm,seed,accuracy", [f"{row}%" for row in rows])
    assert bakeoff.compare(path).arm("a").metrics["accuracy"].mean == pytest.approx(0.31)
    path = written(tmp_path / "r.csv", "arm,seed,Top-1 (%)", rows)
    assert bakeoff.compare(path).arm("a").metrics["accuracy"].mean == pytest.approx(0.31)


def test_the_unit_can_be_said_where_cells_leave_it_in_doubt() -> None:
    collapsed = frame_of(a=[76.1, 76.2, 76.4], b=[0.10, 0.11, 0.13])
    with pytest.raises(UsageError, match="--unit"):
        bakeoff.compare(collapsed)
    found = bakeoff.compare(collapsed, unit="percent")
    assert found.arm("b").metrics["accuracy"].mean == pytest.approx(0.34 / 3)
    small = frame_of(a=[0.5, 0.6], b=[0.7, 0.9])
    assert bakeoff.compare(small).arm("a").metrics["accuracy"].mean == pytest.approx(55)
    said = bakeoff.compare(small, unit="percent")
    assert said.arm("a").metrics["accuracy"].mean == pytest.approx(0.55)
    assert said.tables[0].unit == "percent"
    with pytest.raises(UsageError, match="no fraction of 1"):
        bakeoff.compare(collapsed, unit="fraction")
    with pytest.raises(UsageError, match="unit"):
        bakeoff.compare(small, unit="points")


def test_a_run_table_may_hold_counts_durations_and_text(tmp_path: Path) -> None:
    head = "model,seed,correct,total,duration,time,label,prediction,notes"
    rows = [
        f"{m},{s},{9000 + 10 * s + 50 * (m == 'b')},10000,0:01:3{s},2026-01-01 10:00,x,y,good"
        for m in "ab"
        for s in range(3)
    ]
    found = bakeoff.compare(written(tmp_path / "r.csv", head, rows))
    assert found.arm("a").metrics["accuracy"].values == pytest.approx([90.0, 90.1, 90.2])
    assert found.test_images == 10_000
    rows = [f"{r},{90 + i}" for i, r in enumerate(rows)]
    found = bakeoff.compare(written(tmp_path / "r.csv", f"{head},accuracy", rows))
    assert found.tables[0].row == "run"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0:01:31", 91), ("01:31", 91), ("1 day, 0:00:01", 86_401), ("0 days 00:01:31.5", 91.5),
     ("1m 31s", 91), ("1.5min", 90), ("91 s", 91)],
)  # fmt: skip
def test_durations_are_read_as_seconds(text: str, seconds: float) -> None:
    frame = frame_of(a=AHEAD, b=BEHIND).assign(duration=text)
    found = bakeoff.compare(frame)
    assert found.arm("a").metrics["seconds"].mean == pytest.approx(seconds)


@pytest.mark.parametrize("name", ["None", "NA", "N/A", "null", "nan", "NaN", "007"])
def test_names_of_arms_and_classes_are_names_whatever_they_are(tmp_path: Path, name: str) -> None:
    rows = [f"{m},{s},{90 + 0.1 * s + (m == 'b')}" for m in (name, "b") for s in range(3)]
    found = bakeoff.compare(written(tmp_path / "r.csv", "arm,seed,accuracy", rows))
    assert [arm.arm for arm in found.arms] == [name, "b"]
    rows = [
        f"{m},0,{i},{name if i < 50 else 'fist'},{name if i < 50 or m == name else 'fist'}"
        for m in (name, "b")
        for i in range(100)
    ]
    found = bakeoff.compare(written(tmp_path / "i.csv", "arm,seed,image,label,prediction", rows))
    assert found.arm(name).metrics["accuracy"].mean == pytest.approx(50)
    assert found.arm("b").metrics["accuracy"].mean == pytest.approx(100)


def test_a_class_with_a_name_among_numbers_is_a_class_in_both_columns(tmp_path: Path) -> None:
    rows = [f"{m},{i},{'None' if i < 50 else 1},1" for m in "ab" for i in range(100)]
    found = bakeoff.compare(written(tmp_path / "i.csv", "arm,image,label,prediction", rows))
    assert found.arm("a").metrics["accuracy"].mean == pytest.approx(50)


def test_an_image_without_a_label_is_not_counted_as_wrong(tmp_path: Path) -> None:
    rows = [f"{m},{i},{'' if i == 3 else 'cat'},cat" for m in "ab" for i in range(9)]
    with pytest.raises(UsageError, match="row 4 of the table has no label"):
        bakeoff.compare(written(tmp_path / "i.csv", "arm,image,label,prediction", rows))


def test_names_are_compared_as_unicode_composes_them(tmp_path: Path) -> None:
    rows = ["café,0,90", "cafe\u0301,1,91", "b,0,80", "b,1,82"]
    found = bakeoff.compare(written(tmp_path / "r.csv", "arm,seed,accuracy", rows))
    assert [(arm.arm, arm.n) for arm in found.arms] == [("café", 2), ("b", 2)]
    rows = [f"{m},{i},café,cafe\u0301" for m in "ab" for i in range(40)]
    found = bakeoff.compare(written(tmp_path / "i.csv", "model,image,label,prediction", rows))
    assert found.arm("a").metrics["accuracy"].mean == pytest.approx(100)


def test_two_of_timms_own_folders_with_other_arguments_are_two_arms(tmp_path: Path) -> None:
    for i, (opt, accuracy) in enumerate((("sgd", 90.0), ("lamb", 92.0))):
        folder = tmp_path / f"2026010{i + 1}-120000-resnet50-224"
        folder.mkdir()
        (folder / "summary.csv").write_text(f"epoch,eval_top1\n0,50\n1,{accuracy}\n")
        (folder / "args.yaml").write_text(f"model: resnet50\nseed: 42\nepochs: 2\nopt: {opt}\n")
    found = bakeoff.compare(tmp_path)
    assert [arm.arm for arm in found.arms] == ["resnet50-224 (opt=sgd)", "resnet50-224 (opt=lamb)"]
    assert (found.comparisons[0].n_a, found.comparisons[0].n_b) == (1, 1)


def test_trials_of_a_search_are_no_seeds(tmp_path: Path) -> None:
    rows = [f"{arm},{arm}{i},{0.1 / (i + 1):.3f},9{i}" for arm in "ab" for i in range(4)]
    with pytest.raises(UsageError, match="differ in config/lr, and no column names the seed"):
        bakeoff.compare(written(tmp_path / "r.csv", "model,trial_id,config/lr,accuracy", rows))


@pytest.mark.parametrize(
    ("column", "form"),
    [("error", "{:.2f}"), ("top1_err", "{:.2f}"), ("Test Error (%)", "{:.2f}"),
     ("err@1", "{:.2f}%"), ("test-error", "{:.2f} %"), ("val_err", "{:.2f}"),
     ("top-1 error rate", "{:.2f}")],
)  # fmt: skip
def test_an_error_rate_says_the_accuracy(tmp_path: Path, column: str, form: str) -> None:
    errors = {"a": [8.8, 8.5, 8.7], "b": [9.9, 9.6, 9.8]}
    rows = [f"{arm},{i},{form.format(e)}" for arm, of in errors.items() for i, e in enumerate(of)]
    found = bakeoff.compare(written(tmp_path / "r.csv", f"arm,seed,{column}", rows))
    for arm, of in errors.items():
        assert found.arm(arm).metrics["accuracy"].mean == pytest.approx(100 - np.mean(of))
    assert found.comparisons[0].verdict == "better"
    assert found.tables[0].metrics["accuracy"] == f"100 − {column}"


def test_small_errors_are_asked_about_and_can_be_settled(tmp_path: Path) -> None:
    rows = [f"{arm},{i},{0.31 + 0.01 * i + 0.1 * (arm == 'b')}" for arm in "ab" for i in range(3)]
    path = written(tmp_path / "r.csv", "arm,seed,error", rows)
    with pytest.raises(UsageError, match="are these percent or fractions"):
        bakeoff.compare(path)
    for unit, mean in (("percent", 99.68), ("fraction", 68)):
        found = bakeoff.compare(path, unit=unit)
        assert found.arm("a").metrics["accuracy"].mean == pytest.approx(mean)
    with pytest.raises(UsageError, match="cannot be"):
        bakeoff.compare(written(tmp_path / "r.csv", "arm,seed,error", ["a,0,9", "b,0,131"]))


@pytest.mark.parametrize("sign", ["", " %", "%"])
def test_decimal_commas_are_read_with_and_without_semicolons(tmp_path: Path, sign: str) -> None:
    for separator, quote in ((";", ""), (",", '"')):
        rows = [
            separator.join((arm, str(i), f"{quote}{90 + i},{5 if arm == 'a' else 7}{sign}{quote}"))
            for arm in "ab"
            for i in range(3)
        ]
        head = separator.join(("arm", "seed", "accuracy"))
        found = bakeoff.compare(written(tmp_path / "r.csv", head, rows))
        assert found.arm("a").metrics["accuracy"].mean == pytest.approx(91.5)


def test_a_comma_that_may_stand_between_thousands_is_not_guessed() -> None:
    for text, value in (("1,234.5", 1234.5), ("1.234,5", 1234.5), ("12,5", 12.5), ("1e3", 1000)):
        assert number(text, "loss") == (value, False)
    assert number("90,125", "accuracy") == (90.125, False)
    with pytest.raises(UsageError, match=r"may be 1\.234 or 1234"):
        number("1,234", "loss")


def test_the_column_of_a_second_name_is_no_silent_loser(tmp_path: Path) -> None:
    path = written(tmp_path / "r.csv", "arm,seed,accuracy,accuracy", ["a,0,90,80", "b,0,91,81"])
    with pytest.raises(UsageError, match="two columns are called accuracy"):
        bakeoff.compare(path)
