"""What else keeps this machine's cores busy, while something is measured."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

CROWDED = 0.25
"""Other processes crowd us when they take more than this share of the cores that we would use."""

_COUNTED = 8
"""user, nice, system, idle, iowait, irq, softirq, steal; guests are counted in user already."""
_IDLE = (3, 4)


class Others:
    """The processor time that other processes took since `began`.

    root: where /proc lies. own: processor seconds of this process and its children so far.
    """

    def __init__(
        self,
        root: Path = Path("/"),
        own: Callable[[], float] = lambda: sum(os.times()[:4]),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._root, self._own, self._clock = root, own, clock
        self._began = self._now()

    def cores(self) -> float | None:
        """Cores' worth of time that others took since the start; None where nobody counts it."""
        (all_before, own_before, then), (all_now, own_now, now) = self._began, self._now()
        if all_before is None or all_now is None or now <= then:
            return None
        return max(0.0, ((all_now - all_before) - (own_now - own_before)) / (now - then))

    def _now(self) -> tuple[float | None, float, float]:
        return _busy_seconds(self._root), self._own(), self._clock()


def crowded(others: float | None, *, threads: int, machine: int) -> bool:
    """Whether others, who take `others` cores, leave fewer than `threads` of `machine` cores."""
    return others is not None and others - max(0, machine - threads) > CROWDED * threads


def _busy_seconds(root: Path) -> float | None:
    """Processor seconds of everybody since the machine started. Source: proc_stat(5)."""
    try:
        fields = (root / "proc/stat").read_text().split("\n", 1)[0].split()[1 : 1 + _COUNTED]
        ticks = sum(int(field) for i, field in enumerate(fields) if i not in _IDLE)
        return ticks / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, AttributeError):
        return None
