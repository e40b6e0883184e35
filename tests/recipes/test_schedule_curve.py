"""The curve that a report draws is the one that training follows: timm's."""

from __future__ import annotations

import pytest
import torch

from bakeoff.recipes.loading import load, names
from bakeoff.recipes.schedule import learning_rate
from bakeoff.recipes.schema import Recipe, Schedule
from bakeoff.training.optimizer import build_schedule

STEPS = 97
EVERY_KIND = {
    kind: load("standard").recipe.model_copy(
        update={
            "schedule": Schedule.model_validate(
                {"name": kind, "warmup_epochs": 1, "warmup_lr": 1e-4, "min_lr": 1e-5,
                 "step_epochs": 1.5, "gamma": 0.3}
            )
        }
    )
    for kind in ("constant", "step", "cosine", "onecycle", "linear")
}  # fmt: skip


def by_timm(recipe: Recipe, steps: int) -> list[float]:
    """The learning rate that timm's scheduler sets for each step, as the loop asks for it."""
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=recipe.optimizer.lr)
    scheduler = build_schedule(optimizer, recipe.schedule, total_steps=steps, epochs=recipe.epochs)
    found = []
    for step in range(steps):
        found.append(float(optimizer.param_groups[0]["lr"]))
        scheduler.step_update(step + 1)
    return found


@pytest.mark.parametrize("recipe", EVERY_KIND.values(), ids=list(EVERY_KIND))
@pytest.mark.parametrize("steps", [1, 2, STEPS])
def test_the_curve_of_every_kind_of_schedule_is_timms(recipe: Recipe, steps: int) -> None:
    ours = [learning_rate(recipe, step, steps) for step in range(steps)]
    assert ours == pytest.approx(by_timm(recipe, steps), rel=1e-9)


@pytest.mark.parametrize("name", names())
def test_the_curve_of_every_recipe_of_the_library_is_timms(name: str) -> None:
    recipe = load(name).recipe
    ours = [learning_rate(recipe, step, STEPS) for step in range(STEPS)]
    assert ours == pytest.approx(by_timm(recipe, STEPS), rel=1e-9)
