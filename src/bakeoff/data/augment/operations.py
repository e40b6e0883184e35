"""A slot of operations applied to a batch, a different one for each image.

Images are float (B, C, H, W) holding whole grey levels 0 to 255, as Pillow's uint8 images do, so
that each operation can equal Pillow's. All geometric operations of a slot are one affine grid;
all point operations are one table of 256 levels per image and channel; `Color` and `Sharpness`
need other channels or neighbours and are blends of their own.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from bakeoff.data.augment.op import GEOMETRIC, POINT, Op, Operations
from bakeoff.data.augment.tables import blended, grey_levels, through_tables


def operated(images: Tensor, operations: Operations, fill: Tensor) -> Tensor:
    """Each image after its operation.

    images: float (B, C, H, W) of whole levels 0 to 255, which may be overwritten. fill: (1,) or
    (C,) levels of what a geometric operation leaves empty. Equals Pillow's operations on uint8
    images, geometric ones with Pillow's bilinear resampling, up to one grey level of rounding.
    """
    families: tuple[tuple[tuple[Op, ...], Callable[[Tensor, Operations], Tensor]], ...] = (
        (GEOMETRIC, lambda x, ops: _moved(x, ops, fill)),
        (POINT, through_tables),
        ((Op.COLOR,), _coloured),
        ((Op.SHARPNESS,), _sharpened),
    )
    for members, act in families:
        chosen = torch.zeros_like(operations.op, dtype=torch.bool)
        for member in members:
            chosen |= operations.op == member
        images = _where(chosen, act, images, operations)
    return images


def _where(
    chosen: Tensor,
    act: Callable[[Tensor, Operations], Tensor],
    images: Tensor,
    operations: Operations,
) -> Tensor:
    """`act` on the chosen images only.

    On the CPU work is what costs, so the others are left out; elsewhere shapes must not depend on
    the draws, so all are computed and the chosen kept.
    """
    if images.device.type != "cpu":
        return torch.where(chosen[:, None, None, None], act(images, operations), images)
    rows = chosen.nonzero()[:, 0]
    if len(rows):
        images[rows] = act(images[rows], Operations(operations.op[rows], operations.argument[rows]))
    return images


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
    b, c, h, w = images.shape
    if min(h, w) < 3:
        return images
    kernel = images.new_full((1, 1, 3, 3), 1 / 13)
    kernel[0, 0, 1, 1] = 5 / 13
    smooth = images.clone()
    inner = F.conv2d(images.reshape(b * c, 1, h, w), kernel).add_(0.5).floor_()
    smooth[:, :, 1:-1, 1:-1] = inner.view(b, c, h - 2, w - 2)
    return blended(smooth, images, operations.argument[:, None, None, None])
