"""A recipe's ingredients, and the recipe without each: what a ladder of ablations is made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.schema import Ema, Mix, Optimizer, Recipe
from bakeoff.recipes.values import training_values

SUBSTITUTE_LR = 0.1 / 256
"""SGD's rate per image of the batch: 0.1 at batch 256 (Goyal et al. 2017, section 2.1)."""

_IN_NAMES = {"loss": "bce"}
"""An arm without binary cross-entropy is "…-no-bce": it does have a loss."""

SUBSTITUTE_DECAY = 1e-4
"""SGD's weight decay beside it (Goyal et al. 2017, section 5.1)."""


class Ingredient(NamedTuple):
    """One ingredient and the recipe without it.

    name: short, for an arm ("mixup"). without: the recipe, everything else unchanged.
    change: what was done, in words. source: where the substitute's values come from; "" if the
    ingredient is simply absent.
    """

    name: str
    without: Recipe
    change: str
    source: str = ""


def ingredients(recipe: Recipe) -> list[Ingredient]:
    """Each ingredient the recipe has beyond crop, flip and plain SGD, with the recipe without it.

    Names are unique. LAMB and Adam cannot be left out, only replaced: by SGD with Nesterov
    momentum at its usual rate for the recipe's batch.
    """
    found = [*_objective(recipe), *_augmentation(recipe), *_regularisation(recipe)]
    return [
        item._replace(without=_renamed(recipe, item.name, item.without, item.change))
        for item in found
    ]


def ablate(loaded: LoadedRecipe) -> list[tuple[Ingredient, LoadedRecipe]]:
    """`ingredients` of a loaded recipe, each with the rest as a recipe that can be scaled and run.

    Values that the ablation changed take "left out: …" as their source.
    """
    arms = []
    before = training_values(loaded.recipe)
    for item in ingredients(loaded.recipe):
        after = training_values(item.without)
        why = f"left out: {item.change}" + (f" ({item.source})" if item.source else "")
        sources = {
            key: loaded.sources[key] if key in before and before[key] == value else why
            for key, value in after.items()
        }
        published = item.without.model_dump(mode="json")
        arm = replace(loaded, recipe=item.without, sources=sources, published=published)
        arms.append((item, arm))
    return arms


def _objective(recipe: Recipe) -> Iterator[Ingredient]:
    if recipe.loss.name == "bce":
        plain = {"name": "cross_entropy", "target_threshold": None, "sum_classes": False}
        yield Ingredient(
            "loss",
            _with(recipe, "loss", plain),
            "softmax cross-entropy instead of binary cross-entropy",
            "the usual loss; the smoothing stays",
        )
    if recipe.loss.smoothing > 0:
        yield Ingredient(
            "smoothing", _with(recipe, "loss", {"smoothing": 0.0}), "no label smoothing"
        )
    if recipe.optimizer.name != "sgd":
        yield Ingredient(
            recipe.optimizer.name,
            recipe.model_copy(update=_sgd_instead(recipe)),
            f"SGD with Nesterov momentum instead of {recipe.optimizer.name}",
            "Goyal et al. 2017, arXiv 1706.02677: 0.1 per 256 images, weight decay 1e-4",
        )


def _augmentation(recipe: Recipe) -> Iterator[Ingredient]:
    augment, mix = recipe.augment, recipe.augment.mix
    if mix is not None and mix.probability > 0:
        for name in ("mixup", "cutmix"):
            if getattr(mix, f"{name}_alpha") > 0:
                rest = mix.model_copy(update={f"{name}_alpha": 0.0})
                yield Ingredient(
                    name, _with(recipe, "augment", {"mix": _or_none(rest)}), f"no {name}"
                )
    if augment.randaugment is not None:
        without = _with(recipe, "augment", {"randaugment": None})
        yield Ingredient("randaugment", without, "no RandAugment")
    if augment.trivial_augment:
        without = _with(recipe, "augment", {"trivial_augment": False})
        yield Ingredient("trivialaugment", without, "no TrivialAugment")
    if augment.random_erasing > 0:
        without = _with(recipe, "augment", {"random_erasing": 0.0})
        yield Ingredient("erasing", without, "no random erasing")
    if augment.repeats > 1:
        yield Ingredient(
            "repeats",
            _with(recipe, "augment", {"repeats": 1}),
            "each image once in a batch; as many images in all",
        )


def _regularisation(recipe: Recipe) -> Iterator[Ingredient]:
    if recipe.stochastic_depth > 0:
        without = recipe.model_copy(update={"stochastic_depth": 0.0})
        yield Ingredient("stochastic-depth", without, "no stochastic depth")
    if recipe.ema is not None:
        no_average: dict[str, Ema | None] = {"ema": None}
        yield Ingredient("ema", recipe.model_copy(update=no_average), "no average of the weights")


def _sgd_instead(recipe: Recipe) -> dict[str, Any]:
    """SGD's own rate at the recipe's batch; the schedule's small rates keep their share of it."""
    old = recipe.optimizer
    lr = SUBSTITUTE_LR * recipe.batch_size
    optimizer = Optimizer(
        name="sgd",
        lr=lr,
        weight_decay=SUBSTITUTE_DECAY,
        decay_norm_and_bias=old.decay_norm_and_bias,
        momentum=0.9,
        nesterov=True,
        clip_grad_norm=old.clip_grad_norm,
    )
    share = lr / old.lr
    schedule = recipe.schedule.model_copy(
        update={
            "warmup_lr": recipe.schedule.warmup_lr * share,
            "min_lr": recipe.schedule.min_lr * share,
        }
    )
    return {"optimizer": optimizer, "schedule": schedule}


def _with(recipe: Recipe, part: str, update: dict[str, Any]) -> Recipe:
    return recipe.model_copy(update={part: getattr(recipe, part).model_copy(update=update)})


def _or_none(mix: Mix) -> Mix | None:
    return mix if mix.mixup_alpha > 0 or mix.cutmix_alpha > 0 else None


def _renamed(recipe: Recipe, ingredient: str, without: Recipe, change: str) -> Recipe:
    """The changed recipe under a name and title of its own."""
    suffix = f"-no-{_IN_NAMES.get(ingredient, ingredient)}"
    name = recipe.name[: 64 - len(suffix)] + suffix
    update = {"name": name, "title": f"{recipe.title}: {change}"}
    return without.model_copy(update=update)
