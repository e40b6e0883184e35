"""Weights & Biases: run folders with their summary and config, and the CSV of a chart.

The runs table as CSV is read as any table. An offline run's own .wandb file has no public reader.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.errors import BadFile
from bakeoff.importing.files import as_number, begins_with, json_of, yaml_of
from bakeoff.importing.runs import ImportedRun, Log, flat, number, settings_of

SUMMARY, CONFIG = "wandb-summary.json", "config.yaml"


def is_run(path: Path) -> bool:
    return path.is_dir() and path.name.startswith(("run-", "offline-run-")) and (
        (path / "files").is_dir() or any(path.glob("*.wandb"))
    )  # fmt: skip


def read(path: Path) -> Iterator[ImportedRun]:
    """One run by its summary, which holds the last value of each figure. Raises BadFile for a run
    that has only its .wandb file."""
    files = path / "files"
    if not (files / SUMMARY).is_file():
        raise BadFile(
            path,
            "only the .wandb file of an offline run is there, and wandb has no public reader of it",
            "Run `wandb sync` on it and export the runs table as CSV",
        )
    values = {}
    for key, value in flat(json_of(files / SUMMARY)):
        if not key.startswith("_") and (figure := number(value)) is not None:
            values[key] = figure
    settings: dict[str, Any] = {}
    if (files / CONFIG).is_file():
        for name, given in yaml_of(files / CONFIG).items():
            if name not in ("_wandb", "wandb_version"):
                is_value = isinstance(given, dict) and "value" in given
                settings[name] = given["value"] if is_value else given
    yield ImportedRun(
        source=path,
        tool="wandb",
        name=path.name,
        settings=settings_of(settings),
        values=values,
        unknown=("how the run ended", "curves"),
    )


def is_chart(path: Path) -> bool:
    """A chart's CSV: Step, then for each run "NAME - FIGURE" and its __MIN and __MAX."""
    if path.suffix.lower() != ".csv":
        return False
    head = begins_with(path, 65536).partition("\n")[0]
    return " - " in head and "__MIN" in head and "__MAX" in head


def read_chart(path: Path) -> Iterator[ImportedRun]:
    """A run a column; its last value counts."""
    with path.open(encoding="utf-8-sig", newline="", errors="replace") as file:
        rows = csv.reader(file)
        header = next(rows)
        columns = [
            (at, name.rpartition(" - ")[0], name.rpartition(" - ")[2])
            for at, name in enumerate(header)
            if " - " in name and not name.endswith(("__MIN", "__MAX"))
        ]
        logs = {run: Log() for _, run, _ in columns}
        for row in rows:
            where = as_number(row[0]) if row else None
            for at, of, figure in columns:
                if where is not None and at < len(row) and (v := as_number(row[at])) is not None:
                    logs[of].add(where, figure, v)
    for run, log in logs.items():
        yield ImportedRun(
            source=path,
            tool="wandb",
            name=run.removeprefix("Name: "),
            values=log.values,
            curves=log.curves,
            axis=header[0],
            unknown=("hyperparameters", "how the runs ended", *log.unknown),
        )
