"""Pure statistics: arrays in, intervals out, an explicit generator wherever chance is used.

Which method answers which question, and where it is not offered, is in docs/comparison.md; that
the intervals keep their promise is shown by benchmarks/calibration.
"""

from bakeoff.statistics.anytime import Anytime, paired_by_order, t_evidence
from bakeoff.statistics.arrays import Estimate, Interval, Moments, Values, moments
from bakeoff.statistics.clusters import (
    ClusterSums,
    cluster_bootstrap_interval,
    cluster_interval,
    cluster_sums,
    cluster_t,
    clustered_mcnemar,
)
from bakeoff.statistics.collapses import at_chance, no_better_than, share_not_excluded
from bakeoff.statistics.components import seeds_and_images, seeds_and_images_from
from bakeoff.statistics.crossing import Crossed, PowerLaw, crossings, power_law
from bakeoff.statistics.effect import hedges_g, hedges_g_from
from bakeoff.statistics.equivalence import tost
from bakeoff.statistics.folds import corrected_resampled_t
from bakeoff.statistics.joint import JointTest, joint_p, welch_alpha, welch_or_ranks
from bakeoff.statistics.looks_ahead import Ahead, looks_ahead
from bakeoff.statistics.looks_taken import (
    PairLook,
    PairPath,
    Taken,
    pair_p,
    take_looks,
    unplanned_alpha,
)
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
from bakeoff.statistics.over_data_sets import FEWEST_SETS, over_data_sets
from bakeoff.statistics.pooled import Tukey, spreads_agree, tukey
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
from bakeoff.statistics.rank_intervals import RankInterval, rank_intervals
from bakeoff.statistics.ranks import (
    p_superiority,
    p_superiority_interval,
    p_superiority_interval_from,
    permutation_p,
    rank_p,
)
from bakeoff.statistics.sequential import Design, Look, Path, default_looks, design
from bakeoff.statistics.summaries import welch_from_summaries
from bakeoff.statistics.variance_sources import Source, orthogonal_runs, variance_sources
from bakeoff.statistics.worsening import spent, worse_p

__all__ = [
    "Ahead",
    "Anytime",
    "ClusterSums",
    "Crossed",
    "Design",
    "Estimate",
    "FEWEST_SETS",
    "Interval",
    "JointTest",
    "Look",
    "Moments",
    "PairLook",
    "PairPath",
    "Path",
    "PowerLaw",
    "RankInterval",
    "Source",
    "Taken",
    "Tukey",
    "Values",
    "at_chance",
    "cluster_bootstrap_interval",
    "cluster_interval",
    "cluster_sums",
    "cluster_t",
    "clustered_mcnemar",
    "corrected_resampled_t",
    "crossings",
    "default_looks",
    "design",
    "detectable_difference",
    "discordant",
    "hedges_g",
    "hedges_g_from",
    "holm",
    "images_needed",
    "joint_p",
    "looks_ahead",
    "mcnemar_exact",
    "mean_interval",
    "mean_interval_from",
    "moments",
    "no_better_than",
    "orthogonal_runs",
    "over_data_sets",
    "p_superiority",
    "p_superiority_interval",
    "p_superiority_interval_from",
    "pair_p",
    "paired_bootstrap_interval",
    "paired_by_order",
    "paired_t",
    "pairs_needed",
    "permutation_p",
    "power_law",
    "prediction_interval",
    "rank_intervals",
    "rank_p",
    "seeds_and_images",
    "seeds_and_images_from",
    "seeds_needed",
    "share_not_excluded",
    "spent",
    "spreads_agree",
    "t_evidence",
    "take_looks",
    "tost",
    "tukey",
    "unplanned_alpha",
    "variance_sources",
    "welch",
    "welch_alpha",
    "welch_degrees_of_freedom",
    "welch_from",
    "welch_from_summaries",
    "welch_interval",
    "welch_or_ranks",
    "welch_power",
    "wilson_interval",
    "worse_p",
]
