"""Carry out a plan, on this machine or many, and leave nothing half-done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from bakeoff.bakeoffs.execution.run_store import Place, execute_at
from bakeoff.bakeoffs.execution.tuning import tuned
from bakeoff.bakeoffs.execution.workers import Calls, Ended, Numbered, run_all
from bakeoff.bakeoffs.planning.plan import Plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.data.facts_report import describe
from bakeoff.errors import Busy, RunFailed, UsageError
from bakeoff.records.manifest import (
    FloorFacts,
    Manifest,
    PlannedArm,
    TuningFacts,
    load_manifest,
)
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, TRIALS_FOLDER, WEIGHTS_NAME, load_record
from bakeoff.training.callbacks import Listener
from bakeoff.training.identity import refuse_another_job
from bakeoff.training.job import Job, init_label
from bakeoff.training.stopping import StopRequest, stop_on_signals

LOOK_AGAIN_SECONDS = 5.0
Engine = Callable[[list[Numbered], Place, StopRequest, Calls], list[Numbered]]
"""Carries out numbered jobs and returns those that another machine is working on."""


class BakeoffListener(Listener):
    """What a bake-off tells, beside what each run tells."""

    def measuring(self, spec: BakeoffSpec, device: torch.device) -> None:
        """The warm-up that measures this machine's rate begins."""

    def planned(self, plan: Plan, folder: Path | str, workers: int = 1) -> None:
        """Everything is decided; nothing has run yet."""

    def run_started(self, job: Job, number: int, of: int) -> Listener:
        """Run `number` of `of` begins (counted from 1); the listener is told how it goes."""
        return Listener()

    def run_ended(self, job: Job, record: Record, *, skipped: bool) -> None:
        """A run has its record; `skipped` when that was there before."""

    def waiting(self, text: str) -> None:
        """Some runs are not ours to start yet."""

    def trials_planned(self, plan: Plan, trials: int, workers: int = 1) -> None:
        """`trials` trials of tuning are to come; `plan` holds them, or those asked so far."""

    def trial_started(self, job: Job, number: int, of: int) -> Listener:
        """Trial `number` of `of` begins (counted from 1); the listener is told how it goes."""
        return Listener()

    def trial_ended(self, record: Record, *, skipped: bool) -> None:
        """A trial of tuning has its record; `skipped` when that was there before."""

    def tuned(self, tuning: TuningFacts) -> None:
        """Tuning is over: what was tried, and what was chosen for each arm."""


class TrialListener(BakeoffListener):
    """Between a bake-off of trials and the one that asked for them: tells each trial once.

    trials: how many there will be in all; a search that asks in rounds plans them bit by bit.
    """

    def __init__(self, whole: BakeoffListener, place: Place, trials: int) -> None:
        self._whole, self.place, self._trials = whole, place, trials
        self._told: set[str] = set()

    def planned(self, plan: Plan, folder: Path | str, workers: int = 1) -> None:
        self._whole.trials_planned(plan, self._trials, workers)

    def run_started(self, job: Job, number: int, of: int) -> Listener:
        return self._whole.trial_started(job, number, self._trials)

    def run_ended(self, job: Job, record: Record, *, skipped: bool) -> None:
        # A trial's weights serve nobody; its record and predictions are kept.
        self.place.run(job).drop(WEIGHTS_NAME)
        if record.arm not in self._told:
            self._told.add(record.arm)
            self._whole.trial_ended(record, skipped=skipped)

    def waiting(self, text: str) -> None:
        self._whole.waiting(text)


@dataclass(frozen=True, slots=True)
class Finished:
    """A bake-off's folder or address, what it set out to do, and the records of all its runs."""

    folder: Path | str
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
    place: Place,
    *,
    command: str,
    listener: BakeoffListener,
    retry: bool = False,
    workers: int = 1,
    engine: Engine | None = None,
) -> Finished:
    """Run every job of `plan` that has no complete record at `place`.

    engine: what runs them; None for this machine, `workers` at a time. Runs that another machine
    is working on are waited for, and taken over if it is lost.

    A failed run is kept as a failure (and tried again only with `retry`); the others go on.
    Raises Stopped after a safe save, OutputError, and UsageError when the folder holds another
    bake-off.
    """
    with stop_on_signals() as stop, place.held():
        manifest = _decide(plan, place, command)
        if plan.spec.tune is not None:
            # Before anything that reads a test image.
            trials = plan.spec.tune.trials * sum(arm.factor == 1 for arm in plan.arms)
            told = TrialListener(listener, place / TRIALS_FOLDER, trials)

            def carried(asked: Plan) -> Sequence[Record]:
                return carry_out(
                    asked,
                    told.place,
                    command=command,
                    listener=told,
                    workers=workers,
                    engine=engine,
                ).records

            plan, tuning = tuned(plan, carried)
            manifest = _added(place, {"tuning": tuning})
            listener.tuned(tuning)
        if plan.spec.floors and not manifest.floors:
            manifest = _added(place, {"floors": _floors(plan)})
        listener.planned(plan, place.name, workers)
        jobs = list(enumerate(plan.jobs(), start=1))

        def started(number: int, job: Job) -> Listener:
            return listener.run_started(job, number, len(jobs))

        def ended(number: int, job: Job, outcome: Ended) -> None:
            there = _now(place.run(job)).folder
            if outcome.error is not None and not (there / RECORD_NAME).exists():
                raise outcome.error  # it failed before there was anything to record
            record = outcome.record or load_record(there)
            listener.run_ended(job, record, skipped=False)

        engine = engine or _this_machine(plan.device, workers)
        missing = [(n, job) for n, job in jobs if not _is_there(job, place, retry, listener)]
        while missing:
            missing = engine(missing, place, stop, Calls(started, ended, listener.waiting))
            known = {n: place.run(job).seen() for n, job in missing}
            if missing:
                _pause(stop)
                place.refresh()
            # A failure that came while we waited is final even so: `retry` is for those before.
            missing = [
                (n, job)
                for n, job in missing
                if not _is_there(job, place, retry and place.run(job).seen() == known[n], listener)
            ]
        place.refresh()
        records = [load_record(place.run(job).folder) for _, job in jobs]
    return Finished(place.name, manifest, tuple(records))


def _decide(plan: Plan, place: Place, command: str) -> Manifest:
    """Write down what this bake-off sets out to do, with what was decided here before."""
    with place.deciding() as before:
        manifest = _manifest(plan, command)
        _refuse_another(place, before, manifest)
        if before is not None:
            manifest = _joined(before, manifest)
        place.save(manifest)
    return manifest


def _added(place: Place, facts: dict[str, Any]) -> Manifest:
    """Add what was found out to what is written down here."""
    with place.deciding() as before:
        assert before is not None
        manifest = before.model_copy(update=facts)
        place.save(manifest)
    return manifest


def _this_machine(device: torch.device, workers: int) -> Engine:
    def one_by_one(
        jobs: list[Numbered], place: Place, stop: StopRequest, calls: Calls
    ) -> list[Numbered]:
        busy = []
        for number, job in jobs:
            told = calls.started(number, job)
            try:
                outcome = Ended(execute_at(job, place.run(job), device=device, listener=told), None)
            except RunFailed as error:
                outcome = Ended(None, error)
            except Busy as error:
                if place.address is None:
                    raise
                calls.waiting(f"{job.arm} seed {job.seed}: {error.message}; it is waited for")
                busy.append((number, job))
                continue
            calls.ended(number, job, outcome)
        return busy

    def several(
        jobs: list[Numbered], place: Place, stop: StopRequest, calls: Calls
    ) -> list[Numbered]:
        return run_all(jobs, place, device, workers, stop, calls)

    return several if workers > 1 else one_by_one


def _pause(stop: StopRequest) -> None:
    until = time.monotonic() + LOOK_AGAIN_SECONDS
    while time.monotonic() < until:
        if stop.asked:
            raise stop.error(
                "stopped while waiting for runs on other machines", "Run the same command again"
            )
        time.sleep(0.2)


def _now(place: Place) -> Place:
    place.refresh()
    return place


def _is_there(job: Job, place: Place, retry: bool, listener: BakeoffListener) -> bool:
    """Whether this run has its final record; raises UsageError when that is another job's."""
    folder = place.run(job).folder
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
        datasets=spec.datasets,
        budget_asked=plan.asked,
        budget_reason=plan.reason,
        arms=tuple(
            PlannedArm(
                name=arm.job.arm,
                recipe=arm.job.scaled.recipe.name,
                model=arm.job.model,
                init=init_label(arm.job.init),
                budget=arm.job.budget,
                without=arm.without,
                variant_of=arm.arm_name if arm.factor != 1 else "",
            )
            for arm in plan.arms
        ),
        seeds=spec.seeds,
        paired=spec.paired,
        published=spec.published,
        notices=plan.notices,
        ablates=spec.ablate or "",
        robust=spec.robust or "",
        pretraining=plan.pretraining,
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
    pretrained = {facts.name: facts for facts in before.pretraining}
    for facts in now.pretraining:
        earlier = pretrained[facts.name].arms if facts.name in pretrained else ()
        arms = tuple(dict.fromkeys((*facts.arms, *earlier)))
        pretrained[facts.name] = facts.model_copy(update={"arms": arms})
    return now.model_copy(
        update={
            "created": before.created,
            "floors": before.floors,
            "tuning": before.tuning,
            "robust": now.robust or before.robust,
            "arms": now.arms + tuple(arm for arm in before.arms if arm.name not in names),
            "seeds": tuple(sorted({*before.seeds, *now.seeds})),
            "pretraining": tuple(pretrained.values()),
        }
    )


def refuse_foreign(plan: Plan, place: Place) -> None:
    """Raise UsageError when `place` holds something that this bake-off does not continue."""
    _refuse_another(place, load_manifest(place.folder), _manifest(plan, ""))


def _refuse_another(place: Place, before: Manifest | None, now: Manifest) -> None:
    if before is None:
        others = place.contents()
        what = f"other files ({others[0]} …)" if others else ""
    elif (before.name, before.data) != (now.name, now.data):
        what = f"another bake-off ({_words(before)})"
    else:
        there = {arm.name: arm for arm in before.arms}
        changed = [arm.name for arm in now.arms if arm.name in there and there[arm.name] != arm]
        what = f"this bake-off with another budget or arm ({_words(before)})" if changed else ""
    if what:
        raise UsageError(
            f"{place} holds {what}", "Choose another folder with --out, or remove that one"
        )


def _words(manifest: Manifest) -> str:
    arms: Sequence[str] = [arm.name for arm in manifest.arms]
    budget = manifest.arms[0].budget
    return (
        f"{manifest.name}: {', '.join(arms)} on {manifest.data}, {manifest.budget_asked}, "
        f"{budget.images:,} images per run"
    )
