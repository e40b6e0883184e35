"""Carry out a plan on this machine, one run after the other, and leave nothing half-done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from bakeoff.bakeoffs.plan import Plan
from bakeoff.bakeoffs.spec import BakeoffSpec
from bakeoff.errors import RunFailed, UsageError
from bakeoff.records.files import locked
from bakeoff.records.manifest import MANIFEST_NAME, Manifest, PlannedArm, load_manifest
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, load_record, run_folder
from bakeoff.training.job import Job
from bakeoff.training.listener import Listener
from bakeoff.training.run import execute
from bakeoff.training.stopping import stop_on_signals


class BakeoffListener(Listener):
    """What a bake-off tells, beside what each run tells."""

    def measuring(self, spec: BakeoffSpec, device: torch.device) -> None:
        """The warm-up that measures this machine's rate begins."""

    def planned(self, plan: Plan, folder: Path) -> None:
        """Everything is decided; nothing has run yet."""

    def run_started(self, job: Job, number: int, of: int) -> None:
        """Run `number` of `of` begins (counted from 1)."""

    def run_ended(self, record: Record, *, skipped: bool) -> None:
        """A run has its record; `skipped` when that was there before."""


@dataclass(frozen=True, slots=True)
class Finished:
    """A bake-off's folder, what it set out to do, and the records of all its runs."""

    folder: Path
    manifest: Manifest
    records: tuple[Record, ...]

    @property
    def failed(self) -> tuple[Record, ...]:
        """Runs that did not end well; they count against their arms."""
        return tuple(r for r in self.records if r.status == "failed")


def carry_out(
    plan: Plan, folder: Path, *, command: str, listener: BakeoffListener, retry: bool = False
) -> Finished:
    """Run every job of `plan` that has no complete record in `folder`.

    A failed run is kept as a failure (and tried again only with `retry`); the others go on.
    Raises Stopped after a safe save, OutputError, and UsageError when the folder holds another
    bake-off.
    """
    with stop_on_signals(), locked(folder):
        manifest = _manifest(plan, command)
        before = load_manifest(folder)
        if before is None or not _agrees(before, manifest):
            _refuse_foreign(folder, before)
            manifest.save(folder)
        else:
            manifest = before.model_copy(update={"seeds": manifest.seeds})
            manifest.save(folder)
        listener.planned(plan, folder)
        jobs = plan.jobs()
        records = [
            _one(job, folder, plan, number, len(jobs), listener, retry)
            for number, job in enumerate(jobs, start=1)
        ]
    return Finished(folder, manifest, tuple(records))


def _one(
    job: Job, root: Path, plan: Plan, number: int, of: int, listener: BakeoffListener, retry: bool
) -> Record:
    folder = run_folder(root, job.arm, job.seed)
    there = load_record(folder) if (folder / RECORD_NAME).exists() else None
    skipped = there is not None and (
        there.status == "complete" or (there.status == "failed" and not retry)
    )
    if not skipped:
        listener.run_started(job, number, of)
    if there is not None and there.status == "failed" and not retry:
        record = there
    else:
        try:
            record = execute(job, folder, device=plan.device, listener=listener)
        except RunFailed:
            record = load_record(folder)
    listener.run_ended(record, skipped=skipped)
    return record


def _manifest(plan: Plan, command: str) -> Manifest:
    spec = plan.spec
    return Manifest(
        name=spec.name,
        question=spec.question,
        command=command,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        data=spec.data,
        budget_asked=plan.asked,
        budget_reason=plan.reason,
        arms=tuple(
            PlannedArm(
                name=arm.job.arm,
                recipe=arm.job.scaled.recipe.name,
                model=arm.job.model,
                init=arm.job.init,
                images_allowed=arm.images_allowed,
                budget=arm.job.budget,
            )
            for arm in plan.arms
        ),
        seeds=spec.seeds,
        paired=spec.paired,
        published=spec.published,
        notices=plan.notices,
    )


def _agrees(before: Manifest, now: Manifest) -> bool:
    def core(m: Manifest) -> tuple[object, ...]:
        arms = [(a.name, a.recipe, a.model, a.init, a.budget.steps) for a in m.arms]
        return m.name, m.data, arms

    return core(before) == core(now)


def _refuse_foreign(folder: Path, before: Manifest | None) -> None:
    others = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    if before is None and (not others or others == [MANIFEST_NAME]):
        return
    what = f"another bake-off ({_words(before)})" if before else f"other files ({others[0]} …)"
    raise UsageError(
        f"{folder} holds {what}", "Choose another folder with --out, or remove that one"
    )


def _words(manifest: Manifest) -> str:
    arms: Sequence[str] = [arm.name for arm in manifest.arms]
    return f"{manifest.name}: {', '.join(arms)} on {manifest.data}, {manifest.budget_asked}"
