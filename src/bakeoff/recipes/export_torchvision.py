"""A recipe in the words of torchvision's references/classification/train.py."""

from __future__ import annotations

from bakeoff.recipes.arguments import Writer
from bakeoff.recipes.schema import Augment, Crop, Ema, Optimizer, Recipe


def write_torchvision(recipe: Recipe, out: Writer, batch_per_gpu: int, gpus: int) -> None:
    """Write every value; its defaults are those of `torchvision-v1`."""
    out.whole("--epochs", recipe.epochs, "a length")
    out.add("--batch-size", batch_per_gpu)
    resolution = recipe.resolution
    out.add("--train-crop-size", resolution.train)
    out.add("--val-resize-size", int(resolution.test / resolution.crop_ratio))
    out.add("--val-crop-size", resolution.test)
    _optimizer(recipe.optimizer, out)
    _schedule(recipe, out)
    if recipe.loss.name == "bce":
        out.cannot("binary cross-entropy")
    out.add("--label-smoothing", recipe.loss.smoothing)
    _augment(recipe.augment, out)
    if recipe.stochastic_depth > 0:
        out.cannot(f"stochastic depth {recipe.stochastic_depth:g}: its ResNet has none")
    if recipe.ema is not None:
        _ema(recipe, recipe.ema, out)


def _optimizer(optimizer: Optimizer, out: Writer) -> None:
    if optimizer.name in ("sgd", "adamw"):
        out.add("--opt", "sgd_nesterov" if optimizer.nesterov else optimizer.name)
    else:
        out.cannot(f"the optimizer {optimizer.name}: it has sgd, rmsprop and adamw")
    if optimizer.name == "sgd":
        out.add("--momentum", optimizer.momentum)
    out.add("--lr", optimizer.lr)
    out.add("--weight-decay", optimizer.weight_decay)
    if not optimizer.decay_norm_and_bias:
        out.add("--norm-weight-decay", 0.0)
        out.add("--bias-weight-decay", 0.0)
    if optimizer.clip_grad_norm is not None:
        out.add("--clip-grad-norm", optimizer.clip_grad_norm)


def _schedule(recipe: Recipe, out: Writer) -> None:
    """torchvision moves the rate once an epoch; its cosine starts where the warm-up ends."""
    schedule, lr = recipe.schedule, recipe.optimizer.lr
    if schedule.name == "step":
        out.add("--lr-scheduler", "steplr")
        out.whole("--lr-step-size", schedule.step_epochs, "a step")
        out.add("--lr-gamma", schedule.gamma)
    elif schedule.name == "constant":
        out.add("--lr-scheduler", "steplr")
        out.add("--lr-gamma", 1.0)
    elif schedule.name == "linear":
        out.cannot("a rate that falls in a straight line")
    else:
        out.add("--lr-scheduler", "cosineannealinglr")
        out.add("--lr-min", schedule.min_lr)
        if schedule.name == "cosine" and schedule.warmup_epochs > 0:
            out.cannot(
                "a cosine that runs from the first step: its cosine starts after the warm-up"
            )
    if schedule.name not in ("step", "constant"):
        out.cannot("a rate that moves with every step: it moves once an epoch")
    if schedule.warmup_epochs > 0:
        out.whole("--lr-warmup-epochs", schedule.warmup_epochs, "a warm-up")
        out.add("--lr-warmup-method", "linear")
        if schedule.warmup_lr > 0:
            out.add("--lr-warmup-decay", schedule.warmup_lr / lr)
        else:
            out.cannot("a warm-up from 0: its default of 0.01 of the rate is left")


def _augment(augment: Augment, out: Writer) -> None:
    if augment.crop is None:
        out.cannot("images without a random crop")
    elif augment.crop != Crop():
        out.cannot(
            f"a crop of area {augment.crop.area} and ratio {augment.crop.ratio}: fixed to "
            f"{Crop().area} and 3/4 to 4/3"
        )
    if augment.horizontal_flip != 0.5:
        out.cannot(f"flips with probability {augment.horizontal_flip:g}: fixed to 0.5")
    if augment.randaugment is not None:
        out.cannot("timm's RandAugment: torchvision's `ra` has other operations and magnitudes")
    if augment.trivial_augment:
        out.add("--auto-augment", "ta_wide")
    out.add("--random-erase", augment.random_erasing)
    mix = augment.mix
    if mix is not None:
        out.add("--mixup-alpha", mix.mixup_alpha)
        out.add("--cutmix-alpha", mix.cutmix_alpha)
        if mix.probability != 1:
            out.cannot(f"mixing {mix.probability:.0%} of the batches: it mixes all")
        both = mix.mixup_alpha > 0 and mix.cutmix_alpha > 0
        if both and mix.switch_probability != 0.5:
            out.cannot(f"CutMix in {mix.switch_probability:.0%} of the batches: it takes half")
    if augment.repeats > 1:
        out.add("--ra-sampler")
        out.add("--ra-reps", augment.repeats)


def _ema(recipe: Recipe, ema: Ema, out: Writer) -> None:
    """Its flag is not applied as written: 1 - decay is multiplied by batch × steps / epochs."""
    decay = ema.decay
    if ema.adjust == "none":
        decay = 1 - (1 - decay) * recipe.epochs / (recipe.batch_size * ema.every_steps)
    out.add("--model-ema")
    out.add("--model-ema-steps", ema.every_steps)
    out.add("--model-ema-decay", decay)
