"""Throw documents at the audit for a while: it may refuse them, and must never crash or hang.

    python benchmarks/fuzz/audit_fuzz.py --cases 100000 --seconds 1500

A case is random bytes, random text of the alphabet of results documents, a mutated document of the
corpus, a deep nesting, a long line, or a ragged table. Any exception but BakeoffError, and any case
that takes more than `--slow` seconds, is printed with the seed that makes it again (`--only SEED`).
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))

from audit.corpus.hostile import case  # noqa: E402
from bakeoff.audit import audit  # noqa: E402
from bakeoff.errors import BakeoffError  # noqa: E402


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=100_000)
    parser.add_argument("--seconds", type=float, default=1500)
    parser.add_argument("--slow", type=float, default=5.0)
    parser.add_argument("--first", type=int, default=0, help="first seed")
    parser.add_argument("--only", type=int, help="run one seed and let its exception escape")
    options = parser.parse_args()
    start, done, refused, bad = time.perf_counter(), 0, 0, 0
    seeds = (
        [options.only]
        if options.only is not None
        else range(options.first, options.first + options.cases)
    )
    with tempfile.TemporaryDirectory() as name:
        for seed in seeds:
            if time.perf_counter() - start > options.seconds:
                break
            file, data = case(random.Random(seed))
            path = Path(name) / file
            path.write_bytes(data)
            began = time.process_time()
            try:
                audit(path)
            except BakeoffError:
                refused += 1
            except Exception as error:
                if options.only is not None:
                    raise
                bad += 1
                print(f"seed {seed} {file}: {type(error).__name__}: {str(error)[:200]!r}")
            took = time.process_time() - began
            if took > options.slow:
                bad += 1
                print(f"seed {seed} {file}: {took:.1f} s for {len(data)} bytes")
            done += 1
    print(f"{done:,} cases, {refused:,} refused, {bad} bad, {time.perf_counter() - start:.0f} s")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
