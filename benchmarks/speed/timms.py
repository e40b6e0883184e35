"""timm: its own loader, Mixup, loss, optimizer and scheduler, in the order of its train.py's loop.

Written after the structure of timm 1.0's `train.py` (`train_one_epoch`, `validate`) from timm's
public pieces. The real program runs with `--timm PATH` (see `checkouts.py`).
"""

from __future__ import annotations

from contextlib import suppress

from benchmarks.speed.pictures import Pair, Pictures
from benchmarks.speed.plain import policy
from benchmarks.speed.rival import Rival
from timm.data import FastCollateMixup, create_loader
from timm.loss import BinaryCrossEntropy, SoftTargetCrossEntropy
from timm.optim import create_optimizer_v2
from timm.scheduler import CosineLRScheduler
from timm.utils import AverageMeter, accuracy
from torch import Tensor, nn


def _coloured(picture: object) -> object:
    return picture.convert("RGB")  # type: ignore[attr-defined]


class _Coloured(Pictures):
    """timm's data sets convert to RGB before the transform."""

    def __getitem__(self, index: int) -> object:
        transform, self.transform = self.transform, None
        picture, label = super().__getitem__(index)
        self.transform = transform
        return (transform(_coloured(picture)) if transform else picture), label


class Timm(Rival):
    """train.py with --workers chosen, --amp bfloat16 and --channels-last on CUDA only."""

    name = "timm"

    def train_loader(self) -> object:
        recipe, facts = self.work.recipe, self.work.facts
        mix, crop = recipe.augment.mix, recipe.augment.crop
        assert crop is not None
        collate = None
        if mix is not None:
            collate = FastCollateMixup(
                mixup_alpha=mix.mixup_alpha,
                cutmix_alpha=mix.cutmix_alpha,
                prob=mix.probability,
                switch_prob=mix.switch_probability,
                label_smoothing=recipe.loss.smoothing,
                num_classes=facts.classes,
            )
        return create_loader(
            _Coloured(self.work.job.dataset.train),
            input_size=(facts.channels, recipe.resolution.train, recipe.resolution.train),
            batch_size=self.work.batch,
            is_training=True,
            scale=crop.area,
            ratio=crop.ratio,
            hflip=recipe.augment.horizontal_flip,
            color_jitter=None,
            auto_augment=policy(self.work) or None,
            interpolation="bilinear",
            mean=facts.mean,
            std=facts.std,
            num_workers=self.workers,
            collate_fn=collate,
            pin_memory=self.cuda,
            device=self.device,
        )

    def test_loader(self) -> object:
        recipe, facts = self.work.recipe, self.work.facts
        return create_loader(
            _Coloured(self.work.job.dataset.test),
            input_size=(facts.channels, recipe.resolution.test, recipe.resolution.test),
            batch_size=self.work.evaluation_batch,
            interpolation="bilinear",
            mean=facts.mean,
            std=facts.std,
            crop_pct=recipe.resolution.crop_ratio,
            num_workers=self.workers,
            pin_memory=self.cuda,
            device=self.device,
        )

    def set_up(self) -> None:
        recipe = self.work.recipe
        spec, loss = recipe.optimizer, recipe.loss
        self.optimizer = create_optimizer_v2(
            self.model,
            opt="momentum" if spec.name == "sgd" and not spec.nesterov else spec.name,
            lr=spec.lr,
            weight_decay=spec.weight_decay,
            momentum=spec.momentum,
            filter_bias_and_bn=not spec.decay_norm_and_bias,
        )
        self.schedule = CosineLRScheduler(self.optimizer, t_initial=10_000, t_in_epochs=False)
        self.loss: nn.Module = nn.CrossEntropyLoss(label_smoothing=loss.smoothing)
        if loss.name == "bce":
            self.loss = BinaryCrossEntropy(smoothing=0.0, target_threshold=loss.target_threshold)
        elif recipe.augment.mix is not None:
            self.loss = SoftTargetCrossEntropy()
        self.losses = AverageMeter()
        self.updates = 0

    def to_device(self, pair: Pair) -> Pair:
        # timm's prefetching loader has moved and normalised the batch already.
        return pair if not self.cuda else super().to_device(pair)

    def step(self, images: Tensor, targets: Tensor) -> None:
        with self.autocast():
            loss = self.loss(self.model(images), targets)
        self.losses.update(loss.item(), images.size(0))
        loss.backward()
        self.optimizer.step()
        self.optimizer.zero_grad()
        self.updates += 1
        self.schedule.step_update(num_updates=self.updates, metric=self.losses.avg)

    def judge(self, images: Tensor, targets: Tensor) -> None:
        with self.autocast():
            output = self.model(images)
        loss = nn.functional.cross_entropy(output.float(), targets)
        top1, _ = accuracy(output, targets, topk=(1, min(5, output.shape[1])))
        self.losses.update(loss.item(), images.size(0))
        self.losses.update(top1.item(), images.size(0))

    def close(self) -> None:
        with suppress(AttributeError):
            del self._ready
        super().close()
