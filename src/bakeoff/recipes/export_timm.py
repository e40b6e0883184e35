"""A recipe in the words of timm's train.py."""

from __future__ import annotations

from bakeoff.recipes.arguments import Writer
from bakeoff.recipes.schema import Augment, Loss, Optimizer, RandAugment, Recipe


def write_timm(recipe: Recipe, out: Writer, batch_per_gpu: int, gpus: int) -> None:
    """Write every value: timm's defaults are not a recipe's."""
    out.add("--batch-size", batch_per_gpu)
    side = recipe.resolution.train
    out.add("--input-size", 3, side, side)
    out.add("--crop-pct", recipe.resolution.crop_ratio)
    if recipe.resolution.test != side:
        out.cannot(
            f"testing at {recipe.resolution.test} pixels: train.py tests at {side}; run "
            f"validate.py --img-size {recipe.resolution.test} on the checkpoint"
        )
    _optimizer(recipe.optimizer, out)
    _schedule(recipe, out)
    _loss(recipe, out)
    _augment(recipe.augment, out, gpus)
    if recipe.stochastic_depth > 0:
        out.add("--drop-path", recipe.stochastic_depth)
    _ema(recipe, out)


def _optimizer(optimizer: Optimizer, out: Writer) -> None:
    name: str = optimizer.name
    if name == "sgd":
        name = "sgd" if optimizer.nesterov else "momentum"
        out.add("--momentum", optimizer.momentum)
    out.add("--opt", name)
    out.add("--lr", optimizer.lr)
    out.add("--weight-decay", optimizer.weight_decay)
    if optimizer.decay_norm_and_bias and optimizer.weight_decay > 0:
        out.add("--opt-kwargs", "filter_bias_and_bn=False")
    if optimizer.clip_grad_norm is not None:
        out.add("--clip-grad", optimizer.clip_grad_norm)


def _schedule(recipe: Recipe, out: Writer) -> None:
    """Rates move with every update. With a warm-up prefix timm adds it to --epochs."""
    schedule = recipe.schedule
    prefix = schedule.name in ("onecycle", "linear") and schedule.warmup_epochs > 0
    epochs = recipe.epochs - (round(schedule.warmup_epochs) if prefix else 0)
    names = {"onecycle": "cosine", "linear": "poly"}
    out.add("--sched", names.get(schedule.name, schedule.name))
    out.add("--sched-on-updates")
    out.whole("--epochs", epochs, "a length")
    out.whole("--warmup-epochs", schedule.warmup_epochs, "a warm-up")
    out.add("--warmup-lr", schedule.warmup_lr)
    if prefix:
        out.add("--warmup-prefix")
    if schedule.name == "linear":
        out.add("--decay-rate", 1.0)
    if schedule.name == "step":
        out.add("--decay-epochs", schedule.step_epochs)
        out.add("--decay-rate", schedule.gamma)
    if schedule.name in ("cosine", "onecycle", "linear"):
        out.add("--min-lr", schedule.min_lr)


def _loss(recipe: Recipe, out: Writer) -> None:
    loss: Loss = recipe.loss
    out.add("--smoothing", loss.smoothing)
    if loss.name != "bce":
        return
    mix = recipe.augment.mix
    mixed = mix is not None and (mix.mixup_alpha > 0 or mix.cutmix_alpha > 0)
    if not mixed and loss.smoothing == 0:
        out.cannot("binary cross-entropy: train.py uses it only with mixup, CutMix or smoothing")
        return
    out.add("--bce-loss")
    if loss.target_threshold is not None:
        out.add("--bce-target-thresh", loss.target_threshold)
    if loss.sum_classes:
        out.add("--bce-sum")


def _augment(augment: Augment, out: Writer, gpus: int) -> None:
    if augment.crop is None:
        out.cannot("images without a random crop but with the other augmentation")
    else:
        out.add("--scale", *augment.crop.area)
        out.add("--ratio", *augment.crop.ratio)
    out.add("--hflip", augment.horizontal_flip)
    out.add("--color-jitter", 0.0)
    if augment.randaugment is not None:
        _randaugment(augment.randaugment, out)
    if augment.trivial_augment:
        out.cannot("TrivialAugment")
    if augment.random_erasing > 0:
        out.add("--reprob", augment.random_erasing)
        out.add("--remode", "const")
    if augment.mix is not None:
        out.add("--mixup", augment.mix.mixup_alpha)
        out.add("--cutmix", augment.mix.cutmix_alpha)
        out.add("--mixup-prob", augment.mix.probability)
        out.add("--mixup-switch-prob", augment.mix.switch_probability)
    if augment.repeats > 1:
        if gpus == 1:
            out.cannot(
                f"{augment.repeats} repeats on one GPU: train.py refuses --aug-repeats unless "
                "distributed"
            )
        else:
            out.add("--aug-repeats", augment.repeats)


def _randaugment(spec: RandAugment, out: Writer) -> None:
    if spec.magnitude != round(spec.magnitude):
        out.cannot(f"RandAugment magnitude {spec.magnitude:g}: a whole number is given")
    parts = [f"rand-m{round(spec.magnitude)}", f"n{spec.operations}"]
    parts.append(f"mstd{spec.magnitude_std:g}")
    if spec.increasing:
        parts.append("inc1")
    out.add("--aa", "-".join(parts))


def _ema(recipe: Recipe, out: Writer) -> None:
    ema = recipe.ema
    if ema is None:
        return
    if ema.adjust == "torchvision" or ema.every_steps > 1:
        out.cannot(
            f"the average of the weights every {ema.every_steps} steps with decay {ema.decay:g}: "
            "train.py averages at every step, without torchvision's adjustment"
        )
        return
    out.add("--model-ema")
    out.add("--model-ema-decay", ema.decay)
