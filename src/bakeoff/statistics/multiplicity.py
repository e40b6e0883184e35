"""Many comparisons at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bakeoff.statistics.arrays import Values


def holm(p_values: Values) -> NDArray[np.float64]:
    """Holm's adjusted p values: reject where adjusted p < α, and the chance of *any* false
    rejection is at most α, whatever the dependence between the tests.

    p_values: shape (m,); NaN means "no test was made" and stays NaN, uncounted.
    adjusted p_(i) = max over j <= i of min(1, (m − j + 1)·p_(j)). Source: Holm 1979; the same
    numbers as statsmodels multipletests(method="holm").
    """
    p = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(p.shape, np.nan)
    made = np.flatnonzero(~np.isnan(p))
    order = made[np.argsort(p[made], kind="stable")]
    steps = np.minimum(1.0, (len(order) - np.arange(len(order))) * p[order])
    adjusted[order] = np.maximum.accumulate(steps)
    return adjusted
