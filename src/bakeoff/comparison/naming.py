"""What the columns of strangers' tables are called, tool by tool: names only, no values."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from bakeoff.comparison.metrics import ALIASES, METRICS

Part = Literal["test", "val", "train", ""]
"""Which images a figure is of; empty where its name does not say."""

_PARTS: dict[str, Part] = {
    **dict.fromkeys(("test", "testing"), "test"),
    **dict.fromkeys(("val", "valid", "validation", "dev", "eval", "evaluation"), "val"),
    **dict.fromkeys(("train", "training", "tr"), "train"),
}
# Words that a tool puts around a figure's own name: MLflow's metrics.x, Lightning's x_epoch.
_AROUND = frozenset(
    {"metrics", "metric", "epoch", "final", "last", "summary", "overall",
     "user", "attrs", "attributes"}
)  # fmt: skip
_PERCENT = frozenset({"%", "percent", "pct"})
# Where tools keep settings: MLflow's params.x, Optuna's params_x, W&B's config.x.
_SHELVES = frozenset(
    {"config", "params", "param", "hparams", "hyperparameters", "args", "tags", "attributes"}
)


def _ranks(k: int) -> Iterable[str]:
    for top in (f"top{k}", f"top_{k}", f"top@{k}"):
        for word in ("acc", "accuracy"):
            yield from (top, f"{top}_{word}", f"{word}_{top}", f"{word}@{top}", f"{top}{word}")
    yield from (f"acc{k}", f"acc_{k}", f"acc@{k}", f"accuracy@{k}", f"prec{k}", f"prec@{k}")


_FIGURES = {
    **dict.fromkeys(_ranks(1), "accuracy"),
    **dict.fromkeys(_ranks(5), "top5"),
    **dict.fromkeys(
        ("accuracy", "acc", "accuracy_score", "categorical_accuracy", "binary_accuracy",
         "sparse_categorical_accuracy", "multiclass_accuracy", "multiclassaccuracy",
         "mean_accuracy"),
        "accuracy",
    ),
    **dict.fromkeys(("top_k_categorical_accuracy", "sparse_top_k_categorical_accuracy"), "top5"),
    **dict.fromkeys(
        ("loss", "nll", "nll_loss", "cross_entropy", "crossentropy", "cross_entropy_loss",
         "ce_loss", "log_loss", "logloss"),
        "loss",
    ),
    **dict.fromkeys(
        ("ece", "calibration_error", "expected_calibration_error"), "calibration_error"
    ),
}  # fmt: skip

_ERRORS = frozenset(
    {"error", "err", "error_rate", "err_rate", "classification_error", "misclassification_rate",
     "misclassification_error", "top1_error", "top1_err", "top_1_error", "error_top1", "err1",
     "err@1", "error@1", "zero_one_loss", "misclassification", "top_1_err", "top1err", "top1error",
     "err_top1", "top1_error_rate", "top_1_error_rate", "top1_err_rate"}
)  # fmt: skip

DURATIONS = frozenset(
    {"duration", "runtime", "elapsed", "elapsed_time", "training_time", "train_time", "wall_time"}
)
"""Read as seconds where the cells are durations such as 0:01:31; a bare number has no unit."""

PROCEDURES = ("variant", "recipe", "method", "approach", "algorithm", "technique", "strategy",
              "algo", "condition", "procedure", "treatment", "policy", "method_name")  # fmt: skip
MODELS = ("model", "model_name", "arch", "network", "net", "architecture", "backbone", "model_type",
          "model_id", "classifier", "encoder", "learner", "estimator")  # fmt: skip
EXPERIMENTS = ("experiment_name", "experiment", "exp_name", "exp", "config_name", "config",
               "configuration", "setting", "scenario", "run_group", "group")  # fmt: skip
RUNS = ("run", "run_id", "repeat", "repetition", "replicate", "rep", "trial_id", "trial",
        "run_name", "name")  # fmt: skip
_LOOSE_RUNS = frozenset({"trial_id", "trial", "run_name", "name"})
"""Identify a run beside a column that names the arm, and are no seeds on their own."""

DATA_SETS = ("test_set", "test_dataset", "test_data", "dataset", "data_set", "dataset_name", "data",
             "benchmark")  # fmt: skip
"""Say on which images a row is; the first that is there counts."""

_AXES = frozenset({"epoch", "step", "iteration", "iter", "round", "globalstep", "itr"})
_PROGRESS = frozenset(
    {"epochs_done", "epochs_completed", "steps_done", "steps_completed", "images_seen",
     "samples_seen", "examples_seen", "tokens_seen", "batches_seen", "num_updates", "update",
     "updates", "n_iter", "kimg", "tick", "timestep", "timesteps_total", "generation", "cycle"}
)  # fmt: skip
"""Counts of what was done by then, which say where a row stands."""
_AROUND_AXES = frozenset(
    {"current", "cur", "global", "trainer", "train", "training", "communication", "boosting",
     "number", "num", "idx", "index", "id", "no", "log", "optimizer", "federated"}
)  # fmt: skip
# A count is no axis: num_steps is how many there are, step_number is where a row stands.
_COUNTS = frozenset({"num", "number", "no"})
_STATUS = frozenset({"status", "state", "runstate", "runstatus"})
_AROUND_STATUS = frozenset(
    {
        "run",
        "trial",
        "job",
        "task",
        "sys",
        "info",
        "mlflow",
        "final",
        "slurm",
        "training",
        "wandb",
        "ray",
        "optuna",
        "process",
        "execution",
    }
)
_ENDS: dict[str, Literal["exit code", "well", "badly", "word", "message"]] = {
    **dict.fromkeys(
        ("exit", "exitcode", "exitstatus", "returncode", "retcode", "rc", "errorcode"), "exit code"
    ),
    **dict.fromkeys(
        ("finished", "completed", "complete", "success", "succeeded", "ok", "done"), "well"
    ),
    **dict.fromkeys(("failed", "failure", "crashed", "diverged", "oom", "timedout"), "badly"),
    **dict.fromkeys(("phase", "outcome", "conclusion", "result"), "word"),
    **dict.fromkeys(
        (
            "error",
            "errormessage",
            "errormsg",
            "exception",
            "traceback",
            "failurereason",
            "failreason",
        ),
        "message",
    ),
}
_FOLDS = frozenset({"fold", "folds", "kfold", "cvfold"})
_AROUND_SEED = frozenset(
    {"random", "rng", "global", "manual", "torch", "training", "train", "split"}
)

_SETTINGS = frozenset(
    {"lr", "learning_rate", "batch_size", "weight_decay", "wd", "momentum", "dropout", "optimizer",
     "opt", "scheduler", "img_size", "image_size", "input_size", "resolution", "crop_pct",
     "num_epochs", "n_epochs", "max_epochs", "augmentation", "aug", "dataset_size", "width",
     "depth", "precision", "pretrained"}
)  # fmt: skip
"""What makes another procedure, where rows of an arm differ in it and no column names a seed."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A metric's name, and of which images it is."""

    metric: str
    part: Part


def words(name: Any) -> list[str]:
    """A name's words in lower case: valAcc (%) is val, acc, %."""
    text = unicodedata.normalize("NFC", str(name)).strip()
    text = re.sub(r"(?<=[a-z0-9])(?=[A-Z][a-z])", "_", text)
    return re.findall(r"[^\W_]+(?:@[^\W_]+)*|%", text.lower())


def figure(name: Any) -> Figure | None:
    """The metric that a column holds; None for any other column."""
    plain = "_".join(words(name))
    if plain in METRICS and not METRICS[plain].on_request:
        return Figure(plain, "")
    if plain in ("time", "seconds"):
        return Figure("seconds", "")
    found = [word for word in words(name) if word not in _AROUND | _PERCENT]
    parts = [_PARTS[word] for word in found if word in _PARTS]
    metric = _FIGURES.get("_".join(word for word in found if word not in _PARTS))
    if metric is None or len(parts) > 1:
        return None
    return Figure(metric, parts[0] if parts else "")


def part(text: Any) -> Part:
    """Of which images a cell says that its row is; empty where it says something else."""
    return _PARTS.get(str(text).strip().lower(), "")


def error_of(name: Any) -> Part | None:
    """Of which images a column holds the share of wrong answers; None for any other column."""
    found = [word for word in words(name) if word not in _AROUND | _PERCENT]
    parts = [_PARTS[word] for word in found if word in _PARTS]
    if "_".join(word for word in found if word not in _PARTS) not in _ERRORS or len(parts) > 1:
        return None
    return parts[0] if parts else ""


def part_of(name: Any, figure: str) -> Part | None:
    """Of which images a column of this figure is, by its words; None for any other column."""
    found = [word for word in words(name) if word not in _AROUND | _SHELVES]
    if "_".join(words(name)) == figure or "_".join(found) == figure:
        return ""
    parts = [_PARTS[word] for word in found if word in _PARTS]
    if "_".join(word for word in found if word not in _PARTS) != figure or len(parts) != 1:
        return None
    return parts[0]


def in_percent(name: Any) -> bool:
    """Whether a column's own name says percent: Top-1 (%)."""
    return not _PERCENT.isdisjoint(words(name))


def shelved(name: Any) -> str:
    """The name without the shelf that a tool keeps it on: params.model is model."""
    found = words(name)
    kept = [word for word in found if word not in _SHELVES]
    return "_".join(kept if kept else found)


def is_data_set(name: Any) -> bool:
    return shelved(name) in DATA_SETS


def is_loss_or_cost(name: Any) -> bool:
    """Whether a column is a loss, a calibration error or what training took."""
    found = figure(name)
    return found is not None and found.metric not in ("accuracy", "top5")


def is_one_of(name: Any, names: Sequence[str]) -> bool:
    return shelved(name) in names


def names_an_arm(name: Any) -> bool:
    return is_one_of(name, ("arm", *PROCEDURES, *MODELS, *EXPERIMENTS))


def is_seed(name: Any) -> bool:
    found = [word for word in words(name) if word not in _SHELVES]
    return "seed" in found and all(word in _AROUND_SEED or word == "seed" for word in found)


def is_run(name: Any) -> bool:
    return "_".join(words(name)) in RUNS


def names_seeds(name: Any) -> bool:
    """Whether a column of runs may stand for the seeds where no column names the arm."""
    return is_run(name) and "_".join(words(name)) not in _LOOSE_RUNS


def is_loose_run(name: Any) -> bool:
    """Whether a column of runs only tells them apart, as a search over settings does its trials."""
    return "_".join(words(name)) in _LOOSE_RUNS


def is_status(name: Any) -> bool:
    found = [word for word in words(name) if word not in _SHELVES]
    return bool(found) and found[-1] in _STATUS and set(found[:-1]) <= _AROUND_STATUS


def tells_an_end(name: Any) -> Literal["exit code", "well", "badly", "word", "message", None]:
    """How a column that is no status may tell how runs ended, by its cells: as an exit code, by a
    flag for those that ended well or badly, by a word, or by what went wrong."""
    found = [word for word in words(name) if word not in _SHELVES | _AROUND_STATUS | {"is", "has"}]
    return _ENDS.get("".join(found))


def is_axis(name: Any) -> bool:
    """Whether a column says how far a run was, so that a row may be less than a run."""
    found = words(name)
    if "_".join(found) in _PROGRESS:
        return True
    axes = [word for word in found if word in _AXES]
    rest = [word for word in found if word not in _AXES]
    return len(axes) == 1 and set(rest) <= _AROUND_AXES and not (rest and rest[0] in _COUNTS)


def is_fold(name: Any) -> bool:
    return not _FOLDS.isdisjoint(words(name))


def is_setting(name: Any) -> bool:
    found = words(name)
    on_a_shelf = len(found) > 1 and found[0] in _SHELVES - {"tags", "attributes"}
    return on_a_shelf or "_".join(found) in _SETTINGS


def is_read(name: Any) -> bool:
    """Whether a column of this name is understood; two of one such name are a question."""
    plain = "_".join(words(name))
    return (
        plain in ALIASES
        or figure(name) is not None
        or is_seed(name)
        or is_status(name)
        or plain in ("arm", *PROCEDURES, *MODELS)
    )
