"""From a recipe's words to the batched augmentation and the test view of `bakeoff.data`."""

from __future__ import annotations

from pathlib import Path

import torch

from bakeoff.data.augment import BatchAugment, RandAugment, TestView, TrivialAugment
from bakeoff.data.dataset import Dataset
from bakeoff.data.facts import DataFacts
from bakeoff.data.sheet import picture_sheet, picture_strip
from bakeoff.data.stream import StreamedDataset
from bakeoff.recipes.loading import load
from bakeoff.recipes.scaling import scale
from bakeoff.recipes.schema import Augment, Mix, Recipe
from bakeoff.records.files import write_atomically


def build_augment(recipe: Recipe, facts: DataFacts, device: torch.device) -> BatchAugment:
    """What happens to a training batch, targets and label smoothing included."""
    augment = recipe.augment
    mix = augment.mix or Mix(probability=0)
    return BatchAugment(
        size=recipe.resolution.train,
        channels=facts.channels,
        classes=facts.classes,
        mean=facts.mean,
        std=facts.std,
        crop_area=augment.crop.area if augment.crop else None,
        crop_ratio=augment.crop.ratio if augment.crop else (1.0, 1.0),
        horizontal_flip=augment.horizontal_flip,
        policy=_policy(augment),
        random_erasing=augment.random_erasing,
        mixup_alpha=mix.mixup_alpha,
        cutmix_alpha=mix.cutmix_alpha,
        mix_probability=mix.probability,
        switch_probability=mix.switch_probability,
        smoothing=recipe.loss.smoothing,
        channels_last=True,
        device=device,
    )


def build_view(recipe: Recipe, facts: DataFacts, device: torch.device) -> TestView:
    """How an image is shown to the network when it is tested."""
    return TestView(
        size=recipe.resolution.test,
        crop_ratio=recipe.resolution.crop_ratio,
        channels=facts.channels,
        mean=facts.mean,
        std=facts.std,
        channels_last=True,
        device=device,
    )


def recipe_sheet(data: Dataset | StreamedDataset, recipe: str, path: Path) -> None:
    """Write a PNG of training images before and after a recipe's augmentation.

    The recipe is fitted to the data at its own number of epochs. Raises UnknownName, BadFile or
    OutputError.
    """
    loaded = load(recipe)
    images = max(1, round(loaded.recipe.epochs * data.facts.train_images))
    used = scale(loaded, data=data.facts, images=images).recipe
    augment = build_augment(used, data.facts, torch.device("cpu"))
    sheet = picture_sheet(data, augment, title=f"{data.facts.title}, augmented by {used.name}")
    write_atomically(path, lambda file: file.write(sheet))


def recipe_strip(data: Dataset | StreamedDataset, used: Recipe) -> bytes:
    """PNG of the same few training images as they are, and as a recipe in use shows them."""
    return picture_strip(data, build_augment(used, data.facts, torch.device("cpu")))


def _policy(augment: Augment) -> RandAugment | TrivialAugment | None:
    spec = augment.randaugment
    if spec is not None:
        return RandAugment(
            magnitude=spec.magnitude,
            magnitude_std=spec.magnitude_std,
            operations=spec.operations,
            increasing=spec.increasing,
        )
    return TrivialAugment() if augment.trivial_augment else None
