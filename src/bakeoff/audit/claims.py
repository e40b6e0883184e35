"""What a document asserts, as read: numbers kept as printed, with where they stand and about what.

Plain dataclasses: an audit must start in milliseconds, so nothing heavy is imported here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

Unit = Literal["percent", "fraction", "points", "nats", "count", "seconds", "flop", "pixels", ""]


@dataclass(frozen=True, slots=True)
class Number:
    """A number as printed. `text` decides the precision: "99.0" is tighter than "99".

    value: as a Decimal in the printed unit. half: half a unit of the last printed digit.
    """

    text: str
    value: Decimal
    half: Decimal
    unit: Unit = ""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a claim stands: 1-based line and column, and the source line itself."""

    file: str
    line: int
    column: int
    source: str = ""


@dataclass(frozen=True, slots=True)
class Claim:
    """One figure (or one word-claim) asserted in a document.

    metric: a name from `bakeoff.audit.metrics`. context: what it is about; keys "model",
    "dataset", "split" ("train", "validation", "test"), "epoch", "class", "method", "experiment",
    "classes", "row", "column" … only where known. inherited: the keys of `context` that were not
    said at the number itself but taken from a heading, caption or file; doubtful: keys that were
    guessed and so never support an *impossible* verdict.
    spread: the number after ±, or the interval's half-width; spread_kind says what the document
    calls it. runs: number of seeds or runs stated, if any.
    """

    metric: str
    number: Number | None
    place: Place
    text: str
    context: dict[str, str] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    section: tuple[str, ...] = ()
    spread: Number | None = None
    spread_kind: Literal["sd", "se", "interval", "unknown"] = "unknown"
    runs: int | None = None
    group: str = ""
