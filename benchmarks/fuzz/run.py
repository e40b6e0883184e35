"""Throw hurt and hostile files at everything that reads files, for a while.

    python -m benchmarks.fuzz --cases 100000 --seconds 1500 --processes 2

A case is a file of one of the kinds in `tests/fuzzing/targets.py`: sound once, then cut, flipped,
reworded, nested, or made by somebody who means harm. It may be read, or refused with one of
Bakeoff's errors in one printable line that ends in advice. Everything else is counted as bad and
printed with its seed: another exception, a warning, more than 10 s of CPU, more than 1 GiB, a file
written outside its folder. `--only document:219` makes one case again and lets it escape.
"""

from __future__ import annotations

import argparse
import faulthandler
import multiprocessing
import os
import random
import resource
import sys
import tempfile
import time
import warnings
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "src"), str(ROOT / "tests")]
CHUNK = 100
HANG_SECONDS = 120.0
MOST_MEMORY = 8 << 30

Piece = tuple[str, int, int]
"""A kind, its first seed, how many."""
Result = tuple[str, int, int, float, float, list[tuple[int, str]]]
"""Kind, cases, refused, seconds in all, of the slowest, and (seed, what was bad)."""


def run_chunk(kind: str, first: int, count: int) -> Result:
    """Cases `first` to `first + count` of a kind, in a folder of their own."""
    import torch

    from fuzzing.oracle import Outcome, Yard, attempt
    from fuzzing.targets import TARGETS

    torch.set_num_threads(1)
    faulthandler.enable()
    # A bomb ends in MemoryError here, not in the system's killing whoever is largest.
    resource.setrlimit(resource.RLIMIT_DATA, (MOST_MEMORY, MOST_MEMORY))
    os.environ["BAKEOFF_OFFLINE"] = "1"
    refused, total, slowest, bad = 0, 0.0, 0.0, []
    with tempfile.TemporaryDirectory(prefix="fuzz-") as name, warnings.catch_warnings():
        warnings.simplefilter("error")
        # Pillow says so of what it passes over in a damaged file's metadata.
        warnings.filterwarnings("ignore", category=UserWarning, module="PIL")
        yard = Yard(Path(name) / "yard")
        os.chdir(yard.outside)
        for seed in range(first, first + count):
            faulthandler.dump_traceback_later(HANG_SECONDS, exit=True)
            try:
                found = attempt(TARGETS[kind], seed, yard)
            except Exception as error:
                found = Outcome(bad=f"the case could not be made: {error!r}")
            faulthandler.cancel_dump_traceback_later()
            refused += bool(found.refused)
            total += found.seconds
            slowest = max(slowest, found.seconds)
            if found.bad:
                bad.append((seed, found.bad))
        os.chdir(ROOT)
    return kind, count, refused, total, slowest, bad


def chunks(kinds: list[str], cases: int, first: int) -> Iterator[Piece]:
    """The work, kinds taking turns, so that a run that is cut short has seen all of them."""
    each = -(-cases // len(kinds))
    for start in range(0, each, CHUNK):
        for kind in kinds:
            yield kind, first + start, min(CHUNK, each - start)


def carried_out(
    work: Iterator[Piece], processes: int, until: float
) -> Iterator[tuple[Piece, Result | str]]:
    """Each piece of work with its result, or with what became of the process that had it."""
    lost: list[Piece] = []
    while True:
        # Where a process dies, all that others had in hand is tried again, a piece at a time.
        alone = bool(lost)
        waiting: dict[Future[Result], Piece] = {}
        with ProcessPoolExecutor(
            1 if alone else processes, mp_context=multiprocessing.get_context("spawn")
        ) as pool:
            while True:
                while len(waiting) < (1 if alone else 2 * processes):
                    if alone:
                        piece = lost.pop() if lost else None
                    else:
                        piece = next(work, None) if time.perf_counter() < until else None
                    if piece is None:
                        break
                    waiting[pool.submit(run_chunk, *piece)] = piece
                if not waiting:
                    break
                broken = False
                for future in wait(waiting, return_when=FIRST_COMPLETED).done:
                    piece = waiting.pop(future)
                    try:
                        yield piece, future.result()
                    except BrokenProcessPool as death:
                        broken = True
                        if alone:
                            yield piece, f"the process died or hung ({death})"
                        else:
                            lost.append(piece)
                if broken:
                    lost += waiting.values()
                    break
        if not alone and not lost:
            return


def again(case: str) -> None:
    """One case, its exception not caught."""
    from fuzzing.oracle import Yard
    from fuzzing.targets import TARGETS

    kind, _, seed = case.partition(":")
    yard = Yard(Path(tempfile.mkdtemp(prefix="fuzz-")) / "yard")
    print(yard.inside)
    os.chdir(yard.outside)
    warnings.simplefilter("error")
    print(repr(TARGETS[kind](random.Random(int(seed)), yard.inside)())[:2000])


def main() -> int:
    from fuzzing.targets import TARGETS

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000, help="of all kinds together")
    parser.add_argument("--seconds", type=float, default=1500, help="begin no new cases after")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--kinds", nargs="+", choices=sorted(TARGETS), default=list(TARGETS))
    parser.add_argument("--only", metavar="KIND:SEED", help="make one case again")
    options = parser.parse_args()
    if options.only:
        again(options.only)
        return 0
    work = chunks(options.kinds, options.cases, options.first)
    sums: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0, 0.0, 0])
    kinds_of_bad: Counter[str] = Counter()
    start = time.perf_counter()
    for piece, found in carried_out(work, options.processes, start + options.seconds):
        row = sums[piece[0]]
        if isinstance(found, str):
            row[0], row[4] = row[0] + piece[2], row[4] + 1
            print(f"{piece[0]}:{piece[1]} to {piece[1] + piece[2] - 1}: {found}", flush=True)
            continue
        kind, count, refused, total, slowest, bad = found
        row[:] = [row[0] + count, row[1] + refused, row[2] + total,
                  max(row[3], slowest), row[4] + len(bad)]  # fmt: skip
        for seed, what in bad:
            kinds_of_bad[f"{kind}: {what[:60]}"] += 1
            if kinds_of_bad[f"{kind}: {what[:60]}"] <= 3:
                print(f"{kind}:{seed}: {what}", flush=True)
    print("\n| files | cases | refused | bad | CPU seconds | slowest case, s |")
    print("|---|--:|--:|--:|--:|--:|")
    for kind, (count, refused, total, slowest, bad_ones) in sums.items():
        print(f"| {kind} | {count:,} | {refused:,} | {bad_ones} | {total:.0f} | {slowest:.2f} |")
    cases, wrong = (int(sum(row[i] for row in sums.values())) for i in (0, 4))
    print(f"\n{cases:,} cases, {wrong} bad, {time.perf_counter() - start:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
