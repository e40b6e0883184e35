"""Keras: `History.history` saved as JSON. (Its CSVLogger is read as a table of epochs.)"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bakeoff.importing.files import begins_with, json_of
from bakeoff.importing.runs import ImportedRun, Log, number


def is_history(path: Path) -> bool:
    """A JSON object of which the first value is a list of numbers."""
    if path.suffix.lower() != ".json":
        return False
    start = begins_with(path).lstrip()
    if not start.startswith("{"):
        return False
    key, colon, rest = start[1:].partition(":")
    if not colon or not rest.lstrip().startswith("["):
        return False
    try:
        json.loads(key)
    except ValueError:
        return False
    return rest.lstrip()[1:].lstrip()[:1] in tuple("-0123456789NI")


def read(path: Path) -> Iterator[ImportedRun]:
    """One run."""
    history = json_of(path)
    log = from_history(history if isinstance(history, dict) else {})
    yield ImportedRun(
        source=path,
        tool="keras",
        values=log.values,
        curves=log.curves,
        unknown=("hyperparameters", "the seed but by the path", *log.unknown),
    )


def from_history(history: Mapping[Any, Any]) -> Log:
    """Figures by epoch. Keras calls the training figure `accuracy` and that of validation
    `val_accuracy`."""
    log = Log()
    validated = any(str(name).startswith("val_") for name in history)
    for name, column in history.items():
        if not isinstance(column, list):
            continue
        training = validated and not str(name).startswith("val_")
        for epoch, value in enumerate(column):
            if (figure := number(value)) is not None:
                log.add(epoch, f"train_{name}" if training else str(name), figure)
    return log
