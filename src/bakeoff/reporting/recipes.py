"""A recipe as lines of key and value, and where two of them differ."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bakeoff.recipes.schema import Recipe
from bakeoff.reporting.numbers import short

UNSET = "none"
_NOT_VALUES = {"name", "title", "citation", "notes", "not_carried"}


def recipe_lines(recipe: Recipe) -> dict[str, str]:
    """Dotted key to value as written, in the schema's order; parts that are off are "none"."""
    return flat(recipe.model_dump(exclude=_NOT_VALUES))


def flat(values: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    lines: dict[str, str] = {}
    for key, value in values.items():
        if isinstance(value, Mapping):
            lines |= flat(value, f"{prefix}{key}.")
        else:
            lines[f"{prefix}{key}"] = written(value)
    return lines


def written(value: Any) -> str:
    if value is None:
        return UNSET
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return short(value, 4)
    if isinstance(value, (list, tuple)):
        return " to ".join(written(item) for item in value)
    return str(value)


def differing(recipes: Mapping[str, Recipe]) -> list[tuple[str, tuple[str, ...]]]:
    """(key, value in each recipe) where not all agree. A part absent in one reads "none"."""
    lines = [recipe_lines(recipe) for recipe in recipes.values()]
    keys = dict.fromkeys(key for found in lines for key in found)
    # "augment.mix: none" beside "augment.mix.cutmix_alpha: 1" says the same thing twice.
    parts = {key for key in keys if any(other.startswith(f"{key}.") for other in keys)}
    rows = []
    for key in keys:
        if key in parts:
            continue
        values = tuple(found.get(key, UNSET) for found in lines)
        if len(set(values)) > 1:
            rows.append((key, values))
    return rows


def source_of(key: str, sources: Mapping[str, str]) -> str:
    """The source of a value: its own, its nearest part's, or the recipe's default."""
    while key:
        if key in sources:
            return sources[key]
        key = key.rpartition(".")[0]
    return sources.get("default", "")
