"""A program in a process group of its own, timed, and ended with all that it started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PATIENCE_SECONDS = 10.0
"""Between the request to end and the kill."""


@dataclass(frozen=True, slots=True)
class Ended:
    """status: of the program, negative for a signal. over_limit: killed for its time."""

    status: int
    seconds: float
    over_limit: bool = False


class Process:
    """A started program. words: run as they are, never by a shell; log: where both its outputs go,
    after what is there. limit: seconds after which it is ended. Raises OSError where it cannot be
    started."""

    def __init__(self, words: Sequence[str], log: Path, limit: float | None) -> None:
        self._limit = limit
        self._began = time.monotonic()
        with log.open("ab") as said:
            self._program = subprocess.Popen(  # noqa: S603 - asked for by --allow-commands
                list(words),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def ended(self) -> Ended | None:
        """How it ended, or None while it runs; what it left running is ended too."""
        seconds = time.monotonic() - self._began
        if self._limit is not None and seconds > self._limit and self._program.poll() is None:
            self.end()
            return Ended(self._program.returncode, seconds, over_limit=True)
        status = self._program.poll()
        if status is None:
            return None
        self._signal(signal.SIGKILL)
        return Ended(status, seconds)

    def end(self) -> None:
        """Ask the whole group to end, and kill what does not."""
        self._signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._program.wait(PATIENCE_SECONDS)
        self._signal(signal.SIGKILL)
        self._program.wait()

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._program.pid, number)
