"""timm's ResNets without their skip connections (`resnet50_noskip`): what are the skips worth?

He et al. 2015 (arXiv 1512.03385, section 4.1) call such networks plain. A block's output is its
residual branch alone. The 1×1 projections that carry a skip to another width are part of the skip
and go with it: `resnet50_noskip` has 2,776,576 parameters fewer than `resnet50`. Parameters that
are left keep their names and shapes.
"""

from __future__ import annotations

from typing import Any

import timm
import torch
from timm.models.resnet import ResNet
from torch import Tensor, nn

from bakeoff.errors import UnknownName, UsageError

SUFFIX = "_noskip"
PROJECTION = ".downsample."
"""In the names of the parameters that a network without skips does not have."""


class _NoSkip(nn.Module):
    """In the place of a projection: timm's block adds what this returns, which is nothing."""

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros(())


def is_noskip(name: str) -> bool:
    """Whether `name` asks for a network without skip connections."""
    return name.endswith(SUFFIX)


def require_known(name: str) -> None:
    """Raise UnknownName for a model that neither timm nor this module has.

    A name with a pretrained tag ("resnet50.a1_in1k") is no model: timm would take it and leave the
    weights out, and the run would be called after weights that it never had.
    """
    model, dot, tag = name.partition(".")
    if dot and timm.is_model(model):
        raise UnknownName(
            "timm model", name, (), f"Write model {model} and init timm:{tag}, or init scratch"
        )
    if not timm.is_model(name.removesuffix(SUFFIX)):
        raise UnknownName("timm model", name, timm.list_models())


def create_model(name: str, **options: Any) -> nn.Module:
    """timm's model `name`, or for `NAME_noskip` timm's ResNet NAME with its skips taken out.

    The last batch norm of each block starts at 1 instead of timm's 0, with which a branch, alone,
    would give nothing.
    Raises UsageError for a model that is no ResNet, and for stochastic depth, which drops the very
    branches that are left.
    """
    if not is_noskip(name):
        plain: nn.Module = timm.create_model(name, **options)
        return plain
    if options.get("drop_path_rate"):
        raise UsageError(
            f"{name} has no skips, so stochastic depth would drop all there is",
            "Pin stochastic_depth=0",
        )
    base = name.removesuffix(SUFFIX)
    try:
        module: nn.Module = timm.create_model(base, zero_init_last=False, **options)
    except TypeError:
        raise _no_resnet(base) from None
    take_skips_out(module, base)
    return module


def take_skips_out(network: nn.Module, name: str) -> None:
    """Take the skip connections out of a ResNet, in place. Raises UsageError for another model."""
    if not isinstance(network, ResNet):
        raise _no_resnet(name)
    for block in network.modules():
        if hasattr(block, "downsample") and hasattr(block, "drop_path"):
            block.downsample = _NoSkip()


def without_projections(weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """A ResNet's state dict without what only its skips have."""
    return {key: value for key, value in weights.items() if PROJECTION not in key}


def _no_resnet(name: str) -> UsageError:
    return UsageError(
        f"{name} is none of timm's ResNets, so {name}{SUFFIX} cannot be made",
        "Choose a ResNet, as resnet50_noskip",
    )
