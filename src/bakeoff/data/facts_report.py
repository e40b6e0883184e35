"""What `bakeoff data` tells of a data set before anything is trained on it."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from bakeoff.data import baselines as floors
from bakeoff.data.baselines import Floor
from bakeoff.data.dataset import Dataset, Split, is_grey
from bakeoff.data.facts import DataFacts
from bakeoff.data.stream import StreamedDataset, StreamedSplit
from bakeoff.progress import tracked

FLOOR_TRAIN_IMAGES = 60_000
FLOOR_TEST_IMAGES = 2_000
FLOOR_SIDE = 32
STREAMED_IMAGES = 4_096


@dataclass(frozen=True)
class Duplicates:
    """Images with the same pixels, counted.

    test_in_train: test images that are training images too. within_train: training images beyond
    the first of their kind. contradictory: of both, those with another label than their twin.
    """

    test_in_train: int
    within_train: int
    contradictory: int


@dataclass(frozen=True)
class DataReport:
    """Facts, balance, duplicates and floors. duplicates None: not looked for (streamed)."""

    facts: DataFacts
    train_per_class: tuple[int, ...]
    test_per_class: tuple[int, ...]
    duplicates: Duplicates | None
    floors: tuple[Floor, ...]

    def to_dict(self) -> dict[str, Any]:
        """Plain containers, for `--format json`."""
        return {**asdict(self), "facts": self.facts.model_dump(mode="json")}

    def rows(self) -> list[tuple[str, str]]:
        """The report as (what, value) pairs, for a table."""
        facts, smallest = self.facts, min(self.train_per_class)
        size = f"{facts.height} × {facts.width}" if facts.height else "each its own"
        rows = [
            ("data set", f"{facts.title} ({facts.name})"),
            ("images", f"{facts.train_images:,} to train on, {facts.test_images:,} to test on"),
            ("classes", f"{facts.classes:,}: {_listed(facts.class_names)}"),
            (
                "balance",
                f"{smallest:,} to {max(self.train_per_class):,} training images a class",
            ),
            ("size", f"{size}, {facts.channels} channels"),
            ("mean", ", ".join(f"{m:.4f}" for m in facts.mean)),
            ("deviation", ", ".join(f"{s:.4f}" for s in facts.std)),
            ("training hash", facts.train_hash),
            ("test hash", facts.test_hash),
        ]
        if self.duplicates is not None:
            twins = self.duplicates
            rows.append(
                (
                    "same pixels",
                    f"{twins.test_in_train:,} test images in training, {twins.within_train:,} "
                    f"training images twice, {twins.contradictory:,} labelled differently",
                )
            )
        else:
            rows.append(("same pixels", "not looked for, as it streams; a note counts equal files"))
        rows += [
            (
                floor.name,
                f"{floor.accuracy:.2f} % of {floor.images:,} test images ({floor.how})",
            )
            for floor in self.floors
        ]
        rows += [("note", note) for note in facts.notes]
        if facts.licence:
            rows.append(("licence", facts.licence))
        if facts.citation:
            rows.append(("citation", facts.citation))
        return rows


def describe(data: Dataset | StreamedDataset) -> DataReport:
    """Measure what can be known without training a network.

    Floors are measured on raw pixels (shrunk to 32 × 32 if larger), on at most 60,000 training
    and 2,000 test images, evenly spaced in their order. Of a streamed set 4,096 training images
    are looked at. Each floor says on how many images it stands.
    """
    facts = data.facts
    return DataReport(
        facts=facts,
        train_per_class=_counts(data.train.labels, facts.classes),
        test_per_class=_counts(data.test.labels, facts.classes),
        duplicates=_duplicates(data) if isinstance(data, Dataset) else None,
        floors=measured_floors(data, FLOOR_TEST_IMAGES),
    )


def measured_floors(data: Dataset | StreamedDataset, tested: int) -> tuple[Floor, ...]:
    """The floors of `describe`, on at most `tested` test images.

    Once a process for the same images: a bake-off at several budgets asks again at each.
    """
    facts = data.facts
    trained = STREAMED_IMAGES if isinstance(data, StreamedDataset) else FLOOR_TRAIN_IMAGES
    key = (facts.train_hash, facts.test_hash, facts.height, facts.width, trained, tested)
    if key not in _FLOORS:
        train, test = _features(data.train, trained), _features(data.test, tested)
        _FLOORS[key] = (
            floors.majority(data.train.labels, data.test.labels, facts.classes),
            floors.linear(train, test, facts.classes),
            floors.nearest_neighbour(train, test),
        )
    return _FLOORS[key]


_FLOORS: dict[tuple[object, ...], tuple[Floor, ...]] = {}


def _features(split: Split | StreamedSplit, most: int) -> tuple[Tensor, Tensor]:
    """Pixels (N, D) on the scale 0 to 1 and labels of at most `most` images, evenly spaced."""
    chosen = torch.linspace(0, len(split) - 1, min(most, len(split)), dtype=torch.float64).long()
    images, labels = split.batch(chosen)
    pixels = (images[:, :1] if is_grey(images) else images).float() / 255
    if max(pixels.shape[2:]) > FLOOR_SIDE:
        pixels = F.interpolate(pixels, (FLOOR_SIDE, FLOOR_SIDE), mode="bilinear", antialias=True)
    return pixels.flatten(1), labels


def _counts(labels: Tensor, classes: int) -> tuple[int, ...]:
    return tuple(labels.bincount(minlength=classes).tolist())


def shared_images(train: Split, test: Split) -> int:
    """Test images whose very pixels are among the training images of another set."""
    known = {key for key, _ in _keys(train, "training images")}
    return sum(key in known for key, _ in _keys(test, "test images"))


def _keys(split: Split, told: str) -> Iterator[tuple[bytes, int]]:
    """A hash of each image's pixels, equal channels counted once, and its label."""
    pixels = split.images[:, :1] if is_grey(split.images) else split.images
    pairs = zip(pixels.contiguous().numpy(), split.labels.tolist(), strict=True)
    for image, label in tracked(pairs, f"looking for duplicates ({told})", len(split)):
        yield hashlib.blake2b(image.data, digest_size=16).digest(), label


def _duplicates(data: Dataset) -> Duplicates:
    first: dict[bytes, int] = {}
    counted: Counter[str] = Counter()
    for split, kind, told in (
        (data.train, "within_train", "training images"),
        (data.test, "test_in_train", "test images"),
    ):
        for key, label in _keys(split, told):
            if key in first:
                counted[kind] += 1
                counted["contradictory"] += first[key] != label
            elif kind == "within_train":
                first[key] = label
    return Duplicates(
        test_in_train=counted["test_in_train"],
        within_train=counted["within_train"],
        contradictory=counted["contradictory"],
    )


def _listed(names: tuple[str, ...]) -> str:
    printable = ["".join(c if c.isprintable() else " " for c in name) for name in names[:10]]
    shown = ", ".join(printable)
    return shown if len(names) <= 10 else f"{shown}, … ({len(names) - 10:,} more)"
