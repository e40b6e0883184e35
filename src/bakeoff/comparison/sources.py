"""Everything that results may come in, told apart and read."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakeoff.comparison import per_image, tables
from bakeoff.comparison.columns import Columns, by_plain_name, plain
from bakeoff.comparison.from_records import from_folder, from_record, pairs_of
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.per_image import (
    ImageRun,
    align,
    from_image_table,
    from_npz,
    is_image_table,
)
from bakeoff.comparison.tables import from_tables, is_run_table
from bakeoff.comparison.timm_logs import from_summary, is_summary
from bakeoff.errors import BadFile, UsageError, first_line
from bakeoff.progress import tracked
from bakeoff.records.manifest import load_manifest
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, find_run_folders, readable

if TYPE_CHECKING:
    import pandas as pd

ADVICE = (
    "Give run folders, or a table with columns arm, seed, accuracy (a row a run), or arm, seed,"
    " image, label, prediction (a row an image)"
)
TABLES = (".csv", ".tsv", ".parquet")
_READ = tables.NAMES | per_image.NAMES
MAX_TABLE_BYTES = 4 * 1024**3
MAX_HEADER = 1024**2


@dataclass(slots=True)
class _Found:
    outcomes: list[Outcome] = field(default_factory=list)
    image_runs: list[ImageRun] = field(default_factory=list)
    tables: list[tuple[Columns, str]] = field(default_factory=list)
    run_folders: list[str | Path] = field(default_factory=list)


def read(source: Any) -> tuple[list[Outcome], list[str]]:
    """(outcomes, notes) of a data frame, a record, a path or glob, or a sequence of these.

    Raises UsageError, NotComparable or BadFile.
    """
    source = _eager(source)
    if isinstance(source, Record | str | Path) or hasattr(source, "columns"):
        source = [source]
    if isinstance(source, Mapping):
        source = [_columns_of_mapping(source)]
    if not isinstance(source, Iterable):
        raise UsageError(f"cannot compare a {type(source).__name__}", ADVICE)
    found = _Found()
    items = [_eager(item) for item in source]
    if items and all(isinstance(item, Mapping) for item in items):
        items = [_columns_of_rows(items)] if not _is_columns(items[0]) else items
    for item in items:
        if isinstance(item, Outcome):
            found.outcomes.append(item)
        elif isinstance(item, Record):
            found.outcomes.append(from_record(item))
        elif isinstance(item, str | Path):
            _from_path(item, found)
        elif hasattr(item, "columns"):
            _from_columns(columns_of(item), found, None)
        elif isinstance(item, Mapping):
            _from_columns(_named(item.items()), found, None)
        else:
            raise UsageError(f"cannot compare a {type(item).__name__}", ADVICE)
    if found.run_folders:
        found.outcomes += _from_folders(find_run_folders(found.run_folders))
    found.outcomes += from_tables(found.tables)
    aligned, notes = align(found.image_runs)
    return found.outcomes + aligned, notes


def _eager(item: Any) -> Any:
    """A lazy data frame's rows; anything else as it is."""
    return item.collect() if type(item).__name__ == "LazyFrame" else item


def columns_of(frame: Any) -> dict[str, Sequence[Any]]:
    """Columns of a pandas or polars data frame, by name in lower case."""
    names = list(frame.columns)
    if len(set(names)) == len(names):
        return _named((name, frame[name].to_numpy()) for name in names)
    # pandas allows two columns of one name; then frame[name] is both of them.
    return _named((name, frame.iloc[:, at].to_numpy()) for at, name in enumerate(names))


def _named(columns: Iterable[tuple[Any, Any]]) -> dict[str, Sequence[Any]]:
    return by_plain_name(columns, _READ)


def _columns_of_rows(rows: Sequence[Mapping[Any, Any]]) -> dict[str, Sequence[Any]]:
    """Columns of a list of rows, each {"arm": …, "seed": …, "accuracy": …}."""
    read = [_named(row.items()) for row in rows]
    names = dict.fromkeys(name for row in read for name in row)
    return {name: [row.get(name) for row in read] for name in names}


def _columns_of_mapping(given: Mapping[Any, Any]) -> dict[str, Sequence[Any]]:
    """Columns of {"arm": […], "seed": […], "accuracy": […]}, or of {arm: accuracies by seed}."""
    if not all(isinstance(v, Iterable) and not isinstance(v, str) for v in given.values()):
        raise UsageError("cannot compare a dict of single values", ADVICE)
    columns: dict[str, Sequence[Any]] = {}
    if _is_columns(given):
        columns = _named((name, list(values)) for name, values in given.items())
    else:
        values = {str(arm): list(v) for arm, v in given.items()}
        columns = {
            "arm": [arm for arm, accuracies in values.items() for _ in accuracies],
            "seed": [seed for accuracies in values.values() for seed in range(len(accuracies))],
            "accuracy": [a for accuracies in values.values() for a in accuracies],
        }
    if len({len(values) for values in columns.values()}) > 1:
        raise UsageError("the columns are of different lengths", ADVICE)
    return columns


def _is_columns(given: Mapping[Any, Any]) -> bool:
    names = {plain(name): None for name in given}
    sequences = all(isinstance(v, Iterable) and not isinstance(v, str) for v in given.values())
    return sequences and (is_run_table(names) or is_image_table(names))  # type: ignore[arg-type]


def _from_path(path: str | Path, found: _Found) -> None:
    path = readable(path)
    here = Path(path)
    matches = [here] if here.exists() else [Path(m) for m in sorted(glob.glob(str(path)))]  # noqa: PTH207
    if not matches:
        raise UsageError(f"nothing is called {path}", ADVICE)
    for match in matches:
        if match.is_dir():
            _from_directory(match, found)
        elif match.name == RECORD_NAME:
            found.run_folders.append(match)
        elif match.suffix.lower() in TABLES:
            _from_columns(_read_table(match), found, match)
        elif match.suffix.lower() == ".npz":
            found.image_runs.append(from_npz(match))
        else:
            raise BadFile(match, "not a kind of file that can be compared", ADVICE)


def _from_folders(folders: Sequence[Path]) -> list[Outcome]:
    """Runs of one bake-off may come from several machines; each seed of an arm may be there once.

    Raises UsageError, naming both folders, where two runs say different things of one seed.
    """
    met: dict[tuple[str, int | str, str], Path] = {}
    outcomes = []
    homes = [folder.resolve().parent.parent for folder in folders]
    plans = {home: load_manifest(home) for home in set(homes)}
    for folder, home in zip(tracked(folders, "reading records"), homes, strict=True):
        plan = plans[home]
        outcome = dataclasses.replace(
            from_folder(folder),
            among=plan is not None and len(plan.datasets) > 1,
            pairs_of=pairs_of(plan),
        )
        data = outcome.conditions.test_hash if outcome.among and outcome.conditions else ""
        other = met.setdefault((outcome.arm, outcome.seed, data), folder)
        if other != folder:
            raise UsageError(
                f"seed {outcome.seed} of {outcome.arm} is there 2 times, in {other} and {folder},"
                " and the two differ",
                "Leave one of them out: two runs of a seed are not two seeds",
            )
        outcomes.append(outcome)
    return outcomes


def _from_directory(folder: Path, found: _Found) -> None:
    if next(folder.rglob(RECORD_NAME), None) is not None:
        found.run_folders.append(folder)
        return
    inside = sorted(folder.rglob("summary.csv")) or sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in (*TABLES, ".npz")
    )
    if not inside:
        raise UsageError(f"no results in {folder}", ADVICE)
    for path in inside:
        _from_path(path, found)


def _from_columns(columns: dict[str, Sequence[Any]], found: _Found, path: Path | None) -> None:
    if path is not None and is_summary(columns):
        found.outcomes.append(from_summary(path, columns))
    elif is_image_table(columns):
        default = path.stem if path is not None else ""
        if "arm" not in columns and not default:
            raise UsageError("the table has no column arm", ADVICE)
        found.image_runs += from_image_table(columns, default, 0)
    elif is_run_table(columns):
        found.tables.append((columns, path.stem if path is not None else ""))
    else:
        name = f"{path}" if path is not None else "the table"
        shown = [column[:30] for column in columns]
        more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
        raise UsageError(f"{name} has columns {', '.join(shown[:12]) or 'none'}{more}", ADVICE)


def _read_table(path: Path) -> dict[str, Sequence[Any]]:
    import pandas as pd

    try:
        if path.stat().st_size > MAX_TABLE_BYTES:
            raise BadFile(path, "larger than 4 GiB", "Split it, a file an arm")
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            separator = "\t" if path.suffix.lower() == ".tsv" else ","
            frame = pd.read_csv(
                path, sep=separator, skipinitialspace=True, converters=_statuses(path, separator)
            )
            if not isinstance(frame.index, pd.RangeIndex):
                frame = _without_trailing(path, frame)
    except BadFile:
        raise
    except Exception as error:  # damaged bytes make the readers raise whatever they stumble on
        raise BadFile(path, f"not a readable table ({first_line(error)})", ADVICE) from error
    return columns_of(frame)


def _statuses(path: Path, separator: str) -> dict[Any, Callable[[str], str]]:
    """How to read columns of status words: the word nan is one, not a cell without a value."""
    with path.open(encoding="utf-8-sig", errors="replace") as file:
        names = file.readline(MAX_HEADER).rstrip("\r\n").split(separator)
    return {
        name.strip().strip('"'): lambda word: "nan loss" if word.strip().lower() == "nan" else word
        for name in names
        if plain(name.strip().strip('"')) == "status"
    }


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
