"""The levels that a simulation calibrated, as stored beside this file.

`benchmarks/calibration/boundaries.py` writes boundaries.json; its head says how.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

FILE = "boundaries.json"


@dataclass(frozen=True, slots=True)
class Levels:
    """levels: error rates, rising. at: the statistic's value at each, monotone."""

    levels: tuple[float, ...]
    at: tuple[float, ...]

    def value(self, level: float) -> float:
        """The statistic's value at an error rate; linear in ln(level), the ends beyond them."""
        return float(np.interp(np.log(level), np.log(self.levels), self.at))

    def level(self, value: float) -> float:
        """The error rate at which `value` lies; never below the lowest one that is stored."""
        return float(self.level_at(np.array([value]))[0])

    def level_at(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """`level` of many values."""
        rising = self.at[0] < self.at[-1]
        at = self.at if rising else self.at[::-1]
        logs = np.log(self.levels if rising else self.levels[::-1])
        return np.asarray(np.exp(np.interp(values, at, logs)), dtype=np.float64)


@lru_cache(maxsize=1)
def stored() -> dict[str, Any]:
    """The whole file."""
    text = resources.files("bakeoff.statistics").joinpath(FILE).read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
