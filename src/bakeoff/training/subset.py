"""Which images are evaluated when it need not be all of them."""

from __future__ import annotations

import torch

from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset

SUBSET_IMAGES = 10_000
GLANCE_IMAGES = 2_000
SUBSET_SEED = 20211001
"""October 2021, when "ResNet Strikes Back" appeared; any fixed number would do."""


def train_subset(dataset: Dataset | StreamedDataset) -> torch.Tensor:
    """Sorted indices of the fixed training images on which the clean loss is measured."""
    n = len(dataset.train.labels)
    order = torch.randperm(n, generator=torch.Generator().manual_seed(SUBSET_SEED))
    return order[:SUBSET_IMAGES].sort().values


def glance(test_images: int) -> torch.Tensor:
    """Indices, evenly spread over the test set, of images looked at in the midst of an epoch."""
    count = min(GLANCE_IMAGES, test_images)
    return torch.arange(count) * test_images // count
