"""Arms that did not train: every run of theirs failed, so nothing of theirs can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.document import Arm, Inline
from bakeoff.reporting.numbers import NBSP, count, counted, listed

Cause = Literal["diverged", "out-of-memory", "crash", "stopped"]
VERBS: dict[Cause, str] = {
    "diverged": "diverged",
    "out-of-memory": "ran out of memory",
    "crash": "crashed",
    "stopped": "were stopped",
}


@dataclass(frozen=True, slots=True)
class DidNotTrain:
    """An arm without a finished run. cause: the commonest; first, last: steps at which runs failed
    by it; message: what the first of them said."""

    arm: str
    runs: int
    by_cause: int
    cause: Cause
    first: int
    last: int
    message: str

    @property
    def steps(self) -> str:
        """ "at step 4", "at steps 3 to 90"; empty where the records do not say."""
        if not self.last:
            return ""
        if self.first == self.last:
            return f"at step{NBSP}{count(self.last)}"
        return f"at steps {count(self.first)} to {count(self.last)}"

    @property
    def briefly(self) -> str:
        """ "did not train: diverged at step 4"."""
        return f"did not train: {self._verb(1)} {self.steps}".rstrip()

    def sentence(self) -> tuple[Inline, ...]:
        """ "X did not train: 3 of 3 runs diverged at step 4."."""
        how_many = f"{self.by_cause} of {counted(self.runs, 'run')}"
        words = f" did not train: {how_many} {self._verb(self.by_cause)} {self.steps}".rstrip()
        return (Arm(self.arm), f"{words}.")

    def _verb(self, runs: int) -> str:
        return "was stopped" if self.cause == "stopped" and runs == 1 else VERBS[self.cause]


def did_not_train(arm: ArmRuns) -> DidNotTrain | None:
    """What became of an arm of which every run failed; None for one that has, or may get, a result.

    The one place where this is read from records.
    """
    if not arm.failed or len(arm.failed) < len(arm.runs):
        return None
    failures = [run.record.failure for run in arm.failed if run.record.failure is not None]
    if not failures:
        return DidNotTrain(arm.name, len(arm.runs), len(arm.runs), "crash", 0, 0, "")
    cause, often = Counter(failure.kind for failure in failures).most_common(1)[0]
    alike = [failure for failure in failures if failure.kind == cause]
    steps = [failure.step for failure in alike]
    return DidNotTrain(
        arm.name, len(arm.runs), often, cause, min(steps), max(steps), alike[0].message
    )


def untrained(arms: Iterable[ArmRuns]) -> tuple[DidNotTrain, ...]:
    """Every arm that did not train, in the given order."""
    return tuple(found for arm in arms if (found := did_not_train(arm)) is not None)


def named(found: tuple[DidNotTrain, ...]) -> list[Inline]:
    """A sentence for each, one after the other; one for all of them where they are many."""
    if len(found) > 3:
        alike = listed(sorted({one.cause for one in found}), "or")
        parts: list[Inline] = []
        for index, one in enumerate(found):
            parts += [" and " if index == len(found) - 1 else ", " if index else "", Arm(one.arm)]
        return [*parts, f" did not train: every run failed ({alike})."]
    return [part for n, one in enumerate(found) for part in ((" ",) if n else ()) + one.sentence()]
