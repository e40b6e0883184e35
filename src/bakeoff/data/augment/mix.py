"""Mixup and CutMix on a batch, one of the two per batch, as timm's `Mixup` in batch mode.

Each image is mixed with the one at the mirrored place of the batch (row i with row B - 1 - i).
Sources: Zhang et al. 2018 (mixup), Yun et al. 2019 (CutMix), timm `data/mixup.py`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from scipy.special import betaincinv
from torch import Tensor


@dataclass(frozen=True)
class Mix:
    """How a batch is mixed with its mirror image.

    share: of each image's own label, in [0, 1]; for CutMix the area outside the box.
    box: top, bottom, left, right of the pasted box in pixels, empty for mixup; shape (4,).
    cut: whether a box is pasted (CutMix) instead of blending (mixup).
    share, cut: shape (). All are tensors, so that one captured step serves every draw.
    """

    share: Tensor
    cut: Tensor
    box: Tensor


def draw_mix(
    size: int,
    *,
    mixup_alpha: float,
    cutmix_alpha: float,
    probability: float,
    switch_probability: float,
    generator: torch.Generator,
) -> Mix:
    """One batch's mix for images of side `size`.

    With `probability` mixed at all; CutMix with `switch_probability` if both alphas are positive.
    The share is Beta(alpha, alpha), drawn by inverting its distribution function; for CutMix it is
    corrected for what the image border cuts off the box.
    """
    applied, switch, level, y, x = torch.rand(
        5, generator=generator, device=generator.device, dtype=torch.float64
    ).tolist()
    cut = cutmix_alpha > 0 and (mixup_alpha <= 0 or switch < switch_probability)
    alpha = cutmix_alpha if cut else mixup_alpha
    if alpha <= 0 or applied >= probability:
        return mix_of(1.0, None)
    share = float(betaincinv(alpha, alpha, level))
    return mix_of(
        share, cut_box(size, share, y=int(y * size), x=int(x * size)) if cut else None, size
    )


def mix_of(share: float, box: tuple[int, int, int, int] | None, size: int = 1) -> Mix:
    """The mix with this share, or with the share that the box (top, bottom, left, right) leaves."""
    if box is not None:
        top, bottom, left, right = box
        share = 1 - (bottom - top) * (right - left) / (size * size)
    return Mix(
        share=torch.tensor(share, dtype=torch.float32),
        cut=torch.tensor(box is not None),
        box=torch.tensor(box or (0, 0, 0, 0)),
    )


def cut_box(size: int, share: float, *, y: int, x: int) -> tuple[int, int, int, int]:
    """The box around (y, x) that leaves `share` of the image, clipped to it.

    Top, bottom, left, right in pixels. Source: Yun et al. 2019, equation 2.
    """
    side = int(size * math.sqrt(1 - share))

    def within(place: int) -> int:
        return min(max(place, 0), size)

    return (
        within(y - side // 2),
        within(y + (side + 1) // 2),
        within(x - side // 2),
        within(x + (side + 1) // 2),
    )


def mixed(images: Tensor, mix: Mix) -> Tensor:
    """Images (B, C, S, S) mixed with their mirror in the batch."""
    top, bottom, left, right = mix.box.unbind()
    rows = torch.arange(images.shape[2], device=images.device)[:, None]
    columns = torch.arange(images.shape[3], device=images.device)[None]
    pasted = (rows >= top) & (rows < bottom) & (columns >= left) & (columns < right)
    own = torch.where(mix.cut, (~pasted).float(), mix.share)
    return torch.lerp(images.flip(0), images, own)


def soft_targets(labels: Tensor, classes: int, mix: Mix | None, smoothing: float) -> Tensor:
    """Targets (B, classes): smoothed one-hot labels, mixed like the images.

    Each row sums to 1. smoothing: share of the label given evenly to all classes (Szegedy et al.
    2016, section 7). Equals timm's `mixup_target`.
    """
    off = smoothing / classes
    targets = torch.full((len(labels), classes), off, device=labels.device)
    targets.scatter_(1, labels[:, None], 1 - smoothing + off)
    if mix is None:
        return targets
    return torch.lerp(targets.flip(0), targets, mix.share)
