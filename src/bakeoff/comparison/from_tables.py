"""Runs read from tables: their values in one unit, how each ended, and what must be said."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bakeoff.comparison import naming, printed_means, roles
from bakeoff.comparison.columns import Table, as_text, renamed
from bakeoff.comparison.comparability import CONDITION_NAMES, Conditions
from bakeoff.comparison.data_sets import set_by_set
from bakeoff.comparison.epochs import last, missing
from bakeoff.comparison.kept_runs import Kept, kept_of
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.own_metric import roles_by_name
from bakeoff.comparison.result import TableRoles
from bakeoff.comparison.statuses import Status, statuses, told_otherwise
from bakeoff.comparison.tables import Reading, Run, read_table
from bakeoff.comparison.units import Cell, Unit, duration, number, unit_of
from bakeoff.errors import NotComparable, UsageError
from bakeoff.statistics.arrays import Moments

_CONDITIONS = dict.fromkeys(naming.DATA_SETS[1:], "test_set")
NAMES = frozenset({"test_images", *CONDITION_NAMES, *_CONDITIONS})
"""Of columns beside the arm, the seed, the status and the metrics that are read."""
_IN_PERCENT = ("accuracy", "top5")
_NO_STATEMENT = frozenset({"na", "n/a", "nan", "null", "<na>", "-"})


def from_tables(
    tables: Sequence[Table],
    unit: Unit | None = None,
    wanted: Collection[str] | None = None,
    *,
    keep: bool = False,
    own: str = "",
) -> tuple[list[Outcome], list[TableRoles], list[str]]:
    """(outcomes, which column said what in each table, notes).

    unit: of accuracies that have no percent sign, where it is not for the cells to say. wanted:
    metrics that matter; None: all. A value that is missing or not finite is a failed run; a run
    whose rows are its epochs is judged by the last one. keep: curves and settings too. own: a
    metric of the user's own that stands in the accuracy's place, and has no unit. Raises
    UsageError or NotComparable for a table that cannot be read so.
    """
    readings = [read_table(table, wanted) for table in tables]
    _same_part(readings)
    cells = [] if own else [cell for reading in readings for cell in _percent_cells(reading)]
    unit_read = unit_of(cells, unit) if cells else unit
    errors = _error_scales(readings, unit_read, unit)
    outcomes: list[Outcome] = []
    said: list[TableRoles] = []
    notes: list[str] = []
    for reading, error_scale in zip(readings, errors, strict=True):
        reading.roles = dataclasses.replace(reading.roles, unit=unit_read or "")
        scale = 100.0 if unit_read == "fraction" else 1.0
        outcomes += _outcomes(reading, scale, error_scale, keep)
        if own:
            reading.roles = roles_by_name(reading.roles, own)
        said.append(reading.roles)
        notes += _told(reading) + reading.notes
        if unit is None and unit_read == "percent":
            notes += _small(reading)
    return set_by_set(outcomes), said, notes


def _same_part(readings: Sequence[Reading]) -> None:
    """Raise NotComparable for validation images in one table and test images in another."""
    of = {reading.figures.part: reading for reading in readings}
    if {"test", "val"} <= set(of):
        test, val = of["test"], of["val"]
        raise NotComparable(
            f"{test.table.name} has accuracies of test images ({test.roles.metrics['accuracy']}),"
            f" {val.table.name} of validation images ({val.roles.metrics['accuracy']})",
            "Compare results on the same images",
        )


def _cells(reading: Reading, metric: str, run: Run) -> Any:
    column = reading.table.columns[reading.figures.columns[metric]]
    if not reading.log:
        return column[run.rows[0]]
    return last(reading.table.columns[reading.axis], run.rows, column)


def _percent_cells(reading: Reading) -> list[Cell]:
    """Every accuracy of the table, of all epochs where rows are epochs."""
    cells = []
    for metric in _IN_PERCENT:
        name = reading.figures.columns.get(metric)
        if name is None:
            continue
        by_name = naming.in_percent(reading.table.called[name])
        for run in reading.runs:
            for row in run.rows:
                value, signed = number(reading.table.columns[name][row], metric)
                cells.append(Cell(run.arm, value, signed or by_name))
    return cells


def _small(reading: Reading) -> list[str]:
    """Accuracies up to 1 without a sign that are read as percent: said, as it decides."""
    name = reading.figures.columns.get("accuracy")
    if name is None or naming.in_percent(reading.table.called[name]):
        return []
    notes = []
    for run in reading.runs:
        value, signed = number(_cells(reading, "accuracy", run), "accuracy")
        if 0 < value <= 1 and not signed:
            notes.append(
                f"{reading.table.name}: the accuracy {value:g} of {run.arm}, seed {run.seed}, is"
                " read as percent, as most are (--unit says otherwise)"
            )
    return notes


def _error_scales(
    readings: Sequence[Reading], unit: Unit | None, asked: Unit | None
) -> list[float]:
    """What makes points of each table's calibration errors.

    Above 1 they are points; up to 1 beside accuracies as fractions, and no table above 1, they are
    fractions. Raises UsageError where they may be either, or are neither.
    """
    largest: list[float] = []
    stated: list[bool] = []
    for reading in readings:
        name = reading.figures.columns.get("calibration_error")
        column = [] if name is None else reading.table.columns[name]
        found = [number(cell, "calibration error") for cell in column]
        for value, _ in found:
            if value < 0 or 100 < value < math.inf:
                raise UsageError(
                    f"a calibration error of {value:g} cannot be", "Give points, 0 to 100"
                )
        largest.append(max((value for value, _ in found if math.isfinite(value)), default=0.0))
        by_name = name is not None and naming.in_percent(reading.table.called[name])
        stated.append(by_name or any(signed for _, signed in found))
    fractions = (asked or unit) == "fraction" and max(largest, default=0) <= 1
    for most, signs in zip(largest, stated, strict=True):
        if 0 < most <= 1 and not signs and not fractions and asked is None:
            raise UsageError(
                f"calibration errors up to {most:g} may be points or fractions of 1",
                "Write points with a percent sign: 0.8%, and 1.2% for a fraction of 0.012",
            )
    return [100.0 if fractions and not signs else 1.0 for signs in stated]


def _outcomes(reading: Reading, scale: float, error_scale: float, keep: bool) -> list[Outcome]:
    table = reading.table
    stated = _stated(table)
    known = _known(reading)
    ends = _ends(reading)
    outcomes = []
    scales = {metric: _scale(reading, metric, scale, error_scale) for metric in known}
    for run, (status, word) in zip(reading.runs, ends, strict=True):
        values = _values(reading, run, scales)
        failed = status == "failed" or not math.isfinite(values["accuracy"])
        unfinished = status == "incomplete"
        why = word if status == "failed" else "no finite accuracy"
        row = run.rows[-1]
        conditions = Conditions(
            **{name: _statement(name, column[row]) for name, column in stated.items()}
        )
        outcomes.append(
            Outcome(
                arm=run.arm,
                seed=run.seed,
                values={} if failed or unfinished else values,
                status="incomplete" if unfinished else "failed" if failed else "complete",
                failure=f"seed {run.seed}: {why}" if failed else "",
                failed_by=why if failed else "",
                images=_size(reading, row),
                conditions=conditions if stated else None,
                data=conditions.test_set,
                source=str(table.path or ""),
                folds=run.folds,
                summarised=_summarised(table, row, values, scale),
                kept=_kept(reading, run, scale, error_scale) if keep else None,
            )
        )
    return outcomes


def _summarised(
    table: Table, row: int, values: Mapping[str, float], scale: float
) -> dict[str, Moments]:
    """The moments of an arm of which the table prints mean and standard deviation only."""
    if printed_means.SPREAD not in table.columns:
        return {}
    spread, runs = printed_means.of_row(table, row, scale)
    return {"accuracy": Moments(runs, values["accuracy"], spread**2)}


def _kept(reading: Reading, run: Run, scale: float, error_scale: float) -> Kept:
    scales = {"calibration_error": error_scale}
    for metric in _IN_PERCENT:
        name = reading.figures.columns.get(metric)
        in_percent = name is not None and naming.in_percent(reading.table.called[name])
        scales[metric] = 1.0 if in_percent else scale
    axis = reading.axis if reading.log else ""
    return kept_of(reading.table, reading.figures, reading.roles, run.rows, axis, scales)


def _scale(reading: Reading, metric: str, scale: float, error_scale: float) -> float:
    """What makes percent of a metric's cells that have no sign of their own."""
    if metric == "calibration_error":
        return error_scale
    by_name = naming.in_percent(reading.table.called[reading.figures.columns[metric]])
    return scale if metric in _IN_PERCENT and not by_name else 1.0


def _values(reading: Reading, run: Run, scales: Mapping[str, float]) -> dict[str, float]:
    """scales: of each metric whose column holds numbers, what makes percent of it."""
    values = {}
    if reading.figures.counted is not None:
        right, total = (
            number(reading.table.columns[name][run.rows[-1]], name)[0]
            for name in reading.figures.counted
        )
        if not (0 <= right <= total and total > 0) and math.isfinite(right + total):
            raise UsageError(
                f"{right:g} right of {total:g} cannot be", "Give how many images were right, of all"
            )
        values["accuracy"] = 100 * right / total if total > 0 else math.nan
    for metric, scale in scales.items():
        cell = _cells(reading, metric, run)
        if metric == "seconds" and (lasted := duration(cell)) is not None:
            values[metric] = lasted
            continue
        value, signed = number(cell, metric)
        if metric == "calibration_error" or not signed:
            value *= scale
        # Rounding undoes what turning fractions into percent did to the last digits.
        values[metric] = (
            round(value, 10) if metric in (*_IN_PERCENT, "calibration_error") else value
        )
    return values


def _known(reading: Reading) -> list[str]:
    """Metrics whose column holds numbers; one of words alone (a date called time) is left out."""
    known = []
    for metric, name in reading.figures.columns.items():
        cells = [cell for cell in reading.table.columns[name] if not missing(cell)]
        if metric == "accuracy" or any(_is_number(cell, metric) for cell in cells):
            known.append(metric)
        else:
            reading.notes.append(
                f"{reading.table.name}: the column {reading.table.called[name]} holds no numbers"
                " and is left out"
            )
    kept = {m: c for m, c in reading.roles.metrics.items() if m in known or m == "accuracy"}
    reading.roles = dataclasses.replace(reading.roles, metrics=kept)
    return known


def _is_number(cell: Any, metric: str) -> bool:
    if metric == "seconds" and duration(cell) is not None:
        return True
    try:
        number(cell, metric)
    except UsageError:
        return False
    return True


def _ends(reading: Reading) -> list[tuple[Status, str]]:
    names = roles.status_columns(reading.table)
    called = [f"seed {run.seed} of {run.arm}" for run in reading.runs]
    ends: list[tuple[Status, str]] = [("", "")] * len(called)
    for name in names:
        column, given = reading.table.columns[name], reading.table.called[name]
        if not naming.is_status(given):
            column = told_otherwise(given, column) or column
        said = statuses([_last_word(column, run.rows) for run in reading.runs], called)
        for i, (status, word) in enumerate(said):
            mine = ends[i][0]
            if mine and status and mine != status:
                raise UsageError(
                    f"{called[i]} is {ends[i][1]} and {word} by the columns {', '.join(names)}",
                    "Keep the column that says how each run ended, and leave the other out",
                )
            ends[i] = (status, word) if status else ends[i]
    return ends


def _last_word(column: Sequence[Any], rows: Sequence[int]) -> Any:
    return next((column[row] for row in reversed(rows) if not missing(column[row])), "")


def _stated(table: Table) -> dict[str, Sequence[Any]]:
    meant = renamed(table.columns, _CONDITIONS, own_name_first=("test_set",))
    if "test_set" not in meant and (on_a_shelf := roles.data_set_column(table)):
        meant["test_set"] = table.columns[on_a_shelf]
    return {name: column for name, column in meant.items() if name in CONDITION_NAMES}


def _statement(name: str, cell: Any) -> str:
    """A condition as stated; words for "not stated" say nothing, and none says none."""
    text = as_text(cell)
    plain = text.lower()
    nothing = plain == "none" and name not in ("extra_data", "test_time_augmentation")
    return "" if nothing or plain in _NO_STATEMENT else text


def _size(reading: Reading, row: int) -> int | None:
    columns = reading.table.columns
    name = reading.figures.counted[1] if reading.figures.counted else "test_images"
    size = number(columns[name][row], name)[0] if name in columns else 0
    return int(size) if 0 < size < math.inf else None


def _told(reading: Reading) -> list[str]:
    """Which columns decided, where their names leave a doubt."""
    said, told = reading.roles, []
    if reading.log:
        told.append(f"a row is an epoch ({said.epoch}): the last of each run counts")
    if said.arm not in ("", "arm"):
        told.append(f"the arm is {said.arm}")
    elif not said.arm and reading.runs:
        told.append(f"the arm is the file's name, {reading.runs[0].arm}")
    if not said.seed and not reading.log:
        told.append("no column names the seed: each row is a run of its arm")
    elif said.seed and said.seed.lower() != "seed":
        told.append(f"the seed is {said.seed}")
    if said.status and said.status.lower() != "status":
        told.append(f"how a run ended is {said.status}")
    for metric, column in said.metrics.items():
        if column.lower() != metric:
            told.append(f"{metric.replace('_', ' ')} is {column}")
    if said.left_out:
        told.append(f"{', '.join(said.left_out)} left out")
    return [f"{reading.table.name}: {'; '.join(told)}"] if told else []
