"""One answer over several data sets."""

from __future__ import annotations

import math

from bakeoff.statistics.arrays import Estimate, Values, finite, variance
from bakeoff.statistics.means import t_estimate

FEWEST_SETS = 5


def over_data_sets(differences: Values, level: float = 0.95) -> Estimate:
    """The mean difference between two arms over data sets of the same kind as these.

    t over the sets, d̄ ± t(k−1)·s_d/√k: each set's mean difference is one value, whatever the
    number of seeds behind it, because a new set is what the answer speaks of. differences: shape
    (k,), a − b in one unit; k >= 5, else TooFewSeeds: with fewer the answer hangs on one set.
    Source: Student 1908; Dietterich 1998, section 4; Demšar 2006, section 3.1.
    """
    d = finite(differences, FEWEST_SETS, "an answer over data sets")
    spread = variance(d, size=float(abs(d).max()))
    return t_estimate(float(d.mean()), math.sqrt(spread / len(d)), len(d) - 1, level)
