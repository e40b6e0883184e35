"""Which images make which step: a pure function of seed and step, so a resume loses nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from bakeoff.data.dataset import Split
from bakeoff.data.order import epoch_order

Batch = tuple[Tensor, Tensor]


class Feed:
    """Resident training data, batch by batch.

    Epochs follow each other without a gap: a batch may end one and begin the next, so every
    image is seen equally often whatever the batch size. With `repeats` each epoch holds
    `n / repeats` of the images, `repeats` times each within one batch (repeated augmentation,
    Hoffer et al. 2020).
    """

    def __init__(
        self, split: Split, *, batch_size: int, seed: int, repeats: int, device: torch.device
    ) -> None:
        self.batch_size, self.seed, self.repeats, self.device = batch_size, seed, repeats, device
        self._images = split.images.to(device)
        self._labels = split.labels.to(device)
        self._orders: dict[int, Tensor] = {}

    def indices(self, step: int) -> Tensor:
        """(batch_size,) int64: the images of the step's global batch."""
        n = len(self._labels)
        start = step * self.batch_size
        wanted = torch.arange(start, start + self.batch_size)
        epochs = wanted // n
        return torch.cat(
            [self._order(int(e))[wanted[epochs == e] - int(e) * n] for e in epochs.unique()]
        )

    def batch(self, step: int) -> Batch:
        """uint8 images (batch_size, C, H, W) and labels (batch_size,) on the device."""
        chosen = self.indices(step).to(self.device)
        return self._images[chosen], self._labels[chosen]

    def _order(self, epoch: int) -> Tensor:
        if epoch not in self._orders:
            # Only the epoch at hand and the one before it can share a batch.
            self._orders = {e: o for e, o in self._orders.items() if e == epoch - 1}
            self._orders[epoch] = epoch_order(
                len(self._labels), seed=self.seed, epoch=epoch, repeats=self.repeats
            )
        return self._orders[epoch]
