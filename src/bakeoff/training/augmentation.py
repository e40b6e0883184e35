"""From a recipe's words to the batched augmentation and the test view of `bakeoff.data`."""

from __future__ import annotations

import torch

from bakeoff.data.augment import BatchAugment, RandAugment, TestView, TrivialAugment
from bakeoff.data.facts import DataFacts
from bakeoff.recipes.schema import Augment, Mix, Recipe


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
