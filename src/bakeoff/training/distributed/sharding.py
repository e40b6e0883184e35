"""One process's share of a global batch: which rows, how they weigh, and how gradients meet."""

from __future__ import annotations

import inspect
import warnings
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from bakeoff.data.augment import BatchAugment
from bakeoff.data.order import rank_rows
from bakeoff.errors import UsageError
from bakeoff.training.distributed.process_group import Group


class WholeBatch:
    """One process trains on the whole batch. `BatchShare` is a process's part of it."""

    rows: Tensor | None = None
    """Which rows of the global batch are this process's; None for all."""

    def parts(self, images: int, micro_batch: int | None) -> int:
        """In how many parts `images` images go through the network."""
        return -(-images // (micro_batch or images))

    def weight(self, part: int, images: int) -> float:
        """What the mean objective of `part` images counts in that of the batch."""
        return part / images

    def mean(self, loss: Tensor) -> float:
        """The batch's objective, as a number."""
        return float(loss)

    def passing(self, number: int, parts: int) -> AbstractContextManager[object]:
        """Held while part `number` of `parts` goes forward and backward."""
        return nullcontext()

    def forward(self, model: nn.Module, images: Tensor) -> Tensor:
        """The network's answer, with a gradient that is that of the whole batch."""
        logits: Tensor = model(images)
        return logits


class BatchShare(WholeBatch):
    """This process's rows of each global batch, and torch's DistributedDataParallel over them.

    DistributedDataParallel takes the mean of the processes' gradients. Shares need not be equally
    large, so each objective is weighted such that this mean is the gradient of the batch's mean.
    Raises UsageError when there are fewer pairs of images than processes.
    """

    def __init__(self, batch_size: int, group: Group) -> None:
        self.batch_size, self.group = batch_size, group
        shares = [
            rank_rows(batch_size, rank=rank, processes=group.processes)
            for rank in range(group.processes)
        ]
        self.rows: Tensor = shares[group.rank]
        self.now = self.rows
        """The rows that go through the network at this moment."""
        self._most, self._least = max(map(len, shares)), min(map(len, shares))
        self._network: DistributedDataParallel | None = None

    def __deepcopy__(self, _: dict[int, Any]) -> BatchShare:
        """Itself: layers hold it, and averaged weights are deep copies of the layers."""
        return self

    def wrap(self, model: nn.Module, device: torch.device) -> None:
        """Have `model`'s gradients averaged over the processes, as they are computed."""
        # Buffers are batch norm's statistics, which are the same everywhere by construction.
        known = inspect.signature(DistributedDataParallel).parameters
        name = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
        options: dict[str, Any] = {name: False}
        # Of a 1×1 kernel in channels-last order the strides can be told in two ways, all the same.
        warnings.filterwarnings("ignore", message="Grad strides do not match bucket view strides")
        self._network = DistributedDataParallel(
            model, device_ids=[device] if device.type == "cuda" else None, **options
        )

    def parts(self, images: int, micro_batch: int | None) -> int:
        """The same number in every process, or they would wait for each other for ever."""
        parts = super().parts(self._most, micro_batch)
        if parts > self._least:
            raise UsageError(
                f"a batch of {self.batch_size} in parts of {micro_batch} does not go evenly into "
                f"{self.group.processes} processes",
                "Use more images at a time, or another number of processes",
            )
        return parts

    def weight(self, part: int, images: int) -> float:
        return part * self.group.processes / self.batch_size

    def mean(self, loss: Tensor) -> float:
        return self.group.mean(loss)

    def passing(self, number: int, parts: int) -> AbstractContextManager[object]:
        assert self._network is not None
        self.now = self.rows.tensor_split(parts)[number]
        return nullcontext() if number == parts - 1 else self._network.no_sync()

    def forward(self, model: nn.Module, images: Tensor) -> Tensor:
        assert self._network is not None
        logits: Tensor = self._network(images)
        return logits


class SharedAugment:
    """Augments a process's rows as one process would have augmented them in the whole batch.

    Every process draws for the whole batch, from the same generator, and uses its own rows' draws.
    """

    def __init__(self, augment: BatchAugment, share: BatchShare) -> None:
        self._augment, self._share = augment, share

    def __call__(
        self, images: Tensor, labels: Tensor, generator: torch.Generator
    ) -> tuple[Tensor, Tensor]:
        """The rows' images and labels to what the network is trained on, and soft targets."""
        height, width = images.shape[2:]
        draws = self._augment.draw(self._share.batch_size, height, width, generator)
        return self._augment.apply(images, labels, draws.rows(self._share.rows))
