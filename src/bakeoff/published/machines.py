"""Accelerators and their peak rates, for checks of claimed training times."""

from __future__ import annotations

from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache

from bakeoff.errors import UnknownName
from bakeoff.published.tables import FOLDER, rows, squash


@dataclass(frozen=True, slots=True)
class Accelerator:
    """peak_tflops: dense (no sparsity) 10^12 floating-point operations a second at `precision`."""

    name: str
    aliases: tuple[str, ...]
    peak_tflops: Decimal
    precision: str
    source: str


COLUMNS = tuple(field.name for field in fields(Accelerator))


@cache
def _all() -> dict[str, Accelerator]:
    return {
        row["name"]: Accelerator(
            name=row["name"],
            aliases=tuple(filter(None, row["aliases"].split("; "))),
            peak_tflops=Decimal(row["peak_tflops"]),
            precision=row["precision"],
            source=row["source"],
        )
        for _, row in rows(FOLDER / "accelerators.csv", COLUMNS)
    }


def accelerators() -> list[Accelerator]:
    """Every accelerator of the registry."""
    return list(_all().values())


def accelerator(name: str) -> Accelerator:
    """An accelerator by name or alias, in any case and punctuation, with or without its maker.

    Raises UnknownName, with the nearest names.
    """
    spelled = {squash(n): a for a in _all().values() for n in (a.name, *a.aliases)}
    found = spelled.get(squash(name).removeprefix("nvidia").removeprefix("tesla"))
    if found is None:
        raise UnknownName("accelerator in the registry", name, _all())
    return found
