"""What a notebook holds: studies, trainers, histories and search results, by their attributes.

No library is imported: an object is what its attributes say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bakeoff.importing import hugging_face, sklearn_results
from bakeoff.importing.runs import Curve, ImportedRun, Log, flat, number, settings_of


def runs_of(given: Any, name: str = "") -> list[ImportedRun]:
    """The runs of an object that a tool gives in Python; empty for any other object.

    An Optuna study; a Hugging Face Trainer, its state or log history; a Keras History; W&B's runs
    of its public interface; a search of scikit-learn, its `cv_results_`, what `cross_validate`
    returns; a mapping of names to several of these. name: of a single run.
    """
    if isinstance(given, Mapping):
        return _of_mapping(given, name)
    if callable(getattr(given, "get_trials", None)) and hasattr(given, "study_name"):
        return list(_of_study(given))
    state = getattr(given, "state", given)
    history = getattr(state, "log_history", None)
    if history is not None or _is_history(given):
        return [_of_history(given if history is None else history, state, name)]
    if isinstance(getattr(given, "history", None), Mapping):
        return [_of_keras(given.history, name)]
    if isinstance(results := getattr(given, "cv_results_", None), Mapping):
        return list(sklearn_results.of_search(results, Path(name or "cv_results_")))
    if all(hasattr(given, part) for part in ("summary", "config", "state", "id")):
        return [_of_wandb(given)]
    return []


def _of_mapping(given: Mapping[Any, Any], name: str) -> list[ImportedRun]:
    keys = [str(key) for key in given]
    if any(key.startswith("split0_test_") for key in keys):
        return list(sklearn_results.of_search(_plain(given), Path(name or "cv_results_")))
    if {"fit_time", "score_time"} <= set(keys) and any(key.startswith("test_") for key in keys):
        return list(sklearn_results.of_folds(_plain(given), Path(name or "cross_validate"), name))
    if name:
        return []  # a mapping of mappings is read one deep
    if not given or not all(_may_be_run(value) for value in given.values()):
        return []
    return [run for key, value in given.items() for run in runs_of(value, str(key))]


def _may_be_run(value: Any) -> bool:
    if isinstance(value, Mapping):
        return {"fit_time", "score_time"} <= set(map(str, value))
    return (
        _is_history(value)
        or hasattr(getattr(value, "state", value), "log_history")
        or isinstance(getattr(value, "history", None), Mapping)
    )


def _plain(columns: Mapping[Any, Any]) -> dict[str, list[Any]]:
    """Arrays of numpy as lists; a masked cell says nothing."""
    return {
        str(name): [None if repr(cell) == "masked" else cell for cell in _listed(column)]
        for name, column in columns.items()
    }


def _listed(column: Any) -> list[Any]:
    return list(column.tolist() if hasattr(column, "tolist") else column)


def _is_history(given: Any) -> bool:
    """A list of what a Trainer logs: mappings with a step and figures, and no name of a run."""
    return (
        isinstance(given, list | tuple)
        and bool(given)
        and all(isinstance(row, Mapping) for row in given)
        and all("step" in row and "epoch" in row for row in given)
        and any(any(str(key).startswith("eval_") for key in row) for row in given)
        and not any({"arm", "model", "seed", "run"} & {str(k) for k in row} for row in given)
    )


def _of_history(rows: Iterable[Any], state: Any, name: str) -> ImportedRun:
    log = Log()
    hugging_face.from_history([dict(row) for row in rows], log)
    done, most = (number(getattr(state, key, None)) for key in ("global_step", "max_steps"))
    status = ""
    if done is not None and most:
        status = "complete" if done >= most else "incomplete"
    return ImportedRun(
        source=Path(name or "log_history"), tool="transformers", name=name, values=log.values,
        curves=log.curves, axis="step", status=status, unknown=("hyperparameters", *log.unknown),
    )  # fmt: skip


def _of_keras(history: Mapping[Any, Any], name: str) -> ImportedRun:
    from bakeoff.importing.keras import from_history

    log = from_history(history)
    return ImportedRun(
        source=Path(name or "history"), tool="keras", name=name, values=log.values,
        curves=log.curves, unknown=("hyperparameters", *log.unknown),
    )  # fmt: skip


def _of_study(study: Any) -> Iterator[ImportedRun]:
    names = getattr(study, "metric_names", None) or []
    for trial in study.get_trials(deepcopy=False):
        values = {
            (names[at] if at < len(names) else f"value{f'_{at}' * bool(at)}"): float(value)
            for at, value in enumerate(trial.values or ())
        }
        said = {key: v for key, v in trial.user_attrs.items() if number(v) is None or "seed" in key}
        values |= {
            key: figure
            for key, v in trial.user_attrs.items()
            if key not in said and (figure := number(v)) is not None
        }
        steps = sorted(trial.intermediate_values.items())
        curve = Curve([float(step) for step, _ in steps], [float(value) for _, value in steps])
        yield ImportedRun(
            source=Path(str(study.study_name)),
            tool="optuna",
            name=f"trial {trial.number}",
            settings=settings_of({**trial.params, **said}),
            values=values,
            curves={"value": curve} if steps else {},
            axis="step",
            status=trial.state.name,
        )


def _of_wandb(run: Any) -> ImportedRun:
    summary = getattr(run.summary, "_json_dict", run.summary)
    values = {
        key: figure
        for key, value in flat(dict(summary))
        if not key.startswith("_") and (figure := number(value)) is not None
    }
    config = {key: value for key, value in dict(run.config).items() if not key.startswith("_")}
    return ImportedRun(
        source=Path(str(run.id)), tool="wandb", name=str(run.name or run.id),
        settings=settings_of(config), values=values, status=str(run.state), unknown=("curves",),
    )  # fmt: skip
