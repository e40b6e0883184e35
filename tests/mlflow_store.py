"""An MLflow database that MLflow itself wrote, for tests of what reads one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_database(
    database: Path, runs: Iterable[tuple[str, int, float]], *, metric: str = "val_acc"
) -> Path:
    """Runs of (optimizer, seed, accuracy), two steps each; skips the test without MLflow."""
    import pytest

    mlflow = pytest.importorskip("mlflow")
    client = mlflow.MlflowClient(f"sqlite:///{database}")
    experiment = client.create_experiment("recipes")
    for arm, seed, accuracy in runs:
        run = client.create_run(experiment, run_name=f"quick-fox-{seed}").info.run_id
        client.log_param(run, "optimizer", arm)
        client.log_param(run, "seed", seed)
        for step in range(2):
            client.log_metric(run, metric, accuracy - 0.1 * (1 - step), step=step)
        client.set_terminated(run)
    return database
