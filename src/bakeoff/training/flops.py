"""Counting FLOPs: torch's counter, corrected for convolutions in groups."""

from __future__ import annotations

from math import prod
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from bakeoff.training.noskip import create_model


def counter() -> FlopCounterMode:
    """torch's counter, with the gradient of a grouped convolution's weight counted once.

    torch's own formula takes the weight gradient of g groups for that of one dense convolution,
    which is g times as much.
    """
    mapping: dict[Any, Any] = {torch.ops.aten.convolution_backward: _convolution_backward}
    return FlopCounterMode(display=False, custom_mapping=mapping)


def _convolution_backward(
    grad: list[int],
    x: list[int],
    weight: list[int],
    _bias: Any,
    _stride: Any,
    _padding: Any,
    _dilation: Any,
    transposed: bool,
    _output_padding: Any,
    _groups: int,
    wanted: list[bool],
    *_: Any,
    **__: Any,
) -> int:
    """FLOPs of a convolution's backward: those of its forward, for the gradient by the input and
    again for that by the weight, where each is wanted.

    grad, x, weight: shapes (N, C, …); weight holds C_in / groups, so groups are counted already.
    """
    positions = prod((x if transposed else grad)[2:])
    return 2 * grad[0] * positions * prod(weight) * (bool(wanted[0]) + bool(wanted[1]))


def on_meta(name: str, *, classes: int, channels: int) -> nn.Module:
    """The model without memory for its values, to count on."""
    try:
        with torch.device("meta"):
            return create_model(name, num_classes=classes, in_chans=channels)
    except RuntimeError:
        # Some models read values while they are built, and meta tensors have none.
        with torch.random.fork_rng(devices=[]):
            return create_model(name, num_classes=classes, in_chans=channels).to("meta")
