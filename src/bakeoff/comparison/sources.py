"""Everything that results may come in, told apart and read."""

from __future__ import annotations

import glob
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from bakeoff.comparison.from_records import from_folder, from_record
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.tables import Columns, from_table, is_run_table
from bakeoff.errors import BadFile, UsageError
from bakeoff.records.schema import Record
from bakeoff.records.store import find_run_folders

ADVICE = "Give run folders, records, or a table with columns arm, seed, accuracy"


def read(source: Any) -> tuple[list[Outcome], list[str]]:
    """(outcomes, notes) of a data frame, a record, a path or glob, or a sequence of these.

    Raises UsageError or BadFile.
    """
    if isinstance(source, Record | str | Path) or hasattr(source, "columns"):
        source = [source]
    if not isinstance(source, Iterable):
        raise UsageError(f"cannot compare a {type(source).__name__}", ADVICE)
    outcomes: list[Outcome] = []
    notes: list[str] = []
    paths: list[str | Path] = []
    for item in source:
        if isinstance(item, Outcome):
            outcomes.append(item)
        elif isinstance(item, Record):
            outcomes.append(from_record(item))
        elif isinstance(item, str | Path):
            paths.append(item)
        elif hasattr(item, "columns"):
            outcomes += from_columns(columns_of(item))
        else:
            raise UsageError(f"cannot compare a {type(item).__name__}", ADVICE)
    outcomes += _from_paths(paths)
    return outcomes, notes


def columns_of(frame: Any) -> dict[str, Sequence[Any]]:
    """Columns of a pandas or polars data frame, by name in lower case."""
    columns = {}
    for name in frame.columns:
        series = frame[name]
        plain = str(name).strip().lower().replace(" ", "_").replace("-", "_")
        columns[plain] = series.tolist() if hasattr(series, "tolist") else series.to_list()
    return columns


def from_columns(columns: Columns, default_arm: str = "") -> list[Outcome]:
    """A table of either kind. Raises UsageError where it is neither."""
    if is_run_table(columns):
        return from_table(columns, default_arm)
    raise UsageError(
        f"a table with columns {', '.join(columns)} cannot be compared",
        "Give columns arm, seed and accuracy",
    )


def _from_paths(paths: Sequence[str | Path]) -> list[Outcome]:
    outcomes: list[Outcome] = []
    folders: list[str | Path] = []
    for path in paths:
        matches = [Path(path)] if Path(path).exists() else [Path(m) for m in glob.glob(str(path))]  # noqa: PTH207
        tables = [match for match in matches if match.is_file() and match.suffix == ".csv"]
        for table in tables:
            outcomes += from_columns(_read_csv(table), table.stem)
        if not tables:
            folders.append(path)
    if folders:
        outcomes += [from_folder(folder) for folder in find_run_folders(folders)]
    return outcomes


def _read_csv(path: Path) -> dict[str, Sequence[Any]]:
    import pandas as pd

    try:
        return columns_of(pd.read_csv(path, skipinitialspace=True))
    except (OSError, ValueError, pd.errors.ParserError) as error:
        raise BadFile(path, f"not a readable table ({error})", ADVICE) from error
