"""What an audit came to: plain data that every way of telling is made from."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from bakeoff.auditing.claims import Claim, Document, Place, Problem
from bakeoff.auditing.engine import unused
from bakeoff.auditing.findings import VERDICTS, Finding, Verdict
from bakeoff.errors import UsageError


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was read of one document: figures that stand in it, those bound to a metric, and those
    left alone, since nothing says what they are or what they are is nothing that is audited."""

    file: str
    seen: int
    bound: int

    @property
    def left_alone(self) -> int:
        """Figures that no claim holds."""
        return max(0, self.seen - self.bound)


@dataclass(frozen=True)
class Audited:
    """What an audit found: the data of an `Audit`. everything: suppressed findings included."""

    documents: tuple[Document, ...]
    claims: tuple[Claim, ...]
    everything: tuple[Finding, ...] = field(repr=False)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings that count, in document order."""
        return tuple(f for f in self.everything if not f.suppressed)

    @cached_property
    def suppressed(self) -> tuple[Finding, ...]:
        """Findings that the document asks to ignore, with its reason."""
        return tuple(f for f in self.everything if f.suppressed)

    @cached_property
    def unused_suppressions(self) -> tuple[Place, ...]:
        """Where the document asks to ignore a finding that there is not."""
        return tuple(unused(self.documents, self.everything))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read; the rest was."""
        return tuple(p for d in self.documents for p in d.problems)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the documents."""
        return tuple(d.file for d in self.documents)

    @property
    def figures(self) -> int:
        """How many claims with a number were read."""
        return sum(c.number is not None for c in self.claims)

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """What was read of each document."""
        return tuple(
            Coverage(d.file, max(d.seen, len(d.figures)), len(d.figures)) for d in self.documents
        )

    @property
    def empty(self) -> bool:
        """True if no document gave a figure and nothing was found: then nothing was audited."""
        return not self.everything and all(c.number is None for c in self.claims)

    def worst(self) -> Verdict | None:
        """The most severe verdict, None without findings."""
        return VERDICTS[min(f.severity for f in self.findings)] if self.findings else None

    def exit_code(self, fail_on: str = "inconsistent", *, allow_empty: bool = True) -> int:
        """1 if a finding is at least as severe as `fail_on`, else 0.

        allow_empty: False makes it 2 where nothing was read, which says nothing about a document.

        Raises UsageError for a word that is not a verdict.
        """
        if fail_on not in VERDICTS:
            raise UsageError(f"{fail_on!r} is not a verdict", f"Use one of {', '.join(VERDICTS)}")
        if self.empty and not allow_empty:
            return 2
        limit = VERDICTS.index(fail_on)
        return int(any(f.severity <= limit for f in self.findings))
