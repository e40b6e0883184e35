"""Progress and time left of verbs that read, measure and draw: bars on a terminal, else lines."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from bakeoff.progress import told

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

PATIENCE_SECONDS = 1.0
"""Work that is over by then shows no bar."""

LINE_SECONDS = 15.0
"""Where there is no terminal, a line this often."""


@contextmanager
def working(quiet: bool) -> Iterator[None]:
    """Show on stderr how far the work inside is, unless asked for quiet."""
    if quiet:
        yield
        return
    shown = Bars() if sys.stderr.isatty() else Lines()
    try:
        with told(shown):
            yield
    finally:
        shown.close()


class Lines:
    """A line on stderr every LINE_SECONDS of one piece of work."""

    def __init__(self) -> None:
        self._began: dict[str, float] = {}
        self._last: dict[str, float] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        began = self._began.setdefault(what, now)
        if done >= total:
            self._began.pop(what)
            self._last.pop(what, None)
        elif now - self._last.setdefault(what, began) >= self.wait(what):
            self._last[what] = now
            self.show(what, done, total, _left(now - began, done, total))

    def wait(self, what: str) -> float:
        """Seconds until the work is next spoken of."""
        return LINE_SECONDS

    def show(self, what: str, done: int, total: int, left: str) -> None:
        sys.stderr.write(f"{what}: {done:,} of {total:,}{left}\n")

    def close(self) -> None:
        """Leave nothing on the screen."""


class Bars(Lines):
    """A bar a piece of work that takes longer than PATIENCE_SECONDS; gone when it is done."""

    def __init__(self) -> None:
        super().__init__()
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, what: str, done: int, total: int) -> None:
        super().__call__(what, done, total)
        if done >= total and what in self._tasks and self._bars is not None:
            self._bars.remove_task(self._tasks.pop(what))

    def wait(self, what: str) -> float:
        return 0.1 if what in self._tasks else PATIENCE_SECONDS

    def show(self, what: str, done: int, total: int, left: str) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn

        if self._bars is None:
            self._bars = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                TextColumn("{task.completed:,} of {task.total:,}{task.fields[left]}"),
                console=Console(stderr=True),
                transient=True,
            )
            self._bars.start()
        if what not in self._tasks:
            self._tasks[what] = self._bars.add_task(what, total=total, left=left)
        self._bars.update(self._tasks[what], completed=done, left=left)

    def close(self) -> None:
        if self._bars is not None:
            self._bars.stop()


def _left(seconds: float, done: int, total: int) -> str:
    if not done:
        return ""
    left = seconds / done * (total - done)
    return f", {left:.0f} s left" if left < 90 else f", {left / 60:.0f} min left"
