"""What a run tells while it goes on; the command line draws it, tests ignore it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bakeoff.records.schema import CurvePoint


class Listener:
    """Override what you want to hear. Calls come from the training process, between steps."""

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        """A step is done (told a few times a second at most)."""

    def evaluating(self, what: str) -> None:
        """Evaluation of the test or training images begins."""

    def evaluated(self, point: CurvePoint) -> None:
        """A point of the learning curve is known."""

    def resumed(self, points: Sequence[CurvePoint]) -> None:
        """The run goes on from a checkpoint; these points of its curve were there before."""

    def saved(self, path: Path) -> None:
        """A checkpoint is whole and on disk."""

    def note(self, text: str) -> None:
        """Something the user must know."""


class Forwarding(Listener):
    """Passes on to `inner` whatever it hears; a subclass overrides what it has its own part in."""

    def __init__(self, inner: Listener) -> None:
        self._inner = inner

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        self._inner.stepped(step, total_steps, images_per_second)

    def evaluating(self, what: str) -> None:
        self._inner.evaluating(what)

    def evaluated(self, point: CurvePoint) -> None:
        self._inner.evaluated(point)

    def resumed(self, points: Sequence[CurvePoint]) -> None:
        self._inner.resumed(points)

    def saved(self, path: Path) -> None:
        self._inner.saved(path)

    def note(self, text: str) -> None:
        self._inner.note(text)
