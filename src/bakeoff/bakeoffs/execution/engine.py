"""Carry out a plan, on this machine or many, and leave nothing half-done."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from bakeoff.bakeoffs.execution.also_tests import untested
from bakeoff.bakeoffs.execution.correcting import Correction, Watch, WrongRate, set_aside
from bakeoff.bakeoffs.execution.deciding import added, changed, decide
from bakeoff.bakeoffs.execution.looks import batches, with_look, with_verdict
from bakeoff.bakeoffs.execution.run_store import Place, execute_at
from bakeoff.bakeoffs.execution.showing import show_augmentation
from bakeoff.bakeoffs.execution.tuning import joined, tuned, tuned_by_seed
from bakeoff.bakeoffs.execution.workers import Calls, Ended, Numbered, run_all
from bakeoff.bakeoffs.planning.lengths import trials_of
from bakeoff.bakeoffs.planning.plan import Plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.data.facts_report import measured_floors
from bakeoff.errors import Busy, RunFailed
from bakeoff.records.looks import LookTaken
from bakeoff.records.manifest import (
    FloorFacts,
    Manifest,
    TuningFacts,
)
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, TRIALS_FOLDER, WEIGHTS_NAME, load_record
from bakeoff.training.callbacks import Listener
from bakeoff.training.device import cores
from bakeoff.training.identity import refuse_another_job
from bakeoff.training.job import Job
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

    def corrected(self, correction: Correction) -> None:
        """The rate was measured wrongly: the run in progress was given up, `planned` follows."""

    def run_started(self, job: Job, number: int, of: int) -> Listener:
        """Run `number` of `of` begins (counted from 1); the listener is told how it goes."""
        return Listener()

    def run_ended(self, job: Job, record: Record, *, skipped: bool) -> None:
        """A run has its record; `skipped` when that was there before."""

    def looked(self, look: LookTaken) -> None:
        """A planned look was taken: what it saw, and which arms go on."""

    def waiting(self, text: str) -> None:
        """Some runs are not ours to start yet."""

    def command_started(self, run: str, words: str) -> None:
        """A run of an arm that is a command begins; words: as a shell would quote them."""

    def command_ended(self, record: Record) -> None:
        """A run of an arm that is a command has its record."""

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
        self._told: set[tuple[str, int]] = set()

    def planned(self, plan: Plan, folder: Path | str, workers: int = 1) -> None:
        self._whole.trials_planned(plan, self._trials, workers)

    def run_started(self, job: Job, number: int, of: int) -> Listener:
        return self._whole.trial_started(job, number, self._trials)

    def run_ended(self, job: Job, record: Record, *, skipped: bool) -> None:
        # A trial's weights serve nobody; its record and predictions are kept.
        self.place.run(job).drop(WEIGHTS_NAME)
        if (record.arm, record.seed) not in self._told:
            self._told.add((record.arm, record.seed))
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
    is working on are waited for, and taken over if it is lost. On this machine alone, lengths that
    follow from its rate are mended where the first run shows that it was measured wrongly.

    A failed run is kept as a failure (and tried again only with `retry`); the others go on.
    Raises Stopped after a safe save, OutputError, and UsageError when the folder holds another
    bake-off.
    """
    watch = _watch(plan, place, workers, engine)
    while True:
        try:
            return _carry_out(
                plan,
                place,
                command=command,
                listener=listener,
                retry=retry,
                workers=workers,
                engine=engine,
                watch=watch,
            )
        except WrongRate as wrong:
            plan = _corrected(plan, wrong, place, command, listener)
            watch = None  # by now the rate is the real one


def _watch(plan: Plan, place: Place, workers: int, engine: Engine | None) -> Watch | None:
    """Who looks at the first run's rate, where a length follows from it and is ours to change."""
    facts = plan.facts
    ours = engine is None and place.address is None and plan.spec.tune is None
    if facts is None or not ours or facts.finished or not facts.by_rate:
        return None
    at_once = min(workers, len(plan.jobs()), cores() if plan.device.type == "cpu" else workers)
    return Watch(plan, at_once)


def _corrected(
    plan: Plan, wrong: WrongRate, place: Place, command: str, listener: BakeoffListener
) -> Plan:
    """Write the new plan down, and make room for its runs."""
    after = replace(wrong.after, pretraining=plan.pretraining)
    with place.held():
        decide(after, place, command)
        aside = set_aside(after, place)
    listener.corrected(Correction(plan, after, wrong.factor, aside))
    return after


def _carry_out(
    plan: Plan,
    place: Place,
    *,
    command: str,
    listener: BakeoffListener,
    retry: bool,
    workers: int,
    engine: Engine | None,
    watch: Watch | None,
) -> Finished:
    with stop_on_signals() as stop, place.held():
        manifest = decide(plan, place, command)
        if plan.facts is not None and plan.facts.because == "no finished run":
            set_aside(plan, place)
        by_seed = plan.spec.tune is not None and plan.spec.tune.searches == "per-seed"
        if plan.spec.tune is not None:
            trials = trials_of(plan.spec) * sum(arm.factor == 1 for arm in plan.arms)
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

            if not by_seed:
                # Before anything that reads a test image.
                plan, tuning = tuned(plan, carried)
                manifest = added(place, {"tuning": tuning})
                listener.tuned(tuning)
        if plan.spec.floors and not manifest.floors:
            manifest = added(place, {"floors": _floors(plan)})
        jobs = list(enumerate(plan.jobs(), start=1))

        def tuned_each(some: list[Numbered]) -> list[Numbered]:
            nonlocal manifest
            pinned, found = tuned_by_seed(plan, some, carried)
            manifest = added(place, {"tuning": joined(manifest.tuning, found)})
            listener.tuned(found)
            return pinned

        if by_seed and plan.spec.looks is None:
            jobs = tuned_each(jobs)
        listener.planned(plan, place.name, workers)
        if not isinstance(listener, TrialListener):
            for arm in plan.arms:
                if arm.factor == 1:
                    show_augmentation(arm.job, place / arm.job.arm)

        def started(number: int, job: Job) -> Listener:
            told = listener.run_started(job, number, len(jobs))
            return told if watch is None else watch.run(job, told)

        def ended(number: int, job: Job, outcome: Ended) -> None:
            there = _now(place.run(job)).folder
            if outcome.error is not None and not (there / RECORD_NAME).exists():
                raise outcome.error  # it failed before there was anything to record
            record = outcome.record or load_record(there)
            listener.run_ended(job, record, skipped=False)

        engine = engine or _this_machine(plan.device, workers)

        def looked(look: LookTaken) -> None:
            nonlocal manifest
            manifest = changed(place, lambda before: with_look(before, look))
            listener.looked(look)

        due: list[Numbered] = []
        for batch in batches(plan, jobs, place, looked):
            if by_seed and plan.spec.looks is not None:
                batch = tuned_each(batch)  # no seed is tuned that no look may ask for
            due += batch
            missing = [(n, job) for n, job in batch if not _is_there(job, place, retry, listener)]
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
                    if not _is_there(
                        job, place, retry and place.run(job).seen() == known[n], listener
                    )
                ]
            place.refresh()
        records = [load_record(place.run(job).folder) for _, job in due]
        if all(record.status != "incomplete" for record in records):
            manifest = changed(place, lambda before: with_verdict(before, len(before.seeds)))
    return Finished(place.name, manifest, tuple(records))


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
                calls.waiting(f"{job.arm} seed {job.seed}: {error.message}; waiting for it")
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
    if place.address is None and untested(job, record, folder):
        final = False  # it was stopped between its training and the other test sets
    if final:
        refuse_another_job(record, job, folder)
        listener.run_ended(job, record, skipped=True)
    return final


def _floors(plan: Plan) -> tuple[FloorFacts, ...]:
    """What simple classifiers reach on raw pixels, on every test image."""
    dataset = plan.arms[0].job.dataset
    return tuple(
        FloorFacts(name=f.name, accuracy=f.accuracy, images=f.images, how=f.how)
        for f in measured_floors(dataset, len(dataset.test))
    )
