"""One optimizer step, and the state it moves."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

import torch
from timm.scheduler.scheduler import Scheduler
from timm.utils import ModelEmaV3
from torch import Tensor, nn

from bakeoff.errors import Diverged
from bakeoff.training.distributed.sharding import WholeBatch
from bakeoff.training.feed import Batch
from bakeoff.training.objective import Objective

Augment = Callable[[Tensor, Tensor, torch.Generator], tuple[Tensor, Tensor]]
"""Images or features, and labels, to what the network is trained on, and soft targets."""


@dataclass(slots=True, kw_only=True)
class TrainState:
    """Everything a step reads or moves. What varies was chosen when this was built.

    micro_batch: images that go through the network at a time; None for the whole batch.
    share: how the global batch is divided, where several processes train together.
    """

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
    micro_batch: int | None = None
    share: WholeBatch = field(default_factory=WholeBatch)
    step: int = 0

    @property
    def evaluated_model(self) -> nn.Module:
        """The averaged weights where the recipe averages, else the trained ones."""
        return self.model if self.ema is None else self.ema.module


def train_step(state: TrainState, batch: Batch) -> Tensor:
    """One optimizer step on one global batch; returns the detached objective, on the device.

    Where several processes share the batch, each gives its rows; the objectives' mean over the
    processes is then that of the batch.
    Raises Diverged, before anything is updated, when the gradient is not finite.
    """
    images, targets = state.augment(*batch, state.generator)
    state.optimizer.zero_grad(set_to_none=True)
    loss = _accumulate_gradients(state, images, targets)
    _clip_or_refuse(state, loss)
    state.optimizer.step()
    state.step += 1
    state.schedule.step_update(state.step)
    if state.ema is not None and state.step % state.ema_every == 0:
        state.ema.update(state.model)
    return loss


def _accumulate_gradients(state: TrainState, images: Tensor, targets: Tensor) -> Tensor:
    """The batch's mean objective, detached; its gradient is added up over parts of the batch.

    The objective is float32 whatever the network computes in. Augmentation and mixing were done on
    the whole batch, so that only the memory differs, and
    batch-norm statistics, which are those of each part.
    """
    whole, count = state.share, len(images)
    parts = whole.parts(count, state.micro_batch)
    loss = torch.zeros((), device=images.device)
    pairs = zip(images.tensor_split(parts), targets.tensor_split(parts), strict=True)
    for number, (part, wanted) in enumerate(pairs):
        with whole.passing(number, parts):
            with state.precision:
                answer = whole.forward(state.model, part)
            share = state.objective(answer.float(), wanted) * whole.weight(len(part), count)
            share.backward()  # type: ignore[no-untyped-call]
        loss += share.detach()
    return loss


def _clip_or_refuse(state: TrainState, loss: Tensor) -> None:
    gradients = [p.grad for p in state.model.parameters() if p.grad is not None]
    norm = nn.utils.get_total_norm(gradients)
    if not torch.isfinite(norm):
        objective = state.share.mean(loss)
        raise Diverged(
            f"the gradient is not finite at step {state.step + 1} (objective {objective:.4g})",
            "Lower the learning rate; this seed counts as a failure of its arm",
        )
    if state.clip_grad_norm is not None:
        nn.utils.clip_grads_with_norm_(state.model.parameters(), state.clip_grad_norm, norm)
