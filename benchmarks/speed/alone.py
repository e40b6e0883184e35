"""Start-up, the first step and peak memory: each contender in a process of its own."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STEPS = 4


def measure(work_name: str, contenders: list[str], options: list[str]) -> dict[str, dict[str, Any]]:
    """For each contender: seconds from start to a built model, of the first step, peak bytes."""
    found = {}
    for name in contenders:
        command = [sys.executable, "-m", "benchmarks.speed", "--alone", name, work_name, *options]
        start = time.perf_counter()
        done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
        told = json.loads(done.stdout.splitlines()[-1])
        found[name] = {**told, "process_seconds": time.perf_counter() - start}
    return found


def tell(kind: Any, work: Any, began: float) -> str:
    """In the child: build, take a few steps, say what it took as JSON.

    began: `time.perf_counter()` when the process's own code started.
    """
    from benchmarks.speed.turns import timed

    from bakeoff.training.device import peak_memory

    contender = kind(work, 0)
    built = time.perf_counter() - began
    first = timed(lambda: contender.train(1), work.device)
    later = timed(lambda: contender.train(STEPS), work.device) / STEPS
    contender.evaluate(work.test_images)
    contender.close()
    return json.dumps(
        {
            "start_seconds": built,
            "first_step_seconds": first,
            "later_step_seconds": later,
            "peak_bytes": peak_memory(work.device),
            "children_peak_bytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024,
        }
    )
