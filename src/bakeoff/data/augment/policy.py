"""Which operation, how strong: RandAugment as timm draws it, TrivialAugment as torchvision does."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from bakeoff.data.augment.op import Op, Operations

STRONGEST = 10.0

RAND_AUGMENT_OPERATIONS = (
    Op.AUTO_CONTRAST,
    Op.EQUALIZE,
    Op.INVERT,
    Op.ROTATE,
    Op.POSTERIZE,
    Op.SOLARIZE,
    Op.SOLARIZE_ADD,
    Op.COLOR,
    Op.CONTRAST,
    Op.BRIGHTNESS,
    Op.SHARPNESS,
    Op.SHEAR_X,
    Op.SHEAR_Y,
    Op.TRANSLATE_X,
    Op.TRANSLATE_Y,
)
TRIVIAL_AUGMENT_OPERATIONS = (
    Op.IDENTITY,
    Op.SHEAR_X,
    Op.SHEAR_Y,
    Op.TRANSLATE_X,
    Op.TRANSLATE_Y,
    Op.ROTATE,
    Op.BRIGHTNESS,
    Op.COLOR,
    Op.CONTRAST,
    Op.SHARPNESS,
    Op.POSTERIZE,
    Op.SOLARIZE,
    Op.AUTO_CONTRAST,
    Op.EQUALIZE,
)
TRIVIAL_AUGMENT_BINS = 31


@dataclass(frozen=True)
class RandAugment:
    """timm's `rand-m{magnitude}-n{operations}-mstd{magnitude_std}-inc{increasing}`.

    Each of `operations` slots takes one of 15 operations at random and applies it with
    `probability`; its magnitude is normal around `magnitude`, clipped to 0 … 10.
    increasing: stronger magnitude always means a stronger change (posterize, solarize, and the
    four enhancements, which otherwise run from 0.1 to 1.9).
    fill: grey levels of emptied pixels; None takes the mean colour, as timm does.
    Source: Cubuk et al. 2019; timm `data/auto_augment.py`.
    """

    magnitude: float
    magnitude_std: float = 0.0
    operations: int = 2
    increasing: bool = False
    probability: float = 0.5
    fill: tuple[float, ...] | None = None

    def draw(self, batch: int, size: int, generator: torch.Generator) -> tuple[Operations, ...]:
        """A slot of operations for each image, `operations` times; arguments for side `size`."""
        return tuple(self._slot(batch, size, generator) for _ in range(self.operations))

    def _slot(self, batch: int, size: int, generator: torch.Generator) -> Operations:
        device = generator.device
        members = torch.tensor(RAND_AUGMENT_OPERATIONS, device=device)
        which = torch.randint(len(members), (batch,), generator=generator, device=device)
        noise = torch.randn(batch, generator=generator, device=device)
        applied, side = torch.rand(2, batch, generator=generator, device=device)
        level = (self.magnitude + self.magnitude_std * noise).clamp_(0, STRONGEST) / STRONGEST
        op = torch.where(applied <= self.probability, members[which], int(Op.IDENTITY))
        sign = torch.where(side > 0.5, -1.0, 1.0)
        return Operations(op, rand_augment_argument(op, level, sign, size, self.increasing))


@dataclass(frozen=True)
class TrivialAugment:
    """torchvision's `TrivialAugmentWide`: one of 14 operations at one of 31 strengths per image.

    Translations reach 32 pixels whatever the image's size, as published; on images of 28 to 32
    pixels that can move everything out of sight.
    fill: grey levels of emptied pixels (torchvision: black).
    Source: Müller and Hutter 2021, table 1; torchvision `autoaugment.TrivialAugmentWide`.
    """

    fill: tuple[float, ...] = (0.0,)

    def draw(self, batch: int, size: int, generator: torch.Generator) -> tuple[Operations, ...]:
        """One slot with an operation for each image; `size` does not matter."""
        device = generator.device
        members = torch.tensor(TRIVIAL_AUGMENT_OPERATIONS, device=device)
        which = torch.randint(len(members), (batch,), generator=generator, device=device)
        bins = torch.randint(TRIVIAL_AUGMENT_BINS, (batch,), generator=generator, device=device)
        side = torch.randint(2, (batch,), generator=generator, device=device)
        op = members[which]
        return (Operations(op, trivial_augment_argument(op, bins, 1.0 - 2.0 * side)),)


def rand_augment_argument(
    op: Tensor, level: Tensor, sign: Tensor, size: int, increasing: bool
) -> Tensor:
    """Arguments (B,) of operations at `level` in [0, 1]; sign is -1 or 1 where direction is free.

    Ranges: rotation 30°, shear 0.3, translation 45 % of the side, as timm's defaults.
    """
    bits = (4 * level).floor()
    threshold = (256 * level).floor()
    if increasing:
        factor = (1 + 0.9 * level * sign).clamp(min=0.1)
        bits, threshold = 4 - bits, 256 - threshold
    else:
        factor = 0.1 + 1.8 * level
    return _argument(
        op,
        {
            Op.ROTATE: 30 * level * sign,
            Op.SHEAR_X: 0.3 * level * sign,
            Op.SHEAR_Y: 0.3 * level * sign,
            Op.TRANSLATE_X: 0.45 * size * level * sign,
            Op.TRANSLATE_Y: 0.45 * size * level * sign,
            Op.POSTERIZE: bits,
            Op.SOLARIZE: threshold,
            Op.SOLARIZE_ADD: (110 * level).floor(),
            Op.COLOR: factor,
            Op.CONTRAST: factor,
            Op.BRIGHTNESS: factor,
            Op.SHARPNESS: factor,
        },
    )


def trivial_augment_argument(op: Tensor, bins: Tensor, sign: Tensor) -> Tensor:
    """Arguments (B,) of operations at strength `bins` (B,) int64, 0 to 30, and sign -1 or 1."""
    level = bins / (TRIVIAL_AUGMENT_BINS - 1)
    factor = 1 + 0.99 * level * sign
    # By the same table as torchvision, because cutting to whole pixels turns its rounding into a
    # pixel. torchvision shifts the other way, but the sign is drawn evenly.
    shifts = torch.linspace(0.0, 32.0, TRIVIAL_AUGMENT_BINS).to(bins.device)
    pixels = shifts[bins].trunc() * sign
    return _argument(
        op,
        {
            Op.ROTATE: 135 * level * sign,
            Op.SHEAR_X: 0.99 * level * sign,
            Op.SHEAR_Y: 0.99 * level * sign,
            Op.TRANSLATE_X: pixels,
            Op.TRANSLATE_Y: pixels,
            Op.POSTERIZE: 8 - (6 * level).round(),
            Op.SOLARIZE: 255 * (1 - level),
            Op.COLOR: factor,
            Op.CONTRAST: factor,
            Op.BRIGHTNESS: factor,
            Op.SHARPNESS: factor,
        },
    )


def _argument(op: Tensor, values: dict[Op, Tensor]) -> Tensor:
    """(B,) float32: of each image the value for its own operation, 0 where there is none."""
    rows = [values.get(member, torch.zeros_like(op)) for member in Op]
    return torch.stack([row.float() for row in rows]).gather(0, op[None])[0]
