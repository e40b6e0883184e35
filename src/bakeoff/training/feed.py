"""Which images make which step: a pure function of seed and step, so a resume loses nothing."""

from __future__ import annotations

import torch
from torch import Tensor

from bakeoff.data.dataset import Split
from bakeoff.data.order import batch_indices
from bakeoff.training.probe import FeatureSplit

Batch = tuple[Tensor, Tensor]
"""Images (N, C, H, W) uint8, or features (N, D), and labels (N,) int64, on the device."""


class Feed:
    """Resident training data, batch by batch, in the order that `bakeoff.data.order` gives."""

    def __init__(
        self,
        split: Split | FeatureSplit,
        *,
        batch_size: int,
        seed: int,
        repeats: int,
        device: torch.device,
        rows: Tensor | None = None,
    ) -> None:
        """rows: of each global batch, those that this process trains on; None for all."""
        self.batch_size, self.seed, self.repeats, self.device = batch_size, seed, repeats, device
        self._split, self._rows = split.to(device), rows

    def batch(self, step: int) -> Batch:
        """The images and labels of this process's rows of one step's global batch."""
        chosen = batch_indices(
            len(self._split),
            seed=self.seed,
            step=step,
            batch_size=self.batch_size,
            repeats=self.repeats,
        )
        if self._rows is not None:
            chosen = chosen[self._rows]
        return self._split.batch(chosen.to(self.device))
