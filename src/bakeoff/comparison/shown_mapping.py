"""Which column, key or folder was taken as what, with example rows: before any verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.comparison import own_metric
from bakeoff.comparison.mapping import Said, parse
from bakeoff.comparison.numbers import plural
from bakeoff.comparison.result import Keyed, TableRoles
from bakeoff.comparison.sources import read
from bakeoff.comparison.units import checked_unit

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ShownMapping(Keyed):
    """tables: which column said what in each table. examples: (arm, seed, status, accuracy in
    percent or None) of the first runs; metric: that figure's name, where it is the user's own.
    runs, arms: how many. notes: what a reader must know."""

    tables: tuple[TableRoles, ...]
    examples: tuple[tuple[str, int | str, str, float | None], ...]
    runs: int
    arms: int
    notes: tuple[str, ...]
    metric: str = "accuracy"

    def __str__(self) -> str:
        lines = [line for table in self.tables for line in _of_table(table)]
        lines.append(f"{plural(self.runs, 'run')} of {plural(self.arms, 'arm')}, the first:")
        rows = [("arm", "seed", "status", self.metric.replace("_", " "))]
        for arm, seed, status, accuracy in self.examples:
            rows.append((arm, str(seed), status, "-" if accuracy is None else f"{accuracy:g}"))
        lines += _aligned(rows)
        return "\n".join([*lines, *self.notes])


def shown_mapping(
    source: Any,
    *,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    unit: str | None = None,
    accept_best: bool = False,
    metrics: Sequence[str] | None = None,
    higher_is_better: bool | None = None,
) -> ShownMapping:
    """What `compare` would read of a source with these arguments. Raises what it raises."""
    own = own_metric.asked(list(metrics or ()), higher_is_better)
    said = own_metric.role(Said(parse(mapping, own), accept_best, metric=own))
    found = read(source, unit=checked_unit(unit), said=said)
    metric = own or "accuracy"
    return ShownMapping(
        tuple(found.tables),
        tuple(
            (run.arm, run.seed, run.status, run.values.get(metric))
            for run in found.outcomes[:EXAMPLES]
        ),
        len(found.outcomes),
        len({run.arm for run in found.outcomes}),
        tuple(found.notes),
        metric,
    )


def _of_table(table: TableRoles) -> list[str]:
    said = [
        ("arm", table.arm or "the file's or folder's name"),
        ("seed", table.seed or "numbered"),
        *(("status", table.status) for _ in range(bool(table.status))),
        *(("epoch", f"{table.epoch}: the last of each run") for _ in range(table.row == "epoch")),
        *((metric.replace("_", " "), column) for metric, column in table.metrics.items()),
    ]
    if table.unit:
        said.append(("unit", table.unit))
    if table.left_out:
        said.append(("left out", ", ".join(table.left_out)))
    head = f"{table.table or 'the table'}: {plural(table.rows, 'row')}, a row {_an(table.row)}"
    return [head, *_aligned(said)]


def _an(row: str) -> str:
    return f"{'an' if row[0] in 'aeio' else 'a'} {row}"


def _aligned(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return [
        "  "
        + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
