"""Values a user holds fixed, whatever the scaling rules say."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import ValidationError

from bakeoff.errors import BadFile, UsageError
from bakeoff.recipes.mistakes import contradictions, nearest, say, shorten
from bakeoff.recipes.schema import Recipe
from bakeoff.recipes.strict_yaml import scalar
from bakeoff.recipes.values import PROSE, all_keys, as_tuples, idle_beside, training_values


def parse_pins(written: Iterable[str]) -> dict[str, Any]:
    """Pins as written on the command line: "optimizer.lr=0.05", "augment.mix=null".

    Raises UsageError for what is not key=value.
    """
    pins: dict[str, Any] = {}
    for text in written:
        key, equals, value = text.partition("=")
        if not equals or not key.strip():
            raise UsageError(f"{text[:60]!r} is not a pin", "Write it as optimizer.lr=0.05")
        if key.strip() in pins:
            raise UsageError(f"{key.strip()[:60]} is pinned twice", "Keep one of them")
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


def refuse_idle_pins(recipe: Recipe, pins: dict[str, Any]) -> None:
    """Raise UsageError for a pin that another value of the pinned recipe leaves without effect."""
    pinned = pinned_recipe(recipe, pins)
    values, idle = training_values(pinned), idle_beside(pinned)
    for key in pins:
        if (beside := idle.get(key)) is not None:
            raise UsageError(
                f"pin {key} has no effect on {recipe.name}, whose {beside} is "
                f"{shorten(values[beside])}",
                f"Leave it out, or pin {beside} as well",
            )


def _lay(values: dict[str, Any], key: str, value: Any) -> None:
    if key == "epochs":
        raise UsageError(
            "epochs cannot be pinned: they are the budget", "Give a budget instead, as 5epochs"
        )
    pinnable = [known for known in all_keys() if known not in PROSE]
    if key not in pinnable:
        raise UsageError(f"a recipe has no value {key[:60]!r} to pin", nearest(key, pinnable))
    *parts, last = key.split(".")
    for part in parts:
        if not isinstance(values.get(part), dict):
            values[part] = {}
        values = values[part]
    values[last] = value
