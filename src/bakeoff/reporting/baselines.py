"""What needs no network on a test set: measured by the bake-off itself, or known by its hash."""

from __future__ import annotations

import csv
from functools import cache
from importlib import resources

from bakeoff.records.manifest import FloorFacts, Manifest

LINEAR, NEIGHBOUR = "linear model", "1-nearest neighbour"


def baselines_of(
    train_hash: str, test_hash: str, plan: Manifest | None = None
) -> tuple[FloorFacts, ...]:
    """Accuracies on raw pixels of a data set; empty where they were never measured.

    Both hashes must fit: a baseline that learnt from other training images is another one.
    """
    if plan is not None and plan.floors:
        return plan.floors
    return _shipped().get((train_hash, test_hash), ())


@cache
def _shipped() -> dict[tuple[str, str], tuple[FloorFacts, ...]]:
    text = (resources.files("bakeoff.published") / "baselines.csv").read_text(encoding="utf-8")
    found: dict[tuple[str, str], tuple[FloorFacts, ...]] = {}
    for row in csv.DictReader(text.splitlines()):
        fact = FloorFacts(
            name=row["name"],
            accuracy=float(row["accuracy"]),
            images=int(row["images"]),
            how=row["how"],
        )
        key = (row["train_hash"], row["test_hash"])
        found[key] = (*found.get(key, ()), fact)
    return found
