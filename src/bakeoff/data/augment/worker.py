"""The same augmentation for one Pillow image, by timm's and torchvision's own transforms."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PIL import Image, ImageOps
from timm.data.auto_augment import rand_augment_transform
from timm.data.transforms import RandomResizedCropAndInterpolation
from torch import Tensor
from torchvision import transforms

from bakeoff.data.augment.batch import BatchAugment
from bakeoff.data.augment.policy import RandAugment


def worker_transform(augment: BatchAugment) -> Callable[[Image.Image], Tensor]:
    """Crop, flip and policy of `augment` for a Pillow image "L" or "RGB"; uint8 (C, S, S) comes.

    Draws from the global states of Python, numpy and torch, as those libraries do.
    """
    steps: list[Callable[..., Any]] = []
    if augment.crop_area is None:
        steps.append(
            transforms.Resize((augment.size, augment.size), transforms.InterpolationMode.BILINEAR)
        )
    else:
        steps.append(
            RandomResizedCropAndInterpolation(
                augment.size, augment.crop_area, augment.crop_ratio, "bilinear"
            )
        )
    if augment.horizontal_flip:
        steps.append(transforms.RandomHorizontalFlip(augment.horizontal_flip))
    policy = augment.policy
    fill = tuple(int(level) for level in augment.fill_levels)
    if len(fill) == 1:
        fill *= augment.channels  # Pillow takes one number for the red of a colour
    if isinstance(policy, RandAugment):
        steps.append(_rand_augment(policy, fill))
    elif policy is not None:
        steps.append(
            transforms.TrivialAugmentWide(
                interpolation=transforms.InterpolationMode.BILINEAR, fill=list(fill)
            )
        )
    steps.append(transforms.PILToTensor())
    return transforms.Compose(steps)  # type: ignore[no-any-return]


def _rand_augment(policy: RandAugment, fill: tuple[int, ...]) -> Callable[..., Any]:
    config = (
        f"rand-m{policy.magnitude:g}-n{policy.operations}-mstd{policy.magnitude_std:g}"
        f"-inc{int(policy.increasing)}-p{policy.probability:g}"
    )
    hparams = {"img_mean": fill, "interpolation": Image.Resampling.BILINEAR}
    transform = rand_augment_transform(config, hparams)
    for op in transform.ops:
        if op.name.startswith("Posterize"):
            op.aug_fn = _posterize
    return transform  # type: ignore[no-any-return]


def _posterize(image: Image.Image, bits: int, **_: object) -> Image.Image:
    """timm's, except that no bits give black: Pillow 13 refuses what timm asks at magnitude 10."""
    if bits >= 8:
        return image
    return ImageOps.posterize(image, bits) if bits else image.point(lambda _: 0)
