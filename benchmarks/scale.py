"""CPU seconds of comparing and reporting many runs, against another checkout, in turns.

    python benchmarks/scale.py --against ../before/src --turns 5

Each case is a command, or the end of `bakeoff run`, in a process of its own, start-up included; the
CPU seconds are its user and system time, the smallest of all turns, since other programs may share
the machine. Tables and records are written here by chance; nothing is trained.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compare_speed import write_runs

HERE = Path(__file__).resolve().parents[1] / "src"
COMPARE = "import sys; from bakeoff.cli import main; sys.argv = ['bakeoff', *sys.argv[1:]]; main()"
CLOSING = """
import sys
from pathlib import Path
from bakeoff.bakeoffs.execution.engine import Finished
from bakeoff.cli.bakeoffs import _print_verdict
from bakeoff.cli.options import Format
from bakeoff.records.run_set import RunSet
folder = Path(sys.argv[1])
# `run` ends with its records at hand.
records = tuple(run.stored for run in RunSet.of(folder))
before = __import__("time").process_time()
_print_verdict(Finished(folder, None, records), Format.text, False, False)
print("seconds", __import__("time").process_time() - before)
"""


@dataclass(frozen=True)
class Case:
    """inside: whether the process itself says what is measured, without its start."""

    name: str
    code: str
    arguments: tuple[str, ...]
    inside: bool = False


@dataclass(frozen=True)
class Taken:
    seconds: float
    megabytes: float


def table(path: Path, arms: int, seeds: int) -> None:
    g = np.random.default_rng(1)
    with path.open("w") as file:
        file.write("arm,seed,accuracy\n")
        for arm in range(arms):
            spread = g.uniform(0.1, 0.9)
            for seed in range(seeds):
                file.write(f"arm-{arm},{seed},{90 + 0.03 * arm + spread * g.normal():.3f}\n")


def once(case: Case, source: Path) -> Taken:
    environment = dict(os.environ, PYTHONPATH=str(source), OMP_NUM_THREADS="1")
    process = subprocess.Popen(
        [sys.executable, "-c", case.code, *case.arguments],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    said = process.stdout.read()
    _, status, used = os.wait4(process.pid, 0)
    assert status == 0, said
    seconds = used.ru_utime + used.ru_stime
    if case.inside:
        seconds = float(said.rsplit("seconds ", 1)[1])
    return Taken(seconds, used.ru_maxrss / 1024)


def cases(folder: Path) -> list[Case]:
    hundred, long = folder / "hundred.csv", folder / "long.csv"
    table(hundred, 100, 5)
    table(long, 2, 10_000)
    runs = folder / "runs" / "many"
    write_runs(runs, arms=10, seeds=100, images=1_000)
    report = str(folder / "report")
    return [
        Case("`bakeoff compare`, 100 arms × 5 seeds", COMPARE, ("compare", str(hundred))),
        Case(
            "`bakeoff compare --format json`, 100 arms × 5 seeds",
            COMPARE,
            ("compare", str(hundred), "--format", "json"),
        ),
        Case("`bakeoff compare`, 2 arms × 10,000 seeds", COMPARE, ("compare", str(long))),
        Case("`bakeoff compare`, 1,000 runs", COMPARE, ("compare", str(runs))),
        Case("`bakeoff report`, 1,000 runs", COMPARE, ("report", str(runs), "--out", report)),
        Case("the end of `bakeoff run`, 1,000 runs", CLOSING, (str(runs),), inside=True),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", type=Path, help="another checkout's src")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--only", default="", help="part of a case's name")
    asked = parser.parse_args()
    sources = [HERE] + ([asked.against.resolve()] if asked.against else [])
    with tempfile.TemporaryDirectory() as folder:
        for case in cases(Path(folder)):
            if asked.only not in case.name:
                continue
            best: list[Taken] = []
            for turn in range(asked.turns):
                for at, source in enumerate(sources):
                    taken = once(case, source)
                    if turn == 0:
                        best.append(taken)
                    best[at] = min(best[at], taken, key=lambda one: one.seconds)
            now = best[0]
            line = f"| {case.name} | {now.seconds:.2f} s | {now.megabytes:.0f} MB |"
            if len(best) > 1:
                was = best[1]
                line += (
                    f" {was.seconds:.2f} s | {was.megabytes:.0f} MB"
                    f" | {was.seconds / now.seconds:.1f} × |"
                )
            print(line, flush=True)


if __name__ == "__main__":
    main()
