"""What a hostile file may do: be read, or be refused in one line; soon, small, and in its place."""

from __future__ import annotations

import os
import random
import re
import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import BakeoffError

SLOW_SECONDS = 10.0
MOST_GROWTH = 1 << 30
_NOT_ONE_LINE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")

Read = Callable[[], object]
"""Reads the file of one case."""
Target = Callable[[random.Random, Path], Read]
"""Writes one hostile file into a folder, and gives what reads it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """refused: the one-line error that was raised. bad: what must not have happened, or ""."""

    refused: str = ""
    bad: str = ""
    seconds: float = 0.0


class Yard:
    """A place to try hostile files in: `inside` holds the case, `outside` must stay empty."""

    def __init__(self, root: Path) -> None:
        self.root, self.inside, self.outside = root, root / "inside", root / "outside"
        self.inside.mkdir(parents=True)
        self.outside.mkdir()

    def clear(self) -> None:
        shutil.rmtree(self.inside)
        self.inside.mkdir()

    def strays(self) -> list[str]:
        """Names of what was written where nothing may be written."""
        here = {path.name for path in self.root.iterdir()} - {"inside", "outside"}
        return sorted(here | {path.name for path in self.outside.iterdir()})


def attempt(target: Target, seed: int, yard: Yard) -> Outcome:
    """Try one case. The process's folder should be `yard.outside` to notice stray files."""
    yard.clear()
    read = target(random.Random(seed), yard.inside)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    refused = bad = ""
    try:
        read()
    except BakeoffError as error:
        refused = str(error)
        if _NOT_ONE_LINE.search(refused):
            bad = f"not one printable line: {refused[:120]!r}"
        elif len(refused) > 2000:
            bad = f"{len(refused)} characters of error"
        elif not error.advice:
            bad = f"no advice: {refused[:120]!r}"
    except Exception as error:
        bad = f"{type(error).__name__}: {str(error)[:200]!r} at {_where(error)}"
    seconds = time.process_time() - began
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024
    if seconds > SLOW_SECONDS:
        bad = bad or f"took {seconds:.1f} s"
    if grown > MOST_GROWTH:
        bad = bad or f"took {grown / 2**20:.0f} MiB"
    if strays := yard.strays():
        bad = bad or f"wrote outside its folder: {strays}"
    return Outcome(refused, bad, seconds)


def _where(error: BaseException) -> str:
    """The innermost of our lines."""
    at, trace = "", error.__traceback__
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if f"{os.sep}bakeoff{os.sep}" in file:
            at = f"{Path(file).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return at
