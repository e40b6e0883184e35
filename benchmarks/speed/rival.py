"""What the rivals have in common: a model, two endless loaders, and how they are driven."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext

import timm
import torch
from benchmarks.speed.pictures import Pair, endless
from benchmarks.speed.work import Work
from torch import Tensor, nn


class Rival(ABC):
    """A training program written after its source; `step` and `judge` are what differs.

    On CUDA all of them use bf16 autocast and channels_last, as Bakeoff does; on a CPU fp32 and
    torch's plain memory format, which are their defaults and were as fast.
    """

    name: str

    def __init__(self, work: Work, workers: int) -> None:
        self.work, self.workers, self.device = work, workers, work.device
        self.cuda = work.device.type == "cuda"
        torch.manual_seed(work.job.seed)
        facts = work.facts
        self.model: nn.Module = timm.create_model(
            work.job.model, num_classes=facts.classes, in_chans=facts.channels
        ).to(self.device)
        if self.cuda:
            self.model = self.model.to(memory_format=torch.channels_last)
        self._train: Iterator[Pair] = endless(self.train_loader())
        self._test: Iterator[Pair] = endless(self.test_loader())
        self.seen = 0
        self.set_up()

    def autocast(self) -> AbstractContextManager[object]:
        return torch.autocast("cuda", dtype=torch.bfloat16) if self.cuda else nullcontext()

    @abstractmethod
    def train_loader(self) -> object: ...

    @abstractmethod
    def test_loader(self) -> object: ...

    @abstractmethod
    def set_up(self) -> None:
        """Optimizer, schedule, loss."""

    @abstractmethod
    def step(self, images: Tensor, targets: Tensor) -> None:
        """One optimizer step, with what its source does around it."""

    @abstractmethod
    def judge(self, images: Tensor, targets: Tensor) -> None:
        """One batch of its evaluation."""

    def to_device(self, pair: Pair) -> Pair:
        """A batch where the model is."""
        images, targets = pair
        images = images.to(self.device, non_blocking=True)
        if self.cuda:
            images = images.contiguous(memory_format=torch.channels_last)
        return images, targets.to(self.device, non_blocking=True)

    def train(self, steps: int) -> None:
        """End to end."""
        self.model.train()
        for _ in range(steps):
            self.step(*self.to_device(next(self._train)))

    def resident(self, steps: int) -> None:
        """Steps on one batch that lies ready."""
        self.model.train()
        if not hasattr(self, "_ready"):
            self._ready = self.to_device(next(self._train))
        for _ in range(steps):
            self.step(*self._ready)

    def load(self, batches: int) -> Tensor | None:
        """Batches on the device, and nothing else."""
        self.model.train()
        images = None
        for _ in range(batches):
            images, _ = self.to_device(next(self._train))
        return images

    @torch.inference_mode()
    def evaluate(self, images: int) -> None:
        """End to end."""
        self.model.eval()
        for _ in range(max(1, images // self.work.evaluation_batch)):
            self.judge(*self.to_device(next(self._test)))

    def close(self) -> None:
        """Stop the workers."""
        del self._train, self._test
