"""Doing something to some rows of a batch."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor


def work_is_what_costs(device: torch.device) -> bool:
    """Whether leaving rows out pays more than shapes that never change."""
    return device.type == "cpu"


def on_chosen(chosen: Tensor, act: Callable[..., Tensor], old: Tensor, *inputs: Tensor) -> Tensor:
    """`old`, with the chosen rows (bool (B,)) replaced by `act(old, *inputs)`.

    On the CPU work is what costs, so `act` gets the chosen rows only and `old` is written to;
    elsewhere shapes must not depend on the draws, so it gets all and the chosen are kept.
    """
    if not work_is_what_costs(old.device):
        shape = (-1,) + (1,) * (old.ndim - 1)
        return torch.where(chosen.view(shape), act(old, *inputs), old)
    rows = chosen.nonzero()[:, 0]
    if len(rows):
        some = [x.index_select(0, rows) for x in (old, *inputs)]
        old.index_copy_(0, rows, act(*some))
    return old
