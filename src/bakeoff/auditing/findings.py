"""What the audit says: a verdict about claims, with the arithmetic that led to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bakeoff.auditing.claims import Claim, Place

Verdict = Literal["impossible", "inconsistent", "implausible", "ambiguous", "undetermined", "note"]

VERDICTS: tuple[Verdict, ...] = (
    "impossible",
    "inconsistent",
    "implausible",
    "ambiguous",
    "undetermined",
    "note",
)
"""Most severe first.

impossible    every value that prints so, under every reading of the document, breaks arithmetic
inconsistent  two claims cannot both hold
implausible   possible, but far outside what is known; the message gives the distance
ambiguous     holds under some readings only; the message says which
undetermined  could be decided, if the document said what is missing
note          worth knowing; nothing is wrong with the figures
"""

STRICT = ("impossible", "inconsistent")
"""Accusations: never made on anything that was guessed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing the audit says.

    message: one or two sentences for a reader in a hurry. arithmetic: the formula with the numbers
    put in. assumptions: what must hold for the verdict. resolve: what would settle it. cause: the
    likely cause, where arithmetic suggests one. claims: the first is where the finding points to.
    rule: id of the rule; set by the engine. places: every place where the same figures stand.
    relies_on: what the verdict depends on beside metric and number: context keys, "unit", "runs",
    "spread"; None means everything.
    suppressed: the reason given in the document for ignoring the finding, "" if it counts.
    """

    verdict: Verdict
    message: str
    arithmetic: str
    claims: tuple[Claim, ...]
    assumptions: tuple[str, ...] = ()
    resolve: str = ""
    cause: str = ""
    rule: str = ""
    places: tuple[Place, ...] = ()
    relies_on: frozenset[str] | None = None
    suppressed: str = ""

    @property
    def place(self) -> Place:
        """Where the finding points to."""
        return self.claims[0].place

    @property
    def severity(self) -> int:
        """0 for impossible, 5 for a note."""
        return VERDICTS.index(self.verdict)
