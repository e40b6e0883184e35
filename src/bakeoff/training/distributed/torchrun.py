"""Whether torchrun, or another launcher, started this process as one of several."""

from __future__ import annotations

import os
from dataclasses import dataclass

from bakeoff.errors import UsageError

VARIABLES = ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT")
"""What torch's own `env://` rendezvous reads."""


@dataclass(frozen=True, slots=True)
class Launch:
    """This process's place among all processes of the run, and among those of its machine."""

    rank: int = 0
    processes: int = 1
    local_rank: int = 0
    local_processes: int = 1


def launched() -> Launch:
    """This process's place, from the environment; one process alone where that says nothing."""
    given = os.environ
    if any(name not in given for name in VARIABLES) or int(given["WORLD_SIZE"]) < 2:
        return Launch()
    rank, processes = int(given["RANK"]), int(given["WORLD_SIZE"])
    return Launch(
        rank,
        processes,
        int(given.get("LOCAL_RANK", rank)),
        int(given.get("LOCAL_WORLD_SIZE", processes)),
    )


def refuse_several(what: str) -> None:
    """Raise UsageError where torchrun started this process as one of several."""
    launch = launched()
    if launch.processes == 1:
        return
    error = UsageError(
        f"{what} is not carried out by {launch.processes} processes together",
        "Start it by itself (bakeoff run does several runs at a time with --workers); "
        "or train one run over all processes with torchrun -m bakeoff.cli train",
    )
    # All processes are here alike: one of them tells.
    error.told_elsewhere = launch.rank > 0
    raise error
