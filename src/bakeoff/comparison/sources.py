"""Everything that results may come in, told apart and read."""

from __future__ import annotations

import dataclasses
import glob
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from bakeoff import importing
from bakeoff.comparison import from_imported, per_image, printed_means
from bakeoff.comparison.arm_guess import with_arm
from bakeoff.comparison.columns import Table, plain
from bakeoff.comparison.from_tables import from_tables
from bakeoff.comparison.image_groups import groups_images
from bakeoff.comparison.image_runs import ImageRun, align
from bakeoff.comparison.mapping import NOTHING, Said, applied, beside, best_columns
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.own_metric import as_accuracy, by_name
from bakeoff.comparison.per_image import from_image_table, from_npz, is_image_table
from bakeoff.comparison.result import TableRoles
from bakeoff.comparison.roles import arm_columns
from bakeoff.comparison.shapes import candidates, reshaped
from bakeoff.comparison.table_files import (
    ADVICE,
    TABLES,
    columns_of_rows,
    read_table,
    table_from,
    table_of,
)
from bakeoff.comparison.tables import is_run_table, one_row_a_run
from bakeoff.comparison.timm_logs import from_summary, is_summary, told_apart
from bakeoff.comparison.units import Unit
from bakeoff.errors import BadFile, UsageError
from bakeoff.importing.in_memory import runs_of
from bakeoff.records.names import RECORD_NAME
from bakeoff.records.storage import is_address

if TYPE_CHECKING:
    from bakeoff.records.run_set import RunSet


@dataclass(slots=True)
class _Found:
    outcomes: list[Outcome] = field(default_factory=list)
    image_runs: list[ImageRun] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    summaries: list[Outcome] = field(default_factory=list)
    run_folders: list[str | Path] = field(default_factory=list)
    roles: list[TableRoles] = field(default_factory=list)
    imported: list[importing.ImportedRun] = field(default_factory=list)
    said: Said = NOTHING
    notes: list[str] = field(default_factory=list)


class Results(NamedTuple):
    """What was read; tables: which column said what in each table."""

    outcomes: list[Outcome]
    notes: list[str]
    tables: list[TableRoles]


def read(
    source: Any,
    *,
    unit: Unit | None = None,
    metrics: Collection[str] | None = None,
    said: Said = NOTHING,
) -> Results:
    """A data frame, a record, a path or glob, or a sequence of these.

    unit: of a table's accuracies without a percent sign, where it is not for them to say. metrics:
    those that matter, all where None. said: what the user says of the columns. Raises UsageError,
    NotComparable or BadFile.
    """
    if _is_kept(source, "RunSet"):
        return Results(_from_runs(source), [], [])
    source = _eager(source)
    if of_a_tool := runs_of(source):
        return _of_objects(of_a_tool, unit, metrics, said)
    if isinstance(source, str | Path) or _is_kept(source, "Record") or hasattr(source, "columns"):
        source = [source]
    if isinstance(source, Mapping):
        source = [_columns_of_mapping(source)]
    if not isinstance(source, Iterable):
        raise UsageError(f"cannot compare a {type(source).__name__}", ADVICE)
    found = _Found(said=dataclasses.replace(said, unit=unit))
    items = [_eager(item) for item in source]
    if items and all(isinstance(item, Mapping) for item in items):
        if history := runs_of(items):
            return _of_objects(history, unit, metrics, said)
        items = [columns_of_rows(items)] if not _is_columns(items[0]) else items
    for item in items:
        if isinstance(item, Table):
            _from_table(item, found)
        elif isinstance(item, Outcome):
            found.outcomes.append(item)
        elif isinstance(item, str | Path):
            _from_path(item, found)
        elif _is_kept(item, "Record"):
            from bakeoff.comparison.from_records import from_record

            found.outcomes.append(from_record(item))
        elif hasattr(item, "columns"):
            _from_table(table_of(item), found)
        elif of_one := runs_of(item):
            found.imported += of_one
        elif isinstance(item, Mapping):
            _from_table(table_from(item.items()), found)
        else:
            raise UsageError(f"cannot compare a {type(item).__name__}", ADVICE)
    return _results(found, unit, metrics, said)


def _is_kept(item: Any, name: str) -> bool:
    """Whether it is a run set or a record of Bakeoff's own. Their modules take as long to load as
    a table to judge, and are not loaded for one."""
    if isinstance(item, str | Path | list | Mapping):
        return False
    from bakeoff.records.run_set import RunSet
    from bakeoff.records.schema import Record

    return isinstance(item, {"RunSet": RunSet, "Record": Record}[name])


def _results(
    found: _Found, unit: Unit | None, metrics: Collection[str] | None, said: Said
) -> Results:
    if found.run_folders:
        from bakeoff.records.run_set import RunSet

        found.outcomes += _from_runs(RunSet.of(found.run_folders))
    imported_notes = _from_imported(found)
    if unit is not None and said.metric:
        raise UsageError(f"a unit is of accuracies, and {said.metric} is none", "Leave it out")
    if unit is not None and not found.tables:
        raise UsageError(
            "a unit is of accuracies in a table, and there is no table", "Leave it out"
        )
    of_tables, roles, told = from_tables(
        found.tables, unit, metrics, keep=said.keep, own=said.metric
    )
    if said.metric:
        of_tables = by_name(of_tables, said.metric)
    told = found.notes + imported_notes + told
    aligned, notes = align(found.image_runs)
    outcomes = found.outcomes + told_apart(found.summaries) + of_tables + aligned
    return Results(outcomes, notes + told, found.roles + roles)


def _of_objects(
    runs: list[importing.ImportedRun],
    unit: Unit | None,
    metrics: Collection[str] | None,
    said: Said,
) -> Results:
    """What a notebook's object of another tool holds."""
    found = _Found(said=dataclasses.replace(said, unit=unit), imported=runs)
    return _results(found, unit, metrics, said)


def _eager(item: Any) -> Any:
    """A lazy data frame's rows; anything else as it is."""
    return item.collect() if type(item).__name__ == "LazyFrame" else item


def _columns_of_mapping(given: Mapping[Any, Any]) -> Table:
    """Columns of {"arm": […], "seed": […], "accuracy": […]}, or of {arm: accuracies by seed}."""
    if not all(isinstance(v, Iterable) and not isinstance(v, str) for v in given.values()):
        raise UsageError("cannot compare a dict of single values", ADVICE)
    if _is_columns(given):
        table = table_from((name, list(values)) for name, values in given.items())
    else:
        values = {str(arm): list(v) for arm, v in given.items()}
        columns: dict[str, Sequence[Any]] = {
            "arm": [arm for arm, accuracies in values.items() for _ in accuracies],
            "seed": [seed for accuracies in values.values() for seed in range(len(accuracies))],
            "accuracy": [a for accuracies in values.values() for a in accuracies],
        }
        table = Table(columns, {name: name for name in columns})
    if len({len(values) for values in table.columns.values()}) > 1:
        raise UsageError("the columns are of different lengths", ADVICE)
    return table


def _is_columns(given: Mapping[Any, Any]) -> bool:
    if not all(isinstance(v, Iterable) and not isinstance(v, str) for v in given.values()):
        return False
    names = Table({}, {plain(name): str(name) for name in given})
    return is_run_table(names) or is_image_table(names.called)


def _from_path(path: str | Path, found: _Found) -> None:
    if is_address(path):
        from bakeoff.records.store import readable

        path = readable(path)
    here = Path(path)
    matches = [here] if here.exists() else [Path(m) for m in sorted(glob.glob(str(path)))]  # noqa: PTH207
    if not matches:
        raise UsageError(f"{path}: no such file or folder", ADVICE)
    for match in matches:
        if match.is_dir():
            _from_directory(match, found)
        elif match.name == RECORD_NAME:
            found.run_folders.append(match)
        elif (known := importing.of(match)) is not None:
            _told_beside(match, found)
            found.imported += _as_wanted(known.read(match), found.said)
        elif match.suffix.lower() in TABLES:
            _told_beside(match, found)
            _from_table(read_table(match), found)
        elif match.suffix.lower() == ".npz":
            found.image_runs.append(from_npz(match))
        else:
            raise BadFile(match, "not a kind of file that can be compared", ADVICE)


def _from_runs(runs: RunSet) -> list[Outcome]:
    """Runs of one bake-off may come from several machines; each seed of an arm may be there once.

    Raises UsageError, naming both folders, where two runs say different things of one seed.
    """
    from bakeoff.comparison.from_records import from_run

    met: dict[tuple[str, int | str, str, str], Path] = {}
    outcomes = []
    for run in runs:
        outcome = from_run(run)
        data = ""
        if outcome.among and outcome.conditions:
            data = outcome.conditions.test_hash or outcome.data
        if run.folder is not None:
            other = met.setdefault((outcome.arm, outcome.seed, data, outcome.at), run.folder)
            if other != run.folder:
                raise UsageError(
                    f"seed {outcome.seed} of {outcome.arm} is there 2 times, in {other} and"
                    f" {run.folder}, and the two differ",
                    "Leave one of them out: two runs of a seed are not two seeds",
                )
        outcomes.append(outcome)
    return outcomes


def _from_directory(folder: Path, found: _Found) -> None:
    if next(folder.rglob(RECORD_NAME), None) is not None:
        found.run_folders.append(folder)
        return
    _told_beside(folder, found)
    summaries = sorted(folder.rglob("summary.csv"))
    if not summaries and (known := importing.find(folder)):
        for form, path in known:
            found.imported += _as_wanted(form.read(path), found.said)
        if found.imported:
            return
        raise UsageError(
            f"{folder} holds no run: its store is empty", "Give one with finished runs"
        )
    inside = summaries or sorted(
        path for path in folder.rglob("*") if path.suffix.lower() in (*TABLES, ".npz")
    )
    if not inside:
        raise UsageError(f"no results in {folder}", ADVICE)
    for path in inside:
        _from_path(path, found)


def _as_wanted(
    runs: Iterable[importing.ImportedRun], said: Said
) -> Iterator[importing.ImportedRun]:
    """Without their curves, unless these are to be kept: no verdict needs what fills the memory."""
    for run in runs:
        yield run if said.keep else dataclasses.replace(run, curves={})


def _told_beside(path: Path, found: _Found) -> None:
    """What a file beside the data says of its columns; what was said on the way in goes first."""
    if not found.said.columns and (columns := beside(path)):
        found.said = dataclasses.replace(found.said, columns=columns)


def _from_imported(found: _Found) -> list[str]:
    """Other tools' runs as one table of `found`; notes on them."""
    if not found.imported:
        return []
    table, notes = from_imported.as_table(found.imported, found.said)
    table = as_accuracy(table, found.said)
    if best := best_columns(table):
        raise _only_best(table, best)
    if not is_run_table(table):
        raise from_imported.unread(found.imported)
    found.tables.append(table)
    return notes


def _only_best(table: Table, best: Sequence[str]) -> UsageError:
    return UsageError(
        f"{best[0]} of {table.name} is the best epoch's accuracy, chosen on the images that it is"
        " measured on",
        "Give the last epoch's; or say bakeoff compare … --accept-best, and every verdict says so",
    )


def _from_table(table: Table, found: _Found) -> None:
    if table.path is None or not is_summary(table.columns):
        table = as_accuracy(applied(table, found.said), found.said)
        table, notes = _shaped(table, found.said)
        found.notes += notes
    path, columns = table.path, table.columns
    if path is not None and is_summary(columns):
        outcome, roles = from_summary(path, columns)
        found.summaries.append(outcome)
        found.roles.append(roles)
    elif is_image_table(columns) and not _rows_are_runs(table):
        arms = arm_columns(table)
        if len(arms) == 1 and groups_images(columns, arms[0]):
            arms = ()
        default = path.stem if path is not None else ""
        if not arms and not default:
            raise UsageError("the table has no column arm", ADVICE)
        runs = from_image_table(columns, arms, default, 0)
        found.image_runs += runs
        found.roles.append(per_image.roles_of(table, arms, len(runs)))
    elif is_run_table(table):
        found.tables.append(table)
    elif best := best_columns(table):
        raise _only_best(table, best)
    elif named := candidates(table):
        metric = found.said.metric or "accuracy"
        listed = ", ".join(named[:8]) + (f" and {len(named) - 8} more" if len(named) > 8 else "")
        raise UsageError(
            f"which column of {table.name} is the {metric}? There are {listed}",
            f"Say bakeoff compare … --map {metric}={named[0]}, or another of them"
            + ("" if found.said.metric else f"; or --metric {named[-1]} where no accuracy counts"),
        )
    else:
        name = f"{path}" if path is not None else "the table"
        shown = [column[:30] for column in table.called.values()]
        more = f" and {len(shown) - 12} more" if len(shown) > 12 else ""
        raise UsageError(f"{name} has columns {', '.join(shown[:12]) or 'none'}{more}", ADVICE)


def _shaped(table: Table, said: Said) -> tuple[Table, list[str]]:
    """The table with one row per run, with an arm; and what was done to it. Raises UsageError."""
    if is_image_table(table.columns) and not _rows_are_runs(table):
        return table, []
    table, notes = reshaped(table, said)
    for change in (lambda t: printed_means.found(t, said), with_arm):
        if is_run_table(table) or change is not with_arm:
            table, note = change(table)
            notes += [f"{table.name}: {note}"] if note else []
    return table, notes


def _rows_are_runs(table: Table) -> bool:
    """Whether a table that could be of images has an accuracy a row, each of another run."""
    return is_run_table(table) and (
        not {"label", "prediction"} <= set(table.columns) or one_row_a_run(table)
    )
