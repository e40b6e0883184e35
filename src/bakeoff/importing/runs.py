"""A run as another tool left it, under the tool's own names."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Setting = str | int | float | bool

MAX_POINTS = 2_000_000
"""Of all curves of one run; a longer log keeps its last values, and says so."""
MAX_DEPTH = 8
LONGEST_TEXT = 500


@dataclass(slots=True)
class Curve:
    """What one figure was over training; where: the step or epoch of each value, increasing."""

    where: list[float] = field(default_factory=list)
    values: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """source: the file or folder. tool, version: what wrote it, empty where not stated. name: the
    run's own. settings: hyperparameters, nested ones with dots. values: each figure's last value by
    the tool's name. axis: what curves are over. status: the tool's word for how it ended. data:
    the data set. images: how many were tested, None where not stated. fold: which part of a
    cross-validation, None for a whole run; folds: of how many. unknown: what could not be read.
    """

    source: Path
    tool: str
    version: str = ""
    name: str = ""
    settings: Mapping[str, Setting] = field(default_factory=dict)
    values: Mapping[str, float] = field(default_factory=dict)
    curves: Mapping[str, Curve] = field(default_factory=dict)
    axis: str = "epoch"
    status: str = ""
    data: str = ""
    images: int | None = None
    fold: int | None = None
    folds: int | None = None
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class Log:
    """Figures as they come, row by row, in bounded memory."""

    curves: dict[str, Curve] = field(default_factory=dict)
    values: dict[str, float] = field(default_factory=dict)
    points: int = 0
    at: dict[str, float] = field(default_factory=dict)

    def add(self, where: float, key: str, value: float) -> None:
        """A figure at a step; of two at one step the later one counts."""
        if where >= self.at.get(key, -math.inf):
            self.values[key], self.at[key] = value, where
        if self.points < MAX_POINTS:
            curve = self.curves.setdefault(key, Curve())
            curve.where.append(where)
            curve.values.append(value)
            self.points += 1

    @property
    def unknown(self) -> tuple[str, ...]:
        return () if self.points < MAX_POINTS else (f"curves beyond {MAX_POINTS:,} points",)


def number(value: Any) -> float | None:
    """A figure as tools write it; None for anything else. NaN is one: a run that diverged."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return float(value)
    except OverflowError:
        return math.inf


def flat(given: Mapping[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Nested mappings as one, keys joined with dots; deeper than MAX_DEPTH is left out."""
    for key, value in given.items():
        name = f"{before}{key}"
        if isinstance(value, Mapping):
            if depth < MAX_DEPTH:
                yield from flat(value, f"{name}.", depth + 1)
        else:
            yield name, value


def _are_plain(values: list[Any] | tuple[Any, ...]) -> bool:
    """Whether a list holds no other: a few aliases of YAML make a text without end of those."""
    return all(isinstance(value, str | int | float | bool) for value in values)


def settings_of(given: Mapping[Any, Any]) -> dict[str, Setting]:
    """Hyperparameters: texts, numbers and switches; lists as text; long ones are left out."""
    found: dict[str, Setting] = {}
    for name, value in flat(given):
        if isinstance(value, str | int | float | bool):
            kept: Setting = value
        elif isinstance(value, list | tuple) and len(value) <= 16 and _are_plain(value):
            kept = ", ".join(map(str, value))
        else:
            continue
        if not isinstance(kept, str) or len(kept) <= LONGEST_TEXT:
            found[name] = kept
    return found
