"""Which image comes when: a pure function of seed and epoch, and of nothing else.

timm's `RepeatAugSampler` seeds its order by the epoch alone, cuts the epoch to a multiple of 256
images and needs several processes; none of that holds here.
"""

from __future__ import annotations

from functools import lru_cache

import torch
from torch import Tensor

from bakeoff.errors import UsageError


def epoch_order(n: int, *, seed: int, epoch: int, repeats: int = 1) -> Tensor:
    """Indices (n,) int64 of the images of one epoch, in training order.

    With `repeats` = r (repeated augmentation, Hoffer et al. 2020, section 3; Berman et al. 2019),
    an image comes r times in a row and an epoch still has n entries, so it holds about n / r
    different images. r epochs together are one permutation of the set: over epochs 0 … r - 1,
    r … 2r - 1, and so on, each image is seen exactly r times.
    """
    if n < 1:
        raise UsageError("there are no images to order", "Give a data set with training images")
    assert repeats >= 1
    assert epoch >= 0
    permutation = _permutation(n, seed, epoch // repeats)
    place = torch.arange(n) + (epoch % repeats) * n
    return permutation[place.div(repeats, rounding_mode="floor")]


def batch_indices(n: int, *, seed: int, step: int, batch_size: int, repeats: int = 1) -> Tensor:
    """Indices (batch_size,) of one step's global batch, epochs following without a gap.

    The r copies of an image share one batch when `batch_size` is a multiple of `repeats`;
    otherwise, as in every such sampler, the image at a batch's border is divided between two.
    """
    start, end = step * batch_size, (step + 1) * batch_size
    return torch.cat(
        [
            epoch_order(n, seed=seed, epoch=epoch, repeats=repeats)[
                max(start - epoch * n, 0) : end - epoch * n
            ]
            for epoch in range(start // n, (end - 1) // n + 1)
        ]
    )


def rank_rows(batch_size: int, *, rank: int, processes: int) -> Tensor:
    """Which rows of a global batch belong to one process; all processes together take each once.

    Mixup and CutMix pair row i with row batch_size - 1 - i. Both partners go to the same process,
    in mirrored places, so that flipping the process's own rows pairs the same images as flipping
    the global batch: the number of processes does not change what is trained on. An odd batch's
    middle row, its own partner, goes to the last process. Shares differ by at most two images.
    Raises UsageError when there is not a pair for each process.
    """
    assert 0 <= rank < processes
    if processes == 1:
        return torch.arange(batch_size)
    # From the middle outwards, as the first part of a tensor_split is the largest.
    pairs = torch.arange((batch_size + 1) // 2).flip(0)
    if len(pairs) < processes:
        raise UsageError(
            f"a global batch of {batch_size} cannot be divided among {processes} processes",
            "Use fewer processes or a larger batch",
        )
    front = pairs.tensor_split(processes)[processes - 1 - rank].flip(0)
    mirrored = batch_size - 1 - front.flip(0)
    return torch.cat([front, mirrored[mirrored != front[-1]]])


def evaluation_shard(n: int, *, rank: int, processes: int) -> Tensor:
    """Indices of the images that one process evaluates: each image once, over all processes.

    Shards differ by at most one image and none is padded; torch's DistributedSampler pads, and so
    counts some images twice (pytorch/vision#4559).
    """
    assert 0 <= rank < processes
    return torch.arange(n)[rank::processes]


@lru_cache(maxsize=2)
def _permutation(n: int, seed: int, turn: int) -> Tensor:
    """Kept for the turn at hand and the one before, which can share a batch; never written to."""
    return torch.randperm(n, generator=torch.Generator().manual_seed(mixed_seed(seed, turn)))


def mixed_seed(seed: int, place: int) -> int:
    """32 bits for (seed, place), so that seeds of neighbouring runs and places do not coincide."""
    # torch's CPU generator takes 32 bits of what it is given; hashing spreads the pair over them.
    mixed = (seed * 0x9E3779B97F4A7C15 + (place + 1) * 0xD1B54A32D192ED03) % (1 << 64)
    mixed ^= mixed >> 31
    mixed = mixed * 0xBF58476D1CE4E5B9 % (1 << 64)
    return mixed >> 32
