"""Values a user holds fixed, whatever the scaling rules say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from bakeoff.errors import BadFile, UsageError
from bakeoff.recipes.load import PROSE, as_tuples, keys, leaves
from bakeoff.recipes.mistakes import contradictions, nearest, say
from bakeoff.recipes.schema import Recipe
from bakeoff.recipes.strict_yaml import scalar


def parse_pins(written: Iterable[str]) -> dict[str, Any]:
    """Pins as written on the command line: "optimizer.lr=0.05", "augment.mix=null".

    Raises UsageError for what is not key=value.
    """
    pins: dict[str, Any] = {}
    for text in written:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{text[:60]!r} is not a pin", "Write it as optimizer.lr=0.05")
        try:
            pins[key.strip()] = scalar(value.strip())
        except BadFile:
            raise UsageError(
                f"{value[:60]!r} is not a value for {key[:60]}", "Write a number, word or list"
            ) from None
    return pins


def pinned_recipe(recipe: Recipe, pins: dict[str, Any]) -> Recipe:
    """The recipe with the pinned values laid in.

    Raises UsageError for a key that does not exist, a value out of range, and for epochs, which
    are the budget's.
    """
    if not pins:
        return recipe
    values = recipe.model_dump(mode="json")
    for key, value in pins.items():
        _lay(values, key, value)
    try:
        pinned = Recipe.model_validate(as_tuples(values), strict=True)
    except ValidationError as error:
        what, advice = say(error.errors(include_url=False)[0])
        raise UsageError(f"pinned {what}", advice) from None
    before = {key for key, _, _ in contradictions(recipe)}
    for key, what, advice in contradictions(pinned):
        if key not in before:
            raise UsageError(f"pinned values contradict each other: {key}: {what}", advice)
    return pinned


def _lay(values: dict[str, Any], key: str, value: Any) -> None:
    if key == "epochs":
        raise UsageError("epochs cannot be pinned: they are the budget", "Use --budget 5epochs")
    tree: dict[str, Any] | None = keys()
    parts = key.split(".")
    for part in parts:
        if tree is None or part not in tree or key in PROSE:
            raise UsageError(
                f"a recipe has no value {key[:60]!r} to pin",
                nearest(key, _pinnable()),
            )
        tree = tree[part]
    for part in parts[:-1]:
        if not isinstance(values.get(part), dict):
            values[part] = {}
        values = values[part]
    values[parts[-1]] = value


def _pinnable(tree: dict[str, Any] | None = None) -> list[str]:
    blank = {k: v for k, v in (keys() if tree is None else tree).items() if k not in PROSE}
    return sorted(leaves(blank))
