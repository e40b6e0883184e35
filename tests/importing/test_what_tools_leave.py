"""Runs that other tools left are read as they are; where the tool is installed, it wrote them."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import pytest

import bakeoff
from bakeoff.comparison.answer import Comparison
from bakeoff.errors import BadFile, UsageError
from mlflow_store import write_database

ACCURACIES = {"adamw": (0.912, 0.915, 0.913), "sgd": (0.901, 0.904, 0.902)}


def runs() -> list[tuple[str, int, float]]:
    return [(arm, seed, a) for arm, values in ACCURACIES.items() for seed, a in enumerate(values)]


def better(found: Comparison, a: str = "adamw", b: str = "sgd") -> None:
    row = found.pair(a, b)
    assert (row.n_a, row.n_b, row.verdict) == (3, 3, "better")
    assert row.difference == pytest.approx(1.1)


def dump(path: Path, what: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(what))
    return path


def lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(map(json.dumps, rows)) + "\n")
    return path


def test_keras_histories_are_judged_by_the_last_validation_accuracy(tmp_path: Path) -> None:
    for arm, seed, a in runs():
        history = {"accuracy": [0.9, 0.99], "loss": [1, 0.1], "val_accuracy": [0.95, a]}
        dump(tmp_path / arm / f"seed-{seed}" / "history.json", history)
    better(bakeoff.compare(tmp_path))


def test_lightning_versions_are_arms_by_the_hyperparameter_that_differs(tmp_path: Path) -> None:
    for n, (arm, seed, a) in enumerate(runs()):
        folder = tmp_path / "lightning_logs" / f"version_{n}"
        folder.mkdir(parents=True)
        (folder / "hparams.yaml").write_text(f"optimizer: {arm}\nseed: {seed}\nlr: 0.1\n")
        rows = ["epoch,step,train_acc,val_acc", "0,9,0.5,", "0,9,,0.93", "1,19,1,", f"1,19,,{a}"]
        (folder / "metrics.csv").write_text("\n".join(rows) + "\n")
    better(bakeoff.compare(tmp_path), "optimizer=adamw", "optimizer=sgd")


def test_two_differing_hyperparameters_are_one_question_that_one_option_settles(
    tmp_path: Path,
) -> None:
    for n, (arm, seed, a) in enumerate(runs()):
        folder = tmp_path / f"version_{n}"
        folder.mkdir(parents=True)
        lr = 0.1 if (arm, seed) == ("sgd", 0) else 0.2
        (folder / "hparams.yaml").write_text(f"optimizer: {arm}\nseed: {seed}\nlr: {lr}\n")
        (folder / "metrics.csv").write_text(f"epoch,step,val_acc\n0,9,{a}\n")
    with pytest.raises(UsageError) as asked:
        bakeoff.compare(tmp_path)
    assert "optimizer, lr" in asked.value.message
    assert "--map arm=optimizer" in asked.value.advice
    better(bakeoff.compare(tmp_path, mapping="arm=optimizer"))


def test_a_hugging_face_folder_is_its_latest_checkpoint(tmp_path: Path) -> None:
    for arm, seed, a in runs():
        for step, accuracy in ((9, 0.99), (10, a)):
            history = [{"loss": 1.0, "step": 5}, {"eval_accuracy": accuracy, "step": step}]
            state = {"global_step": step, "max_steps": 10, "log_history": history}
            home = tmp_path / arm / f"seed-{seed}" / f"checkpoint-{step}"
            dump(home / "trainer_state.json", state)
    better(bakeoff.compare(tmp_path))


def test_mmengine_scalars_are_one_run_and_their_config_is_not_executed(tmp_path: Path) -> None:
    for arm, seed, a in runs():
        folder = tmp_path / arm / f"2026010{seed + 1}_120000" / "vis_data"
        rows = [
            {"lr": 0.1, "loss": 1.0, "epoch": 1, "iter": 10, "step": 10},
            {"accuracy/top1": 100 * a - 1, "step": 1},
            {"lr": 0.1, "loss": 0.5, "epoch": 2, "iter": 20, "step": 20},
            {"accuracy/top1": 100 * a, "step": 2},
        ]
        lines(folder / "scalars.json", rows)
        lines(folder / "20260101_120000.json", rows)
        (folder / "config.py").write_text(
            f"optim_wrapper = dict(optimizer=dict(type='{arm}'))\nrandomness = dict(seed={seed})\n"
            f"__import__('pathlib').Path({str(tmp_path / 'executed')!r}).touch()\n"
        )
    better(bakeoff.compare(tmp_path, mapping="arm=optim_wrapper.optimizer.type"))
    assert not (tmp_path / "executed").exists()


def test_ray_trials_that_ended_in_an_error_are_failed_runs(tmp_path: Path) -> None:
    for arm, seed, a in runs():
        trial = tmp_path / f"train_{arm}_{seed}"
        dump(trial / "params.json", {"optimizer": arm, "seed": seed})
        rows = [{"acc": 0.5, "training_iteration": 1, "done": False, "config": {"lr": 9}},
                {"acc": a, "training_iteration": 2, "done": True}]  # fmt: skip
        lines(trial / "result.json", rows)
    (tmp_path / "train_sgd_2" / "error.txt").write_text("out of memory")
    row = bakeoff.compare(tmp_path).pair("optimizer=adamw", "optimizer=sgd")
    assert (row.n_a, row.n_b, row.failed_b) == (3, 2, 1)


def test_lm_eval_tasks_are_data_sets_and_models_are_arms(tmp_path: Path) -> None:
    for arm, seed, a in runs():
        task = {"alias": "arc", "acc,none": a, "acc_stderr,none": 0.01}
        sizes = {"arc": {"original": 1000, "effective": 1000}}
        config = {"random_seed": seed}
        given = {"results": {"arc": task}, "config": config, "model_name": arm, "n-samples": sizes}
        dump(tmp_path / f"{arm}{seed}" / "results_2026-01-01.json", given)
    found = bakeoff.compare(tmp_path)
    better(found)
    assert found.data == "arc"


def test_event_files_that_tensorboard_wrote_are_read_with_their_hyperparameters(
    tmp_path: Path,
) -> None:
    pytest.importorskip("tensorboard")
    from torch.utils.tensorboard import SummaryWriter
    from torch.utils.tensorboard.summary import hparams

    for arm, seed, a in runs():
        with SummaryWriter(tmp_path / f"{arm}_{seed}") as writer:
            for step in range(3):
                writer.add_scalar("val/acc", a - 0.1 * (2 - step), step)
                writer.add_scalar("train/acc", 0.99, step)
            for part in hparams({"optimizer": arm, "seed": seed}, {"val/acc": a}):
                writer.file_writer.add_summary(part)
    better(bakeoff.compare(tmp_path), "optimizer=adamw", "optimizer=sgd")
    # A run that is being written, or was cut, is read as far as it goes.
    events = next((tmp_path / "sgd_2").glob("*tfevents*"))
    events.write_bytes(events.read_bytes()[:-7])
    bakeoff.compare(tmp_path)


@pytest.mark.slow  # making the store takes MLflow half a minute
@pytest.mark.filterwarnings("ignore")  # of the libraries that the tool stands on
def test_mlflow_database_is_read_and_not_changed(tmp_path: Path) -> None:
    database = write_database(tmp_path / "mlflow.db", runs())
    before = database.read_bytes()
    better(bakeoff.compare(database), "optimizer=adamw", "optimizer=sgd")
    assert database.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["mlflow.db"]


def test_mlflow_folders_are_read_without_the_runs_that_were_deleted(tmp_path: Path) -> None:
    for n, (arm, seed, a) in enumerate([*runs(), ("sgd", 3, 0.99)]):
        run = tmp_path / "mlruns" / "1" / f"{n:032x}"
        for folder in ("metrics/val", "params", "tags"):
            (run / folder).mkdir(parents=True)
        stage = "deleted" if seed == 3 else "active"
        (run / "meta.yaml").write_text(f"run_name: r{n}\nstatus: 3\nlifecycle_stage: {stage}\n")
        (run / "metrics" / "val" / "acc").write_text(f"1 0.5 0\n2 {a} 1\n")
        (run / "params" / "optimizer").write_text(arm)
        (run / "params" / "seed").write_text(str(seed))
    better(bakeoff.compare(tmp_path), "optimizer=adamw", "optimizer=sgd")


def test_an_optuna_study_is_asked_what_its_value_is(tmp_path: Path) -> None:
    optuna = pytest.importorskip("optuna")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    database = tmp_path / "study.db"
    study = optuna.create_study(storage=f"sqlite:///{database}", direction="maximize")
    kinds = {
        "optimizer": optuna.distributions.CategoricalDistribution(["adamw", "sgd"]),
        "seed": optuna.distributions.IntDistribution(0, 2),
    }
    for arm, seed, a in runs():
        given = {"optimizer": arm, "seed": seed}
        study.add_trial(optuna.trial.create_trial(params=given, distributions=kinds, value=a))
    with pytest.raises(UsageError) as asked:
        bakeoff.compare(database)
    assert "--map accuracy=value" in asked.value.advice
    found = bakeoff.compare(database, mapping="accuracy=value")
    better(found, "optimizer=adamw", "optimizer=sgd")
    assert found.tables[0].metrics["accuracy"] == "value"


def test_a_store_that_another_program_is_writing_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bakeoff.importing.sqlite.SECONDS", 0.01)
    path = tmp_path / "mlflow.db"
    store = sqlite3.connect(path, isolation_level=None)
    for name in ("experiments", "runs", "params", "latest_metrics"):
        store.execute(f"create table {name} (a)")
    store.execute("begin exclusive")
    store.execute("create table more (a)")
    (tmp_path / "mlflow.db-journal").touch()
    with pytest.raises(BadFile, match="another program is writing"):
        bakeoff.compare(path)
    store.close()


def test_wandb_runs_are_read_by_their_summary_and_offline_ones_refused_by_name(
    tmp_path: Path,
) -> None:
    for arm, seed, a in runs():
        files = tmp_path / "wandb" / f"run-20260101_12000{seed}-{arm}{seed}" / "files"
        dump(files / "wandb-summary.json", {"val/acc": a, "_step": 9, "_runtime": 1.5})
        (files / "config.yaml").write_text(
            f"_wandb:\n  value: {{x: 1}}\noptimizer:\n  value: {arm}\nseed:\n  value: {seed}\n"
        )
    better(bakeoff.compare(tmp_path), "optimizer=adamw", "optimizer=sgd")
    offline = tmp_path / "offline-run-20260101_120000-abc"
    offline.mkdir()
    (offline / "run-abc.wandb").write_bytes(b":W&B")
    with pytest.raises(BadFile, match="wandb sync"):
        bakeoff.compare(offline)


def test_a_hostile_yaml_builds_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "version_0"
    folder.mkdir()
    (folder / "hparams.yaml").write_text(
        f"a: !!python/object/apply:os.system ['touch {tmp_path / 'executed'}']\nmodel: m\n"
    )
    (folder / "metrics.csv").write_text("epoch,step,val_acc\n0,9,0.9\n")
    with pytest.raises(UsageError, match="only one arm"):
        bakeoff.compare(folder)
    assert not (tmp_path / "executed").exists()


def test_a_best_accuracy_is_refused_unless_accepted_and_then_every_sentence_says_so(
    tmp_path: Path,
) -> None:
    path = tmp_path / "r.csv"
    path.write_text("model,seed,best_val_acc\n" + "".join(f"{m},{s},{a}\n" for m, s, a in runs()))
    with pytest.raises(UsageError) as refused:
        bakeoff.compare(path)
    assert "--accept-best" in refused.value.advice
    found = bakeoff.compare(path, accept_best=True)
    better(found)
    assert all("best epochs" in row.sentence for row in found.comparisons)


def test_a_mapping_can_lie_beside_the_data(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    path.write_text("who,n,quality\n" + "".join(f"{m},{s},{a}\n" for m, s, a in runs()))
    with pytest.raises(UsageError):
        bakeoff.compare(path)
    (tmp_path / "bakeoff-map.yaml").write_text("arm: who\nseed: n\naccuracy: quality\n")
    better(bakeoff.compare(path))


def test_semicolons_part_cells_with_decimal_commas(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [f"{m};{s};{str(a).replace('.', ',')}\n" for m, s, a in runs()]
    path.write_text("model;split_seed;test_accuracy\n" + "".join(rows))
    better(bakeoff.compare(path))


def test_two_accuracies_are_a_question_that_one_option_settles(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    rows = [f"{m},{s},{a},{a - 0.1}\n" for m, s, a in runs()]
    path.write_text("model,seed,accuracy,val_accuracy\n" + "".join(rows))
    with pytest.raises(UsageError) as asked:
        bakeoff.compare(path)
    assert "--map accuracy=val_accuracy" in asked.value.advice
    better(bakeoff.compare(path, mapping="accuracy=val_accuracy"))


def test_json_lines_with_a_row_a_run_are_a_table(tmp_path: Path) -> None:
    rows = [{"variant": m, "seed": s, "test_accuracy": a} for m, s, a in runs()]
    better(bakeoff.compare(lines(tmp_path / "r.jsonl", rows)))
