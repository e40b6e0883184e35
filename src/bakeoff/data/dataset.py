"""Images and labels in memory, with the facts of the set they belong to."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from bakeoff.data.facts import DataFacts
from bakeoff.errors import BadData

CHUNK = 4096


@dataclass(frozen=True)
class Split:
    """One half of a data set, in its order.

    images: uint8, shape (N, C, H, W). A grey set shown as C equal channels is an expanded view
    with stride 0 over the channels: no memory is spent on the copies, and augmentation works on
    one channel only. labels: int64, shape (N,).
    """

    images: Tensor
    labels: Tensor

    def __post_init__(self) -> None:
        if self.images.dtype != torch.uint8 or self.images.ndim != 4:
            raise BadData(
                f"images are {self.images.dtype} of shape {tuple(self.images.shape)}",
                "Give uint8 images of shape (N, C, H, W)",
            )
        if self.labels.dtype != torch.int64 or self.labels.shape != self.images.shape[:1]:
            raise BadData(
                f"labels are {self.labels.dtype} of shape {tuple(self.labels.shape)} "
                f"for {len(self.images):,} images",
                "Give one int64 label per image",
            )

    @property
    def targets(self) -> Tensor:
        """What counts as right: the labels, shape (N,)."""
        return self.labels

    def __len__(self) -> int:
        return len(self.labels)

    def to(self, device: torch.device | str) -> Split:
        """The same split on a device; equal channels stay one channel there."""
        return Split(_keep_expansion(self.images, lambda x: x.to(device)), self.labels.to(device))

    def batch(self, indices: Tensor) -> tuple[Tensor, Tensor]:
        """Images (B, C, H, W) and labels (B,) at `indices` (int64, on the split's device)."""
        return _keep_expansion(self.images, lambda x: x[indices]), self.labels[indices]

    def subset(self, indices: Tensor) -> Split:
        """A split of the images at `indices`, in that order."""
        return Split(*self.batch(indices))


@dataclass(frozen=True)
class Dataset:
    """A data set, resident: its facts and both splits; no training images where it was opened to
    be tested on only.

    Raises BadData when labels, shapes and facts do not fit each other.
    """

    facts: DataFacts
    train: Split
    test: Split

    def __post_init__(self) -> None:
        shape = (self.facts.channels, self.facts.height, self.facts.width)
        if min(self.facts.std) <= 0:
            raise BadData(
                f"all training images of {self.facts.name} are one flat colour",
                "Check that the files hold what they should",
            )
        for name, split in (("train", self.train), ("test", self.test)):
            if name == "train" and self.facts.train_images == 0:
                continue  # opened to be tested on only
            if len(split) == 0:
                raise BadData(
                    f"{self.facts.name} has no {name} images",
                    "Both splits need at least one; check that nothing was left out by mistake",
                )
            if tuple(split.images.shape[1:]) != shape:
                raise BadData(
                    f"{name} images of {self.facts.name} are {tuple(split.images.shape[1:])}, "
                    f"its facts say {shape}",
                    "Give images of shape (N, channels, height, width), all of one size",
                )
            low, high = int(split.labels.min()), int(split.labels.max())
            if low < 0 or high >= self.facts.classes:
                raise BadData(
                    f"{name} labels of {self.facts.name} run from {low} to {high}, "
                    f"but it has {self.facts.classes} classes",
                    "Labels must be 0 to classes - 1",
                )


def is_grey(images: Tensor) -> bool:
    """Whether all channels of (N, C, H, W) are one and the same memory (see `Split`)."""
    return images.shape[1] == 1 or images.stride(1) == 0


def as_channels(images: Tensor, channels: int) -> Tensor:
    """Grey images (N, 1, H, W) as `channels` equal channels, without copying."""
    return images.expand(-1, channels, -1, -1) if channels != images.shape[1] else images


def content_hash(images: Tensor, labels: Tensor) -> str:
    """SHA-256 over shape, pixels and labels, in order, hexadecimal.

    Grey images count as one channel however many equal channels show them, so results with one
    and with three channels are on the same test set.
    """
    digest = hashlib.sha256()
    pixels = images[:, :1] if is_grey(images) else images
    digest.update(repr(tuple(pixels.shape)).encode())
    for part in torch.split(pixels, CHUNK):
        digest.update(part.contiguous().numpy().data)
    digest.update(labels.contiguous().numpy().astype("<i8").data)
    return digest.hexdigest()


def channel_statistics(images: Tensor) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Mean and standard deviation of each channel of uint8 (N, C, H, W), on the scale [0, 1].

    Over all pixels, population form (divided by the number of pixels).
    """
    pixels = images[:, :1] if is_grey(images) else images
    total = torch.zeros(pixels.shape[1], dtype=torch.float64)
    squares = torch.zeros_like(total)
    for part in torch.split(pixels, CHUNK):
        levels = part.float().flatten(2)
        # Sums per image stay below 2^24 levels of rounding; across images they are float64.
        total += levels.sum(2).double().sum(0)
        squares += levels.square().sum(2).double().sum(0)
    count = pixels.shape[0] * pixels.shape[2] * pixels.shape[3]
    mean = total / count
    std = (squares / count - mean.square()).clamp_(min=0).sqrt()
    repeat = images.shape[1] // pixels.shape[1]
    return tuple((mean / 255).tolist()) * repeat, tuple((std / 255).tolist()) * repeat


def _keep_expansion(images: Tensor, act: Callable[[Tensor], Tensor]) -> Tensor:
    """Apply `act` to the memory that is there, once, and show it as as many channels as before."""
    if is_grey(images):
        return as_channels(act(images[:, :1]), images.shape[1])
    return act(images)
