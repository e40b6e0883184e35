"""A slot of operations applied to a batch, a different one for each image.

Images are float (B, C, H, W) holding whole grey levels 0 to 255, as Pillow's uint8 images do, so
that each operation can equal Pillow's. All geometric operations of a slot are one affine grid;
all point operations are one table of 256 levels per image and channel; `Color` and `Sharpness`
need other channels or neighbours and are blends of their own.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from bakeoff.data.augment.op import FAMILY, Op, Operations
from bakeoff.data.augment.rows import on_chosen
from bakeoff.data.augment.tables import blended, grey_levels, through_tables


def operated(images: Tensor, operations: Operations, fill: Tensor) -> Tensor:
    """Each image after its operation.

    images: float (B, C, H, W) of whole levels 0 to 255, which may be overwritten. fill: (1,) or
    (C,) levels of what a geometric operation leaves empty. Equals Pillow's operations on uint8
    images, geometric ones with Pillow's bilinear resampling, up to one grey level of rounding.
    """
    family = _families(images.device)[operations.op]
    acts: tuple[Callable[[Tensor, Operations], Tensor], ...] = (
        lambda x, ops: _moved(x, ops, fill),
        through_tables,
        _coloured,
        _sharpened,
    )
    for number, act in enumerate(acts, start=1):
        images = on_chosen(
            family == number,
            lambda x, op, argument, act=act: act(x, Operations(op, argument)),
            images,
            operations.op,
            operations.argument,
        )
    return images


@cache
def _families(device: torch.device) -> Tensor:
    """`FAMILY` on a device, put there once."""
    return torch.tensor(FAMILY, device=device)


def _moved(images: Tensor, operations: Operations, fill: Tensor) -> Tensor:
    """Rotation, shears and translations, about Pillow's centres and with its pixel centres."""
    h, w = images.shape[2:]
    a, b, c, d, e, f = (x[:, None, None] for x in _affine(operations, h, w))
    x = torch.arange(w, device=images.device, dtype=torch.float32) + 0.5
    y = (torch.arange(h, device=images.device, dtype=torch.float32) + 0.5)[:, None]
    from_x = a * x + b * y + c
    from_y = d * x + e * y + f
    inside = (from_x >= 0) & (from_x < w) & (from_y >= 0) & (from_y < h)
    grid = torch.stack([from_x * (2 / w) - 1, from_y * (2 / h) - 1], dim=3)
    moved = F.grid_sample(images, grid, mode="bilinear", padding_mode="border", align_corners=False)
    # Pillow cuts to whole levels; the addend keeps whole results whole despite float32 weights.
    return torch.where(inside[:, None], moved.add_(1e-3).floor_(), fill[:, None, None])


def _affine(operations: Operations, height: int, width: int) -> tuple[Tensor, ...]:
    """Pillow's six affine coefficients per image: from output to input pixel coordinates."""
    op, argument = operations.op, operations.argument

    def only(member: Op) -> Tensor:
        return torch.where(op == member, argument, 0.0)

    angle = torch.deg2rad(-only(Op.ROTATE))
    cos, sin = torch.cos(angle), torch.sin(angle)
    # Rotation is about the image's centre; it is the identity for the other operations.
    about_x = width / 2 - cos * (width / 2) - sin * (height / 2)
    about_y = height / 2 + sin * (width / 2) - cos * (height / 2)
    return (
        cos,
        sin + only(Op.SHEAR_X),
        about_x + only(Op.TRANSLATE_X),
        -sin + only(Op.SHEAR_Y),
        cos,
        about_y + only(Op.TRANSLATE_Y),
    )


def _coloured(images: Tensor, operations: Operations) -> Tensor:
    """Blend with the grey image; a grey image stays as it is."""
    if images.shape[1] == 1:
        return images
    return blended(grey_levels(images), images, operations.argument[:, None, None, None])


def _sharpened(images: Tensor, operations: Operations) -> Tensor:
    """Blend with the image smoothed by Pillow's 3 × 3 kernel, whose border stays unsmoothed."""
    h, w = images.shape[2:]
    if min(h, w) < 3:
        return images
    across = images[:, :, :, :-2] + images[:, :, :, 1:-1] + images[:, :, :, 2:]
    around = across[:, :, :-2] + across[:, :, 1:-1] + across[:, :, 2:]
    smooth = images.clone()
    # Pillow's kernel: 5 in the middle, 1 around, over 13.
    inner = around.add_(images[:, :, 1:-1, 1:-1], alpha=4).div_(13).add_(0.5).floor_()
    smooth[:, :, 1:-1, 1:-1] = inner
    return blended(smooth, images, operations.argument[:, None, None, None])
