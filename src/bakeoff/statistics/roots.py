"""Roots of many monotone functions at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

MOST_STEPS = 200


def rising_roots(
    function: Callable[[Array], tuple[Array, Array]],
    low: Array,
    high: Array,
    start: Array,
    *,
    tolerance: float = 1e-12,
) -> Array:
    """Where functions that rise through zero between `low` and `high` are zero; shape (m,).

    function: m points to m values and slopes, of which the slopes need only be roughly right.
    tolerance: of the last step, relative to 1 or to the root where that is larger.
    Newton's steps from `start`; one that leaves what still brackets the root becomes its middle
    (Press et al. 2007, section 9.4).
    """
    x = np.clip(start, low, high)
    for _ in range(MOST_STEPS):
        value, slope = function(x)
        low, high = np.where(value <= 0, x, low), np.where(value > 0, x, high)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            step = x - value / slope
        new = np.where((step > low) & (step < high), step, (low + high) / 2)
        new = np.where(value == 0, x, new)
        if (np.abs(new - x) <= tolerance * np.maximum(1.0, np.abs(new))).all():
            return new
        x = new
    return x
