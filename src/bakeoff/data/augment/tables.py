"""Point operations as tables: what becomes of each grey level, per image and channel."""

from __future__ import annotations

import torch
from torch import Tensor

from bakeoff.data.augment.op import Op, Operations
from bakeoff.data.augment.rows import on_chosen

LEVELS = 256


def through_tables(images: Tensor, operations: Operations) -> Tensor:
    """Images after their point operation; other operations leave theirs as it is.

    images: float (B, C, H, W) of whole grey levels. Equals Pillow's ImageOps and ImageEnhance.
    """
    tables = _tables(images, operations)
    equalized = operations.op == Op.EQUALIZE
    tables = on_chosen(equalized, lambda table, image: _equalize(image), tables, images)
    return tables.gather(2, images.flatten(2).long()).view_as(images)


def blended(base: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """Pillow's `Image.blend`: base + factor · (images - base), clipped, cut to whole levels."""
    return torch.lerp(base, images, factor).clamp_(0, 255).floor_()


def grey_levels(images: Tensor) -> Tensor:
    """Luminance (B, 1, H, W) in whole levels, as Pillow's `convert("L")` (ITU-R 601-2)."""
    if images.shape[1] == 1:
        return images
    red, green, blue = images.split(1, dim=1)  # type: ignore[no-untyped-call]
    grey: Tensor = (red * (19595 / 65536)).add_(green, alpha=38470 / 65536)
    return grey.add_(blue, alpha=7471 / 65536).add_(0.5).floor_()


def _tables(images: Tensor, operations: Operations) -> Tensor:
    """(B, C, 256): for every operation but equalize.

    All are two pieces: level + raised below a threshold, else slope · (level - pivot) + onto, cut
    to multiples of `step`. An operation sets what it needs and leaves the rest at "as it is".
    """
    op, argument = operations.op[:, None, None], operations.argument[:, None, None]
    is_op = {member: op == member for member in (Op.INVERT, Op.SOLARIZE, Op.SOLARIZE_ADD)}
    zero = torch.zeros_like(argument)
    contrast, stretch = op == Op.CONTRAST, op == Op.AUTO_CONTRAST
    grey = on_chosen(
        contrast[:, 0, 0],
        lambda old, image: (grey_levels(image).mean((2, 3)) + 0.5).floor_()[:, :, None],
        zero.clone(),
        images,
    )
    low, high = images.amin((2, 3))[:, :, None], images.amax((2, 3))[:, :, None]
    stretch = stretch & (high > low)
    inverted = is_op[Op.INVERT] | is_op[Op.SOLARIZE]

    slope = torch.where(contrast | (op == Op.BRIGHTNESS), argument, 1.0)
    slope = torch.where(inverted, -1.0, slope)
    slope = torch.where(stretch, 255 / (high - low), slope)
    pivot = torch.where(inverted, 255.0, torch.where(stretch, low, grey))
    # The small addend keeps the lightest level at 255 when its quotient rounds down.
    onto = torch.where(stretch, 1e-4, grey)
    threshold = torch.where(is_op[Op.SOLARIZE], argument, zero)
    threshold = torch.where(is_op[Op.SOLARIZE_ADD], 128.0, threshold)
    raised = torch.where(is_op[Op.SOLARIZE_ADD], argument, zero)
    step = torch.where(op == Op.POSTERIZE, torch.exp2(8 - argument), 1.0)

    level = torch.arange(LEVELS, device=images.device, dtype=torch.float32)
    table = ((level - pivot) * slope).add_(onto).clamp_(0, 255).div_(step).floor_().mul_(step)
    return torch.where(level < threshold, (level + raised).clamp_(max=255), table)


def _equalize(images: Tensor) -> Tensor:
    """(B, C, 256): histogram equalisation as Pillow does it.

    Whole-number steps, the lightest level left out of the count; images with fewer than 255
    pixels below their lightest level stay as they are.
    """
    levels = images.flatten(2).long()
    counts = torch.zeros(*levels.shape[:2], LEVELS, device=levels.device)
    counts.scatter_add_(2, levels, torch.ones_like(levels, dtype=torch.float32))
    lightest = levels.amax(2, keepdim=True)
    step = ((levels.shape[2] - counts.gather(2, lightest)) / 255).floor_()
    before = counts.cumsum(2) - counts
    spread = (((step / 2).floor_() + before) / step.clamp(min=1)).floor_().clamp_(max=255)
    level = torch.arange(LEVELS, device=levels.device, dtype=torch.float32)
    return torch.where(step > 0, spread, level)
