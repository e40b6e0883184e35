"""What is kept of another tool's run beside its figures, where it is to become a record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bakeoff.comparison import naming
from bakeoff.comparison.columns import Table, plain
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.result import TableRoles
from bakeoff.comparison.roles import Figures
from bakeoff.importing.runs import ImportedRun, Setting, settings_of

Scales = Mapping[str, float]
_RATES = frozenset({"lr", "learning_rate", "lr_0", "lr_pg0"})


@dataclass(frozen=True, slots=True)
class Kept:
    """tool, version, run, settings, unknown: as of `ImportedRun`. read_as: by role what said it.
    curves: by metric (also objective, learning_rate) each figure by its step or epoch, percent and
    nats; axis: which of these."""

    tool: str = ""
    version: str = ""
    run: str = ""
    read_as: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Setting] = field(default_factory=dict)
    unknown: tuple[str, ...] = ()
    curves: Mapping[str, Mapping[float, float]] = field(default_factory=dict)
    axis: str = "epoch"


def kept_of(
    table: Table,
    figures: Figures,
    roles: TableRoles,
    rows: Sequence[int],
    axis: str,
    scales: Scales,
) -> Kept:
    """Of one run of a table. axis: the column that its rows go along, empty where a row is a run.
    scales: by metric what makes percent of it."""
    read_as = {"arm": roles.arm, "seed": roles.seed, "status": roles.status, **roles.metrics}
    read_as = {role: name for role, name in read_as.items() if name}
    by_name = {table.told(name): metric for metric, name in figures.columns.items()}
    if table.runs:
        run = table.runs[rows[0]]
        return Kept(
            run.tool, run.version, run.name, read_as, run.settings, run.unknown,
            _of_tool(run, by_name, scales), run.axis,
        )  # fmt: skip
    found = _of_rows(table, rows, axis, figures.columns, scales) if axis else {}
    last = {
        given: table.columns[name][rows[-1]]
        for name, given in table.called.items()
        if naming.is_setting(given) and not missing(table.columns[name][rows[-1]])
    }
    settings = settings_of({name: _plain(value) for name, value in last.items()})
    # The model's own column may be part of the arm, and is its name all the same.
    for name, given in table.called.items():
        if naming.is_one_of(given, naming.MODELS) and not missing(table.columns[name][rows[-1]]):
            settings.setdefault("model", str(table.columns[name][rows[-1]]))
    called = table.called.get(axis, axis)
    return Kept(read_as=read_as, settings=settings, curves=found, axis=called or "epoch")


def _of_tool(run: ImportedRun, by_name: Mapping[str, str], scales: Scales) -> dict[str, Any]:
    found: dict[str, dict[float, float]] = {}
    for name, curve in run.curves.items():
        metric = by_name.get(name) or _of_training(name)
        if metric and metric not in found:
            scale = scales.get(metric, 1.0)
            found[metric] = {
                where: round(value * scale, 10)
                for where, value in zip(curve.where, curve.values, strict=True)
            }
    return found


def _of_rows(
    table: Table,
    rows: Sequence[int],
    axis: str,
    columns: Mapping[str, str],
    scales: Scales,
) -> dict[str, dict[float, float]]:
    meant = {name: metric for metric, name in columns.items()}
    for name, given in table.called.items():
        if name not in meant and (metric := _of_training(given)) and metric not in meant.values():
            meant[name] = metric
    found: dict[str, dict[float, float]] = {}
    for name, metric in meant.items():
        scale = scales.get(metric, 1.0)
        for row in rows:
            where, value = (_figure(table.columns[at][row]) for at in (axis, name))
            if where is not None and value is not None:
                found.setdefault(metric, {})[where] = round(value * scale, 10)
    return found


def _of_training(name: Any) -> str:
    if plain(name) in _RATES:
        return "learning_rate"
    return "objective" if naming.figure(name) == naming.Figure("loss", "train") else ""


def _figure(cell: Any) -> float | None:
    if missing(cell):
        return None
    try:
        return float(str(cell).rstrip("% "))
    except ValueError:
        return None


def _plain(value: Any) -> Any:
    """A cell of numpy or pandas as Python's own."""
    own = value.item() if hasattr(value, "item") else value
    return own if isinstance(own, str | int | float | bool) else str(own)
