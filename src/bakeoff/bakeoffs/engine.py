"""Carry out a plan on this machine, one run after the other, and leave nothing half-done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import torch

from bakeoff.bakeoffs.plan import Plan
from bakeoff.bakeoffs.spec import BakeoffSpec
from bakeoff.bakeoffs.workers import Ended, run_all
from bakeoff.data.facts_report import describe
from bakeoff.errors import RunFailed, UsageError
from bakeoff.records.files import locked
from bakeoff.records.manifest import FloorFacts, Manifest, PlannedArm, load_manifest
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, load_record, run_folder
from bakeoff.training.identity import refuse_another_job
from bakeoff.training.job import Job
from bakeoff.training.listener import Listener
from bakeoff.training.run import execute
from bakeoff.training.stopping import stop_on_signals


class BakeoffListener(Listener):
    """What a bake-off tells, beside what each run tells."""

    def measuring(self, spec: BakeoffSpec, device: torch.device) -> None:
        """The warm-up that measures this machine's rate begins."""

    def planned(self, plan: Plan, folder: Path, workers: int = 1) -> None:
        """Everything is decided; nothing has run yet."""

    def run_started(self, job: Job, number: int, of: int) -> Listener:
        """Run `number` of `of` begins (counted from 1); the listener is told how it goes."""
        return Listener()

    def run_ended(self, job: Job, record: Record, *, skipped: bool) -> None:
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

    @property
    def unfinished(self) -> tuple[Record, ...]:
        """Runs that something else than their recipe stopped; the next call goes on with them."""
        return tuple(r for r in self.records if r.status == "incomplete")


def carry_out(
    plan: Plan,
    folder: Path,
    *,
    command: str,
    listener: BakeoffListener,
    retry: bool = False,
    workers: int = 1,
) -> Finished:
    """Run every job of `plan` that has no complete record in `folder`, `workers` at a time.

    A failed run is kept as a failure (and tried again only with `retry`); the others go on.
    Raises Stopped after a safe save, OutputError, and UsageError when the folder holds another
    bake-off.
    """
    with stop_on_signals() as stop, locked(folder):
        manifest = _manifest(plan, command)
        before = load_manifest(folder)
        _refuse_foreign(folder, before, manifest)
        if before is not None:
            manifest = _joined(before, manifest)
        if plan.spec.floors and not manifest.floors:
            manifest = manifest.model_copy(update={"floors": _floors(plan)})
        manifest.save(folder)
        listener.planned(plan, folder, workers)
        jobs = list(enumerate(plan.jobs(), start=1))
        missing = [(n, job) for n, job in jobs if not _is_there(job, folder, retry, listener)]

        def started(number: int, job: Job) -> Listener:
            return listener.run_started(job, number, len(jobs))

        def ended(number: int, job: Job, outcome: Ended) -> None:
            there = run_folder(folder, job.arm, job.seed)
            if outcome.error is not None and not (there / RECORD_NAME).exists():
                raise outcome.error  # it failed before there was anything to record
            record = outcome.record or load_record(there)
            listener.run_ended(job, record, skipped=False)

        if workers > 1:
            run_all(missing, folder, plan.device, workers, stop, started=started, ended=ended)
        for number, job in missing if workers == 1 else ():
            told = started(number, job)
            try:
                place = run_folder(folder, job.arm, job.seed)
                outcome = Ended(execute(job, place, device=plan.device, listener=told), None)
            except RunFailed as error:
                outcome = Ended(None, error)
            ended(number, job, outcome)
        records = [load_record(run_folder(folder, job.arm, job.seed)) for _, job in jobs]
    return Finished(folder, manifest, tuple(records))


def _is_there(job: Job, root: Path, retry: bool, listener: BakeoffListener) -> bool:
    """Whether this run has its final record; raises UsageError when that is another job's."""
    folder = run_folder(root, job.arm, job.seed)
    if not (folder / RECORD_NAME).exists():
        return False
    record = load_record(folder)
    final = record.status == "complete" or (record.status == "failed" and not retry)
    if final:
        refuse_another_job(record, job, folder)
        listener.run_ended(job, record, skipped=True)
    return final


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
                budget=arm.job.budget,
                without=arm.without,
            )
            for arm in plan.arms
        ),
        seeds=spec.seeds,
        paired=spec.paired,
        published=spec.published,
        notices=plan.notices,
        ablates=spec.ablate or "",
    )


def _floors(plan: Plan) -> tuple[FloorFacts, ...]:
    """What simple classifiers reach on raw pixels, on every test image."""
    known = describe(plan.arms[0].job.dataset, all_test_images=True)
    return tuple(
        FloorFacts(name=f.name, accuracy=f.accuracy, images=f.images, how=f.how)
        for f in known.floors
    )


def _joined(before: Manifest, now: Manifest) -> Manifest:
    """The bake-off as it stands after this call: arms and seeds of both calls."""
    names = {arm.name for arm in now.arms}
    return now.model_copy(
        update={
            "created": before.created,
            "floors": before.floors,
            "arms": now.arms + tuple(arm for arm in before.arms if arm.name not in names),
            "seeds": tuple(sorted({*before.seeds, *now.seeds})),
        }
    )


def _refuse_foreign(folder: Path, before: Manifest | None, now: Manifest) -> None:
    """Raise UsageError when `folder` holds something that this bake-off does not continue."""
    if before is None:
        others = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
        what = f"other files ({others[0]} …)" if others else ""
    elif (before.name, before.data) != (now.name, now.data):
        what = f"another bake-off ({_words(before)})"
    else:
        there = {arm.name: arm for arm in before.arms}
        changed = [arm.name for arm in now.arms if arm.name in there and there[arm.name] != arm]
        what = f"this bake-off with another budget or arm ({_words(before)})" if changed else ""
    if what:
        raise UsageError(
            f"{folder} holds {what}", "Choose another folder with --out, or remove that one"
        )


def _words(manifest: Manifest) -> str:
    arms: Sequence[str] = [arm.name for arm in manifest.arms]
    budget = manifest.arms[0].budget
    return (
        f"{manifest.name}: {', '.join(arms)} on {manifest.data}, {manifest.budget_asked}, "
        f"{budget.images:,} images per run"
    )
