"""Which test decided, and why that one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

from bakeoff.comparison.reasons.base import Reason


@dataclass(frozen=True, slots=True)
class FixedByPlan(Reason):
    """A count that the plan decides, so there is no chance to test."""

    code = "fixed-by-plan"


@dataclass(frozen=True, slots=True)
class Welch(Reason):
    """Welch's t test decides."""

    code = "welch"


@dataclass(frozen=True, slots=True)
class PooledSpread(Reason):
    """Tukey's test of every pair decides, as was chosen before the runs: one spread for all arms.

    p and interval hold for all pairs at once. spread: in the metric's unit."""

    code = "pooled-spread"
    arms: int
    degrees_of_freedom: int
    spread: float


@dataclass(frozen=True, slots=True)
class SpreadsDiffer(Reason):
    """The pooled spread that was chosen does not fit: the arms do not vary alike, by Brown &
    Forsythe's p."""

    code = "spreads-differ"
    remark = True
    p: float


@dataclass(frozen=True, slots=True)
class PooledNotPossible(Reason):
    """A pooled spread was chosen, and runs failed or there is one of each, so it does not exist."""

    code = "pooled-not-possible"
    remark = True


@dataclass(frozen=True, slots=True)
class WelchOfSummaries(Reason):
    """Welch's t test of means and standard deviations as a table prints them."""

    code = "welch-of-summaries"


@dataclass(frozen=True, slots=True)
class Folds(Reason):
    """The corrected resampled t decides: splits of one data set; folds: parts of a round."""

    code = "folds"
    folds: int
    splits: int


@dataclass(frozen=True, slots=True)
class FoldsNotShared(Reason):
    """Folds of a cross-validation that the arms do not share, so nothing is tested."""

    code = "folds-not-shared"


@dataclass(frozen=True, slots=True)
class PairedSeeds(Reason):
    """A paired t test decides; pairs: seeds declared to be pairs before the runs."""

    code = "paired-seeds"
    pairs: int


@dataclass(frozen=True, slots=True)
class RanksDecide(Reason):
    """Mann-Whitney with failed runs last decides, as a t test is not to be had."""

    code = "ranks-decide"
    because: Literal["no spread", "too few finished"]


@dataclass(frozen=True, slots=True)
class RanksToo(Reason):
    """Runs of the winner failed, so it must also win by ranks with failed runs last."""

    code = "ranks-too"


@dataclass(frozen=True, slots=True)
class WelchOrRanks(Reason):
    """Welch's t test and ranks decide together, calibrated for both; by: the one that p is of."""

    code: ClassVar[str] = "welch-or-ranks"
    by: Literal["Welch", "ranks"]


@dataclass(frozen=True, slots=True)
class NoSpread(Reason):
    """No variation between seeds, or between the pairs' differences: nothing to test against."""

    code = "no-spread"
    paired: bool


@dataclass(frozen=True, slots=True)
class McNemar(Reason):
    """One run each on the same images: the exact McNemar test decides."""

    code = "mcnemar"
    interval: bool


@dataclass(frozen=True, slots=True)
class McNemarByCluster(Reason):
    """One run each on images that belong together in clusters: McNemar's test draws whole ones."""

    code: ClassVar[str] = "mcnemar-by-cluster"
    clusters: int
    interval: bool


@dataclass(frozen=True, slots=True)
class PairedClusters(Reason):
    """One run each: a t test over clusters of test images decides."""

    code: ClassVar[str] = "paired-clusters"
    clusters: int


@dataclass(frozen=True, slots=True)
class TooFewClusters(Reason):
    """Fewer clusters of test images than an interval of mean losses needs."""

    code: ClassVar[str] = "too-few-clusters"
    fewest: int


@dataclass(frozen=True, slots=True)
class PairedImages(Reason):
    """One run each: a t test paired over the test images decides."""

    code = "paired-images"


@dataclass(frozen=True, slots=True)
class NoPredictions(Reason):
    """One run each, without predictions per image: no test is possible."""

    code = "no-predictions"


@dataclass(frozen=True, slots=True)
class TooFewImages(Reason):
    """Fewer test images than an interval of mean losses needs."""

    code = "too-few-images"
    fewest: int


@dataclass(frozen=True, slots=True)
class LossShifted(Reason):
    """The loss differs by the same amount on every image: no spread to test against."""

    code = "loss-shifted"


@dataclass(frozen=True, slots=True)
class OneRunEach(Reason):
    """One run each, in a metric that has no value per image."""

    code = "one-run-each"


@dataclass(frozen=True, slots=True)
class NoRunFinished(Reason):
    """An arm without a finished run."""

    code = "no-run-finished"
    arm: str


@dataclass(frozen=True, slots=True)
class LoneRun(Reason):
    """An arm with one finished run, whose spread over seeds is unknown."""

    code = "lone-run"
    arm: str


@dataclass(frozen=True, slots=True)
class UnequalNumbers(Reason):
    """Unequal numbers of runs, too few of one arm for a test."""

    code = "unequal-numbers"
    runs_a: int
    runs_b: int
    fewest: int


@dataclass(frozen=True, slots=True)
class ModelsOnly(Reason):
    """One seed each: the verdict holds for these two models, not for the recipes."""

    code = "models-only"


@dataclass(frozen=True, slots=True)
class Adjusted(Reason):
    """p is Holm's over this many pairs."""

    code = "adjusted"
    pairs: int


@dataclass(frozen=True, slots=True)
class LostToCorrection(Reason):
    """Significant alone, and not after the correction for all pairs."""

    code = "lost-to-correction"


@dataclass(frozen=True, slots=True)
class WithinMargin(Reason):
    """The arms differ, by less than the margin."""

    code = "within-margin"
