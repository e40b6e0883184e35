"""One optimizer step, and the state it moves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from timm.scheduler.scheduler import Scheduler
from timm.utils import ModelEmaV3
from torch import Tensor, nn

from bakeoff.errors import Diverged
from bakeoff.training.feed import Batch
from bakeoff.training.objective import Objective

Augment = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""Images or features, and labels, to what the network is trained on, and soft targets."""


@dataclass(slots=True, kw_only=True)
class TrainState:
    """Everything a step reads or moves. What varies was chosen when this was built."""

    model: nn.Module
    optimizer: torch.optim.Optimizer
    schedule: Scheduler
    objective: Objective
    augment: Augment
    precision: AbstractContextManager[object]
    generator: torch.Generator
    clip_grad_norm: float | None = None
    ema: ModelEmaV3 | None = None
    ema_every: int = 1
    step: int = 0

    @property
    def evaluated_model(self) -> nn.Module:
        """The averaged weights where the recipe averages, else the trained ones."""
        return self.model if self.ema is None else self.ema.module


def train_step(state: TrainState, batch: Batch) -> Tensor:
    """One optimizer step on one global batch; returns the detached objective, on the device.

    Raises Diverged, before anything is updated, when the gradient is not finite.
    """
    images, targets = state.augment(*batch, state.generator)
    with state.precision:
        loss = state.objective(state.model(images), targets)
    state.optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    _clip_or_refuse(state, loss)
    state.optimizer.step()
    state.step += 1
    state.schedule.step_update(state.step)
    if state.ema is not None and state.step % state.ema_every == 0:
        state.ema.update(state.model)
    return loss.detach()


def _clip_or_refuse(state: TrainState, loss: Tensor) -> None:
    gradients = [p.grad for p in state.model.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if not torch.isfinite(norm):
        raise Diverged(
            f"the gradient is not finite at step {state.step + 1} (objective {loss.item():.4g})",
            "Lower the learning rate; this seed counts as a failure of its arm",
        )
    if state.clip_grad_norm is not None:
        nn.utils.clip_grads_with_norm_(state.model.parameters(), state.clip_grad_norm, norm)
