"""Tables that print means: mean, standard deviation and number of runs of each arm."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.comparison import naming
from bakeoff.comparison.columns import Table
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.mapping import Said
from bakeoff.comparison.units import number
from bakeoff.errors import UsageError

_SPREAD = frozenset({"std", "sd", "stdev", "stddev", "std_dev", "deviation"})
_MEAN = frozenset({"mean", "avg", "average"})
_RUNS = (
    "n", "runs", "num_runs", "n_runs", "seeds", "num_seeds", "n_seeds", "n_seed", "repeats",
    "n_repeats", "num_repeats", "trials", "n_trials", "num_trials", "count", "replicates",
)  # fmt: skip
_CELL = re.compile(
    r"\$?\s*(?P<mean>-?\d+(?:\.\d+)?)\s*(?P<percent>%?)\s*(?:±|\+/-|\+-|\\pm)\s*"
    r"(?P<sd>\d+(?:\.\d+)?)\s*%?\s*\$?\s*(?:\(\s*n\s*=\s*(?P<n>\d+)\s*\))?"
)
SPREAD, RUNS = "spread_of_accuracy", "number_of_runs"
"""Columns that `found` makes beside the accuracy."""
FEWEST = 2


@dataclass(frozen=True, slots=True)
class _Found:
    means: Sequence[Any]
    spreads: Sequence[Any]
    runs: Sequence[Any] | None
    told: str


def found(table: Table, said: Said) -> tuple[Table, str]:
    """The table with the columns `accuracy`, SPREAD and RUNS, where it prints means; and a note.

    Raises UsageError, a question, where nothing says over how many runs the means are.
    """
    if any(naming.is_seed(given) for given in table.called.values()):
        return table, ""
    means = _in_cells(table) or _in_columns(table)
    if means is None:
        return table, ""
    rows = len(means.means)
    if "runs" in said.columns:
        counts: Sequence[Any] = _said(table, said, rows)
    elif means.runs is not None:
        counts = means.runs
    else:
        raise UsageError(
            f"{means.told} of {table.name} are a mean and its standard deviation: over how many"
            " runs?",
            "Say bakeoff compare … --map runs=5, or --map runs=COLUMN",
        )
    columns: dict[str, Sequence[Any]] = {
        **table.columns, "accuracy": means.means, SPREAD: means.spreads, RUNS: counts,
    }  # fmt: skip
    called = {**table.called, "accuracy": "accuracy", SPREAD: SPREAD, RUNS: RUNS}
    for name in list(columns):
        # The mean counts, and no other column that may mean an accuracy too.
        other = naming.figure(called[name])
        if name != "accuracy" and other is not None and other.metric == "accuracy":
            del columns[name], called[name]
    changed = dataclasses.replace(
        table, columns=columns, called=called, origin={**table.origin, "accuracy": means.told}
    )
    return changed, f"a row is an arm's mean and standard deviation ({means.told})"


def _said(table: Table, said: Said, rows: int) -> Sequence[Any]:
    given = said.of("runs")
    return [int(given)] * rows if given.isdecimal() else table.columns["runs"]


def _in_columns(table: Table) -> _Found | None:
    """A column of means beside one of standard deviations: acc_mean and acc_std, accuracy and
    std."""
    spreads = [name for name, given in table.called.items() if _words(given) & _SPREAD]
    for spread in spreads:
        rest = [word for word in naming.words(table.called[spread]) if word not in _SPREAD]
        for name, given in table.called.items():
            if name == spread or _words(given) & _SPREAD:
                continue
            words = [word for word in naming.words(given) if word not in _MEAN]
            figure = naming.figure("_".join(words))
            meant = figure is not None and figure.metric == "accuracy" and figure.part != "train"
            if meant and (not rest or words == rest):
                told = f"{given}, {table.called[spread]}"
                return _Found(table.columns[name], table.columns[spread], _runs(table), told)
    return None


def _in_cells(table: Table) -> _Found | None:
    """A column of cells such as 91.2 ± 0.3, or 91.2 ± 0.3 (n=5)."""
    for name, column in table.columns.items():
        figure = naming.figure(table.called[name])
        if figure is None or figure.metric != "accuracy" or not len(column):
            continue
        read = [_CELL.fullmatch(str(cell).strip()) for cell in column]
        if not all(read):
            continue
        whole = [match for match in read if match is not None]
        counts = [match["n"] for match in whole]
        return _Found(
            [match["mean"] + match["percent"] for match in whole],
            [match["sd"] for match in whole],
            [int(n) for n in counts if n] if all(counts) else _runs(table),
            table.called[name],
        )
    return None


def _runs(table: Table) -> Sequence[Any] | None:
    for name in _RUNS:
        column = table.columns.get(name)
        if column is not None and not any(map(missing, column)):
            return column
    return None


def _words(name: str) -> set[str]:
    return set(naming.words(name))


def of_row(table: Table, row: int, scale: float) -> tuple[float, int]:
    """(standard deviation in percent, runs) of a row. Raises UsageError for what is none."""
    spread, _ = number(table.columns[SPREAD][row], "standard deviation")
    runs, _ = number(table.columns[RUNS][row], "number of runs")
    if not spread >= 0 or math.isinf(spread):
        raise UsageError(
            f"row {row + 1} of {table.name} has no standard deviation", "Give one, not below 0"
        )
    if not runs >= 1 or runs != int(runs):
        raise UsageError(
            f"row {row + 1} of {table.name} says over no number of runs", "Give how many, 2 or more"
        )
    return spread * scale, int(runs)
