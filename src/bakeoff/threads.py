"""Threads that suit the machine: how many there may be, and what they do while they wait.

Imports nothing heavy, and torch not at all: what waiting threads do is decided when torch's OpenMP
runtime is loaded, so `give_way` is called as the first thing of `import bakeoff`.
"""

from __future__ import annotations

import math
import os
import sys
from collections.abc import MutableMapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bakeoff.control_groups import processor_quota

SPIN_COUNT = "1000"
"""How often a waiting thread of GNU's OpenMP looks before it sleeps, where nobody said otherwise.

Its own default is 300,000, milliseconds of looking: beside one busy process the looking threads
hold cores that the working one needs. A thousand are microseconds, which costs an idle machine
nothing that could be measured (docs/performance.md). The runtime itself falls back to a thousand
where it starts more threads than cores; it does not know of other processes.
"""

WAITING_VARIABLES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
"""What the runtime that torch brings reads, once, as it is loaded; either is a person's choice."""

COUNT_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
"""What decides the number of threads where somebody sets it."""

Waiting = Literal["gives way", "as asked", "too late"]
"""What threads that wait do: as Bakeoff sets it, as the environment says, or as torch's runtime
does by itself, because torch was imported before Bakeoff."""

_chosen: Waiting | None = None


def give_way(environment: MutableMapping[str, str] | None = None) -> Waiting:
    """Have waiting threads sleep after a moment, in this process and those that it starts.

    A person's own setting wins. Where torch is loaded already, only processes started from now on
    heed it. The first call counts; a process that inherits the setting says "gives way" as well.
    """
    global _chosen
    given = os.environ if environment is None else environment
    own = [name for name in WAITING_VARIABLES if given.get(name)]
    if own and (own != ["GOMP_SPINCOUNT"] or given["GOMP_SPINCOUNT"] != SPIN_COUNT):
        answer: Waiting = "as asked"
    else:
        loaded = "torch" in sys.modules and not own
        answer = "too late" if loaded else "gives way"
        given["GOMP_SPINCOUNT"] = SPIN_COUNT
    if environment is None:
        _chosen = _chosen or answer
        return _chosen
    return answer


@dataclass(frozen=True, slots=True)
class Cores:
    """machine: cores that there are. affinity: those that this process may run on. quota: how
    many of them a container's limit is worth, 1.5 for 150 ms in every 100; None without one."""

    machine: int
    affinity: int
    quota: float | None = None

    @property
    def usable(self) -> int:
        """Threads worth starting: a part of a core is worth one of its own, but never none."""
        limit = self.affinity if self.quota is None else math.ceil(self.quota - 1e-9)
        return max(1, min(self.affinity, limit))


def cores(root: Path = Path("/")) -> Cores:
    """The cores that this process may really use. root: where /proc and /sys lie.

    A limit that cannot be read is none: the affinity then decides.
    """
    machine = os.cpu_count() or 1
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else machine
    return Cores(machine, affinity, processor_quota(root))
