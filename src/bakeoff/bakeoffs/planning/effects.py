"""Pins and ranges that would change nothing: refused, or told before anything runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bakeoff.bakeoffs.planning.planned_runs import PlannedRuns
from bakeoff.bakeoffs.specification.search_space import Range
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, arm_name
from bakeoff.errors import UsageError
from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.mistakes import shorten
from bakeoff.recipes.pins import pinned_recipe
from bakeoff.recipes.scaling import scale
from bakeoff.recipes.schema import Recipe
from bakeoff.recipes.values import idle_beside, training_values


def idle_pins(arm: PlannedRuns) -> Iterator[str]:
    """A notice for each pin whose value the recipe would have had anyway, at this length."""
    pins, job = arm.spec.pin, arm.job
    used = training_values(job.scaled.recipe)
    for key in pins:
        rest = {other: value for other, value in pins.items() if other != key}
        images = job.budget.allowed or job.budget.images
        try:
            without = scale(arm.loaded, data=job.dataset.facts, images=images, pins=rest)
        except UsageError:
            continue  # it does not run without this pin
        if training_values(without.recipe) == used:
            yield (
                f"Arm {arm.arm_name}: pin {key} = {shorten(pins[key])} changes nothing, the recipe "
                "has that value at this length anyway. Leave it out, or pin another value."
            )


def idle_micro_batch(micro_batch: int | None, arms: Sequence[PlannedRuns]) -> Iterator[str]:
    """A notice where the images at a time are no fewer than a batch, naming such arms."""
    if micro_batch is None:
        return
    batches = {arm.arm_name: arm.job.scaled.recipe.batch_size for arm in arms}
    whole = [f"{name} ({batch:,})" for name, batch in batches.items() if batch <= micro_batch]
    if whole:
        yield (
            f"Images at a time (micro_batch) of {micro_batch:,} change nothing where a batch has "
            f"no more: {', '.join(whole)}. Leave it out, or take fewer."
        )


def idle_ranges(
    spec: BakeoffSpec, arms: Sequence[ArmSpec], recipes: Sequence[LoadedRecipe]
) -> list[str]:
    """A notice for each range of the bake-off that changes nothing in some arms.

    Raises UsageError for an arm's own range without effect, and for one without effect in all.
    """
    if spec.tune is None:
        return []
    idle_in: dict[str, list[tuple[str, str]]] = {}
    for arm, loaded in zip(arms, recipes, strict=True):
        recipe = pinned_recipe(loaded.recipe, arm.pin)
        ranges = {**spec.tune.ranges, **arm.tune}
        for key, why in _without_effect(ranges, recipe).items():
            if key in arm.tune:
                raise UsageError(
                    f"tuning {key} has no effect on arm {arm_name(arm)}: {why}",
                    "Remove its range",
                )
            idle_in.setdefault(key, []).append((arm_name(arm), why))
    for key, told in idle_in.items():
        if len(told) == len(arms):
            raise UsageError(
                f"tuning {key} has no effect on any arm: {told[0][1]}", "Remove its range"
            )
    return [
        f"Tuning {key} has no effect on arm {name}: {why}."
        for key, told in idle_in.items()
        for name, why in told
    ]


def _without_effect(ranges: dict[str, Range], recipe: Recipe) -> dict[str, str]:
    """Why, by key. A range beside another that may give it an effect is left to the draws."""
    values, idle = training_values(recipe), idle_beside(recipe)
    found = {}
    for key, where in ranges.items():
        if (beside := idle.get(key)) is not None and beside not in ranges:
            found[key] = f"its {beside} is {shorten(values[beside])}"
        elif not where.choices and where.at(0.0, values.get(key)) == where.at(1.0, values.get(key)):
            found[key] = f"every value drawn from {where} is {shorten(where.at(0.0, values[key]))}"
    return found
