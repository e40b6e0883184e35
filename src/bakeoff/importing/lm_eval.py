"""lm-evaluation-harness: results_<time>.json, a model on one or more tasks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.importing.files import begins_with, json_of
from bakeoff.importing.runs import ImportedRun, Setting, number, settings_of


def is_results(path: Path) -> bool:
    return path.suffix.lower() == ".json" and (
        path.name.startswith("results") and '"results"' in begins_with(path)
    )


def read(path: Path) -> Iterator[ImportedRun]:
    """A run a task: the model is the arm, the task the data set. Keys such as `acc,none` hold the
    figure and the filter of answers; standard errors are no figures of a run."""
    found = json_of(path)
    if not isinstance(found, dict) or not isinstance(found.get("results"), dict):
        return
    config = _mapping(found.get("config"))
    settings: dict[str, Setting] = settings_of(config)
    model = found.get("model_name") or config.get("model_args") or config.get("model")
    settings["model"] = str(model or path.parent.name)
    for key in ("random_seed", "numpy_seed", "torch_seed", "fewshot_seed"):
        settings.pop(key, None)
    if isinstance(seed := config.get("random_seed"), int):
        settings["seed"] = seed
    for task, figures in found["results"].items():
        values: dict[str, float] = {}
        for name, value in _mapping(figures).items():
            figure, _, of = str(name).partition(",")
            if "stderr" in figure or figure == "sample_len" or (n := number(value)) is None:
                continue
            values[figure if of in ("", "none") else f"{figure} ({of})"] = n
        size = _mapping(_mapping(found.get("n-samples")).get(task)).get("effective")
        yield ImportedRun(
            source=path,
            tool="lm-eval",
            version=str(found.get("lm_eval_version") or ""),
            settings=settings,
            values=values,
            data=str(task),
            images=size if isinstance(size, int) else None,
            status="complete",
        )


def _mapping(given: Any) -> dict[str, Any]:
    return given if isinstance(given, dict) else {}
