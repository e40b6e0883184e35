"""Which column, key or folder was taken as what, with example rows: before any verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bakeoff.comparison.mapping import Said, parse
from bakeoff.comparison.numbers import plural
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.result import Keyed, TableRoles
from bakeoff.comparison.sources import read
from bakeoff.comparison.units import checked_unit

EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class ShownMapping(Keyed):
    """tables: which column said what in each table. examples: (arm, seed, status, accuracy in
    percent or None) of the first runs. runs, arms: how many. notes: what a reader must know."""

    tables: tuple[TableRoles, ...]
    examples: tuple[tuple[str, int | str, str, float | None], ...]
    runs: int
    arms: int
    notes: tuple[str, ...]

    def __str__(self) -> str:
        lines = [line for table in self.tables for line in _of_table(table)]
        lines.append(f"{plural(self.runs, 'run')} of {plural(self.arms, 'arm')}, the first:")
        rows = [("arm", "seed", "status", "accuracy")]
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
) -> ShownMapping:
    """What `compare` would read of a source. Raises what it raises."""
    found = read(source, unit=checked_unit(unit), said=Said(parse(mapping), accept_best))
    return ShownMapping(
        tuple(found.tables),
        tuple(_example(run) for run in found.outcomes[:EXAMPLES]),
        len(found.outcomes),
        len({run.arm for run in found.outcomes}),
        tuple(found.notes),
    )


def _example(run: Outcome) -> tuple[str, int | str, str, float | None]:
    return run.arm, run.seed, run.status, run.values.get("accuracy")


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
