"""What people write: recipes, bake-offs, claims, documents."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from auditing.corpus.hostile import case as hostile_document
from bakeoff.auditing import audit
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.data.facts import DataFacts
from bakeoff.recipes import load, scale
from bakeoff.recipes.loading import LIBRARY
from fuzzing.mutations import hurt_text
from fuzzing.oracle import Read

EXAMPLES = Path(__file__).parents[2] / "examples"


@cache
def _recipes() -> list[str]:
    return [path.read_text() for path in sorted(LIBRARY.glob("*.yaml"))]


@cache
def _mnist() -> DataFacts:
    return DataFacts(
        name="mnist", title="MNIST", train_images=60_000, test_images=10_000, classes=10,
        class_names=tuple("0123456789"), channels=3, height=28, width=28, mean=(0.1,) * 3,
        std=(0.3,) * 3, train_hash="a", test_hash="b",
    )  # fmt: skip


def recipe(rng: random.Random, folder: Path) -> Read:
    path = folder / "x.yaml"
    path.write_bytes(hurt_text(rng, _recipes()))
    images = rng.choice((1, 1000, 10**12))
    return lambda: scale(load(path), data=_mnist(), images=images)


BAKEOFF = """name: mine
question: which one?
data: mnist
model: resnet50
init: scratch
channels: 3
arms:
  - standard
  - {recipe: rsb-a3, name: a3, pin: {optimizer.lr: 0.01}, init: timm:default, optional: true}
seeds: [0, 1, 2]
budget: 20000images
full: 5epochs
paired: true
published: [rsb-a3]
"""


@cache
def _bakeoffs() -> list[str]:
    return [BAKEOFF, "data: mnist\nablate: rsb-a2\nseeds: 3\n"] + [
        (EXAMPLES / f"{name}.yaml").read_text() for name in ("flips", "insights")
    ]


def bakeoff_file(rng: random.Random, folder: Path) -> Read:
    path = folder / "x.yaml"
    path.write_bytes(hurt_text(rng, _bakeoffs()))
    return lambda: read_spec(path)


CLAIMS = """bakeoff: claims
source: README.md
context: {model: resnet50, dataset: mnist, experiment: ours}
claims:
  - metric: accuracy
    number: 98.87 %
    split: validation
    epoch: 5
    line: 16
  - {metric: loss, number: 0.0011, split: validation, epoch: 5, line: 15}
  - {metric: accuracy, number: 95.2, unit: percent, spread: 0.3, spread_kind: sd, runs: 3}
  - {metric: init, word: pretrained, line: 8}
  - {metric: accuracy, number: 95.0, interval: [94.9, 95.5], level: 0.95, operands: [93.2, 94.5]}
suppress:
  - {rule: loss-floor, because: the loss was summed over batches, lines: 15}
"""


def claims(rng: random.Random, folder: Path) -> Read:
    path = folder / "claims.yaml"
    path.write_bytes(hurt_text(rng, [CLAIMS]))
    return lambda: audit(path)


def document(rng: random.Random, folder: Path) -> Read:
    name, content = hostile_document(rng)
    path = folder / name
    path.write_bytes(content)
    return lambda: audit(path)
