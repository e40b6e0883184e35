"""The score card as data: nothing here knows a markup, and only `wording` makes sentences of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Literal

from bakeoff.comparison.result import Word
from bakeoff.reporting.document import Text

MOST_WORDS = 16
"""Of an answer."""
BREAK = 3.0
"""An entry further out than so many times the median one is broken off the axis."""
FEWEST_TO_BREAK = 3


class CareCode(IntEnum):
    """What a reader must know before believing a figure, the weightiest first."""

    BELOW_BASELINE = 1
    DID_NOT_TRAIN = 2
    NOTHING_LEARNT = 3
    LOOKS_COPIED = 4
    IMAGES_ALIKE = 5
    SHORT_BUDGET = 6
    ONE_RUN = 7
    NOT_TUNED = 8
    LEFT_OUT = 9
    FAILED_RUNS = 10
    MISSING_RUNS = 11
    EXTRA_DATA = 12
    NOT_TRAINED_HERE = 13

    @property
    def key(self) -> str:
        """A stable name: "short-budget"."""
        return self.name.lower().replace("_", "-")


Level = Literal["note", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Care:
    code: CareCode
    text: Text
    level: Level = "warning"


@dataclass(frozen=True, slots=True)
class Entry:
    """One arm, or one baseline, against the reference. mean: test accuracy in percent.

    difference, low, high: in points, against the reference, with the 95 % interval where there is
    one. verdict: on this arm; None for the reference itself, a baseline, or where none was made.
    runs: finished ones. images: test images of a baseline. failure: how it did not train, empty for
    one that did.
    """

    name: str
    kind: Literal["arm", "reference", "baseline"]
    mean: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None
    verdict: Word | None = None
    runs: int = 0
    images: int = 0
    failure: str = ""

    @property
    def extent(self) -> float:
        """How far from the reference it reaches, in points."""
        ends = [self.difference, self.low, self.high]
        return max((abs(end) for end in ends if end is not None), default=0.0)


@dataclass(frozen=True, slots=True)
class Panel:
    """The answer on one test set. title: of the set. reference: the arm that all are held against.

    answer: at most 16 words, with both means. conditions: one line. entries: best first, then
    baselines among them by their difference, arms that did not train last. models: one run each
    speaks, so of models and not of recipes.
    """

    title: str
    reference: str
    answer: Text
    conditions: Text
    entries: tuple[Entry, ...]
    models: bool = False

    @property
    def limit(self) -> float:
        """How far the axis of differences goes, in points; what is beyond is broken off."""
        arms = [entry for entry in self.entries if entry.kind != "baseline"]
        reach = sorted(entry.extent for entry in arms if entry.difference)
        if not reach:
            return 1.0
        if len(reach) < FEWEST_TO_BREAK:
            return reach[-1]
        most = BREAK * reach[(len(reach) - 1) // 2]
        inside = [extent for extent in reach if extent <= most]
        return inside[-1] if inside else reach[-1]


@dataclass(frozen=True, slots=True)
class ScoreCard:
    """question: what was asked. panels: one for each test set. care: the weightiest first."""

    question: str
    panels: tuple[Panel, ...]
    care: tuple[Care, ...]
