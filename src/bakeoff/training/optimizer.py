"""Optimizer and learning rate by step, from a scaled recipe: timm's own parts."""

from __future__ import annotations

from typing import Any

import torch
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler, PolyLRScheduler, StepLRScheduler
from timm.scheduler.scheduler import Scheduler
from torch import nn

from bakeoff.recipes.schema import Optimizer, Schedule

NEVER_DECAYS = 10**9
"""Steps no run reaches: a step schedule of this length is a constant rate."""


def build_optimizer(
    model: nn.Module, spec: Optimizer, device: torch.device
) -> torch.optim.Optimizer:
    """timm's `create_optimizer_v2`; no weight decay on bias and norm unless the recipe says so.

    torch's fused update is used where torch has one for the device (one pass over memory
    instead of several); LAMB is timm's foreach implementation.
    """
    options: dict[str, Any] = {}
    name: str = spec.name
    if spec.name == "sgd":
        name = "sgd" if spec.nesterov else "momentum"
    if spec.name in ("sgd", "adam", "adamw") and device.type in ("cpu", "cuda"):
        options["fused"] = True
    optimizer: torch.optim.Optimizer = create_optimizer_v2(
        model,
        opt=name,
        lr=spec.lr,
        weight_decay=spec.weight_decay,
        momentum=spec.momentum,
        filter_bias_and_bn=not spec.decay_norm_and_bias,
        **options,
    )
    return optimizer


def build_schedule(
    optimizer: torch.optim.Optimizer, spec: Schedule, *, total_steps: int, epochs: float
) -> Scheduler:
    """timm's scheduler, stepping by optimizer step; lengths in epochs become steps in proportion.

    cosine: timm's default, the warm-up replaces the head of the cosine. onecycle: the cosine
    starts where the warm-up ends (timm's `warmup_prefix`). linear: as onecycle, but straight down
    (timm's polynomial of power 1). Call `.step_update(n)` after step n.
    """

    def steps(length_in_epochs: float) -> int:
        return round(length_in_epochs * total_steps / epochs)

    warmup = min(steps(spec.warmup_epochs), total_steps - 1)
    shared: dict[str, Any] = {
        "warmup_t": warmup,
        "warmup_lr_init": spec.warmup_lr,
        "t_in_epochs": False,
    }
    if spec.name == "cosine":
        return CosineLRScheduler(
            optimizer, t_initial=total_steps, lr_min=spec.min_lr, warmup_prefix=False, **shared
        )
    if spec.name == "onecycle":
        return CosineLRScheduler(
            optimizer,
            t_initial=total_steps - warmup,
            lr_min=spec.min_lr,
            warmup_prefix=True,
            **shared,
        )
    if spec.name == "linear":
        return PolyLRScheduler(
            optimizer,
            t_initial=total_steps - warmup,
            power=1.0,
            lr_min=spec.min_lr,
            warmup_prefix=True,
            **shared,
        )
    every = max(1, steps(spec.step_epochs)) if spec.name == "step" else NEVER_DECAYS
    return StepLRScheduler(
        optimizer, decay_t=every, decay_rate=spec.gamma, warmup_prefix=False, **shared
    )
