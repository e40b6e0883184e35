"""Training alone and beside one busy process: each contender in a process of its own, in turns.

What waiting threads do is read once, when torch's OpenMP runtime is loaded. Bakeoff's process sets
it as Bakeoff does; a rival's process has the runtime's own default, as its users have.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import IO, Any

from bakeoff.threads import COUNT_VARIABLES, WAITING_VARIABLES

ROOT = Path(__file__).parents[2]
RUNTIMES_OWN = "300000"
"""How often a waiting thread of libgomp looks where nothing is set."""
STEPS = 2


def measure(
    work_name: str, who: list[str], options: list[str], *, batch: int, rounds: int = 5
) -> dict[str, dict[str, float]]:
    """For each contender: images per second alone and busy, medians, and the share that is kept."""
    children = {name: _started(name, work_name, options) for name in who}
    found: dict[str, dict[str, float]] = {name: {} for name in who}
    try:
        for child in children.values():
            _answer(child)  # it is ready
        for condition, around in (("alone", nullcontext), ("busy", _busy_loop)):
            seconds: dict[str, list[float]] = {name: [] for name in who}
            order = list(who)
            with around():
                for _ in range(rounds):
                    for name in order:
                        _pipe(children[name].stdin).write("go\n")
                        _pipe(children[name].stdin).flush()
                        seconds[name].append(float(_answer(children[name])))
                    order.reverse()
            for name in who:
                found[name][condition] = STEPS * batch / statistics.median(seconds[name])
    finally:
        for child in children.values():
            child.kill()
            child.communicate()
    for rates in found.values():
        rates["kept"] = rates["busy"] / rates["alone"]
    return found


def answer_turns(contender: Any, device: Any) -> None:
    """In the child: STEPS steps for each line that comes, and the seconds that they took."""
    from benchmarks.speed.turns import timed

    contender.resident(STEPS)
    print("ready", flush=True)
    for _ in sys.stdin:
        seconds = timed(lambda: contender.resident(STEPS), device)
        print(seconds, flush=True)


def environment(name: str) -> dict[str, str]:
    """Of a contender's process: threads as they are by default, for Bakeoff and for a rival."""
    left_out = (*WAITING_VARIABLES, *COUNT_VARIABLES)
    found = {key: value for key, value in os.environ.items() if key not in left_out}
    return found if name == "bakeoff" else {**found, "GOMP_SPINCOUNT": RUNTIMES_OWN}


def _started(name: str, work_name: str, options: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.speed", "--turns", name, work_name, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=environment(name),
    )


def _pipe(pipe: IO[str] | None) -> IO[str]:
    assert pipe is not None
    return pipe


def _answer(child: subprocess.Popen[str]) -> str:
    line = _pipe(child.stdout).readline().strip()
    if not line:
        raise RuntimeError(f"a contender's process ended with {child.wait()}")
    return line


@contextmanager
def _busy_loop() -> Iterator[None]:
    loop = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        loop.kill()
        loop.wait()
