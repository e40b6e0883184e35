"""A recipe's values by dotted key: which exist, which train, which have no effect."""

from __future__ import annotations

from functools import cache
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel

from bakeoff.recipes.schema import Recipe

PROSE = frozenset({"name", "title", "citation", "notes", "not_carried"})
"""Fields about the recipe; they have no source because they change nothing in training."""


def leaves(values: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested values by dotted key; a part that is absent (None) is one value."""
    flat: dict[str, Any] = {}
    for key, value in values.items():
        if isinstance(value, dict):
            flat |= leaves(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def training_values(recipe: Recipe) -> dict[str, Any]:
    """The values that belong to training, by dotted key (JSON types); prose is left out."""
    return leaves(recipe.model_dump(mode="json", exclude=set(PROSE)))


def effective_values(recipe: Recipe) -> dict[str, Any]:
    """`training_values` without those that have no effect beside the others."""
    idle = idle_keys(recipe)
    return {key: value for key, value in training_values(recipe).items() if key not in idle}


def idle_keys(recipe: Recipe) -> frozenset[str]:
    """Values that change nothing in this recipe, such as the step length of a cosine."""
    return frozenset(idle_beside(recipe))


def idle_beside(recipe: Recipe) -> dict[str, str]:
    """The keys of values that change nothing in this recipe, each with the key of the value that
    leaves it without effect."""
    idle: dict[str, str] = {}
    optimizer, schedule, mix = recipe.optimizer, recipe.schedule, recipe.augment.mix
    if optimizer.name != "sgd":
        idle["optimizer.momentum"] = idle["optimizer.nesterov"] = "optimizer.name"
    if optimizer.weight_decay == 0:
        idle["optimizer.decay_norm_and_bias"] = "optimizer.weight_decay"
    if schedule.name != "step":
        idle["schedule.step_epochs"] = idle["schedule.gamma"] = "schedule.name"
    if schedule.name in ("step", "constant"):
        idle["schedule.min_lr"] = "schedule.name"
    if schedule.warmup_epochs == 0:
        idle["schedule.warmup_lr"] = "schedule.warmup_epochs"
    if recipe.loss.name != "bce":
        idle["loss.target_threshold"] = idle["loss.sum_classes"] = "loss.name"
    if mix is not None and not (mix.mixup_alpha and mix.cutmix_alpha):
        alphas = ("augment.mix.mixup_alpha", "augment.mix.cutmix_alpha")
        idle["augment.mix.switch_probability"] = alphas[bool(mix.mixup_alpha)]
    if mix is not None and mix.probability == 0:
        for name in ("mixup_alpha", "cutmix_alpha", "switch_probability"):
            idle[f"augment.mix.{name}"] = "augment.mix.probability"
    return idle


def as_tuples(value: Any) -> Any:
    """Sequences as tuples, which is what the schema's strict mode accepts."""
    if isinstance(value, dict):
        return {key: as_tuples(item) for key, item in value.items()}
    return tuple(as_tuples(item) for item in value) if isinstance(value, list) else value


@cache
def key_tree() -> dict[str, Any]:
    """The fields of a recipe as a tree: a part's fields, or None for a value."""
    return _fields(Recipe)


@cache
def all_keys() -> tuple[str, ...]:
    """Every dotted key, parts included."""
    return tuple(_dotted(key_tree(), ""))


def _dotted(tree: dict[str, Any], prefix: str) -> list[str]:
    found: list[str] = []
    for key, part in tree.items():
        found.append(f"{prefix}{key}")
        if part is not None:
            found += _dotted(part, f"{prefix}{key}.")
    return found


def _fields(model: type[BaseModel]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        part = _part(info.annotation)
        tree[name] = _fields(part) if part is not None else None
    return tree


def _part(annotation: Any) -> type[BaseModel] | None:
    options = get_args(annotation) if get_origin(annotation) in (Union, UnionType) else [annotation]
    for option in options:
        if option is not NoneType and isinstance(option, type) and issubclass(option, BaseModel):
            return option
    return None
