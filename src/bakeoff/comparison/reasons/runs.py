"""What the runs themselves look like: failed, collapsed, missing, made otherwise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bakeoff.comparison.reasons.base import Reason


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
class FailedRuns(Reason):
    """Runs of an arm that have no value. to_target: or never reached the target accuracy."""

    code = "failed-runs"
    arm: str
    failed: int
    runs: int
    to_target: bool = False


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


@dataclass(frozen=True, slots=True)
class RanByCommand(Reason):
    """A command made an arm's runs; unknown: what cannot be known of them, in words."""

    code: ClassVar[str] = "ran-by-command"
    remark: ClassVar[bool] = True
    arm: str
    unknown: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Unfinished(Reason):
    """Runs of an arm that are not finished yet."""

    code = "unfinished"
    arm: str
    runs: int
