"""Point operations as tables: what becomes of each grey level, per image and channel."""

from __future__ import annotations

import torch
from torch import Tensor

from bakeoff.data.augment.op import Op, Operations

LEVELS = 256


def through_tables(images: Tensor, operations: Operations) -> Tensor:
    """Images after their point operation; other operations leave theirs as it is.

    images: float (B, C, H, W) of whole grey levels. Equals Pillow's ImageOps and ImageEnhance.
    """
    b, c = images.shape[:2]
    levels = images.flatten(2).long()
    counts = _histograms(levels)
    tables = _tables(images, counts, operations)
    return tables.gather(2, levels).view_as(images) if b * c else images


def blended(base: Tensor, images: Tensor, factor: Tensor) -> Tensor:
    """Pillow's `Image.blend`: base + factor · (images - base), clipped, cut to whole levels."""
    return torch.lerp(base, images, factor).clamp_(0, 255).floor_()


def grey_levels(images: Tensor) -> Tensor:
    """Luminance (B, 1, H, W) in whole levels, as Pillow's `convert("L")` (ITU-R 601-2)."""
    if images.shape[1] != 3:
        return images.mean(1, keepdim=True).round_()
    weights = images.new_tensor([19595 / 65536, 38470 / 65536, 7471 / 65536])
    return (images * weights[:, None, None]).sum(1, keepdim=True).add_(0.5).floor_()


def _histograms(levels: Tensor) -> Tensor:
    """(B, C, 256) float32 counts of each level; exact below 2^24 pixels."""
    b, c, _ = levels.shape
    counts = torch.zeros(b, c, LEVELS, device=levels.device)
    return counts.scatter_add_(2, levels, torch.ones_like(levels, dtype=torch.float32))


def _tables(images: Tensor, counts: Tensor, operations: Operations) -> Tensor:
    op = operations.op[:, None, None]
    argument = operations.argument[:, None, None]
    level = torch.arange(LEVELS, device=images.device, dtype=torch.float32).expand_as(counts)
    grey = (grey_levels(images).mean((2, 3)) + 0.5).floor_()[:, :, None]
    # Each row: the operation, and its table for every image; one is chosen per image.
    step = 2.0 ** (8 - argument)
    candidates = (
        (Op.INVERT, 255 - level),
        (Op.POSTERIZE, (level / step).floor_() * step),
        (Op.SOLARIZE, torch.where(level < argument, level, 255 - level)),
        (Op.SOLARIZE_ADD, torch.where(level < 128, (level + argument).clamp_(max=255), level)),
        (Op.CONTRAST, blended(grey, level, argument)),
        (Op.BRIGHTNESS, blended(torch.zeros_like(level), level, argument)),
        (Op.AUTO_CONTRAST, _auto_contrast(counts, level)),
        (Op.EQUALIZE, _equalize(counts, level)),
    )
    table = level
    for candidate, values in candidates:
        table = torch.where(op == candidate, values, table)
    return table


def _auto_contrast(counts: Tensor, level: Tensor) -> Tensor:
    """Darkest to 0, lightest to 255, linear between."""
    there = counts > 0
    low = torch.where(there, level, float(LEVELS)).amin(2, keepdim=True)
    high = torch.where(there, level, -1.0).amax(2, keepdim=True)
    # The small addend keeps (hi - lo) · 255 / (hi - lo) at 255 when the quotient rounds down.
    stretched = ((level - low) * 255 / (high - low) + 1e-4).clamp_(0, 255).floor_()
    return torch.where(high > low, stretched, level)


def _equalize(counts: Tensor, level: Tensor) -> Tensor:
    """Histogram equalisation as Pillow does it: whole-number steps, the last level left out."""
    total = counts.sum(2, keepdim=True)
    last = torch.where(counts > 0, level, -1.0).amax(2, keepdim=True)
    step = ((total - counts.gather(2, last.long())) / 255).floor_()
    before = counts.cumsum(2) - counts
    half = (step / 2).floor_()
    spread = ((half + before) / step.clamp(min=1)).floor_().clamp_(max=255)
    return torch.where(step > 0, spread, level)
