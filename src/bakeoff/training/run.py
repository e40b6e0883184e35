"""One run from a Job to its record: build, resume, train, evaluate, keep."""

from __future__ import annotations

import hashlib
from contextlib import ExitStack, nullcontext, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

from bakeoff.data.order import evaluation_shard
from bakeoff.data.stream import is_worker_death, worker_died
from bakeoff.errors import BadFile, Diverged, RunFailed, Stopped, UsageError
from bakeoff.records.files import locked, sweep
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import Cost, Failure, Record, TrainSubset
from bakeoff.records.store import RECORD_NAME, load_record, save_record
from bakeoff.training import checkpoint
from bakeoff.training import device as devices
from bakeoff.training.assemble import assemble
from bakeoff.training.evaluate import detail, summarise
from bakeoff.training.existing import description
from bakeoff.training.group import ALONE, Group, ProcessLost, losses_told
from bakeoff.training.identity import another_job, changed, refuse_another_job
from bakeoff.training.job import WEIGHTS_NAME, Job
from bakeoff.training.listener import Listener
from bakeoff.training.loop import AnySplit, Loop
from bakeoff.training.memory import out_of_memory, ran_out
from bakeoff.training.model import feature_flops, training_flops
from bakeoff.training.stopping import StopRequest, stop_on_signals
from bakeoff.training.subset import SUBSET_SEED, evaluation_steps, glance, train_subset
from bakeoff.training.tracking import tracked


def execute(
    job: Job,
    folder: Path,
    *,
    device: torch.device,
    listener: Listener | None = None,
    group: Group = ALONE,
) -> Record:
    """Carry out `job` in `folder`, resuming what is there; returns the complete record.

    A complete record of the same job is returned as it is. While it runs, the folder is locked.
    group: the processes that carry it out together, each calling this; the first alone reads and
    writes the folder.

    Raises UsageError when the folder holds another job's run (naming what differs), RunFailed
    after a failure was recorded, Stopped after a safe save, OutputError when it cannot be written.
    """
    listener = listener or Listener()
    with stop_on_signals() as stop, ExitStack() as held:

        def opened() -> Record | None:
            held.enter_context(locked(folder))
            finished = _finished(job, folder)
            if finished is None:
                sweep(folder)
            return finished

        finished = group.first(opened)
        if finished is not None:
            return finished
        # What is tracked elsewhere is told by the process that writes.
        following = tracked(job, folder, listener) if group.is_first else nullcontext(listener)
        with following as told:
            return _carry_out(job, folder, device, told, stop, group)


def _carry_out(
    job: Job,
    folder: Path,
    device: torch.device,
    listener: Listener,
    stop: StopRequest,
    group: Group,
) -> Record:
    run = _assembled(job, folder, device, listener, stop, group)
    # From here on, whatever ends this process leaves a record that says how far it came.
    run.save_record("incomplete")
    try:
        with losses_told():
            return run.to_the_end()
    except Diverged as error:
        run.fail("diverged", error)
        raise
    except ProcessLost as lost:
        reported = group.reported()
        if reported is not None:
            run.fail(*reported)
            raise reported[1] from lost
        run.save_record("incomplete")
        if stop.asked:
            raise stop.error(lost.message, lost.advice) from lost
        raise
    except Stopped:
        run.save_record("incomplete")
        with suppress(RuntimeError):
            group.first(lambda: None)  # the others wait, lest their end hurries the first one's
        raise
    except Exception as error:
        if is_worker_death(error):
            raise worker_died() from error
        if not ran_out(error):
            raise
        failure = out_of_memory(job, device)
        run.fail("out-of-memory", failure)
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


def _finished(job: Job, folder: Path) -> Record | None:
    if not (folder / RECORD_NAME).exists():
        return None
    record = load_record(folder)
    if record.status != "complete":
        return None
    refuse_another_job(record, job, folder)
    return record


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
        self.job, self.folder, self.device, self.listener = job, folder, device, listener
        self.stop, self.group = stop, group
        self.teams: list[tuple[int, int]] = [(0, group.processes)]
        self.created = datetime.now(UTC).isoformat(timespec="seconds")
        self.notes = list(job.notes)
        recipe = job.scaled.recipe
        if device.type == "cuda":
            torch.cuda.reset_peak_memory_stats(device)
        parts = assemble(job, device, group=group, pause=self._answer_a_stop)
        self.parts, self.state = parts, parts.state
        self.notes += parts.notes
        subset = train_subset(job.dataset)
        self.subset = TrainSubset(
            images=len(subset),
            seed=SUBSET_SEED,
            index_hash=hashlib.sha256(subset.numpy().tobytes()).hexdigest(),
        )
        at, wholly = evaluation_steps(job.budget.steps, recipe.epochs)
        self.loop = Loop(
            state=self.state,
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
            group=group,
        )
        every = group.gather(devices.describe(device)) if group.processes > 1 else ()
        self.environment = devices.environment(device, parts.precision_name, every)
        self.memory: tuple[int, ...] = ()
        self._resume()
        if parts.probe is not None:
            self.loop.progress.seconds += parts.probe.seconds
            self.loop.progress.evaluation_seconds += parts.probe.evaluation_seconds

    def to_the_end(self) -> Record:
        """Train, evaluate, and write predictions, weights and, last of all, the record."""
        self.loop.run(self.save_checkpoint)
        predictions = self.loop.last_test
        if predictions is None:  # resumed after the last step: measure again, training is done
            predictions = self.loop.predict_test()
        self._gather_memory()
        return self.group.first(lambda: self._finish(predictions))

    def _finish(self, predictions: Predictions) -> Record:
        predictions.save(self.folder)
        self._save_weights()
        record = self.save_record(
            "complete",
            result=detail(predictions, self.job.dataset.facts.classes),
            train_result=self.loop.progress.curves[-1].train,
        )
        assert record.result is not None
        assert record.result.correct == summarise(predictions).correct
        checkpoint.clear(self.folder)
        return record

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

    def _gather_memory(self) -> None:
        if self.group.processes > 1:
            self.memory = tuple(self.group.gather(devices.peak_memory(self.device)))

    def fail(self, kind: str, error: RunFailed) -> None:
        """Record the failure; it counts against the arm."""
        self.save_record(
            "failed",
            failure=Failure.model_validate(
                {
                    "kind": kind,
                    "message": error.message,
                    "advice": error.advice,
                    "step": self.state.step,
                }
            ),
        )
        if self.group.is_first:
            checkpoint.clear(self.folder)

    def save_record(self, status: str, **parts: Any) -> Record:
        """Write the record as far as the run has come (where this is the process that writes)."""
        job, progress = self.job, self.loop.progress
        images = self.state.step * job.scaled.recipe.batch_size
        record = Record.model_validate(
            {
                "status": status,
                "bakeoff": job.bakeoff,
                "arm": job.arm,
                "seed": job.seed,
                "created": self.created,
                "command": job.command,
                "recipe": job.scaled.recipe,
                "micro_batch": job.micro_batch,
                "recipe_sources": job.sources,
                "recipe_as_published": job.published,
                "scaling": job.scaled.steps,
                "model": self.parts.model_facts,
                "data": job.dataset.facts,
                "budget": job.budget,
                "environment": self.environment,
                "train_subset": self.subset,
                "curves": tuple(progress.curves),
                "objective_by_step": tuple(progress.objective_by_step),
                "cost": Cost(
                    images=images,
                    flops=self._flops(images) if images else 0.0,
                    seconds=progress.seconds,
                    images_per_second=images / progress.seconds if progress.seconds else 0.0,
                    evaluation_seconds=progress.evaluation_seconds,
                    peak_memory_bytes=max(self.memory or (devices.peak_memory(self.device),)),
                    peak_memory_of_each=self.memory,
                ),
                "resumed": progress.resumed,
                "notes": tuple(self.notes),
                **parts,
            }
        )
        if self.group.is_first:
            save_record(record, self.folder)
        return record

    def save_checkpoint(self) -> None:
        """Everything needed to go on bit for bit (on CPU, and on deterministic CUDA).

        All of it is the same in every process, but for their clocks, so the first one's will do.
        """
        state = self.state
        self._gather_memory()
        everything = {
            "fingerprint": self.job.fingerprint,
            "identity": self.job.identity,
            "step": state.step,
            "created": self.created,
            "model": state.model.state_dict(),
            "ema": None if state.ema is None else state.ema.module.state_dict(),
            "optimizer": state.optimizer.state_dict(),
            "generator": state.generator.get_state(),
            "rng": torch.get_rng_state(),
            "cuda_rng": torch.cuda.get_rng_state(self.device)
            if self.device.type == "cuda"
            else None,
            "loop": self.loop.loop_state(),
            "teams": [list(team) for team in self.teams],
        }
        path = self.group.first(lambda: checkpoint.save(self.folder, state.step, everything))
        self.listener.saved(path)

    def _resume(self) -> None:
        stored = self.group.first(lambda: checkpoint.load_newest(self.folder, self._warn))
        if stored is None:
            return
        if stored.get("fingerprint") != self.job.fingerprint:
            raise another_job(self.folder, changed(stored.get("identity"), self.job))
        try:
            self._restore(stored)
        except (KeyError, IndexError, TypeError, ValueError, AttributeError, RuntimeError) as error:
            raise BadFile(
                self.folder,
                f"its checkpoint does not fit this run ({type(error).__name__})",
                "Remove the folder's checkpoints and run again",
            ) from error
        self.listener.note(f"resuming at step {self.state.step} of {self.job.budget.steps}")

    def _restore(self, stored: dict[str, Any]) -> None:
        """The inverse of `save_checkpoint`."""
        state = self.state
        state.model.load_state_dict(stored["model"])
        if state.ema is not None:
            state.ema.module.load_state_dict(stored["ema"])
        state.optimizer.load_state_dict(stored["optimizer"])
        state.step = stored["step"]
        state.schedule.step_update(state.step)
        state.generator.set_state(stored["generator"])
        torch.set_rng_state(stored["rng"])
        if stored["cuda_rng"] is not None:
            torch.cuda.set_rng_state(stored["cuda_rng"], self.device)
        self.created = stored["created"]
        self.loop.restore(stored["loop"])
        self.listener.resumed(self.loop.progress.curves)
        self._note_teams(stored)

    def _note_teams(self, stored: dict[str, Any]) -> None:
        """Results of another number of processes agree up to rounding only: the record says so."""
        before = [(start, number) for start, number in stored.get("teams", [(0, 1)])]
        self.teams = before
        if before[-1][1] != self.group.processes:
            self.teams = [*before, (self.state.step, self.group.processes)]
        if len(self.teams) > 1:
            told = ", ".join(f"{number} from step {start + 1}" for start, number in self.teams)
            self.notes.append(f"the number of processes changed: {told}")

    def _warn(self, text: str) -> None:
        self.notes.append(text)
        self.listener.note(text)

    def _save_weights(self) -> None:
        from safetensors.torch import save

        from bakeoff.records.files import write_atomically

        trained, frozen = self.state.evaluated_model, self.parts.probe
        whole = trained.state_dict() if frozen is None else frozen.weights(trained)
        weights = {key: value.contiguous().cpu() for key, value in whole.items()}
        about = description(
            self.job.scaled.recipe, self.job.dataset.facts, model=self.job.model, arm=self.job.arm
        )
        content = save(weights, metadata=about)
        write_atomically(self.folder / WEIGHTS_NAME, lambda file: file.write(content))

    def _flops(self, images: int) -> float:
        """What `images` training images cost; a frozen network's share is counted once a start."""
        facts, frozen = self.parts.model_facts, self.parts.probe
        recipe = self.job.scaled.recipe
        if frozen is None:
            return images * training_flops(
                facts.name,
                classes=facts.classes,
                channels=facts.channels,
                size=recipe.resolution.train,
            )
        starts = 1 + self.loop.progress.resumed
        once = feature_flops(
            facts.name, classes=facts.classes, channels=facts.channels, size=recipe.resolution.test
        )
        return starts * frozen.images * once + images * frozen.flops_per_image

    def _answer_a_stop(self) -> None:
        if self.stop.asked:
            raise self.stop.error(
                "stopped while features were computed, before the first step",
                "Run the same command again",
            )
