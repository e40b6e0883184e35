"""A listener that leaves how far the run is beside its record, for a page that follows it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from bakeoff.records.running import PROGRESS_NAME, progress_now
from bakeoff.records.schema import CurvePoint
from bakeoff.training.callbacks import Forwarding, Listener

EVERY_SECONDS = 3.0


class Following(Forwarding):
    """Tells `inner` everything, and `folder` the last step and the curve now and then."""

    def __init__(self, inner: Listener, folder: Path, steps: int) -> None:
        super().__init__(inner)
        self._folder, self._steps = folder, steps
        self._points: list[CurvePoint] = []
        self._step = 0
        self._began, self._from = time.time(), 0
        self._heard = False
        self._last = -EVERY_SECONDS

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        super().stepped(step, total_steps, images_per_second)
        self._step = step
        if not self._heard:
            # Pace is counted from here: what came before was set up, or restored.
            self._heard, self._began, self._from = True, time.time(), step
        if time.monotonic() - self._last >= EVERY_SECONDS:
            self._write()

    def evaluating(self, what: str) -> None:
        super().evaluating(what)
        self._write()

    def evaluated(self, point: CurvePoint) -> None:
        super().evaluated(point)
        self._points.append(point)
        self._write()

    def resumed(self, points: Sequence[CurvePoint]) -> None:
        super().resumed(points)
        self._points = list(points)
        self._step = points[-1].step if points else 0

    def _write(self) -> None:
        self._last = time.monotonic()
        progress_now(
            step=self._step, steps=self._steps, from_step=self._from, began=self._began
        ).model_copy(update={"curves": tuple(self._points)}).save(self._folder)


@contextmanager
def followed(folder: Path, listener: Listener, steps: int) -> Iterator[Listener]:
    """A listener that leaves the run's progress in `folder` until the end, however it comes."""
    try:
        yield Following(listener, folder, steps)
    finally:
        with suppress(OSError):
            (folder / PROGRESS_NAME).unlink(missing_ok=True)
