"""Test images that nearly show the same: frames of one video, one photograph saved twice."""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from bakeoff.data.dataset import Split, is_grey
from bakeoff.data.stream import StreamedSplit

SIDE = 16
ALIKE = 0.99
"""Correlation of two images' grey levels at 16 × 16 pixels from which they count as one scene."""
MOST, MOST_STREAMED = 4_000, 500
BLOCK = 100
FLAT = 2.0
"""Grey levels (of 255) that an image must vary by, else everything looks like it."""


@dataclass(frozen=True, slots=True)
class NearDuplicates:
    """looked_at: how many test images were compared, all with all. alike: those of them that nearly
    show what another one does. largest: images in the largest group of such."""

    looked_at: int
    alike: int
    largest: int

    @property
    def share(self) -> float:
        """Of those looked at, 0 to 1."""
        return self.alike / self.looked_at if self.looked_at else 0.0


def near_duplicates(split: Split | StreamedSplit) -> NearDuplicates:
    """Look for test images that nearly show the same.

    Each is shrunk to 16 × 16 grey levels by averaging, freed of brightness and contrast, and
    compared with all others: r = Σ(x−x̄)(y−ȳ)/√(Σ(x−x̄)²Σ(y−ȳ)²) >= 0.99 counts. Of more than 4,000
    images (500 where they are decoded from files) blocks of 100 that follow each other are looked
    at, evenly spread: frames of one video lie side by side. It sees copies, other qualities, other
    brightness and small movements; it does not see crops, mirrored or turned copies, two patients'
    photographs of one lesion, or images that belong together and look different.
    """
    n = len(split)
    most = MOST_STREAMED if isinstance(split, StreamedSplit) else MOST
    rows = torch.cat([looked_at(split.batch(at)[0]) for at in torch.split(chosen(n, most), BLOCK)])
    varied = rows.norm(dim=1) > FLAT * SIDE
    if not varied.any():
        return NearDuplicates(len(rows), 0, 0)
    unit = rows[varied] / rows[varied].norm(dim=1, keepdim=True)
    groups = torch.arange(len(unit))
    # The smallest number among an image's likes, until nothing changes: connected groups.
    alike = unit @ unit.T >= ALIKE
    while True:
        least = torch.where(alike, groups[None, :], len(unit)).amin(1)
        if torch.equal(least, groups):
            break
        groups = least
    sizes = torch.bincount(groups)
    return NearDuplicates(len(rows), int(sizes[sizes > 1].sum()), int(sizes.max()))


def chosen(images: int, most: int) -> Tensor:
    """Which of so many images are looked at: all, or blocks that are evenly spread."""
    if images <= most:
        return torch.arange(images)
    starts = torch.linspace(0, images - BLOCK, most // BLOCK, dtype=torch.float64).long()
    every: Tensor = torch.isin(
        torch.arange(images), (starts[:, None] + torch.arange(BLOCK)).flatten()
    )
    return every.nonzero().flatten()


def looked_at(images: Tensor) -> Tensor:
    """uint8 (N, C, H, W) as (N, 256) grey levels around 0."""
    grey = (images[:, :1] if is_grey(images) else images).float().mean(1, keepdim=True)
    small = F.adaptive_avg_pool2d(grey, SIDE).flatten(1)
    return small - small.mean(1, keepdim=True)
