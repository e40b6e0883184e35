"""Damaged, empty and hostile files of other tools are one clear line; nothing in them runs."""

from __future__ import annotations

import os
import pickle
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

import pytest

import bakeoff
from bakeoff.errors import UsageError


class Hostile:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.system, (f"touch {self.path}",)


def empty_store(home: Path) -> Path:
    path = home / "mlflow.db"
    store = sqlite3.connect(path)
    store.executescript(
        "create table experiments (experiment_id, name);"
        "create table runs (run_uuid, name, status, experiment_id, lifecycle_stage, start_time);"
        "create table params (run_uuid, key, value); create table tags (run_uuid, key, value);"
        "create table latest_metrics (run_uuid, key, value, is_nan);"
        "create table metrics (run_uuid, key, value, step, timestamp, is_nan);"
    )
    store.close()
    return path


def another_version_of_a_store(home: Path) -> Path:
    path = home / "mlflow.db"
    store = sqlite3.connect(path)
    for name in ("experiments", "runs", "params", "latest_metrics"):
        store.execute(f"create table {name} (something_else)")
    store.close()
    return path


def half_written_history(home: Path) -> Path:
    (home / "history.json").write_text('{"val_accuracy": [0.5, 0.6, 0.')
    return home / "history.json"


def state_that_is_a_list(home: Path) -> Path:
    (home / "out").mkdir()
    (home / "out" / "trainer_state.json").write_text("[1, 2]")
    return home / "out"


def event_record_of_a_huge_length(home: Path) -> Path:
    pytest.importorskip("tensorboard")
    (home / "run").mkdir()
    record = struct.pack("<QI", 2**60, 0) + b"x" * 100
    (home / "run" / "events.out.tfevents.1.host").write_bytes(record)
    return home / "run"


def nothing_but_a_pickle(home: Path) -> Path:
    (home / "out").mkdir()
    (home / "out" / "training_args.bin").write_bytes(pickle.dumps(Hostile(home / "executed")))
    return home / "out"


def two_runs_in_one_log(home: Path) -> Path:
    (home / "log.csv").write_text("epoch,val_acc\n0,0.5\n1,0.6\n0,0.4\n1,0.7\n")
    return home / "log.csv"


def a_folder_that_holds_itself(home: Path) -> Path:
    (home / "loop").symlink_to(home, target_is_directory=True)
    return home


def an_empty_file(home: Path) -> Path:
    (home / "results.csv").touch()
    return home / "results.csv"


def yaml_that_grows(home: Path) -> Path:
    folder = home / "version_0"
    folder.mkdir()
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 16)]
    (folder / "hparams.yaml").write_text("\n".join(lines) + "\n")
    (folder / "metrics.csv").write_text("epoch,step,val_acc\n0,9,0.9\n")
    return folder


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (empty_store, "no runs|holds no run"),
        (another_version_of_a_store, "not a readable store"),
        (half_written_history, "half written"),
        (state_that_is_a_list, "not a JSON object"),
        (event_record_of_a_huge_length, "no figure"),
        (nothing_but_a_pickle, "no results"),
        (two_runs_in_one_log, "back and forth"),
        (a_folder_that_holds_itself, "no results"),
        (an_empty_file, "not a readable table"),
        (yaml_that_grows, "only one arm"),
    ],
)
def test_it_is_one_line_that_says_what_is_wrong(
    make: Callable[[Path], Path], says: str, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match=says) as refused:
        bakeoff.compare(make(tmp_path))
    assert "\n" not in str(refused.value)
    assert not (tmp_path / "executed").exists()
