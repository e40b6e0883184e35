"""The loop of one run: steps, evaluations, checkpoints, and a stop that loses nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from bakeoff.data.dataset import Split
from bakeoff.data.stream import StreamedSplit, StreamFeed
from bakeoff.errors import Stopped
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import CurvePoint
from bakeoff.training.callbacks import Listener
from bakeoff.training.clock import Clock
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.evaluate import Prepare, interleaved, predict, summarise
from bakeoff.training.feed import Feed
from bakeoff.training.probe import FeatureSplit
from bakeoff.training.progress import Progress
from bakeoff.training.step import TrainState, train_step
from bakeoff.training.stopping import StopRequest

OBJECTIVE_POINTS = 200

AnySplit = Split | StreamedSplit | FeatureSplit


class _Interrupted(Exception):
    """A stop was asked for while images were evaluated; they are when the run goes on."""


@dataclass(slots=True, kw_only=True)
class Loop:
    """Drives a TrainState over a Feed for `total_steps`, evaluating where the plan says.

    evaluate_at: steps after which test images are measured. wholly_at: those of them, the last step
    included, after which it is the whole test set, and the training subset as well; at the others
    it is `glance`, a fixed part of the test set. test, train, glance: this process's shard of each.
    """

    state: TrainState
    feed: Feed | StreamFeed
    total_steps: int
    epochs: float
    evaluate_at: frozenset[int]
    wholly_at: frozenset[int]
    test: AnySplit
    train: AnySplit
    glance: AnySplit
    prepare: Prepare
    listener: Listener
    stop: StopRequest
    progress: Progress
    every_class: bool = False
    group: Group = ALONE
    last_test: Predictions | None = None
    _sum: Tensor | None = None
    _count: int = 0
    _since_point: float = 0.0
    _steps_since_point: int = 0

    def run(self, checkpoint: Any) -> None:
        """Train to the end. `checkpoint()` saves the current state; called once in a while.

        Raises Stopped after a safe save when the process was asked to stop, and Diverged.
        """
        state, progress = self.state, self.progress
        every = max(1, self.total_steps // OBJECTIVE_POINTS)
        state.model.train()
        self._evaluate_what_is_due()
        if asked := self.group.agree(self.stop.signal or 0, False)[0]:
            self.stop(asked)
            raise self._stopped()
        clock = Clock()
        while state.step < self.total_steps:
            loss = train_step(state, self.feed.batch(state.step))
            self._sum = loss if self._sum is None else self._sum + loss
            self._count += 1
            clock.step()
            at_end = state.step == self.total_steps
            if state.step % every == 0 or state.step in self.evaluate_at or at_end:
                self._read_objective()
            if clock.report_due() or at_end:
                images = clock.steps_per_second() * self.feed.batch_size
                self.listener.stepped(state.step, self.total_steps, images)
            if state.step in self.evaluate_at:
                self._synchronise()
                progress.seconds += clock.lap()
                self._evaluate_what_is_due()
                progress.evaluation_seconds += clock.lap()
            # All processes stop after the same step, whichever of them was asked.
            asked, due = self.group.agree(self.stop.signal or 0, clock.save_due())
            if asked or due:
                self._synchronise()
                progress.seconds += clock.lap()
                if not at_end or asked:
                    checkpoint()
                clock.saved()
                if asked:
                    self.stop(asked)
                    raise self._stopped()
        self._synchronise()
        progress.seconds += clock.lap()

    def _stopped(self) -> Stopped:
        return self.stop.error(
            f"stopped at step {self.state.step} of {self.total_steps}, state saved",
            "Run the same command again to go on",
        )

    def loop_state(self) -> dict[str, Any]:
        """What must be restored, beside TrainState, to go on as if never interrupted.

        Called by all processes: each has a sum of its own.
        """
        sums = [one for one in self.group.gather(self._sum) if one is not None]
        return {
            "progress": self.progress.to_dict(),
            "sum": torch.stack([one.cpu() for one in sums]) if sums else None,
            "count": self._count,
            "since_point": self._since_point,
            "steps_since_point": self._steps_since_point,
        }

    def restore(self, stored: dict[str, Any]) -> None:
        """The inverse of `loop_state`; counts one resume."""
        self.progress.restore(stored["progress"])
        self.progress.resumed += 1
        self._sum = None
        if stored["sum"] is not None:
            sums = stored["sum"].reshape(-1).to(self.feed.device)
            same = len(sums) == self.group.processes
            self._sum = sums[self.group.rank] if same else sums.mean()
        self._count = stored["count"]
        self._since_point = stored["since_point"]
        self._steps_since_point = stored["steps_since_point"]

    def predict_test(self) -> Predictions:
        """Predictions of the current weights on the test set, for the record."""
        return self._predict(self.test, every_class=self.every_class)

    def _read_objective(self) -> None:
        if self._sum is None:
            return
        total = self.group.mean(self._sum)
        self.progress.objective_by_step.append((self.state.step, total / self._count))
        self._since_point += total
        self._steps_since_point += self._count
        self._sum, self._count = None, 0

    def _evaluate_what_is_due(self) -> None:
        """Evaluate after this step, if the plan says so and it was not done before."""
        done = {point.step for point in self.progress.curves}
        if self.state.step in self.evaluate_at - done:
            with contextlib.suppress(_Interrupted):
                self._evaluate()

    def _evaluate(self) -> None:
        state = self.state
        wholly = state.step in self.wholly_at
        self.listener.evaluating("test images")
        seen = self._predict(
            self.test if wholly else self.glance,
            self._pause,
            every_class=self.every_class and state.step == self.total_steps,
        )
        train = None
        if wholly:
            self.listener.evaluating("training images")
            train = summarise(self._predict(self.train, self._pause))
            self.last_test = seen
        point = CurvePoint(
            epoch=self.epochs * state.step / self.total_steps,
            step=state.step,
            images=state.step * self.feed.batch_size,
            seconds=self.progress.seconds,
            learning_rate=float(state.optimizer.param_groups[0]["lr"]),
            objective=self._since_point / max(1, self._steps_since_point),
            test=summarise(seen),
            train=train,
        )
        self._since_point, self._steps_since_point = 0.0, 0
        self.progress.curves.append(point)
        self.listener.evaluated(point)

    def _predict(
        self,
        where: AnySplit,
        pause: Callable[[], None] = lambda: None,
        *,
        every_class: bool = False,
    ) -> Predictions:
        model = self.state.evaluated_model
        shard: Predictions | None = None
        with contextlib.suppress(_Interrupted):
            shard = predict(
                model,
                where.images,
                where.labels,
                self.prepare,
                every_class=every_class,
                on_batch=pause,
            )
        # Where one process was interrupted, all of them are.
        shards = [one for one in self.group.gather(shard) if one is not None]
        if len(shards) < self.group.processes:
            raise _Interrupted
        return interleaved(shards)

    def _pause(self) -> None:
        if self.stop.asked:
            raise _Interrupted

    def _synchronise(self) -> None:
        if torch.cuda.is_available():
            torch.cuda.synchronize()
