"""SIGTERM and Ctrl-C become a request that is answered between two steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bakeoff.errors import Stopped


class StopRequest:
    """Set by a signal, read by the loop. `signal` is the number that came first, or None."""

    def __init__(self) -> None:
        self.signal: int | None = None

    @property
    def asked(self) -> bool:
        """Whether the process was asked to stop."""
        return self.signal is not None

    def error(self, message: str, advice: str) -> Stopped:
        """The error that ends the process, with the exit code the signal asks for."""
        stopped = Stopped(message, advice)
        stopped.exit_code = 128 + (self.signal or signal.SIGTERM)
        return stopped

    def __call__(self, number: int, frame: FrameType | None = None) -> None:
        """The signal handler. A second signal changes nothing: the save goes on undisturbed."""
        if self.signal is None:
            self.signal = number


@contextmanager
def stop_on_signals() -> Iterator[StopRequest]:
    """Catch SIGTERM and SIGINT while inside; outside the main thread nothing is caught.

    Nested uses share the outermost request, so that a bake-off stops as a whole.
    """
    if threading.current_thread() is not threading.main_thread():
        yield StopRequest()
        return
    current = signal.getsignal(signal.SIGTERM)
    if isinstance(current, StopRequest):
        yield current
        return
    request = StopRequest()
    before = {number: signal.signal(number, request) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield request
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
