"""How long `bakeoff compare` takes, start-up included, and how many calls a minute Python makes.

    python benchmarks/compare_speed.py              10 arms × 10 seeds of 10,000 images; frames
    python benchmarks/compare_speed.py --profile    the same comparison in this process, profiled

Measured as a user meets it: the command in a new process, on run folders that this script writes
(records with learning curves, predictions of 10 classes; nothing is trained). Wall time is the best
of three, after one call that warms the disk cache; run it on a silent machine.
"""

from __future__ import annotations

import argparse
import cProfile
import os
import pstats
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

import bakeoff
from bakeoff.records.predictions import Predictions
from bakeoff.records.store import load_record, run_folder, save_record

EXAMPLE = Path(__file__).parents[1] / "docs/results/reproduce/standard/seed-0"
SECONDS_OF_CALLS = 10.0


def write_runs(root: Path, *, arms: int, seeds: int, images: int, classes: int = 10) -> None:
    """Run folders as a bake-off leaves them, with planted accuracies around 95 %."""
    g = np.random.default_rng(20261125)
    example = load_record(EXAMPLE)
    assert example.result is not None
    label = g.integers(classes, size=images, dtype=np.int32)
    easy = g.normal(size=images)
    for arm in range(arms):
        name = f"arm-{arm}"
        recipe = example.recipe.model_copy(update={"name": name})
        for seed in range(seeds):
            right = easy + 0.4 * g.normal(size=images) > -1.7 - 0.02 * arm - 0.01 * g.normal()
            order = np.argsort(g.random((images, classes)), axis=1).astype(np.int32)
            first = np.where(right, label, (label + 1 + order[:, 0] % (classes - 1)) % classes)
            others = order[order != first[:, None]].reshape(images, classes - 1)[:, :4]
            chance = np.sort(g.dirichlet(np.full(5, 0.3), size=images), axis=1)[:, ::-1]
            predictions = Predictions(
                label=label,
                top5_class=np.column_stack([first, others]).astype(np.int32),
                top5_probability=chance.astype(np.float32),
                nll=g.exponential(0.2, images).astype(np.float32),
            )
            correct = int(right.sum())
            result = example.result.model_copy(
                update={
                    "images": images,
                    "correct": correct,
                    "accuracy": 100 * correct / images,
                    "loss": float(predictions.nll.mean(dtype=np.float64)),
                    "calibration_error": 1 + 0.1 * float(g.normal()),
                }
            )
            record = example.model_copy(
                update={
                    "arm": name,
                    "seed": seed,
                    "recipe": recipe,
                    "result": result,
                    "data": example.data.model_copy(update={"test_images": images}),
                }
            )
            folder = run_folder(root, name, seed)
            save_record(record, folder)
            predictions.save(folder)


def frame(arms: int, seeds: int) -> pd.DataFrame:
    g = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "arm": np.repeat([f"arm-{i}" for i in range(arms)], seeds),
            "seed": np.tile(np.arange(seeds), arms),
            "accuracy": 95 + 0.1 * g.standard_normal(arms * seeds),
        }
    )


def command_seconds(root: Path) -> float:
    """Wall seconds of the command in a new process, the best of three."""
    command = [sys.executable, "-m", "bakeoff.cli", "compare", str(root), "--format", "json"]
    taken = []
    for _ in range(4):
        began = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=os.environ)
        taken.append(time.perf_counter() - began)
    return min(taken[1:])


def calls_a_minute(data: pd.DataFrame) -> float:
    bakeoff.compare(data)
    began, calls = time.perf_counter(), 0
    while (passed := time.perf_counter() - began) < SECONDS_OF_CALLS:
        bakeoff.compare(data)
        calls += 1
    return 60 * calls / passed


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--arms", type=int, default=10)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--images", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true", help="where the time goes")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "runs"
        write_runs(root, arms=asked.arms, seeds=asked.seeds, images=asked.images)
        if asked.profile:
            profile = cProfile.Profile()
            profile.runcall(bakeoff.compare, str(root))
            pstats.Stats(profile).sort_stats("cumulative").print_stats(45)
            return
        print(
            f"bakeoff compare, {asked.arms} arms × {asked.seeds} seeds of {asked.images:,}"
            f" predictions: {command_seconds(root):.2f} s"
        )
    for arms, seeds in ((2, 3), (2, 5), (2, 10), (6, 5)):
        rate = calls_a_minute(frame(arms, seeds))
        print(f"bakeoff.compare(frame), {arms} arms × {seeds} seeds: {rate:,.0f} calls a minute")


if __name__ == "__main__":
    main()
