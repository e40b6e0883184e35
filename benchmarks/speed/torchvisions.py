"""torchvision's reference: its preset's transforms, its mixing collate, its loop.

Written after the structure of torchvision's `references/classification` (`presets.py`,
`train_one_epoch` and `evaluate` in `train.py`) from torchvision's public pieces. The real program
runs with `--torchvision PATH` (see `checkouts.py`).
"""

from __future__ import annotations

import torch
from benchmarks.speed.pictures import Pictures, loader
from benchmarks.speed.plain import mixing, objective, policy, torch_optimizer
from benchmarks.speed.rival import Rival
from timm.data.auto_augment import rand_augment_transform
from torch import Tensor, nn
from torch.utils.data import default_collate
from torchvision import transforms


class _Mixed:
    """The reference's collate function: default collate, then mixup or CutMix."""

    def __init__(self, mix: object) -> None:
        self._mix = mix

    def __call__(self, samples: object) -> object:
        return self._mix(*default_collate(samples))  # type: ignore[operator,arg-type]


class Torchvision(Rival):
    """Its optimizers are torch's; LAMB and binary cross-entropy, which it lacks, are timm's."""

    name = "torchvision"

    def train_loader(self) -> object:
        recipe, facts = self.work.recipe, self.work.facts
        crop = recipe.augment.crop
        assert crop is not None
        steps = [
            transforms.Lambda(_coloured),
            transforms.RandomResizedCrop(recipe.resolution.train, crop.area, crop.ratio),
            transforms.RandomHorizontalFlip(recipe.augment.horizontal_flip),
            *([rand_augment_transform(policy(self.work), {})] if policy(self.work) else []),
            transforms.PILToTensor(),
            transforms.ConvertImageDtype(torch.float),
            transforms.Normalize(facts.mean, facts.std),
        ]
        pictures = Pictures(self.work.job.dataset.train, transforms.Compose(steps))
        mix = mixing(self)
        return loader(
            pictures,
            self.work.batch,
            self.workers,
            shuffle=True,
            pin=self.cuda,
            collate=_Mixed(mix) if mix else None,
        )

    def test_loader(self) -> object:
        recipe, facts = self.work.recipe, self.work.facts
        size = recipe.resolution.test
        steps = [
            transforms.Lambda(_coloured),
            transforms.Resize(round(size / recipe.resolution.crop_ratio)),
            transforms.CenterCrop(size),
            transforms.PILToTensor(),
            transforms.ConvertImageDtype(torch.float),
            transforms.Normalize(facts.mean, facts.std),
        ]
        pictures = Pictures(self.work.job.dataset.test, transforms.Compose(steps))
        return loader(
            pictures, self.work.evaluation_batch, self.workers, shuffle=False, pin=self.cuda
        )

    def set_up(self) -> None:
        self.optimizer = torch_optimizer(self)
        self.loss = objective(self)
        self.meters = {"loss": 0.0, "acc1": 0.0, "acc5": 0.0}

    def step(self, images: Tensor, targets: Tensor) -> None:
        with self.autocast():
            output = self.model(images)
            loss = self.loss(output, targets)
        self.optimizer.zero_grad()
        loss.backward()
        self.optimizer.step()
        self._note(output, targets, loss)

    def judge(self, images: Tensor, targets: Tensor) -> None:
        with self.autocast():
            output = self.model(images)
        self._note(output, targets, nn.functional.cross_entropy(output.float(), targets))

    def _note(self, output: Tensor, targets: Tensor, loss: Tensor) -> None:
        """Its `utils.accuracy` and metric logger: three values brought to the host each step."""
        with torch.inference_mode():
            wanted = targets.max(dim=1).indices if targets.ndim == 2 else targets
            _, found = output.topk(min(5, output.shape[1]), 1, True, True)
            right = found.t().eq(wanted[None])
            for name, k in (("acc1", 1), ("acc5", 5)):
                self.meters[name] += right[:k].flatten().sum(dtype=torch.float32).item()
        self.meters["loss"] += loss.item()


def _coloured(picture: object) -> object:
    return picture.convert("RGB")  # type: ignore[attr-defined]
