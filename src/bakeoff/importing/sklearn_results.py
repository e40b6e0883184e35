"""scikit-learn: `cv_results_` of a search, and what `cross_validate` returns, as CSV or JSON.

A fold is no seed: training sets of folds overlap.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.importing.files import as_number, begins_with, csv_rows, header_of, json_of
from bakeoff.importing.runs import ImportedRun, Setting, number

_SPLIT = re.compile(r"split(\d+)_test_(.+)")


def is_search(path: Path) -> bool:
    if path.suffix.lower() == ".csv":
        names = header_of(path)
    elif path.suffix.lower() == ".json":
        names = re.findall(r'"((?:split0_test|mean_fit)_\w+)"', begins_with(path, 262144))
    else:
        return False
    return any(_SPLIT.fullmatch(name) for name in names) and (
        "mean_fit_time" in names or path.suffix.lower() == ".json"
    )


def read_search(path: Path) -> Iterator[ImportedRun]:
    """A run a candidate and fold; its arm is the candidate's parameters."""
    yield from of_search(_columns(path), path)


def of_search(columns: Mapping[str, Sequence[Any]], path: Path) -> Iterator[ImportedRun]:
    splits = [(name, match) for name in columns if (match := _SPLIT.fullmatch(name))]
    folds = 1 + max((int(match[1]) for _, match in splits), default=-1)
    rows = len(next(iter(columns.values()), ()))
    for row in range(rows):
        settings: dict[str, Setting] = {}
        for name, column in columns.items():
            if name.startswith("param_") and column[row] not in ("", None):
                value = column[row]
                kept = isinstance(value, str | int | float | bool)
                settings[name.removeprefix("param_")] = value if kept else str(value)
        for fold in range(folds):
            values = {
                f"test_{match[2]}": figure
                for name, match in splits
                if int(match[1]) == fold and (figure := _figure(columns[name][row])) is not None
            }
            yield ImportedRun(
                source=path, tool="scikit-learn", name=f"candidate {row}, fold {fold}",
                settings=settings, values=values, fold=fold, folds=folds, status="complete",
            )  # fmt: skip


def is_cross_validate(path: Path) -> bool:
    if path.suffix.lower() == ".csv":
        names = header_of(path)
    elif path.suffix.lower() == ".json":
        names = re.findall(r'"(fit_time|score_time|test_\w+)"', begins_with(path, 262144))
    else:
        return False
    return {"fit_time", "score_time"} <= set(names) and any(n.startswith("test_") for n in names)


def read_cross_validate(path: Path) -> Iterator[ImportedRun]:
    """A run a fold; the arm is the file's."""
    yield from of_folds(_columns(path), path)


def of_folds(
    columns: Mapping[str, Sequence[Any]], path: Path, estimator: str = ""
) -> Iterator[ImportedRun]:
    """A run a fold of what `cross_validate` returns. estimator: its name, where one is known."""
    scores = [name for name in columns if name.startswith("test_")]
    folds = len(columns[scores[0]]) if scores else 0
    for fold in range(folds):
        values = {n: v for n in scores if (v := _figure(columns[n][fold])) is not None}
        yield ImportedRun(
            source=path, tool="scikit-learn", name=f"fold {fold}", values=values, fold=fold,
            settings={"estimator": estimator} if estimator else {},
            folds=folds, status="complete", unknown=("hyperparameters",),
        )  # fmt: skip


def _columns(path: Path) -> dict[str, list[Any]]:
    if path.suffix.lower() == ".csv":
        rows = list(csv_rows(path))
        return {name: [row.get(name) for row in rows] for name in (rows[0] if rows else ())}
    found = json_of(path)
    if isinstance(found, dict) and all(isinstance(column, list) for column in found.values()):
        return found
    if isinstance(found, dict) and all(isinstance(column, dict) for column in found.values()):
        # pandas' to_json keeps a column as {row: value}.
        return {name: list(column.values()) for name, column in found.items()}
    return {}


def _figure(value: Any) -> float | None:
    return as_number(value) if isinstance(value, str) else number(value)
