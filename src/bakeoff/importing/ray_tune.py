"""Ray Tune: a folder a trial with params.json and result.json or progress.csv."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bakeoff.importing.files import as_number, csv_rows, json_lines, json_of
from bakeoff.importing.runs import ImportedRun, Log, flat, number, settings_of

_OF_RAY = frozenset(
    {"training_iteration", "time_this_iter_s", "time_total_s", "timestamp", "pid",
     "iterations_since_restore", "time_since_restore", "done", "trial_id", "date", "hostname",
     "node_ip", "experiment_tag"}
)  # fmt: skip


def is_trial(path: Path) -> bool:
    return (
        path.is_dir()
        and (path / "params.json").is_file()
        and ((path / "result.json").is_file() or (path / "progress.csv").is_file())
    )


def read(path: Path) -> Iterator[ImportedRun]:
    """One trial. `done` in its last result says that it ended; error.txt that it failed."""
    given = json_of(path / "params.json")
    log, rows, done = Log(), 0, False
    results = path / "result.json"
    source: Iterator[Mapping[str, Any]] = (
        json_lines(results) if results.is_file() else csv_rows(path / "progress.csv")
    )
    for row in source:
        rows += 1
        where = as_number(row.get("training_iteration"))
        done = str(row.get("done")).lower() == "true"
        for key, value in flat(row):
            if key.startswith(("config.", "config/")) or key in _OF_RAY:
                continue
            figure = as_number(value) if isinstance(value, str) else number(value)
            if figure is not None:
                log.add(rows if where is None else where, key, figure)
    failed = (path / "error.txt").exists() or (path / "error.pkl").exists()
    yield ImportedRun(
        source=path,
        tool="ray",
        name=path.name,
        settings=settings_of(given if isinstance(given, dict) else {}),
        values=log.values,
        curves=log.curves,
        axis="training_iteration",
        status="failed" if failed else "complete" if done else "incomplete",
        unknown=log.unknown,
    )
