"""Data sets too large for memory: decoded when needed, behind the interface of resident ones.

Training images go through timm's and torchvision's own transforms in worker processes, one image
at a time, and arrive as uint8; normalisation, erasing and mixing stay on the device
(`BatchAugment.after_workers`). What happens to an image depends on the seed and its place in
training only, never on the number of workers, so that a resume goes on with the same images.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from bakeoff.data.augment.batch import BatchAugment
from bakeoff.data.augment.worker import worker_transform
from bakeoff.data.facts import DataFacts
from bakeoff.data.folder import Files
from bakeoff.data.images import read_image
from bakeoff.data.order import batch_indices, mixed_seed
from bakeoff.data.pixels import covered, mapped
from bakeoff.errors import BadFile, RunFailed

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True)
class LazyImages:
    """Images that are decoded when indexed: uint8 (n, channels, size, size), centre crops."""

    files: Files
    channels: int
    size: int

    @property
    def shape(self) -> tuple[int, int, int, int]:
        return (len(self.files), self.channels, self.size, self.size)

    def __len__(self) -> int:
        return len(self.files)

    def __getitem__(self, which: slice | Tensor) -> Tensor:
        """Decoded images at a slice or at int64 indices. Raises BadFile naming a damaged file."""
        if isinstance(which, slice):
            chosen = self.files.paths[which]
        else:
            chosen = tuple(self.files.paths[i] for i in which.tolist())
        decoded = mapped(
            lambda path: covered(
                read_image(path, self.channels, self.files.white), self.size, self.size
            ),
            chosen,
        )
        return torch.stack(list(decoded))


@dataclass(frozen=True)
class StreamedSplit:
    """The counterpart of `Split` for image files; `images` are as they are tested.

    valid: where several classes are right for an image (ImageNet ReaL), all of them for each
    image, the one in `files` first; empty everywhere else.
    """

    files: Files
    channels: int
    size: int
    valid: tuple[tuple[int, ...], ...] = ()

    @property
    def images(self) -> LazyImages:
        return LazyImages(self.files, self.channels, self.size)

    @property
    def labels(self) -> Tensor:
        return torch.tensor(self.files.labels)

    @property
    def targets(self) -> Tensor:
        """Labels (N,); or (N, m), every class that is right, repeated to equal lengths."""
        if not self.valid:
            return self.labels
        most = max(map(len, self.valid))
        return torch.tensor(
            [(*labels, *labels[:1] * (most - len(labels))) for labels in self.valid]
        )

    def __len__(self) -> int:
        return len(self.files)

    def to(self, device: torch.device | str) -> StreamedSplit:
        """Itself: what streams lies on no device."""
        return self

    def batch(self, indices: Tensor) -> Batch:
        """Images (B, C, size, size) and labels (B,) at `indices`, on the CPU."""
        return self.images[indices.cpu()], self.labels[indices.cpu()]

    def subset(self, indices: Tensor) -> StreamedSplit:
        """A split of the images at `indices`, in that order."""
        chosen = indices.tolist()
        files = Files(
            tuple(self.files.paths[i] for i in chosen),
            tuple(self.files.labels[i] for i in chosen),
            self.files.white,
        )
        return StreamedSplit(files, self.channels, self.size)


@dataclass(frozen=True)
class StreamedDataset:
    """The counterpart of `Dataset` for sets that stay on disk."""

    facts: DataFacts
    train: StreamedSplit
    test: StreamedSplit


def is_worker_death(error: BaseException) -> bool:
    """Whether torch says so; a handler of SIGCHLD raises it wherever the process happens to be."""
    return isinstance(error, RuntimeError) and "DataLoader worker" in str(error)


def worker_died() -> RunFailed:
    """The error for a run whose data workers are gone."""
    return RunFailed(
        "a data worker process died",
        "It may have run out of memory: use a smaller batch, or run the same command again",
    )


class StreamFeed:
    """Training batches in the order of `bakeoff.data.order`, augmented by worker processes.

    Give its batches to `augment.after_workers()`. Steps are meant to be asked for one after the
    other, which keeps the workers ahead; asking for another step starts them anew from there.
    """

    def __init__(
        self,
        split: StreamedSplit,
        augment: BatchAugment,
        *,
        batch_size: int,
        seed: int,
        repeats: int = 1,
        workers: int = 2,
        device: torch.device | str = "cpu",
        rows: Tensor | None = None,
    ) -> None:
        """rows: of each global batch, those that this process trains on; None for all."""
        self.batch_size, self.seed, self.repeats = batch_size, seed, repeats
        self.device, self.workers = torch.device(device), workers
        self._images = _Images(split, worker_transform(augment), seed)
        self._n, self._rows = len(split), rows
        self._next = 0
        self._batches: Iterator[list[object]] | None = None

    def batch(self, step: int) -> Batch:
        """Uint8 images (B, C, S, S) and labels (B,) of one step, on the device.

        Raises BadFile naming a damaged image, RunFailed when a worker died.
        """
        if self._batches is None or step != self._next:
            self._batches = self._from(step)
        try:
            images, labels = _checked(next(self._batches))
        except (RuntimeError, EOFError, ConnectionError) as death:
            # Depending on when it died, the queue notices before the loader does.
            if isinstance(death, RuntimeError) and not is_worker_death(death):
                raise
            raise worker_died() from death
        self._next = step + 1
        return (
            images.to(self.device, non_blocking=True),
            labels.to(self.device, non_blocking=True),
        )

    def close(self) -> None:
        """Stop the workers."""
        self._batches = None

    def _from(self, step: int) -> Iterator[list[object]]:
        loader: DataLoader[object] = DataLoader(
            self._images,
            batch_sampler=_Places(
                self._n, self.seed, self.batch_size, self.repeats, step, self._rows
            ),
            num_workers=self.workers,
            collate_fn=list,
            pin_memory=False,
            prefetch_factor=4 if self.workers else None,
            # Its own, or each start of the workers would move torch's global generator on, from
            # which a resumed run is to draw what the uninterrupted one drew.
            generator=torch.Generator(),
        )
        return iter(loader)


class _Places:
    """Endless batches of (place in training, image index), from `step` on."""

    def __init__(
        self, n: int, seed: int, batch_size: int, repeats: int, step: int, rows: Tensor | None
    ) -> None:
        self._order = (n, seed, batch_size, repeats)
        self._step = step
        self._rows = torch.arange(batch_size) if rows is None else rows

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        n, seed, batch_size, repeats = self._order
        step = self._step
        while True:
            indices = batch_indices(n, seed=seed, step=step, batch_size=batch_size, repeats=repeats)
            places = self._rows + step * batch_size
            yield list(zip(places.tolist(), indices[self._rows].tolist(), strict=True))
            step += 1


class _Images(Dataset[object]):
    """One augmented image by its place and index; what is wrong with a file travels as a value.

    An exception with more than one argument would not survive the way back from a worker.
    """

    def __init__(
        self, split: StreamedSplit, transform: Callable[[Image.Image], Tensor], seed: int
    ) -> None:
        self._split, self._transform, self._seed = split, transform, seed

    def __getitem__(self, place_and_index: tuple[int, int]) -> object:
        place, index = place_and_index
        seed = mixed_seed(self._seed, place)
        # timm draws from Python's and numpy's global states, torchvision from torch's.
        random.seed(seed)
        np.random.seed(seed)  # noqa: NPY002
        torch.manual_seed(seed)
        files = self._split.files
        try:
            image = read_image(files.paths[index], self._split.channels, files.white)
        except BadFile as bad:
            return bad.path, bad.what, bad.advice
        return self._transform(image), files.labels[index]


def _checked(samples: list[object]) -> Batch:
    images, labels = [], []
    for sample in samples:
        assert isinstance(sample, tuple)
        if len(sample) == 3:
            raise BadFile(*sample)
        images.append(sample[0])
        labels.append(sample[1])
    return torch.stack(images), torch.tensor(labels)
