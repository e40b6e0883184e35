"""Looks and families: which verdicts share one error rate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from bakeoff.comparison.reasons.base import Reason


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
