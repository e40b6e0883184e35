"""Under which conditions a verdict holds: images, budgets, tuning, learning rates."""

from __future__ import annotations

from dataclasses import dataclass

from bakeoff.comparison.comparability import Difference
from bakeoff.comparison.reasons.base import Reason
from bakeoff.statistics.arrays import Interval


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
class Untuned(Reason):
    """Neither arm was tuned. rate_checked: whether other learning rates were tried.

    Most comparisons have it in every verdict, so it is said once, among the notes.
    """

    code = "untuned"
    rate_checked: bool


@dataclass(frozen=True, slots=True)
class TunedAlike(Reason):
    """Both arms were tuned with as many trials. By one search each, the verdict is of the settings
    that it found: another search might find others, and that luck is in no interval. by_seed: by a
    search for each seed, so that its luck is part of the spread; the verdict is of the recipes."""

    code = "tuned-alike"
    remark = True
    by_seed: bool = False


@dataclass(frozen=True, slots=True)
class TunedUnequally(Reason):
    """One arm was tuned and the other was not. by_seed: as of `TunedAlike`."""

    code = "tuned-unequally"
    remark = True
    tuned: str
    untuned: str
    by_seed: bool = False


@dataclass(frozen=True, slots=True)
class TunedOtherwise(Reason):
    """Both arms were tuned, one of them by a search for each seed and the other by one search."""

    code = "tuned-otherwise"
    remark = True
    by_seed: str
    once: str


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
