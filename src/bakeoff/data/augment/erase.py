"""Random erasing of a batch: a box per image becomes the mean colour (zero after normalising)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

ATTEMPTS = 10
AREA = (0.02, 0.33)
RATIO = (0.3, 3.3)


@dataclass(frozen=True)
class Erasure:
    """The box erased of each image, in pixels, shape (B,); height 0 erases nothing."""

    top: Tensor
    left: Tensor
    height: Tensor
    width: Tensor


def draw_erasure(
    batch: int, height: int, width: int, *, probability: float, generator: torch.Generator
) -> Erasure:
    """Boxes as torchvision's `RandomErasing` with its defaults draws them.

    Area 2 to 33 % uniform, log aspect ratio (height / width) uniform in 0.3 to 3.3, ten attempts
    to find a box smaller than the image, else nothing is erased.
    Source: Zhong et al. 2017, algorithm 1; torchvision `RandomErasing.get_params`.
    """
    device = generator.device
    draws = torch.rand(2, ATTEMPTS, batch, generator=generator, device=device)
    place = torch.rand(2, batch, generator=generator, device=device)
    wanted = torch.rand(batch, generator=generator, device=device) < probability
    target = height * width * (AREA[0] + (AREA[1] - AREA[0]) * draws[0])
    low, high = math.log(RATIO[0]), math.log(RATIO[1])
    aspect = torch.exp(low + (high - low) * draws[1])
    heights = (target * aspect).sqrt().round()
    widths = (target / aspect).sqrt().round()
    fits = (heights < height) & (widths < width)
    attempt = torch.arange(ATTEMPTS, device=device)[:, None]
    first = torch.where(fits, attempt, ATTEMPTS).amin(0)
    chosen = first.clamp(max=ATTEMPTS - 1)[None]
    h, w = heights.gather(0, chosen)[0], widths.gather(0, chosen)[0]
    top = (place[0] * (height - h + 1)).floor().minimum(height - h)
    left = (place[1] * (width - w + 1)).floor().minimum(width - w)
    h = torch.where(wanted & (first < ATTEMPTS), h, 0.0)
    return Erasure(top, left, h, w)


def erased(images: Tensor, erasure: Erasure) -> Tensor:
    """Normalised images (B, C, S, S) with their boxes set to zero, the mean colour."""
    rows = torch.arange(images.shape[2], device=images.device)
    columns = torch.arange(images.shape[3], device=images.device)

    def within(places: Tensor, start: Tensor, length: Tensor) -> Tensor:
        return (places >= start[:, None]) & (places < (start + length)[:, None])

    boxed = (
        within(rows, erasure.top, erasure.height)[:, None, :, None]
        & within(columns, erasure.left, erasure.width)[:, None, None, :]
    )
    return images.masked_fill(boxed, 0)
