"""What the user says of a stranger's columns: which is the arm, the seed, a metric.

--map arm=config.recipe,seed=config.seed,accuracy=summary.test/acc
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bakeoff.comparison import naming
from bakeoff.comparison.columns import Table, plain
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.metrics import METRICS, named
from bakeoff.errors import UnknownName, UsageError

ROLES = ("arm", "seed", "fold", "status", "epoch", "test_set", "runs")
FORM = "Write it as --map arm=COLUMN,seed=COLUMN,accuracy=COLUMN (bakeoff compare)"
BEST = "best epoch"
"""What a result states that was chosen on the images that it is measured on."""
BESIDE = "bakeoff-map.yaml"
"""A mapping that lies beside the data."""


@dataclass(frozen=True, slots=True)
class Said:
    """columns: by role (`ROLES`) or metric; several of an arm where they name it together.
    accept_best: whether a figure of the best epoch counts, which was chosen on the same images.
    keep: whether curves and settings are wanted too, beside what judging needs. unit: of
    accuracies, as the user said it. metric: one of the user's own, to be read instead of the
    accuracy."""

    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    accept_best: bool = False
    keep: bool = False
    unit: str | None = None
    metric: str = ""

    def of(self, role: str) -> str:
        return next(iter(self.columns.get(role, ())), "")


NOTHING = Said()


def parse(
    given: str | Mapping[str, str] | Sequence[str] | None, own: str = ""
) -> dict[str, tuple[str, ...]]:
    """Columns by role, of "arm=model+method,seed=run" or a mapping. own: the name of a metric of
    the user's own, where there is one. Raises UsageError."""
    if given is None:
        return {}
    if isinstance(given, Mapping):
        pairs = [(str(key), str(value)) for key, value in given.items()]
    else:
        texts = [given] if isinstance(given, str) else list(given)
        pairs = []
        for text in ",".join(texts).split(","):
            role, equals, column = text.partition("=")
            if not equals or not role.strip() or not column.strip():
                raise UsageError(f"{text.strip()[:60]!r} maps nothing", FORM)
            pairs.append((role, column))
    found: dict[str, tuple[str, ...]] = {}
    for role, column in pairs:
        meant = plain(role)
        if meant not in ROLES and meant != own:
            try:
                meant = named(role)
            except UnknownName as error:
                raise UnknownName("role", role, (*ROLES, *METRICS)) from error
        if meant in found:
            raise UsageError(f"{meant} is mapped twice", FORM)
        # Only an arm is named by several columns; elsewhere + is part of a name.
        parts = column.split("+") if meant == "arm" else [column]
        found[meant] = tuple(part.strip() for part in parts)
    return found


def beside(path: Path) -> dict[str, tuple[str, ...]]:
    """The mapping of a file bakeoff-map.yaml in the folder, or beside the file; empty for none."""
    from bakeoff.importing.files import yaml_of

    file = (path if path.is_dir() else path.parent) / BESIDE
    return parse({str(k): str(v) for k, v in yaml_of(file).items()}) if file.is_file() else {}


def applied(table: Table, said: Said) -> Table:
    """The table with its columns under the names that they were said to mean; others that mean the
    same are left out. Raises UsageError where a column is not there."""
    columns, called = dict(table.columns), dict(table.called)
    origin = dict(table.origin)
    for role, wanted in said.columns.items():
        if role == "runs" and wanted[0].isdecimal():
            continue  # a number of runs for all rows, and no column
        names = [_column(table, one, role) for one in wanted]
        values: Sequence[Any] = table.columns[names[0]]
        if len(names) > 1:
            values = [
                ", ".join(_part(table, name, row) for name in names)
                for row in range(len(table.columns[names[0]]))
            ]
        for other in list(columns):
            if other != role and _means(role, called[other]):
                del columns[other], called[other]
        if role in ("seed", "fold", "epoch") and names[0] != role:
            # It was taken to be this, so it is nothing else.
            origin[role] = table.told(names[0])
            columns.pop(names[0], None)
            called.pop(names[0], None)
        columns[role], called[role] = values, role
        origin[role] = " with ".join(table.told(name) for name in names)
    if said.accept_best and not _holds_accuracy(called.values()):
        for name, given in list(called.items()):
            if best := best_of(given):
                columns[plain(best)], called[plain(best)] = columns[name], best
                origin[plain(best)] = table.told(name)
                columns["selection"] = [BEST] * len(table.columns[name])
                called["selection"] = "selection"
    return dataclasses.replace(table, columns=columns, called=called, origin=origin)


def best_of(name: str) -> str:
    """best_val_acc without its "best", where that is an accuracy; empty for any other name."""
    found = naming.words(name)
    rest = "_".join(word for word in found if word not in ("best", "max", "highest", "peak"))
    figure = naming.figure(rest) if rest and len(rest) < len("_".join(found)) else None
    return rest if figure is not None and figure.metric == "accuracy" else ""


def best_columns(table: Table) -> list[str]:
    """Columns that hold the accuracy of the best epoch, where no column holds that of the last."""
    if _holds_accuracy(table.called.values()):
        return []
    return [given for given in table.called.values() if best_of(given)]


def _holds_accuracy(names: Any) -> bool:
    return any(
        (found := naming.figure(name)) is not None
        and found.metric == "accuracy"
        and found.part != "train"
        for name in names
    )


def _means(role: str, given: str) -> bool:
    if role == "seed":
        return naming.is_seed(given)
    if role == "status":
        return naming.is_status(given)
    if role == "epoch":
        return naming.is_axis(given)
    if role == "fold":
        return naming.is_fold(given)
    found = naming.figure(given)
    return role in METRICS and found is not None and found.metric == role


def _column(table: Table, wanted: str, role: str) -> str:
    """The plain name of the column that was named; without its shelf where that is enough."""
    if plain(wanted) in table.columns:
        return plain(wanted)
    if f"config.{plain(wanted)}" in table.columns:
        return f"config.{plain(wanted)}"
    loose = [name for name, given in table.called.items() if naming.shelved(given) == plain(wanted)]
    if len(loose) == 1:
        return loose[0]
    raise UnknownName(f"column of {table.name} for {role}", wanted, table.called.values())


def _part(table: Table, name: str, row: int) -> str:
    value = table.columns[name][row]
    given = table.told(name)
    short = given.partition(".")[2] if naming.is_setting(given) and "." in given else given
    return f"{short}={'unset' if missing(value) else value}"
