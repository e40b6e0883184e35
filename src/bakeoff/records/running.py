"""How far a run is: `progress.json` beside its record while it trains, for whoever follows it.

It belongs to no result: it is written now and then, never waited for, and gone when the run ends.
"""

from __future__ import annotations

import contextlib
import os
import platform
import time
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from bakeoff.errors import OutputError
from bakeoff.records.files import write_atomically
from bakeoff.records.schema import CurvePoint

PROGRESS_NAME = "progress.json"
STALE_SECONDS = 300.0
"""Who has not told for so long does not run any more: an evaluation may take minutes."""
MAX_BYTES = 4 * 1024**2


class RunProgress(BaseModel):
    """began, written: Unix time. from_step: where this process began. curves: points so far.

    host, pid: of the process that trains.
    """

    model_config = ConfigDict(extra="ignore", frozen=True, ser_json_inf_nan="strings")

    step: int
    steps: int
    from_step: int
    began: float
    written: float
    host: str
    pid: int
    curves: tuple[CurvePoint, ...] = ()

    @property
    def share(self) -> float:
        """Of the run that is done, 0 to 1."""
        return min(1.0, self.step / self.steps) if self.steps else 0.0

    @property
    def seconds(self) -> float | None:
        """What the whole run takes at the pace so far; None before the first steps."""
        done = self.step - self.from_step
        return (self.written - self.began) / done * self.steps if done > 0 else None

    def is_alive(self, now: float) -> bool:
        """Whether the process that wrote this still trains, as far as can be told from here."""
        if now - self.written > STALE_SECONDS:
            return False
        if self.host != platform.node():
            return True
        try:
            os.kill(self.pid, 0)
        except ProcessLookupError:
            return False
        except OSError:
            return True
        return True

    def save(self, folder: Path) -> None:
        """Write it, whole or not at all; where that fails nothing is lost but this."""
        told = self.model_dump_json().encode()
        with contextlib.suppress(OutputError):
            write_atomically(folder / PROGRESS_NAME, lambda file: file.write(told), sync=False)


def progress_now(*, step: int, steps: int, from_step: int, began: float) -> RunProgress:
    """Of this process, at this moment."""
    return RunProgress(
        step=step,
        steps=steps,
        from_step=from_step,
        began=began,
        written=time.time(),
        host=platform.node(),
        pid=os.getpid(),
    )


def load_progress(folder: Path) -> RunProgress | None:
    """What the run in `folder` last told; None where it tells nothing that can be read."""
    path = folder / PROGRESS_NAME
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        return RunProgress.model_validate_json(path.read_bytes())
    except (OSError, ValueError, ValidationError):
        return None
