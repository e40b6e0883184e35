"""The vocabulary of RandAugment and TrivialAugment: operations and what they take."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from torch import Tensor


class Op(IntEnum):
    """One operation; its argument is in the unit that Pillow takes.

    Source: Cubuk et al. 2018, table 6; SolarizeAdd from the authors' EfficientNet code.
    """

    IDENTITY = 0
    AUTO_CONTRAST = 1
    EQUALIZE = 2
    INVERT = 3
    POSTERIZE = 4  # bits kept
    SOLARIZE = 5  # threshold, grey levels
    SOLARIZE_ADD = 6  # added below 128, grey levels
    CONTRAST = 7  # factor, 1 changes nothing
    BRIGHTNESS = 8  # factor
    COLOR = 9  # factor
    SHARPNESS = 10  # factor
    ROTATE = 11  # degrees, counter-clockwise
    SHEAR_X = 12  # pixels per pixel
    SHEAR_Y = 13
    TRANSLATE_X = 14  # pixels
    TRANSLATE_Y = 15


GEOMETRIC = (Op.ROTATE, Op.SHEAR_X, Op.SHEAR_Y, Op.TRANSLATE_X, Op.TRANSLATE_Y)
POINT = (
    Op.AUTO_CONTRAST,
    Op.EQUALIZE,
    Op.INVERT,
    Op.POSTERIZE,
    Op.SOLARIZE,
    Op.SOLARIZE_ADD,
    Op.CONTRAST,
    Op.BRIGHTNESS,
)
FAMILIES = ((Op.IDENTITY,), GEOMETRIC, POINT, (Op.COLOR,), (Op.SHARPNESS,))
FAMILY = tuple(next(number for number, family in enumerate(FAMILIES) if op in family) for op in Op)
"""For each `Op` the number of its family in `FAMILIES`: what is done the same way, at once."""


@dataclass(frozen=True)
class Operations:
    """One operation per image: op (B,) int64 of `Op`, argument (B,) float32."""

    op: Tensor
    argument: Tensor
