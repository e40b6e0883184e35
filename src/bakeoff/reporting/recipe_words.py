"""A recipe's ingredients in the field's words, and what one has that another has not."""

from __future__ import annotations

from collections.abc import Iterable

from bakeoff.recipes.schema import Recipe
from bakeoff.reporting.numbers import short

OPTIMIZERS = {"sgd": "SGD", "adam": "Adam", "adamw": "AdamW", "lamb": "LAMB"}
SCHEDULES = {"onecycle": "one-cycle", "constant": "constant rate", "step": "step decay"}
CHOICES = ("optimizer", "learning rate", "weight decay", "schedule", "loss", "batch", "crop")


def ingredients(recipe: Recipe) -> dict[str, str]:
    """Ingredient to how it is set; what is off is not there."""
    optimizer, augment, loss = recipe.optimizer, recipe.augment, recipe.loss
    found = {
        "optimizer": OPTIMIZERS.get(optimizer.name, optimizer.name),
        "learning rate": short(optimizer.lr, 3),
        "weight decay": short(optimizer.weight_decay, 3),
        "schedule": SCHEDULES.get(recipe.schedule.name, recipe.schedule.name),
        "loss": "binary cross-entropy" if loss.name == "bce" else "cross-entropy",
        "batch": str(recipe.batch_size),
    }
    if loss.smoothing:
        found["label smoothing"] = short(loss.smoothing)
    if augment.crop is not None and augment.crop.area != (1.0, 1.0):
        low, high = augment.crop.area
        found["crop"] = f"random crop to {short(100 * low)}–{short(100 * high)} % of the area"
    if augment.horizontal_flip:
        found["horizontal flip"] = short(augment.horizontal_flip)
    if augment.randaugment is not None:
        found["RandAugment"] = f"magnitude {short(augment.randaugment.magnitude)}"
    if augment.trivial_augment:
        found["TrivialAugment"] = ""
    if augment.random_erasing:
        found["random erasing"] = short(augment.random_erasing)
    if augment.mix is not None and augment.mix.mixup_alpha:
        found["Mixup"] = f"α {short(augment.mix.mixup_alpha)}"
    if augment.mix is not None and augment.mix.cutmix_alpha:
        found["CutMix"] = f"α {short(augment.mix.cutmix_alpha)}"
    if augment.repeats > 1:
        found["repeated augmentation"] = f"× {augment.repeats}"
    if recipe.stochastic_depth:
        found["stochastic depth"] = short(recipe.stochastic_depth)
    if recipe.ema is not None:
        found["weight averaging (EMA)"] = ""
    if recipe.trains == "head":
        found["only the last layer is trained"] = ""
    return found


def difference(recipe: Recipe, base: Recipe) -> str:
    """Such as "LAMB for AdamW; learning rate 0.004 for 0.002; adds Mixup (α 0.1); without …".

    Empty where the ingredients agree.
    """
    ours, theirs = ingredients(recipe), ingredients(base)
    parts = []
    for name in CHOICES:
        if name in ours and name in theirs and ours[name] != theirs[name]:
            told = name not in ("optimizer", "schedule", "loss", "crop")
            parts.append(f"{f'{name} ' if told else ''}{ours[name]} for {theirs[name]}")
    for name in ours:
        if name in theirs and name not in CHOICES and ours[name] != theirs[name]:
            parts.append(f"{name} {ours[name]} for {theirs[name]}")
    more = [_set(name, ours[name]) for name in ours if name not in theirs]
    less = [name for name in theirs if name not in ours]
    parts += [f"adds {_listed(more)}"] if more else []
    parts += [f"leaves out {_listed(less)}"] if less else []
    return "; ".join(parts)


def _set(name: str, value: str) -> str:
    return f"{name} ({value})" if value else name


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    return every[0] if len(every) == 1 else f"{', '.join(every[:-1])} and {every[-1]}"
