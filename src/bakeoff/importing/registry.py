"""Which adapter reads a path: the first format, in this order, that recognises it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import UsageError
from bakeoff.importing import (
    hugging_face,
    json_logs,
    keras,
    lightning,
    lm_eval,
    mlflow_store,
    optuna_study,
    ray_tune,
    sklearn_results,
    tensorboard,
    wandb_files,
)
from bakeoff.importing.runs import ImportedRun

MAX_ENTRIES = 200_000


@dataclass(frozen=True, slots=True)
class Format:
    """recognises: by name and first bytes only. read: the runs of such a path; folder: what it is.
    A folder that is recognised is read as a whole, so nothing inside it is looked at again."""

    name: str
    folder: bool
    recognises: Callable[[Path], bool]
    read: Callable[[Path], Iterator[ImportedRun]]


FORMATS = (
    Format("Lightning version folder", True, lightning.is_version, lightning.read),
    Format("Hugging Face Trainer folder", True, hugging_face.is_output, hugging_face.read),
    Format("Ray Tune trial", True, ray_tune.is_trial, ray_tune.read),
    Format("MLflow run", True, mlflow_store.is_run, mlflow_store.read_run),
    Format("W&B run folder", True, wandb_files.is_run, wandb_files.read),
    Format("TensorBoard events", True, tensorboard.is_folder, tensorboard.read),
    Format("MLflow database", False, mlflow_store.is_database, mlflow_store.read_database),
    Format("Optuna database", False, optuna_study.is_database, optuna_study.read),
    Format("TensorBoard CSV", False, tensorboard.is_csv, tensorboard.read_csv),
    Format("W&B chart CSV", False, wandb_files.is_chart, wandb_files.read_chart),
    Format("GridSearchCV results", False, sklearn_results.is_search, sklearn_results.read_search),
    Format(
        "cross_validate results",
        False,
        sklearn_results.is_cross_validate,
        sklearn_results.read_cross_validate,
    ),
    Format("lm-eval results", False, lm_eval.is_results, lm_eval.read),
    Format("JSON lines log", False, json_logs.is_log, json_logs.read),
    Format("Keras history", False, keras.is_history, keras.read),
)


def of(path: Path) -> Format | None:
    """The format of one file or folder, itself and not what is inside; None for any other."""
    folder = path.is_dir()
    for known in FORMATS:
        if known.folder == folder and known.recognises(path):
            return known
    return None


def find(path: Path) -> list[tuple[Format, Path]]:
    """Every path of a known format, at or below this one, in order of name.

    Links to folders are not followed below it. Raises UsageError beyond MAX_ENTRIES.
    """
    known = of(path)
    if known is not None:
        return [(known, path)]
    if not path.is_dir():
        return []
    found: list[tuple[Format, Path]] = []
    entries = 0
    for home, folders, files in os.walk(path, followlinks=False):
        entries += len(folders) + len(files)
        if entries > MAX_ENTRIES:
            raise UsageError(
                f"{path} holds more than {MAX_ENTRIES:,} files", "Give the folder of the runs only"
            )
        kept = []
        for name in sorted(folders):
            inside = Path(home, name)
            if name.startswith(".") or inside.is_symlink():
                continue
            if known := of(inside):
                found.append((known, inside))
            else:
                kept.append(name)
        folders[:] = kept
        for name in sorted(files):
            if known := of(Path(home, name)):
                found.append((known, Path(home, name)))
    return found
