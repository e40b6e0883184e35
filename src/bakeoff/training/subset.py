"""When a run is evaluated, and on which images when it need not be all of them."""

from __future__ import annotations

import torch

from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset

SUBSET_IMAGES = 10_000
GLANCE_IMAGES = 2_000
SUBSET_SEED = 20211001
"""October 2021, when "ResNet Strikes Back" appeared; any fixed number would do."""


def train_subset(dataset: Dataset | StreamedDataset) -> torch.Tensor:
    """Sorted indices of the fixed training images on which cross-entropy is measured."""
    n = len(dataset.train.labels)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(SUBSET_SEED))
    return order[:SUBSET_IMAGES].sort().values


def glance(test_images: int) -> torch.Tensor:
    """Indices, evenly spread over the test set, of images looked at mid-epoch."""
    count = min(GLANCE_IMAGES, test_images)
    return torch.arange(count) * test_images // count


def evaluation_steps(total_steps: int, epochs: float) -> tuple[frozenset[int], frozenset[int]]:
    """Steps after which to evaluate, and those where that is the whole test set.

    After every epoch and at the end, the whole. Runs shorter than two epochs: a glance after every
    quarter, so that there is a curve to look at, and the whole at the end.
    """
    if epochs < 2:
        quarters = {max(1, round(total_steps * q / 4)) for q in (1, 2, 3, 4)}
        return frozenset(quarters), frozenset({total_steps})
    points = {
        min(total_steps, max(1, round(e * total_steps / epochs))) for e in range(1, int(epochs) + 1)
    }
    return frozenset(points | {total_steps}), frozenset(points | {total_steps})
