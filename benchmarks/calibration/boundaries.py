"""Simulates the boundaries that the product looks up: plans of looks, and Welch or ranks.

    python benchmarks/calibration/boundaries.py           writes the stored boundaries.json
    python benchmarks/calibration/boundaries.py --check   simulates a fifth of it anew, and compares

300,000 experiments a spread ratio (1, 1.5, 2, 3, 5); the error rate at a stored 5 % boundary is
itself uncertain by ±0.08 percentage points (two standard errors). The check's seed is another one.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.statistics import tabled
from bakeoff.statistics.look_simulation import Test, paths
from bakeoff.statistics.sequential import (
    LEVELS,
    RATIOS,
    WIDE_ALLOWANCE,
    WIDE_RATIO,
    calibrated,
)

TO = Path(tabled.__file__).with_name(tabled.FILE)
PLANS = ((3, 5, 7, 10), (3, 5, 6, 7, 8, 9, 12), (3, 5, 10), (3, 5, 8, 11))
TESTS: tuple[Test, ...] = ("joint", "welch", "paired")
JOINT = (5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 20, 30)


def joint_levels(n: int, experiments: int, generator: np.random.Generator) -> list[float]:
    """The smallest min(p of Welch, 2·p of ranks) by error rate that any spread ratio asks for."""
    worst = np.ones(len(LEVELS))
    for ratio in (*RATIOS, WIDE_RATIO):
        allowed = np.minimum(1, np.array(LEVELS) * (WIDE_ALLOWANCE if ratio == WIDE_RATIO else 1))
        m = paths((n,), "joint", generator, experiments=experiments, ratio=ratio)[:, 0]
        worst = np.minimum(worst, np.quantile(m, allowed, method="lower"))
    return [float(f"{value:.6g}") for value in worst]


def simulate(experiments: int, seed: int) -> dict[str, Any]:
    plans = []
    for looks in PLANS:
        for test in TESTS:
            started = time.process_time()
            generator = np.random.default_rng([seed, *looks, TESTS.index(test)])
            crossing, never = calibrated(looks, test, LEVELS, experiments, generator)
            plans.append(
                {
                    "looks": looks,
                    "test": test,
                    "experiments": experiments,
                    "levels": crossing.levels,
                    "crossing": crossing.at,
                    "never_giving_up": never.at,
                }
            )
            print(looks, test, f"{time.process_time() - started:.0f} s", file=sys.stderr)
    at = {}
    for n in JOINT:
        few = experiments if n <= 15 else experiments // 4
        at[str(n)] = joint_levels(n, few, np.random.default_rng([seed, n]))
    return {
        "source": "benchmarks/calibration/boundaries.py",
        "plans": plans,
        "joint": {"experiments": experiments, "levels": LEVELS, "at": at},
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="compare with what is stored")
    parser.add_argument("--experiments", type=int, default=300_000)
    options = parser.parse_args()
    if not options.check:
        TO.write_text(json.dumps(simulate(options.experiments, 1), indent=0) + "\n")
        return 0
    stored, again = tabled.stored(), simulate(options.experiments // 5, 2)
    five = LEVELS.index(0.05)
    apart = 0.0
    for ours, theirs in zip(stored["plans"], again["plans"], strict=True):
        for kind in ("crossing", "never_giving_up"):
            apart = max(apart, abs(ours[kind][five] - theirs[kind][five]))
    print(f"largest difference of a 5 % boundary: {apart:.4f} (z)")
    return 0 if apart < 0.02 else 1


if __name__ == "__main__":
    sys.exit(main())
