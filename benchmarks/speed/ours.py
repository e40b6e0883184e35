"""Bakeoff: the loop, the step and the evaluation that `bakeoff train` runs, nothing special."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.speed.work import Work
from torch import Tensor

from bakeoff.training.assemble import assemble
from bakeoff.training.callbacks import Listener
from bakeoff.training.evaluate import predict
from bakeoff.training.feed import Batch
from bakeoff.training.loop import Loop
from bakeoff.training.progress import Progress
from bakeoff.training.step import train_step
from bakeoff.training.stopping import StopRequest


class Ours:
    """One assembled run that is driven a few steps at a time."""

    name = "bakeoff"
    workers = 0

    def __init__(self, work: Work, workers: int = 0) -> None:
        self._work = work
        self._parts = parts = assemble(work.job, work.device)
        nowhere: frozenset[int] = frozenset()
        self._loop = Loop(
            state=parts.state,
            feed=parts.feed,
            total_steps=0,
            epochs=1,
            evaluate_at=nowhere,
            wholly_at=nowhere,
            test=parts.test,
            train=parts.train,
            glance=parts.test,
            prepare=parts.prepare,
            listener=Listener(),
            stop=StopRequest(),
            progress=Progress(created=""),
        )
        ready = parts.state.augment(*parts.feed.batch(0), parts.state.generator)
        self._resident = replace(parts.state, augment=lambda *_: ready)
        self._resident_batch: Batch = ready
        self._place = 0

    def train(self, steps: int) -> None:
        """End to end: order, gather, augment, step."""
        self._loop.total_steps = self._parts.state.step + steps
        self._loop.run(lambda: None)

    def resident(self, steps: int) -> None:
        """Steps on one batch that lies ready."""
        for _ in range(steps):
            train_step(self._resident, self._resident_batch)

    def load(self, batches: int) -> Tensor | None:
        """Batches as the network takes them, and nothing else."""
        images = None
        for _ in range(batches):
            self._place += 1
            batch = self._parts.feed.batch(self._place)
            images, _ = self._parts.state.augment(*batch, self._parts.state.generator)
        return images

    def evaluate(self, images: int) -> None:
        """End to end, clean."""
        parts, test = self._parts, self._parts.test
        predict(
            parts.state.evaluated_model, test.images[:images], test.labels[:images], parts.prepare
        )

    def close(self) -> None:
        """Nothing is left running."""
