"""The plain script, as people write it: torchvision transforms on Pillow, a DataLoader, a loop."""

from __future__ import annotations

import timm.optim
import torch
from benchmarks.speed.pictures import Pair, Pictures, loader
from benchmarks.speed.rival import Rival
from benchmarks.speed.work import Work
from timm.data.auto_augment import rand_augment_transform
from timm.loss import BinaryCrossEntropy
from torch import Tensor, nn
from torchvision import transforms
from torchvision.transforms import v2


class Plain(Rival):
    """What people write; an RSB recipe's parts are taken from timm where torch has none."""

    name = "plain script"

    def train_loader(self) -> object:
        recipe, facts = self.work.recipe, self.work.facts
        crop = recipe.augment.crop
        assert crop is not None
        steps = [
            transforms.Grayscale(facts.channels)
            if facts.channels == 3 and facts.name.startswith("mnist")
            else transforms.Lambda(_itself),
            transforms.RandomResizedCrop(recipe.resolution.train, crop.area, crop.ratio),
            transforms.RandomHorizontalFlip(recipe.augment.horizontal_flip),
            *([rand_augment_transform(policy(self.work), {})] if policy(self.work) else []),
            transforms.ToTensor(),
            transforms.Normalize(facts.mean, facts.std),
        ]
        pictures = Pictures(self.work.job.dataset.train, transforms.Compose(steps))
        return loader(pictures, self.work.batch, self.workers, shuffle=True, pin=self.cuda)

    def test_loader(self) -> object:
        recipe, facts = self.work.recipe, self.work.facts
        size = recipe.resolution.test
        steps = [
            transforms.Grayscale(facts.channels)
            if facts.channels == 3 and facts.name.startswith("mnist")
            else transforms.Lambda(_itself),
            transforms.Resize(round(size / recipe.resolution.crop_ratio)),
            transforms.CenterCrop(size),
            transforms.ToTensor(),
            transforms.Normalize(facts.mean, facts.std),
        ]
        pictures = Pictures(self.work.job.dataset.test, transforms.Compose(steps))
        return loader(
            pictures, self.work.evaluation_batch, self.workers, shuffle=False, pin=self.cuda
        )

    def set_up(self) -> None:
        self.optimizer = torch_optimizer(self)
        self.mix = mixing(self)
        self.loss = objective(self)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.optimizer, 10_000)
        self.total = 0.0

    def to_device(self, pair: Pair) -> Pair:
        images, targets = super().to_device(pair)
        if self.mix is None or not self.model.training:
            return images, targets
        return self.mix(images, targets)

    def step(self, images: Tensor, targets: Tensor) -> None:
        self.optimizer.zero_grad()
        with self.autocast():
            loss = self.loss(self.model(images), targets)
        loss.backward()
        self.optimizer.step()
        self.schedule.step()
        self.total += loss.item()

    def judge(self, images: Tensor, targets: Tensor) -> None:
        with self.autocast():
            output = self.model(images)
        self.total += nn.functional.cross_entropy(output.float(), targets).item()
        self.seen += int((output.argmax(1) == targets).sum().item())


def _itself(picture: object) -> object:
    return picture


def policy(work: Work) -> str:
    """timm's name of the recipe's RandAugment, empty for none."""
    spec = work.recipe.augment.randaugment
    if spec is None:
        return ""
    return (
        f"rand-m{spec.magnitude:g}-n{spec.operations}-mstd{spec.magnitude_std:g}"
        f"-inc{int(spec.increasing)}"
    )


def torch_optimizer(rival: Rival) -> torch.optim.Optimizer:
    """torch's own optimizer with its defaults, and timm's LAMB, which torch lacks."""
    spec, parameters = rival.work.recipe.optimizer, rival.model.parameters()
    if spec.name == "lamb":
        return timm.optim.Lamb(parameters, lr=spec.lr, weight_decay=spec.weight_decay)
    if spec.name == "sgd":
        return torch.optim.SGD(
            parameters, lr=spec.lr, momentum=spec.momentum, weight_decay=spec.weight_decay
        )
    return torch.optim.AdamW(parameters, lr=spec.lr, weight_decay=spec.weight_decay)


def mixing(rival: Rival) -> v2.Transform | None:
    """torchvision's mixup or CutMix by the batch."""
    mix, classes = rival.work.recipe.augment.mix, rival.work.facts.classes
    if mix is None:
        return None
    kinds = [
        kind(alpha=alpha, num_classes=classes)
        for kind, alpha in ((v2.MixUp, mix.mixup_alpha), (v2.CutMix, mix.cutmix_alpha))
        if alpha
    ]
    return v2.RandomChoice(kinds)


def objective(rival: Rival) -> nn.Module:
    """torch's cross-entropy, or timm's binary cross-entropy."""
    spec = rival.work.recipe.loss
    if spec.name == "bce":
        return BinaryCrossEntropy(smoothing=0.0, target_threshold=spec.target_threshold)
    return nn.CrossEntropyLoss(label_smoothing=spec.smoothing)
