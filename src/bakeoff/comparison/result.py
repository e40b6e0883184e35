"""What a comparison came to: plain data that the report, the CLI and JSON are made from."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from bakeoff.comparison.comparability import Difference
from bakeoff.comparison.reasons import Reason
from bakeoff.statistics.arrays import Interval

SCHEMA_VERSION = 1

Word = Literal["better", "worse", "same", "cannot tell"]
Scope = Literal["recipes", "models", "plan"]
Agreement = Literal["agrees", "differs", "cannot tell", "not comparable"]


class Keyed:
    """Fields by attribute, and by key as in the JSON: row.verdict, row["verdict"], dict(row)."""

    __slots__ = ()
    __dataclass_fields__: ClassVar[dict[str, Any]]

    def keys(self) -> tuple[str, ...]:
        return tuple(self.__dataclass_fields__)

    def __getitem__(self, key: str) -> Any:
        if key in self.keys():
            return getattr(self, key)
        raise KeyError(key)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: intervals as [low, high], infinities and absent values as null."""
        return {name: _plain(getattr(self, name)) for name in self.keys()}


@dataclass(frozen=True, slots=True)
class Discordant(Keyed):
    """McNemar's counts: b images that only A's model gets right, c that only B's does."""

    b: int
    c: int
    images: int


@dataclass(frozen=True, kw_only=True)
class PairVerdict(Keyed):
    """Arm a against arm b in one metric. Differences are a − b in `unit`.

    verdict: of a; "better" means a is. scope: "recipes" where seeds speak for the arms; "models"
    where there is one run each and the verdict is of these two models only; "plan" where the
    figure is fixed by the plan (images, FLOPs) and no test is made.
    interval: of the difference at `level`, None where none exists that keeps its promise.
    n_a, n_b: finished runs; failed_a, failed_b: runs that failed, which count against their arm.
    p: of `test`, two-sided; p_adjusted: Holm over all pairs in this metric.
    p_superiority: chance that a new run of a is better than a new run of b, a failed run being
    worse than any other. effect_size: Hedges' g. permutation_p: exact, from 4 runs each,
    two-sided by the size of the difference.
    equivalence_p: TOST within ±margin, Holm-adjusted. detectable_difference: the smallest true
    difference that these runs would have shown with 80 % power.
    more_seeds: further seeds of each arm that would show a difference of `more_seeds_for` with 80 %
    power, if the spread is as measured. interval_new_images: for new seeds and new test images.
    survives_rate: whether the verdict is the same at the other learning rates that were run, None
    where none were or nothing was decided at any. verdict_at_rates: the verdict at each of them, by
    the factor ("0.5"), both arms at the same one; empty where none were. facts: the
    reasons as typed values, which `reasons` puts in words; their codes are stable
    (`bakeoff.comparison.reasons`).
    """

    a: str
    b: str
    metric: str
    unit: str
    difference: float | None
    interval: Interval | None
    test: str
    p: float | None
    p_adjusted: float | None
    verdict: Word
    n_a: int
    n_b: int
    reasons: tuple[str, ...]
    scope: Scope
    sentence: str
    failed_a: int = 0
    failed_b: int = 0
    p_superiority: float | None = None
    p_superiority_interval: Interval | None = None
    effect_size: float | None = None
    permutation_p: float | None = None
    margin: float | None = None
    equivalence_p: float | None = None
    detectable_difference: float | None
    more_seeds: int | None
    more_seeds_for: float | None
    interval_new_images: Interval | None = None
    discordant: Discordant | None = None
    survives_rate: bool | None = None
    verdict_at_rates: dict[str, Word] = dataclasses.field(default_factory=dict)
    facts: tuple[Reason, ...] = ()

    @classmethod
    def with_rest(cls, known: dict[str, Any], rest: Callable[[str], Any]) -> PairVerdict:
        """A row of which the fields without a value in `known` are worked out when they are asked
        for: of thousands of rows a terminal words a dozen."""
        row = object.__new__(cls)
        vars(row).update(known, _rest=rest)
        return row

    def __getattr__(self, name: str) -> Any:
        if name not in self.__dataclass_fields__ or "_rest" not in vars(self):
            raise AttributeError(name)
        found = vars(self)[name] = vars(self)["_rest"](name)
        return found

    def __getstate__(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.keys()}

    def has(self, *kinds: type[Reason]) -> bool:
        """Whether a reason of one of these kinds stands beside the verdict."""
        return any(isinstance(reason, kinds) for reason in self.facts)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverSets(Keyed):
    """Arm a against arm b over all data sets that both were run on, in the first metric.

    sets: their names; differences: mean of a minus mean of b on each, in `unit`. difference,
    interval, p: of their mean, from five sets on, each set one value however many runs stand behind
    it. p_adjusted: Holm over the pairs of arms, apart from the verdicts on each set.
    """

    a: str
    b: str
    metric: str
    unit: str
    sets: tuple[str, ...]
    differences: tuple[float, ...]
    difference: float | None
    interval: Interval | None
    p: float | None
    p_adjusted: float | None
    verdict: Word
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricSummary(Keyed):
    """One arm in one metric, over its finished runs. interval: of the mean over seeds, or
    Wilson's over test images where there is one run (`interval_of` says which)."""

    metric: str
    unit: str
    mean: float | None
    sd: float | None
    n: int
    values: tuple[float, ...]
    seeds: tuple[int | str, ...]
    interval: Interval | None = None
    interval_of: Literal["mean over seeds", "this model, over test images", ""] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedRun(Keyed):
    """Why a run of an arm failed. cause: "diverged", "out-of-memory", a tracker's word …; step: the
    training step, None where it is not known."""

    seed: int | str
    cause: str
    message: str = ""
    step: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ArmSummary(Keyed):
    """One arm. rank: 1 + the number of arms that are better in the first metric, so arms that
    cannot be told apart share a rank; None where no run finished, or where the arm could be tested
    against no other. rank_interval: the best and the worst rank that the tests leave open on its
    data set, all arms' at once with 1 − alpha; None where no run finished. failed_runs: what each
    failed by. did_not_train: every run failed. name, data, budget: where the arms are of several
    data sets or budgets, `arm` taken apart; data and budget are empty where there is one."""

    arm: str
    n: int
    failed: int
    incomplete: int
    rank: int | None
    metrics: dict[str, MetricSummary]
    failures: tuple[str, ...] = ()
    rank_interval: tuple[int, int] | None = None
    failed_runs: tuple[FailedRun, ...] = ()
    did_not_train: bool = False
    name: str = ""
    data: str = ""
    budget: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedVerdict(Keyed):
    """One arm against one published figure. interval: where such a figure would fall if it came
    from the arm's own procedure (prediction interval, rounding and evaluator included)."""

    arm: str
    published: str
    citation: str
    metric: str
    value: float
    mean: float | None
    interval: Interval | None
    verdict: Agreement
    n: int
    differences: tuple[Difference, ...]
    unstated: tuple[str, ...]
    reasons: tuple[str, ...]
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AtBudget(Keyed):
    """A pair of arms at one of several budgets. images: of training, a run. means and intervals:
    of arm a, of arm b, and of a − b; None where they do not exist."""

    budget: str
    images: int
    mean_a: float | None
    mean_b: float | None
    interval_a: Interval | None
    interval_b: Interval | None
    difference: float | None
    interval: Interval | None
    verdict: Word


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossing(Keyed):
    """Where one arm overtakes the other. images: of training, where the line between the measured
    differences is 0; interval: where its 95 % band holds 0. after, before: the budgets between
    which it lies, each with a verdict; winner: the arm that is ahead from there on."""

    images: float
    interval: Interval
    after: str
    before: str
    winner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Foretold(Keyed):
    """What a power law of the error, fitted to all budgets but the longest, says of the longest.

    difference: a − b as it foretells; measured: as it was; missed_by: the first minus the second.
    meets: the training images at which the laws, fitted to all budgets, meet beyond the longest;
    None where `because` is not "found": "crossed already"; "law missed", as what it foretells is
    outside the measured interval; "too far", beyond ten times the longest budget; "never".
    """

    budget: str
    difference: float
    measured: float
    missed_by: float
    meets: float | None
    because: Literal["found", "crossed already", "law missed", "too far", "never"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AcrossBudgets(Keyed):
    """Which of two arms is ahead at which budget, on one data set, in the metric that decides.

    state: "crosses" where verdicts at two budgets go opposite ways; "means cross" where only the
    means do; "no crossing" up to the longest budget. points: shortest budget first.
    """

    a: str
    b: str
    data: str
    metric: str
    unit: str
    state: Literal["crosses", "means cross", "no crossing"]
    points: tuple[AtBudget, ...]
    crossings: tuple[Crossing, ...]
    foretold: Foretold | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern(Keyed):
    """What the results look like, for a reader to check. arms: whom it is about; seeds: the runs.

    "did not train": every run of the arm failed. "copied run": several seeds of the arm have the
    same values, which chance makes in fewer than 5 of 100 such arms; they count as one run in every
    verdict, where they are all runs of the arm only if chance makes that in fewer than 1 of 10,000.
    "identical arms": two arms have the same values in all seeds, or the same answers on every
    image. "two basins": a winner by two runs of an arm, which cannot show whether its runs end in
    two different ways.
    """

    code: Literal["did not train", "copied run", "identical arms", "two basins"]
    arms: tuple[str, ...]
    seeds: tuple[int | str, ...] = ()
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRoles(Keyed):
    """Which column of a table said what, by the names that the table has; empty: none did.

    table: the file, empty for a data frame. row: what a row is. rows, runs: how many. arm: empty
    where the file's or folder's name is the arm; several columns as "model with method". seed:
    empty where rows were numbered. epoch: the column that says how far a run was. metrics: the
    column of each metric. unit: of accuracies without a percent sign. left_out: columns that hold a
    metric too, of other images.
    """

    table: str
    row: Literal["run", "epoch", "image"]
    rows: int
    runs: int
    arm: str = ""
    seed: str = ""
    status: str = ""
    epoch: str = ""
    metrics: dict[str, str] = dataclasses.field(default_factory=dict)
    unit: Literal["percent", "fraction", ""] = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared(Keyed):
    """Verdicts between arms and against published results: the data of a `Comparison`.

    comparisons: a row per metric and pair of arms, accuracy first, arms in order of appearance.
    ranking: arm names by rank in the first metric; arms in one tuple are tied. data: the test
    set's name, where known. notes: what a reader must know that belongs to no single pair. tables:
    which column said what in each table that was read. concerns: what the results look like.
    over_data_sets: where arms were run on several, one answer over all; empty where on one.
    budgets: each pair of arms over the budgets of a bake-off that has several.
    references: the arms that the others are held against in short tables, one a data set; empty
    where neither a bake-off's file nor the caller names one. metric_notes: those of `notes` on
    one metric, by its name.
    """

    comparisons: tuple[PairVerdict, ...]
    arms: tuple[ArmSummary, ...]
    published: tuple[PublishedVerdict, ...] = ()
    ranking: tuple[tuple[str, ...], ...] = ()
    data: str = ""
    test_images: int | None = None
    level: float = 0.95
    alpha: float = 0.05
    margin: float | None = None
    paired: bool = False
    notes: tuple[str, ...] = ()
    tables: tuple[TableRoles, ...] = ()
    concerns: tuple[Concern, ...] = ()
    over_data_sets: tuple[OverSets, ...] = ()
    budgets: tuple[AcrossBudgets, ...] = ()
    references: tuple[str, ...] = ()
    metric_notes: dict[str, str] = dataclasses.field(default_factory=dict)
    schema_version: int = SCHEMA_VERSION

    def pairs(self, metric: str = "accuracy") -> tuple[PairVerdict, ...]:
        """The rows of one metric."""
        return tuple(row for row in self.comparisons if row.metric == metric)

    def pair(self, a: str, b: str, metric: str = "accuracy") -> PairVerdict:
        """The row of two arms, in the order in which they were compared. KeyError if absent."""
        for row in self.pairs(metric):
            if {row.a, row.b} == {a, b}:
                return row
        raise KeyError((a, b, metric))

    def arm(self, name: str) -> ArmSummary:
        """One arm's summary. KeyError if absent."""
        for summary in self.arms:
            if summary.arm == name:
                return summary
        raise KeyError(name)


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, Keyed | Reason):
        return value.to_dict()
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return dataclasses.asdict(value)
