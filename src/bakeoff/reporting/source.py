"""What a report is made from: runs, their predictions, and what the bake-off set out to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bakeoff.comparison.from_records import budget_of
from bakeoff.errors import BadFile
from bakeoff.records.manifest import Manifest
from bakeoff.records.predictions import Predictions
from bakeoff.records.run_set import RunSet, StoredRun
from bakeoff.records.schema import Record
from bakeoff.records.storage import Address


@dataclass(frozen=True, slots=True)
class Run:
    """One run as the report sees it."""

    stored: StoredRun

    @property
    def record(self) -> Record:
        """As it counts: a run whose metrics are not finite is a failure."""
        return self.stored.record

    @property
    def at(self) -> str:
        """The budget in words, where it is one of several of its bake-off; else empty."""
        return budget_of(self.manifest)

    @property
    def part(self) -> tuple[str, str]:
        """The test set and the budget that it is judged at."""
        return self.record.data.test_hash, self.at

    @property
    def folder(self) -> Path | None:
        return self.stored.folder

    @property
    def manifest(self) -> Manifest | None:
        return self.stored.manifest

    def predictions(self) -> Predictions | None:
        """Per-image predictions, or None where there are none that fit this record."""
        if self.folder is None or self.record.result is None:
            return None
        try:
            found = self.stored.predictions()
        except BadFile:
            return None
        return found if len(found.label) == self.record.result.images else None


@dataclass(frozen=True, slots=True)
class Source:
    """folder: of the bake-off, when the runs are of one; it is where the report goes.

    data: where the test images are, if said. documents: whose claims are audited too.
    address: where they were copied from, when that is no folder of this machine; the report goes
    there.
    """

    runs: tuple[Run, ...]
    manifest: Manifest | None = None
    folder: Path | None = None
    data: str = ""
    documents: tuple[Path, ...] = ()
    address: Address | None = None


def read_source(
    source: RunSet | Path | str | Sequence[Path | str] | Sequence[Record],
) -> Source:
    """Read what `bakeoff.reporting.report` was given.

    Raises UsageError when it holds no records, BadFile when one cannot be read.
    """
    found = RunSet.of(source)
    runs = tuple(Run(run) for run in found)
    plans = {run.home: run.manifest for run in found if run.home is not None}
    if len(plans) > 1:
        # A bake-off of several parts, each in a folder of its own, is one level up.
        several = [plan is not None and plan.several for plan in plans.values()]
        tops = {home.parent for home, plan in plans.items() if plan is not None and plan.several}
        whole = len(tops) == 1 and all(several)
        copies = not found.places
        if not whole or (copies and found.address is None):
            return Source(runs)
        return Source(runs, folder=tops.pop(), address=found.address)
    if not plans:
        return Source(runs)
    [(home, plan)] = plans.items()
    if not found.places:
        # Copies are no place for a report: it goes to the one address, or to report/ here.
        return Source(runs, plan, address=found.address)
    given = Path(found.places[0]) if len(found.places) == 1 else home
    return Source(runs, plan, given if given.resolve() == home else home)
