"""Hugging Face Trainer: trainer_state.json, or all_results.json where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.errors import BadFile
from bakeoff.importing.files import json_of
from bakeoff.importing.runs import ImportedRun, Log, number, settings_of

STATE = "trainer_state.json"
RESULTS = ("all_results.json", "eval_results.json")


def is_output(path: Path) -> bool:
    """A folder that a Trainer wrote to: it, or its checkpoints, hold the state."""
    return path.is_dir() and (
        any((path / name).is_file() for name in (STATE, *RESULTS)) or bool(_checkpoints(path))
    )


def read(path: Path) -> Iterator[ImportedRun]:
    """One run: the state in the folder itself, else that of its latest checkpoint."""
    home = path
    if not any((path / name).is_file() for name in (STATE, *RESULTS)):
        home = _checkpoints(path)[-1]
    log, unknown = Log(), ["hyperparameters: training_args.bin is a pickle and is not opened"]
    status = ""
    if (home / STATE).is_file():
        state = _mapping(home / STATE)
        from_history(state.get("log_history"), log)
        done, most = number(state.get("global_step")), number(state.get("max_steps"))
        if done is not None and most is not None and most > 0:
            status = "complete" if done >= most else "incomplete"
    for name in RESULTS:
        if (home / name).is_file():
            for key, value in _mapping(home / name).items():
                if key not in log.values and (figure := number(value)) is not None:
                    log.values[key] = figure
    settings: dict[str, Any] = {}
    if (home / "config.json").is_file():
        config = _mapping(home / "config.json")
        named = config.get("_name_or_path") or next(iter(config.get("architectures") or ()), "")
        if isinstance(named, str) and named:
            settings["model"] = named
    yield ImportedRun(
        source=path,
        tool="transformers",
        settings=settings_of(settings),
        values={key: value for key, value in log.values.items() if key not in ("epoch", "step")},
        curves=log.curves,
        axis="step",
        status=status,
        unknown=(*unknown, *log.unknown),
    )


def from_history(rows: Any, log: Log) -> None:
    """What `Trainer.state.log_history` holds: mappings with `step`, `loss` or `eval_…`."""
    for at, row in enumerate(rows if isinstance(rows, list) else ()):
        if not isinstance(row, dict):
            continue
        where = number(row.get("step"))
        for key, value in row.items():
            if key in ("epoch", "step") or (figure := number(value)) is None:
                continue
            # The Trainer's plain loss is of training batches.
            log.add(at if where is None else where, "train_loss" if key == "loss" else key, figure)


def _checkpoints(path: Path) -> list[Path]:
    found = []
    try:
        for child in path.iterdir():
            start, _, step = child.name.rpartition("-")
            if start == "checkpoint" and step.isdecimal() and (child / STATE).is_file():
                found.append((int(step), child))
    except OSError:
        return []
    return [child for _, child in sorted(found)]


def _mapping(path: Path) -> dict[str, Any]:
    found = json_of(path)
    if not isinstance(found, dict):
        raise BadFile(path, "not a JSON object", "Leave it out, or train again")
    return found
