"""Data sets as facts only: recipes are fitted to facts, never to pixels."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from bakeoff.data.facts import DataFacts

WriteRecipe = Callable[..., Path]


def facts(name: str, images: int, side: int, classes: tuple[str, ...]) -> DataFacts:
    return DataFacts(
        name=name,
        title=name.upper(),
        train_images=images,
        test_images=images // 5,
        classes=len(classes),
        class_names=classes,
        channels=3,
        height=side,
        width=side,
        mean=(0.5,) * 3,
        std=(0.25,) * 3,
        train_hash="0" * 64,
        test_hash="1" * 64,
    )


@pytest.fixture
def mnist() -> DataFacts:
    return facts("mnist", 60_000, 28, tuple("0123456789"))


@pytest.fixture
def imagenet() -> DataFacts:
    return facts("imagenet", 1_281_167, 500, tuple(f"class {i}" for i in range(1000)))


@pytest.fixture
def few_photos() -> DataFacts:
    """The size of Flowers-102's training split."""
    return facts("folder:flowers", 1_020, 500, tuple(f"flower {i}" for i in range(102)))


MINIMAL = """\
epochs: 5
batch_size: 128
optimizer: {name: sgd, lr: 0.1}
schedule: {name: constant}
loss: {name: cross_entropy}
"""


@pytest.fixture
def write_recipe(tmp_path: Path) -> WriteRecipe:
    """Write a recipe file; without text, one that holds only what is required."""

    def write(text: str = MINIMAL, name: str = "mine.yaml") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return write
