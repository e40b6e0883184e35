"""The clock of one run: which seconds were training, when to report, when to save."""

from __future__ import annotations

import time

CHECKPOINT_SECONDS = 60.0
REPORT_SECONDS = 0.3


class Clock:
    """Started with the first step. Every second belongs to one lap, and whoever ends a lap says
    what it was spent on."""

    def __init__(self) -> None:
        self._lap_began = self._saved = self._reported = time.perf_counter()
        self._steps = 0

    def step(self) -> None:
        """A training step was made."""
        self._steps += 1

    def lap(self) -> float:
        """Seconds since the last lap ended; the next one begins."""
        began, self._lap_began = self._lap_began, time.perf_counter()
        # Steps a second are of training alone: what a lap ends on is never counted into them.
        self._reported, self._steps = self._lap_began, 0
        return self._lap_began - began

    def report_due(self) -> bool:
        return time.perf_counter() - self._reported > REPORT_SECONDS

    def steps_per_second(self) -> float:
        """Of the steps since the last report; the next report's begin here."""
        now = time.perf_counter()
        rate = self._steps / max(now - self._reported, 1e-9)
        self._reported, self._steps = now, 0
        return rate

    def save_due(self) -> bool:
        return time.perf_counter() - self._saved > CHECKPOINT_SECONDS

    def saved(self) -> None:
        """A checkpoint was written, which is neither training nor evaluation."""
        self.lap()
        self._saved = self._lap_began
