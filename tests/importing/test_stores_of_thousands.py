"""What a verdict needs of a store is read of it, and no more."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

import bakeoff
from bakeoff.errors import BadFile

TABLES = (
    "experiments (experiment_id, name)",
    "runs (run_uuid, name, status, experiment_id, start_time, lifecycle_stage)",
    "params (key, value, run_uuid)",
    "tags (key, value, run_uuid)",
    "latest_metrics (key, value, step, is_nan, run_uuid)",
    "metrics (key, value, timestamp, step, is_nan, run_uuid)",
)


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """As MLflow keeps runs, with curves of three points."""
    path, g = tmp_path / "mlflow.db", np.random.default_rng(0)
    with sqlite3.connect(path) as db:
        for table in TABLES:
            db.execute(f"create table {table}")
        db.execute("insert into experiments values (1, 'Default')")
        for arm in "ab":
            for seed in range(4):
                run = f"{arm}{seed}"
                db.execute(
                    "insert into runs values (?, ?, 'FINISHED', 1, ?, 'active')", (run, run, seed)
                )
                for key, value in (("recipe", arm), ("seed", str(seed))):
                    db.execute("insert into params values (?, ?, ?)", (key, value, run))
                last = 0.9 + 0.02 * (arm == "a") + 0.001 * g.normal()
                db.execute(
                    "insert into latest_metrics values ('test_accuracy', ?, 2, 0, ?)", (last, run)
                )
                for step in range(3):
                    row = (last - 0.1 * (2 - step), step, step, run)
                    db.execute("insert into metrics values ('test_accuracy', ?, ?, ?, 0, ?)", row)
    return path


def test_a_verdict_reads_no_curve_of_a_store(store: Path) -> None:
    found = bakeoff.compare(store)
    with sqlite3.connect(store) as db:
        db.execute("drop table metrics")
    assert bakeoff.compare(store).to_dict() == found.to_dict()
    assert found.comparisons[0].verdict == "better"


def test_an_import_reads_them_run_by_run(store: Path, tmp_path: Path) -> None:
    brought = bakeoff.import_runs(store, tmp_path / "runs")
    for record in brought.records:
        tested = [point.test.accuracy for point in record.curves if point.test]
        assert record.result is not None
        assert tested == pytest.approx([record.result.accuracy - 10 * n for n in (2, 1, 0)])


def test_an_import_of_damaged_curves_is_one_line_and_leaves_nothing(
    store: Path, tmp_path: Path
) -> None:
    with sqlite3.connect(store) as db:
        db.execute("drop table metrics")
    with pytest.raises(BadFile, match="not a readable store"):
        bakeoff.import_runs(store, tmp_path / "runs")
    assert not (tmp_path / "runs").exists()
