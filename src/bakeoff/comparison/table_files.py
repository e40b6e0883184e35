"""Tables that lie in files, and data frames, as columns by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakeoff.comparison import naming, per_image, plain_csv
from bakeoff.comparison.columns import ADVICE as COLUMN_ADVICE
from bakeoff.comparison.columns import Table, as_table, plain
from bakeoff.comparison.from_tables import NAMES
from bakeoff.errors import BadFile, BakeoffError, first_line
from bakeoff.importing.files import json_lines
from bakeoff.importing.runs import flat

if TYPE_CHECKING:
    import pandas as pd

ADVICE = (
    "Give run folders, or a table with columns arm, seed, accuracy (one row per run), or arm, seed,"
    " image, label, prediction (one row per image)"
)
TABLES = (".csv", ".tsv", ".parquet", ".jsonl", ".ndjson")
MAX_JSON_LINES = 256 * 1024**2
JSON_LINES = (".jsonl", ".ndjson")
MAX_TABLE_BYTES = 4 * 1024**3
MAX_HEADER = 1024**2
MOST_COMMENTS = 100
"""Lines that begin with # before the header."""


def table_of(frame: Any, path: Path | None = None) -> Table:
    """Columns of a pandas or polars data frame."""
    names = list(frame.columns)
    if nested := [n for n in names if n in ("summary", "config") and _holds_mappings(frame[n])]:
        frame = _unfolded(frame, nested)
        names = list(frame.columns)
    if len(set(names)) == len(names):
        return table_from(((name, frame[name].to_numpy()) for name in names), path)
    # pandas allows two columns of one name; then frame[name] is both of them.
    return table_from(((name, frame.iloc[:, at].to_numpy()) for at, name in enumerate(names)), path)


def table_from(columns: Iterable[tuple[Any, Any]], path: Path | None = None) -> Table:
    return as_table(columns, _is_read, path)


def _is_read(name: str) -> bool:
    return plain(name) in NAMES | per_image.NAMES or naming.is_read(name)


def _holds_mappings(column: Any) -> bool:
    return len(column) > 0 and any(isinstance(cell, Mapping) for cell in column)


def _unfolded(frame: Any, nested: Sequence[str]) -> Any:
    """W&B's frame of runs keeps all figures in one cell of a mapping: a column for each of them."""
    import pandas as pd

    parts = [frame.drop(columns=[*nested])] if hasattr(frame, "drop") else []
    for name in nested:
        cells = [cell if isinstance(cell, Mapping) else {} for cell in frame[name]]
        rows = [
            {f"{name}.{k}": v for k, v in flat(cell) if not str(k).startswith("_")}
            for cell in cells
        ]
        parts.append(pd.DataFrame(rows, index=frame.index))
    return pd.concat(parts, axis=1)


def columns_of_rows(rows: Sequence[Mapping[Any, Any]], path: Path | None = None) -> Table:
    """Columns of a list of rows, each {"arm": …, "seed": …, "accuracy": …}."""
    read = [table_from(row.items()) for row in rows]
    called = {name: given for row in reversed(read) for name, given in row.called.items()}
    names = dict.fromkeys(name for row in read for name in row.columns)
    columns: dict[str, Sequence[Any]] = {
        name: [row.columns.get(name) for row in read] for name in names
    }
    return Table(columns, {name: called[name] for name in names}, path)


def read_table(path: Path) -> Table:
    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise BadFile(path, "larger than 4 GiB", "Split it into one file per arm")
        if path.suffix.lower() == ".parquet":
            import pandas as pd

            frame = pd.read_parquet(path)
        elif path.suffix.lower() in JSON_LINES:
            if path.stat().st_size > MAX_JSON_LINES:
                raise BadFile(
                    path, "larger than 256 MiB", "Split it into one file per arm, or give Parquet"
                )
            return columns_of_rows(list(json_lines(path)), path)
        else:
            comments, header = _head(path)
            separator = _separator(path, header)
            names = _names_as_text(header, separator)
            plain_cells = None
            if separator != ";":
                plain_cells = plain_csv.columns(path, separator, comments, names)
            if plain_cells is not None:
                _no_name_twice(path, list(plain_cells))
                return table_from(plain_cells.items(), path)
            frame = _frame(path, separator, comments, names)
    except BakeoffError:
        raise
    except Exception as error:  # damaged bytes make the readers raise whatever they stumble on
        raise BadFile(path, f"not a readable table ({first_line(error)})", ADVICE) from error
    return table_of(frame, path)


def _frame(
    path: Path, separator: str, comments: int, names_as_text: Mapping[Any, type]
) -> pd.DataFrame:
    import pandas as pd

    # Only an empty cell is no value: None, NA, null and nan are names that people give, and nan may
    # be a diverged run's loss.
    frame = pd.read_csv(
        path,
        sep=separator,
        # Where semicolons part the cells, a comma is the decimal sign; points stay points.
        decimal="," if separator == ";" else ".",
        skiprows=comments,
        skipinitialspace=True,
        keep_default_na=False,
        na_values=[""],
        dtype=dict(names_as_text),
        low_memory=False,
    )
    if not isinstance(frame.index, pd.RangeIndex):
        frame = _without_trailing(path, frame)
    _no_name_twice(path, list(frame.columns))
    return frame


def _head(path: Path) -> tuple[int, str]:
    """(lines of comments before the header, the header)."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        for comments in range(MOST_COMMENTS):
            line = file.readline(MAX_HEADER)
            if not line.startswith("#"):
                return comments, line
    return 0, ""


def _separator(path: Path, header: str) -> str:
    """A tab by the file's name; another mark where the header has some of it and no comma."""
    if path.suffix.lower() == ".tsv":
        return "\t"
    return next((mark for mark in ";\t|" if mark in header and "," not in header), ",")


def _names_as_text(header: str, separator: str) -> dict[Any, type]:
    """Columns of arms' names are read as they are written: 007 is not 7."""
    names = header.rstrip("\r\n").split(separator)
    given = [name.strip().strip('"') for name in names]
    return {name: str for name in given if naming.names_an_arm(name)}


def _no_name_twice(path: Path, names: Sequence[Any]) -> None:
    """pandas calls a second column accuracy accuracy.1."""
    for name in names:
        first, dot, number = str(name).rpartition(".")
        if dot and number.isdigit() and first in names and _is_read(first):
            raise BadFile(path, f"two columns are called {first}", COLUMN_ADVICE)


def _without_trailing(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Rows that end in a separator have one value more than the header has names; pandas takes
    such rows to begin with a name, which would move every value one column to the right."""
    names = list(frame.columns)
    shifted = frame.reset_index()
    if not shifted.iloc[:, len(names) :].isna().all(axis=None):
        raise BadFile(
            path,
            f"its rows have {shifted.shape[1]} values, its header {len(names)} names",
            "Name every column, or leave the values without a name out",
        )
    return shifted.iloc[:, : len(names)].set_axis(names, axis="columns")
