"""Counting FLOPs as they are, and telling where an older record counted too many."""

from __future__ import annotations

from functools import cache
from math import prod
from typing import Any

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from bakeoff.records.schema import Record
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


@cache
def has_grouped_convolutions(name: str) -> bool | None:
    """Whether the model has any; None for one that cannot be built here."""
    try:
        model = on_meta(name, classes=10, channels=3)
    except Exception:  # a stranger's record may name anything, and timm raises as many types
        return None
    kinds = (nn.modules.conv._ConvNd,)
    return any(isinstance(part, kinds) and part.groups > 1 for part in model.modules())


def overcounted(record: Record) -> bool | None:
    """Whether a record's FLOPs are too high: counted by torch's own formula, on a network whose
    convolutions have groups. None where that cannot be told."""
    cost = record.cost
    if cost is None or not cost.flops or cost.flops_counting > 1 or record.recipe.trains != "all":
        return False
    return has_grouped_convolutions(record.model.name)
