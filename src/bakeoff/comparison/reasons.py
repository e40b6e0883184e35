"""Why a verdict is what it is, and what limits it: typed facts, each with a stable code.

What code needs to know of a verdict it reads here; `bakeoff.comparison.wording` puts it in words.
Codes are part of the JSON (`facts`) and do not change with the English.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar, Literal

from bakeoff.comparison.comparability import Difference
from bakeoff.statistics.arrays import Interval


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact beside a verdict. remark: whether the verdict's own sentence states it too."""

    code: ClassVar[str]
    remark: ClassVar[bool] = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the code and the fact's own values, numbers as numbers."""
        return {"code": self.code} | {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


@dataclass(frozen=True, slots=True)
class FixedByPlan(Reason):
    """A count that the plan decides, so there is no chance to test."""

    code = "fixed-by-plan"


@dataclass(frozen=True, slots=True)
class Welch(Reason):
    """Welch's t test decides."""

    code = "welch"


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
class DidNotTrain(Reason):
    """Every run of an arm failed. seed, cause, step and message are the first one's; step: None
    where it is not known."""

    code = "did-not-train"
    arm: str
    runs: int
    seed: int | str
    cause: str
    step: int | None = None
    message: str = ""


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
class FailedRuns(Reason):
    """Runs of an arm that have no value. to_target: or never reached the target accuracy."""

    code = "failed-runs"
    arm: str
    failed: int
    runs: int
    to_target: bool = False


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


@dataclass(frozen=True, slots=True)
class SpreadOfTwo(Reason):
    """A spread estimated from two runs is itself very uncertain."""

    code = "spread-of-two"


@dataclass(frozen=True, slots=True)
class TwoBasins(Reason):
    """A winner by two runs of an arm, which do not show whether its runs end in two ways."""

    code = "two-basins"


@dataclass(frozen=True, slots=True)
class ConstantRuns(Reason):
    """All runs of an arm gave one value."""

    code = "constant-runs"
    arm: str
    runs: int
    value: float


@dataclass(frozen=True, slots=True)
class NewImages(Reason):
    """The interval where new test images of the same kind are counted too, in `unit`."""

    code = "new-images"
    difference: float
    interval: Interval
    unit: str


@dataclass(frozen=True, slots=True)
class AlsoDiffers(Reason):
    """A condition other than the recipe and the model that the arms do not share."""

    code = "also-differs"
    difference: Difference


@dataclass(frozen=True, slots=True)
class UnequalBudgets(Reason):
    """Training images of each arm."""

    code = "unequal-budgets"
    images_a: int
    images_b: int


@dataclass(frozen=True, slots=True)
class Unfinished(Reason):
    """Runs of an arm that are not finished yet."""

    code = "unfinished"
    arm: str
    runs: int


@dataclass(frozen=True, slots=True)
class RanByCommand(Reason):
    """A command made an arm's runs; unknown: what cannot be known of them, in words."""

    code: ClassVar[str] = "ran-by-command"
    remark: ClassVar[bool] = True
    arm: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Untuned(Reason):
    """Neither arm was tuned. rate_checked: whether other learning rates were tried.

    Most comparisons have it in every verdict, so it is said once, among the notes.
    """

    code = "untuned"
    rate_checked: bool


@dataclass(frozen=True, slots=True)
class TunedAlike(Reason):
    """Both arms were tuned with as many trials, by one search each: the verdict is of the settings
    that it found. Another search might find others, and that luck is in no interval."""

    code = "tuned-alike"
    remark = True


@dataclass(frozen=True, slots=True)
class TunedUnequally(Reason):
    """One arm was tuned, by one search, and the other was not."""

    code = "tuned-unequally"
    remark = True
    tuned: str
    untuned: str


@dataclass(frozen=True, slots=True)
class SurvivesLearningRates(Reason):
    """The verdict is the same at each of these multiples of the learning rate."""

    code = "survives-learning-rates"
    remark = True
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class UndecidedAtEveryRate(Reason):
    """No verdict at any of these multiples of the learning rate either: nothing that survives."""

    code = "undecided-at-every-rate"
    remark = True
    factors: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class ChangesWithLearningRate(Reason):
    """(factor, verdict) of each multiple of the learning rate at which it is another one."""

    code = "changes-with-learning-rate"
    remark = True
    changed: tuple[tuple[float, str], ...]


@dataclass(frozen=True, slots=True)
class WelchOrRanks(Reason):
    """Welch's t test and ranks decide together, calibrated for both; by: the one that p is of."""

    code: ClassVar[str] = "welch-or-ranks"
    by: Literal["Welch", "ranks"]


@dataclass(frozen=True, slots=True)
class RunFarOff(Reason):
    """A run of an arm lies far from its others, so the interval of its mean promises too much.

    value: of that run; others: the median of the others; both in the metric's unit.
    """

    code: ClassVar[str] = "run-far-off"
    arm: str
    seed: int | str
    value: float
    others: float


@dataclass(frozen=True, slots=True)
class AtChance(Reason):
    """Runs of an arm whose answers are no better than guesses. chance: what these reach, percent.

    Not failed by their records, so they count in every mean.
    """

    code: ClassVar[str] = "at-chance"
    remark: ClassVar[bool] = True
    arm: str
    seeds: tuple[int | str, ...]
    chance: float


@dataclass(frozen=True, slots=True)
class CollapsesNotExcluded(Reason):
    """So few runs do not exclude that this share of runs (0 to 1) collapses."""

    code: ClassVar[str] = "collapses-not-excluded"
    remark: ClassVar[bool] = True
    runs: int
    share: float


@dataclass(frozen=True, slots=True)
class Look(Reason):
    """The last of the planned looks (after `looks` seeds) that was taken at this pair.

    p: of the test at `seeds` seeds alone. needed: for all looks and pairs together. winner: empty
    where none. stop: "decided", "given up", "open", "undecided".
    """

    code: ClassVar[str] = "look"
    remark: ClassVar[bool] = True
    taken: int
    looks: tuple[int, ...]
    seeds: int
    p: float
    needed: float
    stop: str
    winner: str


@dataclass(frozen=True, slots=True)
class LookAgain(Reason):
    """A look that nobody planned, after verdicts at `before` seeds of each arm; 2 is the second.

    needed: the p that is left for it, for all pairs together.
    """

    code: ClassVar[str] = "look-again"
    remark: ClassVar[bool] = True
    look: int
    before: tuple[int, ...]
    needed: float


@dataclass(frozen=True, slots=True)
class AlwaysValid(Reason):
    """The p that holds however often one looks, from this many pairs of runs in order."""

    code: ClassVar[str] = "always-valid"
    p: float
    pairs: int


@dataclass(frozen=True, slots=True)
class Described(Reason):
    """Another metric decides; this one is described, so that it can make no false winner."""

    code: ClassVar[str] = "described"
    remark: ClassVar[bool] = True
    primary: str


@dataclass(frozen=True, slots=True)
class BehindPrimary(Reason):
    """Judged because the metric that decides has a winner; p is corrected for this many tests."""

    code: ClassVar[str] = "behind-primary"
    primary: str
    tests: int


@dataclass(frozen=True, slots=True)
class OneFamily(Reason):
    """p is corrected over all pairs in all these metrics together."""

    code: ClassVar[str] = "one-family"
    metrics: tuple[str, ...]
    tests: int


@dataclass(frozen=True, slots=True)
class SeedsMissing(Reason):
    """Seeds that were planned, that the other arm was run with, or that lie between an arm's own,
    and are not there."""

    code: ClassVar[str] = "seeds-missing"
    remark: ClassVar[bool] = True
    arm: str
    seeds: tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class DifferentSeeds(Reason):
    """The arms were run with other seeds (shared: False), or one with more of them."""

    code: ClassVar[str] = "different-seeds"
    remark: ClassVar[bool] = True
    a: str
    b: str
    runs_a: int
    runs_b: int
    shared: bool


@dataclass(frozen=True, slots=True)
class RunAgain(Reason):
    """Runs of an arm that failed once and were tried again."""

    code: ClassVar[str] = "run-again"
    remark: ClassVar[bool] = True
    arm: str
    seeds: tuple[int | str, ...]


def codes(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """The codes, in order."""
    return tuple(reason.code for reason in reasons)


def _plain(value: Any) -> Any:
    if isinstance(value, Interval):
        return [value.low, value.high]
    if isinstance(value, Difference):
        return {name: getattr(value, name) for name in ("condition", "a", "b")}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
