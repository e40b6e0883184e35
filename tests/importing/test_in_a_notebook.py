"""What a notebook holds is compared as it is: frames, studies, histories, dicts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

import bakeoff
from bakeoff.comparison.answer import Comparison
from bakeoff.errors import UsageError

ACCURACIES = {"adamw": (0.912, 0.915, 0.913), "sgd": (0.901, 0.904, 0.902)}
RUNS = [(arm, seed, a) for arm, values in ACCURACIES.items() for seed, a in enumerate(values)]


def better(found: Comparison, a: str = "adamw", b: str = "sgd") -> None:
    row = found.pair(a, b)
    assert (row.n_a, row.n_b, row.verdict) == (3, 3, "better")
    assert row.difference == pytest.approx(1.1)


def test_a_frame_of_mlflows_search_runs() -> None:
    frame = pd.DataFrame(
        {
            "run_id": [f"{n:032x}" for n in range(6)],
            "experiment_id": ["1"] * 6,
            "status": ["FINISHED"] * 6,
            "artifact_uri": [f"mlflow-artifacts:/1/{n}/artifacts" for n in range(6)],
            "start_time": pd.to_datetime(["2026-01-01"] * 6, utc=True),
            "end_time": pd.to_datetime(["2026-01-02"] * 6, utc=True),
            "metrics.val_acc": [a for _, _, a in RUNS],
            "metrics.train_loss": [0.1] * 6,
            "params.optimizer": [arm for arm, _, _ in RUNS],
            "params.seed": [str(seed) for _, seed, _ in RUNS],
            "params.lr": ["0.1"] * 6,
            "tags.mlflow.user": ["me"] * 6,
            "tags.mlflow.runName": [f"calm-fox-{n}" for n in range(6)],
            "tags.mlflow.source.name": ["train.py"] * 6,
        }
    )
    better(bakeoff.compare(frame), "optimizer=adamw", "optimizer=sgd")


def test_a_frame_of_wandbs_runs_as_its_documentation_makes_it() -> None:
    frame = pd.DataFrame(
        {
            "summary": [{"val": {"acc": a}, "_step": 9, "_runtime": 3} for _, _, a in RUNS],
            "config": [{"optimizer": arm, "seed": seed, "lr": 0.1} for arm, seed, _ in RUNS],
            "name": [f"wild-sun-{n}" for n in range(6)],
        }
    )
    better(bakeoff.compare(frame), "optimizer=adamw", "optimizer=sgd")


def test_wandbs_runs_themselves() -> None:
    runs = [
        SimpleNamespace(
            id=f"a{n}", name=f"wild-sun-{n}", state="finished", config={"optimizer": arm,
            "seed": seed}, summary=SimpleNamespace(_json_dict={"val/acc": a, "_step": 9}),
        )
        for n, (arm, seed, a) in enumerate(RUNS)
    ]  # fmt: skip
    better(bakeoff.compare(runs), "optimizer=adamw", "optimizer=sgd")


def test_an_optuna_study_and_its_frame() -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    study = optuna.create_study(direction="maximize")
    kinds = {
        "optimizer": optuna.distributions.CategoricalDistribution(["adamw", "sgd"]),
        "seed": optuna.distributions.IntDistribution(0, 2),
    }
    for arm, seed, a in RUNS:
        given = {"optimizer": arm, "seed": seed}
        study.add_trial(optuna.trial.create_trial(params=given, distributions=kinds, value=a))
    for given in (study, study.trials_dataframe()):
        with pytest.raises(UsageError) as asked:
            bakeoff.compare(given)
        assert "--map accuracy=value" in asked.value.advice
        better(bakeoff.compare(given, mapping="accuracy=value"), "optimizer=adamw", "optimizer=sgd")


def log_history(accuracy: float) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for epoch in (1, 2):
        rows.append({"loss": 1 / epoch, "learning_rate": 0.1, "epoch": epoch, "step": 10 * epoch})
        a = accuracy - 0.1 * (2 - epoch)
        rows.append({"eval_loss": 0.5, "eval_accuracy": a, "epoch": epoch, "step": 10 * epoch})
    return [*rows, {"train_runtime": 1.5, "train_loss": 0.3, "epoch": 2, "step": 20}]


def test_log_histories_of_hugging_faces_trainers() -> None:
    histories = {f"{arm}-seed{seed}": log_history(a) for arm, seed, a in RUNS}
    better(bakeoff.compare(histories))
    trainers = {
        name: SimpleNamespace(state=SimpleNamespace(log_history=rows, global_step=20, max_steps=20))
        for name, rows in histories.items()
    }
    better(bakeoff.compare(trainers))
    with pytest.raises(UsageError, match="only one arm"):
        bakeoff.compare(next(iter(histories.values())))


def test_histories_of_keras() -> None:
    made = {
        f"{arm}_seed{seed}": SimpleNamespace(
            history={"accuracy": [0.9, 0.99], "val_accuracy": [0.5, a], "loss": [1.0, 0.5]}
        )
        for arm, seed, a in RUNS
    }
    better(bakeoff.compare(made))


def test_a_dict_of_lists() -> None:
    columns = {
        "optimizer": [arm for arm, _, _ in RUNS],
        "seed": [seed for _, seed, _ in RUNS],
        "test_accuracy": [a for _, _, a in RUNS],
    }
    better(bakeoff.compare(columns), "optimizer=adamw", "optimizer=sgd")
    better(bakeoff.compare({arm: [100 * a for a in values] for arm, values in ACCURACIES.items()}))


@pytest.mark.parametrize("kind", ["cv_results_", "cross_validate"])
def test_folds_of_scikit_learn_are_tested_as_folds(kind: str) -> None:
    scores = {"10": np.array([0.90, 0.92, 0.91, 0.93, 0.9]), "0.1": np.array([0.8] * 5)}
    if kind == "cv_results_":
        given: Any = {"param_C": np.ma.array(list(scores)), "mean_fit_time": np.ones(2)}
        given |= {
            f"split{fold}_test_accuracy": np.array([s[fold] for s in scores.values()])
            for fold in range(5)
        }
        names = ("C=10", "C=0.1")
    else:
        given = {
            name: {"fit_time": np.ones(5), "score_time": np.ones(5), "test_accuracy": found}
            for name, found in scores.items()
        }
        names = ("10", "0.1")
    row = bakeoff.compare(given).pair(*names)
    assert (row.test, row.n_a, row.verdict) == ("corrected resampled t", 5, "better")
    assert row.difference == pytest.approx(11.2)


def test_a_metric_of_ones_own_is_read_by_its_name_and_direction() -> None:
    frame = pd.DataFrame(
        {
            "method": [arm for arm, _, _ in RUNS],
            "seed": [seed for _, seed, _ in RUNS],
            "acc": [0.5] * 6,
            "val/macro_f1": [a for _, _, a in RUNS],
            "throughput_cost": [a for _, _, a in RUNS],
        }
    )
    row = bakeoff.compare(frame, metrics="macro_f1").comparisons[0]
    assert (row.metric, row.verdict) == ("macro_f1", "better")
    assert row.difference == pytest.approx(0.011)
    slow = bakeoff.compare(frame, metrics="throughput_cost[s]", higher_is_better=False)
    assert slow.comparisons[0].verdict == "worse"
    assert "a lower throughput_cost than adamw by 0.011" in slow.comparisons[0].sentence
    with pytest.raises(UsageError, match="higher or a lower"):
        bakeoff.compare(frame, metrics="zork")
    with pytest.raises(UsageError, match="which way is better is known"):
        bakeoff.compare(frame, metrics="accuracy", higher_is_better=False)
    found = bakeoff.compare(
        frame, metrics="zork", higher_is_better=True, mapping="zork=val/macro_f1"
    )
    assert found.comparisons[0].verdict == "better"
    # The next comparison knows nothing of it.
    with pytest.raises(UsageError, match="gave exactly"):
        bakeoff.compare(frame)
