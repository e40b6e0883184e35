"""Pure statistics: arrays in, intervals out, an explicit generator wherever chance is used.

Which method answers which question, and where it is not offered, is in docs/comparison.md; that
the intervals keep their promise is shown by benchmarks/calibration.
"""

from bakeoff.statistics.arrays import Estimate, Interval, Moments, Values, moments
from bakeoff.statistics.components import seeds_and_images, seeds_and_images_from
from bakeoff.statistics.effect import hedges_g, hedges_g_from
from bakeoff.statistics.equivalence import tost
from bakeoff.statistics.means import (
    mean_interval,
    mean_interval_from,
    paired_t,
    prediction_interval,
    welch,
    welch_degrees_of_freedom,
    welch_from,
    welch_interval,
)
from bakeoff.statistics.multiplicity import holm
from bakeoff.statistics.power import (
    detectable_difference,
    images_needed,
    pairs_needed,
    seeds_needed,
    welch_power,
)
from bakeoff.statistics.proportions import (
    discordant,
    mcnemar_exact,
    paired_bootstrap_interval,
    wilson_interval,
)
from bakeoff.statistics.ranks import (
    p_superiority,
    p_superiority_interval,
    p_superiority_interval_from,
    permutation_p,
    rank_p,
)

__all__ = [
    "Estimate",
    "Interval",
    "Moments",
    "Values",
    "detectable_difference",
    "discordant",
    "hedges_g",
    "hedges_g_from",
    "holm",
    "images_needed",
    "mcnemar_exact",
    "mean_interval",
    "mean_interval_from",
    "moments",
    "p_superiority",
    "p_superiority_interval",
    "p_superiority_interval_from",
    "paired_bootstrap_interval",
    "paired_t",
    "pairs_needed",
    "permutation_p",
    "prediction_interval",
    "rank_p",
    "seeds_and_images",
    "seeds_and_images_from",
    "seeds_needed",
    "tost",
    "welch",
    "welch_degrees_of_freedom",
    "welch_from",
    "welch_interval",
    "welch_power",
    "wilson_interval",
]
