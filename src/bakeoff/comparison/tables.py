"""A stranger's table read: which columns say what, and which rows are one run."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.comparison import naming, roles
from bakeoff.comparison.columns import Table, as_text, shown
from bakeoff.comparison.epochs import is_log, missing
from bakeoff.comparison.per_image import arm_and_seed
from bakeoff.comparison.result import TableRoles
from bakeoff.errors import UsageError

# A row below the runs that sums them up, by what stands in its column of seeds.
_SUMMARIES = frozenset({"mean", "avg", "average", "median", "std", "sd", "std.", "stdev", "total"})
# Logs that are called alike in every run's folder; there the folder names the run.
_GENERIC = frozenset({"metrics", "log", "logs", "history", "training", "training_log", "progress",
                      "results", "train_log", "csv_log", "summary", "log_history"})  # fmt: skip

Groups = Mapping[tuple[str, str, str], list[int]]
"""Rows by arm, run and data set."""


@dataclass(slots=True)
class Run:
    arm: str
    seed: int | str
    rows: list[int]
    folds: int = 0


@dataclass(slots=True)
class Reading:
    """A table whose columns have their meaning; log: its rows are epochs."""

    table: Table
    runs: list[Run]
    figures: roles.Figures
    log: bool
    roles: TableRoles
    axis: str
    notes: list[str]


def is_run_table(table: Table) -> bool:
    """Whether these columns are one row per run, or an epoch of it."""
    accuracy = any(
        (found := naming.figure(given)) is not None
        and found.metric == "accuracy"
        and found.part != "train"
        for given in table.called.values()
    )
    return accuracy or roles.counts(table) is not None


def one_row_a_run(table: Table) -> bool:
    """Whether no two rows are of one arm and seed."""
    arms = roles.arm_columns(table)
    run = roles.run_column(table, arms)
    names = (*arms, run) if run else arms
    return bool(names) and roles.all_different(table, names)


def arm_of(table: Table, names: Sequence[str], row: int) -> str:
    """An arm's name fit for a line of text. Raises UsageError for a row without one."""
    parts = []
    for name in names:
        value = table.columns[name][row]
        text = "" if missing(value) or str(value) == "<NA>" else shown(value)
        if not text:
            raise UsageError(
                f"row {row + 1} of {table.name} has no arm",
                "Name the arm in every row; pandas takes names such as None and NA for missing ones"
                " unless it reads with keep_default_na=False",
            )
        parts.append(text)
    return " with ".join(parts)


def read_table(table: Table, wanted: Collection[str] | None) -> Reading:
    rows = len(next(iter(table.columns.values()), ()))
    if not rows:
        raise UsageError(f"{table.name} has no rows", "Give one row per run: arm, seed, accuracy")
    arms = roles.arm_columns(table)
    run = roles.run_column(table, arms)
    axes = roles.axes(table)
    roles.refuse_splits(table, arms)
    fold = roles.fold_column(table)
    default_arm, default_seed = _from_path(table) if axes else (_stem(table), 0)
    if not arms and not default_arm:
        raise UsageError(f"{table.name} has no column arm", "Give columns arm, seed and accuracy")
    groups: dict[tuple[str, str, str], list[int]] = {}
    data = roles.data_set_column(table)
    notes = []
    for row in range(rows):
        arm = arm_of(table, arms, row) if arms else default_arm
        which = _run_of(table, run, row) if run or not fold else ""
        part = _run_of(table, fold, row) if fold else ""
        if summed := next((t for t in (which, part) if t.lower() in _SUMMARIES), ""):
            notes.append(f"{table.name}: row {row + 1} ({summed}) sums runs up and is no run")
            continue
        if fold:
            which = f"{which}/{part}" if run else part
        on = as_text(table.columns[data][row]) if data else ""
        groups.setdefault((arm, which, on), []).append(row)
    log = _is_log(table, axes, groups)
    _no_seed_no_arm(table, arms, run or fold, log)
    found = roles.figures(table, log=log, wanted=wanted)
    if found is None:
        raise UsageError(f"{table.name} holds no accuracy of test images", "Give a column accuracy")
    runs = _runs(table, groups, run, log, default_seed if not arms else 0)
    if fold:
        runs = _folds(table, groups, run)
    if not log and not fold and (not run or naming.is_loose_run(table.called[run])):
        _one_recipe(table, arms, groups)
    if not arms and not log:
        _no_seed_twice(table, runs)
    axis = axes[0] if axes else ""
    if log:
        notes += _uneven_ends(table, axis, runs)
    metrics = {metric: table.told(name) for metric, name in found.columns.items()}
    if found.counted is not None:
        metrics["accuracy"] = " / ".join(found.counted)
    return Reading(
        table, runs, found, log,
        TableRoles(
            table=str(table.path or ""),
            row="epoch" if log else "run",
            rows=rows,
            runs=len(runs),
            arm=" with ".join(table.told(name) for name in arms),
            seed=" with ".join(table.told(name) for name in (run, fold) if name),
            status=", ".join(table.told(name) for name in roles.status_columns(table)),
            epoch=table.told(axis) if axis else "",
            metrics=metrics,
            left_out=found.left_out,
        ),
        axis, notes,
    )  # fmt: skip


def _is_log(table: Table, axes: Sequence[str], groups: Groups) -> bool:
    if not axes:
        return False
    several = {key: rows for key, rows in groups.items() if len(rows) > 1}
    columns = [table.columns[name] for name in axes]
    kinds = {is_log(columns, rows, " ".join(filter(None, key))) for key, rows in several.items()}
    if len(kinds) > 1:
        raise UsageError(
            f"in {table.name} some arms have one row per epoch ({table.called[axes[0]]}), others"
            " several rows of one epoch",
            "Add a column seed that says which run each row is of",
        )
    return kinds == {True}


def _runs(
    table: Table,
    groups: Groups,
    run: str,
    log: bool,
    first: int | str,
) -> list[Run]:
    """A run a group of rows where rows are epochs or runs have names; else a run a row."""
    if log:
        seeds = {
            key: _seed(table.columns[run][rows[0]]) if run else first
            for key, rows in groups.items()
        }
        return [Run(key[0], seeds[key], rows) for key, rows in groups.items()]
    of_arm: dict[str, list[int]] = {}
    for (arm, *_), rows in groups.items():
        of_arm.setdefault(arm, []).extend(rows)
    runs = [
        (row, Run(arm, _seed(table.columns[run][row]) if run else number, [row]))
        for arm, rows in of_arm.items()
        for number, row in enumerate(sorted(rows) if not run else rows)
    ]
    return [found for _, found in sorted(runs, key=lambda pair: pair[0])]


def _folds(table: Table, groups: Groups, run: str) -> list[Run]:
    """A run a fold. Raises UsageError unless each arm (and seed) has every fold once."""
    rounds: dict[tuple[str, str, str], list[int]] = {}
    found = []
    for (arm, which, on), rows in groups.items():
        seed, _, part = which.rpartition("/")
        digits = re.findall(r"\d+", part)
        number = int(digits[-1]) if digits else -1
        rounds.setdefault((arm, seed, on), []).append(number)
        found.append(Run(arm, f"{seed}/{number}" if run else number, rows))
    whole = {tuple(sorted(numbers)) for numbers in rounds.values()}
    first = min(whole)
    if len(whole) > 1 or first not in (tuple(range(len(first))), tuple(range(1, len(first) + 1))):
        odd = next((key for key, n in rounds.items() if tuple(sorted(n)) != first), None)
        arm = (odd or next(iter(rounds)))[0]
        listed = ", ".join(map(str, sorted(rounds[odd or next(iter(rounds))])[:12]))
        raise UsageError(
            f"{table.name} has the folds {listed} of {arm}: not each of k folds once in every arm",
            "Give every fold of every arm, so that the share of images that a fold tests is known",
        )
    for one in found:
        one.folds = len(first)
    return found


def _run_of(table: Table, run: str, row: int) -> str:
    if not run:
        return ""
    value = table.columns[run][row]
    text = str(value).strip()
    if missing(value) or text.lower() in ("nan", "<na>", "nat", "none", "null", "na"):
        raise UsageError(
            f"row {row + 1} of {table.name} has no seed",
            "Give the seed in every row, or leave the column out",
        )
    return text


def _no_seed_no_arm(table: Table, arms: Sequence[str], run: str, log: bool) -> None:
    if not arms and not run and not log:
        raise UsageError(
            f"no column of {table.name} names the arm or the seed, so its rows may be anything (its"
            f" columns: {_listed(table)})",
            "Name the arm in a column arm, or the seed of each row in a column seed",
        )


def _no_seed_twice(table: Table, runs: Sequence[Run]) -> None:
    """The file's name is the arm only of a file that holds one arm."""
    met: set[int | str] = set()
    for run in runs:
        if run.seed in met:
            raise UsageError(
                f"{table.name} has no column that names the arm (its columns: {_listed(table)}),"
                f" and seed {run.seed} is there more than once",
                "Name the arm of each row in a column arm; a copy is not another seed",
            )
        met.add(run.seed)


def _one_recipe(table: Table, arms: Sequence[str], groups: Groups) -> None:
    of_arm: dict[tuple[str, str], list[int]] = {}
    for (arm, _, data), some in groups.items():
        of_arm.setdefault((arm, data), []).extend(some)
    for (arm, _), rows in of_arm.items():
        if len(rows) > 1 and (differ := roles.differing_settings(table, arms, rows)):
            raise UsageError(
                f"the {len(rows)} rows of {arm} differ in {', '.join(differ[:5])}, and no column"
                " names the seed: they may not be runs of one recipe",
                "Add a column seed where they are; else name the arms apart in a column arm",
            )


def _uneven_ends(table: Table, axis: str, runs: Sequence[Run]) -> list[str]:
    ends: dict[str, dict[str, Run]] = {}
    for run in runs:
        ends.setdefault(run.arm, {}).setdefault(as_text(table.columns[axis][run.rows[-1]]), run)
    return [
        f"{table.name}: runs of {arm} end at different places ({table.called[axis]}"
        f" {' and '.join(list(places)[:4])}); a column status says which did not finish"
        for arm, places in ends.items()
        if len(places) > 1
    ]


def _listed(table: Table) -> str:
    called = [name[:30] for name in table.called.values()]
    more = f" and {len(called) - 12} more" if len(called) > 12 else ""
    return f"{', '.join(called[:12])}{more}"


def _from_path(table: Table) -> tuple[str, int | str]:
    """Arm and seed of a log, as of predictions: <arm>/seed-N/log.csv, else the file's name."""
    if table.path is None:
        return "", 0
    arm, seed = arm_and_seed(table.path)
    if arm.lower() in _GENERIC and table.path.resolve().parent.name:
        return table.path.resolve().parent.name, seed
    return arm, seed


def _stem(table: Table) -> str:
    return table.path.stem if table.path is not None else ""


def _seed(value: Any) -> int | str:
    try:
        exact = float(value)
        return int(exact) if exact == int(exact) else str(value)
    except (TypeError, ValueError, OverflowError):
        return shown(value)
