"""Tables of other shapes as one row per run: a column per seed or arm, a row per metric or part.

Each change is one function from a table to a table and a note; a table of no such shape comes back
as it was.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.comparison import naming, roles
from bakeoff.comparison.columns import Table, as_text, plain
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.mapping import Said, best_of
from bakeoff.comparison.units import number
from bakeoff.errors import UsageError

FEWEST = 2
_NUMBERED = re.compile(
    r"(?P<what>seed|run|repeat|repetition|rep|replicate|trial|fold|s|r)[ _#-]*(?P<number>\d{1,9})",
    re.IGNORECASE,
)
_METRIC = ("metric", "metric_name", "measure", "score_name")
_VALUE = ("value", "score", "metric_value", "result")
_PART = ("split", "phase", "stage", "subset", "partition", "mode", "set", "eval_split")
_PREFERRED = ("test", "val", "train")
# Columns that sum a row up, beside a column a seed.
_SUMS = frozenset(
    {"mean", "avg", "average", "std", "sd", "stdev", "median", "min", "max", "sem", "total", "ci"}
)
# Words of figures that are no accuracy: a column of such a name is no arm.
OTHER_FIGURES = frozenset(
    {"precision", "recall", "f1", "auc", "auroc", "roc", "ap", "map", "iou", "miou", "dice", "mse",
     "rmse", "mae", "r2", "psnr", "ssim", "fid", "bleu", "rouge", "perplexity", "ppl", "kappa",
     "mcc", "specificity", "sensitivity", "score", "loss", "lr", "rate", "time", "seconds",
     "params", "flops", "memory", "size", "count", "num", "n", "epoch", "epochs", "step", "steps",
     "batch", "error", "err", "std", "mean", "acc", "accuracy", "f", "reward", "return", "latency"}
)  # fmt: skip


_LIKELY = frozenset(
    {"acc", "accuracy", "score", "top1", "f1", "auc", "auroc", "value", "objective"}
)
_PLACES = frozenset({"number", "index", "idx", "id", "no", "rank", "row"})


def reshaped(table: Table, said: Said) -> tuple[Table, list[str]]:
    """The table with one row per run or an epoch, and what was done to it."""
    notes = []
    for change in (_of_metrics, _of_parts, _of_seeds, _of_arms, _of_errors):
        table, note = change(table, said)
        notes += [f"{table.name}: {note}"] if note else []
    return table, notes


def holds_accuracy(table: Table) -> bool:
    """Whether some column is an accuracy of other images than those of training."""
    return any(
        (found := naming.figure(given)) is not None
        and found.metric == "accuracy"
        and found.part != "train"
        for given in table.called.values()
    )


def candidates(table: Table) -> list[str]:
    """Columns that may be the accuracy of a table that has none, by the names that it gives them:
    those that a metric's name stands in first."""
    found = [
        given
        for name, given in table.called.items()
        if numeric(table.columns[name])
        and not _is_index(given)
        and not any(
            says(given)
            for says in (naming.is_seed, naming.is_axis, naming.is_fold, naming.is_run,
                         naming.is_setting, naming.is_status, naming.names_an_arm)
        )
        and not naming.is_loss_or_cost(given)
        and not set(naming.words(given)) & _PLACES
    ]  # fmt: skip

    def unlikely(given: str) -> bool:
        words = set(naming.words(given))
        return not words & _LIKELY

    if not any(naming.names_an_arm(g) or naming.is_seed(g) for g in table.called.values()):
        found = [given for given in found if not unlikely(given)]
    return sorted(found, key=unlikely)


def numeric(column: Sequence[Any]) -> bool:
    """Whether every cell that says something is a number, and some cell does."""
    stated = [cell for cell in column if not missing(cell)]
    try:
        return bool(stated) and all(not isinstance(c, bool) and number(c, "") for c in stated)
    except UsageError:
        return False


def _of_metrics(table: Table, said: Said) -> tuple[Table, str]:
    """Rows of (metric, value) as a column a metric."""
    named = next((name for name in _METRIC if name in table.columns), "")
    value = next((name for name in _VALUE if name in table.columns), "")
    if not named or not value or holds_accuracy(table):
        return table, ""
    metrics = [as_text(cell) for cell in table.columns[named]]
    kept = [name for name in table.columns if name not in (named, value)]
    rows: dict[tuple[str, ...], dict[str, Any]] = {}
    for row, metric in enumerate(metrics):
        key = tuple(str(table.columns[name][row]) for name in kept)
        here = rows.setdefault(key, {name: table.columns[name][row] for name in kept})
        if metric in here:
            return table, ""  # two values of one metric: something else tells rows apart
        here[metric] = table.columns[value][row]
    columns = list(dict.fromkeys([*kept, *metrics]))
    called = {plain(n): table.called.get(n, n) for n in columns}
    made: dict[str, Sequence[Any]] = {
        plain(n): [row.get(n) for row in rows.values()] for n in columns
    }
    told = f"a row is a {table.called[named]}: {table.called[value]} holds it"
    return dataclasses.replace(table, columns=made, called=called), told


def _of_parts(table: Table, said: Said) -> tuple[Table, str]:
    """Of rows for training, validation and test images those of the best part to judge by."""
    if "split" in said.columns or "test_set" in said.columns:
        return table, ""
    for name in _PART:
        if name not in table.columns:
            continue
        parts = [naming.part(as_text(cell)) for cell in table.columns[name]]
        if "" in parts or len(set(parts)) < FEWEST:
            continue
        names = roles.arm_columns(table)
        arms = [tuple(str(table.columns[n][row]) for n in names) for row in range(len(parts))]
        kept = next(
            (
                part
                for part in _PREFERRED
                if {a for a, p in zip(arms, parts, strict=True) if p == part} == set(arms)
            ),
            "",
        )
        if not kept:
            continue  # arms on different parts must not be ranked
        rows = [row for row, part in enumerate(parts) if part == kept]
        called = table.called[name]
        table = picked(table, rows)
        table = dataclasses.replace(
            table,
            columns={key: column for key, column in table.columns.items() if key != name},
            called={key: given for key, given in table.called.items() if key != name},
        )
        return table, f"the rows whose {called} is {kept} count"
    return table, ""


def _of_seeds(table: Table, said: Said) -> tuple[Table, str]:
    """A column a seed (or fold) as a row a seed."""
    found = {
        name: match
        for name, given in table.called.items()
        if (match := _NUMBERED.fullmatch(given.strip())) and numeric(table.columns[name])
    }
    kinds = {match["what"].lower() for match in found.values()}
    if len(found) < FEWEST or len(kinds) > 1 or holds_accuracy(table):
        return table, ""
    what = "fold" if kinds == {"fold"} else "seed"
    kept = [
        name
        for name, given in table.called.items()
        if name not in found and not set(naming.words(given)) & _SUMS
    ]
    numbers = {name: int(match["number"]) for name, match in found.items()}
    listed = [table.called[name] for name in found]
    return (
        _melted(table, kept, what, numbers),
        f"a column is a {what}: {listed[0]} to {listed[-1]} hold the accuracy",
    )


def _of_arms(table: Table, said: Said) -> tuple[Table, str]:
    """A column an arm, beside one of seeds or folds, as one row per run."""
    if said.columns or holds_accuracy(table) or any(best_of(g) for g in table.called.values()):
        return table, ""
    tells_runs = (naming.is_seed, naming.is_run, naming.is_fold)
    seeds = [n for n, given in table.called.items() if any(says(given) for says in tells_runs)]
    rest = [
        name
        for name, given in table.called.items()
        if name not in seeds and not _is_index(given) and not naming.is_axis(given)
    ]
    if len(seeds) != 1 or len(rest) < FEWEST:
        return table, ""
    for name in rest:
        words = set(naming.words(table.called[name]))
        cells = [cell for cell in table.columns[name] if not missing(cell)]
        if (
            words & OTHER_FIGURES
            or naming.is_setting(table.called[name])
            or not numeric(cells)
            or not all(0 <= number(cell, "")[0] <= 100 for cell in cells)
        ):
            return table, ""
    kept = [name for name in table.columns if name not in rest]
    arms = {name: table.called[name] for name in rest}
    return _melted(table, kept, "arm", arms), f"a column is an arm: {', '.join(arms.values())}"


def _of_errors(table: Table, said: Said) -> tuple[Table, str]:
    """An error as the accuracy that it leaves, where no column holds an accuracy."""
    if holds_accuracy(table) or "accuracy" in said.columns:
        return table, ""
    errors = {
        name: part
        for name, given in table.called.items()
        if (part := naming.error_of(given)) is not None and numeric(table.columns[name])
    }
    chosen = [name for part in ("test", "", "val") for name in errors if errors[name] == part]
    if not chosen:
        return table, ""
    name = chosen[0]
    given = table.called[name]
    cells = [None if missing(cell) else number(cell, given) for cell in table.columns[name]]
    values = [cell[0] for cell in cells if cell is not None]
    signed = naming.in_percent(given) or any(cell[1] for cell in cells if cell is not None)
    if not signed and max(values) <= 1 and "rate" not in naming.words(given) and said.unit is None:
        raise UsageError(
            f"{given} of {table.name} is at most {max(values):g}: are these percent or fractions?",
            "Say bakeoff compare … --unit percent, or --unit fraction",
        )
    percent = signed or max(values) > 1 or said.unit == "percent"
    whole = 100.0 if percent else 1.0
    made: list[Any] = [
        None if cell is None else f"{whole - cell[0]:.12g}{'%' * percent}" for cell in cells
    ]
    columns: dict[str, Sequence[Any]] = {**table.columns, "accuracy": made}
    origin = {**table.origin, "accuracy": f"{whole:g} − {given}"}
    called = {**table.called, "accuracy": "accuracy"}
    changed = dataclasses.replace(table, columns=columns, called=called, origin=origin)
    return changed, f"the accuracy is {whole:g} − {given}"


def picked(table: Table, rows: Sequence[int]) -> Table:
    """The table with these rows only."""
    columns: dict[str, Sequence[Any]] = {
        name: [column[row] for row in rows] for name, column in table.columns.items()
    }
    return dataclasses.replace(table, columns=columns)


def _melted(
    table: Table, kept: Sequence[str], what: str, columns: Mapping[str, int | str]
) -> Table:
    """A row for each of the columns, whose name goes into `what` and whose cells are accuracies."""
    rows = len(next(iter(table.columns.values())))
    made: dict[str, Sequence[Any]] = {
        name: [table.columns[name][row] for row in range(rows) for _ in columns] for name in kept
    }
    made[what] = [said for _ in range(rows) for said in columns.values()]
    made["accuracy"] = [table.columns[name][row] for row in range(rows) for name in columns]
    called = {name: table.called[name] for name in kept} | {what: what, "accuracy": "accuracy"}
    names = f"the columns {', '.join(table.called[n] for n in list(columns)[:3])}"
    more = " …" if len(columns) > 3 else ""
    origin = {**table.origin, what: f"{names}{more}", "accuracy": "their cells"}
    return dataclasses.replace(table, columns=made, called=called, origin=origin)


def _is_index(name: str) -> bool:
    return name.strip() == "" or re.fullmatch(r"unnamed: \d+", name.strip().lower()) is not None
