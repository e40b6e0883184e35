"""One run from a Job to its record: build, resume, train, evaluate, keep."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path

import torch

from bakeoff.data.order import evaluation_shard
from bakeoff.data.stream import is_worker_death, worker_died
from bakeoff.errors import Diverged, Stopped, UsageError
from bakeoff.records.files import locked, sweep
from bakeoff.records.schema import Failure, Record, TrainSubset
from bakeoff.records.scores import never_kept
from bakeoff.records.store import RECORD_NAME, load_record
from bakeoff.training import device as devices
from bakeoff.training.assemble import assemble
from bakeoff.training.callbacks import Listener
from bakeoff.training.checkpoint import saved
from bakeoff.training.distributed.process_group import ALONE, Group, ProcessLost, losses_told
from bakeoff.training.following import followed
from bakeoff.training.identity import refuse_another_job
from bakeoff.training.job import Job
from bakeoff.training.keeping import Keeper
from bakeoff.training.loop import AnySplit, Loop
from bakeoff.training.memory import out_of_memory, ran_out
from bakeoff.training.progress import Progress
from bakeoff.training.resuming import Checkpoints, memory_of_each
from bakeoff.training.stopping import StopRequest, stop_on_signals
from bakeoff.training.subset import SUBSET_SEED, evaluation_steps, glance, train_subset
from bakeoff.training.tracking import forget, tracked


def execute(
    job: Job,
    folder: Path,
    *,
    device: torch.device,
    listener: Listener | None = None,
    group: Group = ALONE,
) -> Record:
    """Carry out `job` in `folder`, resuming what is there; returns the complete record.

    A complete record of the same job is returned as it is; a failed one is tried anew, which
    whoever asks for must want. While it runs, the folder is locked.
    group: the processes that carry it out together, each calling this; the first alone reads and
    writes the folder.

    Raises UsageError when the folder holds another job's run (naming what differs), RunFailed
    after a failure was recorded, Stopped after a safe save, OutputError when it cannot be written.
    """
    listener = listener or Listener()
    tries: tuple[Failure, ...] = ()
    with stop_on_signals() as stop, ExitStack() as held:

        def opened() -> Record | None:
            nonlocal tries
            held.enter_context(locked(folder))
            before = _left_before(job, folder)
            tries = _failures(before)
            if before is not None and before.status == "complete":
                return before
            if before is not None and before.status == "failed" and not saved(folder):
                forget(folder)
            sweep(folder)
            return None

        finished = group.first(opened)
        if finished is not None:
            return finished
        # What is tracked elsewhere is told by the process that writes.
        told = listener
        if group.is_first:
            told = held.enter_context(tracked(job, folder, told))
            told = held.enter_context(followed(folder, told, job.budget.steps))
        return _carry_out(job, folder, device, told, stop, group, tries)


def _carry_out(
    job: Job,
    folder: Path,
    device: torch.device,
    listener: Listener,
    stop: StopRequest,
    group: Group,
    tries: tuple[Failure, ...],
) -> Record:
    run = _assembled(job, folder, device, listener, stop, group)
    run.keeper.failed_before = tries
    # From here on, whatever ends this process leaves a record that says how far it came.
    run.keeper.save_record("incomplete")
    try:
        with losses_told():
            return run.to_the_end()
    except Diverged as error:
        run.keeper.fail("diverged", error)
        raise
    except ProcessLost as lost:
        reported = group.reported()
        if reported is not None:
            run.keeper.fail(*reported)
            raise reported[1] from lost
        run.keeper.save_record("incomplete")
        if stop.asked:
            raise stop.error(lost.message, lost.advice) from lost
        raise
    except Stopped:
        run.keeper.save_record("incomplete")
        with suppress(RuntimeError):
            group.first(lambda: None)  # the others wait, lest their end hurries the first one's
        raise
    except Exception as error:
        if is_worker_death(error):
            raise worker_died() from error
        if not ran_out(error):
            raise
        failure = out_of_memory(job, device)
        run.keeper.fail("out-of-memory", failure)
        group.report("out-of-memory", failure)
        raise failure from error


def _assembled(
    job: Job,
    folder: Path,
    device: torch.device,
    listener: Listener,
    stop: StopRequest,
    group: Group,
) -> _Run:
    try:
        return _Run(job, folder, device, listener, stop, group)
    except Exception as error:
        if not ran_out(error):
            raise
        raise out_of_memory(job, device) from error


def _left_before(job: Job, folder: Path) -> Record | None:
    """What this job has left there. Raises UsageError when it is another's, however that ended."""
    if not (folder / RECORD_NAME).exists():
        return None
    record = load_record(folder)
    refuse_another_job(record, job, folder)
    return record


def _failures(before: Record | None) -> tuple[Failure, ...]:
    """How earlier tries of this run failed, the last one's included."""
    if before is None:
        return ()
    last = (before.failure,) if before.status == "failed" and before.failure is not None else ()
    return (*before.failed_before, *last)


class _Run:
    """The parts of one run in progress."""

    def __init__(
        self,
        job: Job,
        folder: Path,
        device: torch.device,
        listener: Listener,
        stop: StopRequest,
        group: Group,
    ) -> None:
        self.stop, self.group, self.device = stop, group, device
        progress = Progress(created=datetime.now(UTC).isoformat(timespec="seconds"))
        recipe = job.scaled.recipe
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        parts = assemble(job, device, group=group, pause=self._answer_a_stop)
        progress.notes += [*job.notes, *parts.notes]
        subset = train_subset(job.dataset)
        at, wholly = evaluation_steps(job.budget.steps, recipe.epochs)
        self.loop = Loop(
            state=parts.state,
            feed=parts.feed,
            total_steps=job.budget.steps,
            epochs=recipe.epochs,
            evaluate_at=at,
            wholly_at=wholly,
            test=self._shard(parts.test),
            glance=self._shard(parts.test.subset(glance(len(parts.test)))),
            train=self._shard(parts.train.subset(subset)),
            prepare=parts.prepare,
            listener=listener,
            stop=stop,
            progress=progress,
            every_class=not never_kept("macro_auroc", job.dataset.facts.classes, len(parts.test)),
            group=group,
        )
        every = group.gather(devices.describe(device)) if group.processes > 1 else ()
        self.keeper = Keeper(
            job=job,
            folder=folder,
            device=device,
            parts=parts,
            progress=progress,
            group=group,
            subset=TrainSubset(
                images=len(subset),
                seed=SUBSET_SEED,
                index_hash=hashlib.sha256(subset.numpy().tobytes()).hexdigest(),
            ),
            environment=devices.environment(device, parts.precision_name, every),
        )
        self.checkpoints = Checkpoints(job, folder, device, self.loop)
        self.checkpoints.resume()
        if parts.probe is not None:
            progress.seconds += parts.probe.seconds
            progress.evaluation_seconds += parts.probe.evaluation_seconds

    def to_the_end(self) -> Record:
        """Train, evaluate, and write predictions, weights and, last of all, the record."""
        self.loop.run(self.checkpoints.save)
        predictions = self.loop.last_test
        if predictions is None:  # resumed after the last step: measure again, training is done
            predictions = self.loop.predict_test()
        self.loop.progress.memory = memory_of_each(self.group, self.device)
        return self.group.first(lambda: self.keeper.complete(predictions))

    def _shard(self, split: AnySplit) -> AnySplit:
        """What this process evaluates of `split`."""
        if self.group.processes == 1:
            return split
        if len(split) < self.group.processes:
            raise UsageError(
                f"{len(split)} images cannot be shared by {self.group.processes} processes",
                "Use fewer processes",
            )
        return split.subset(
            evaluation_shard(len(split), rank=self.group.rank, processes=self.group.processes)
        )

    def _answer_a_stop(self) -> None:
        if self.stop.asked:
            raise self.stop.error(
                "stopped while features were computed, before the first step",
                "Run the same command again",
            )
