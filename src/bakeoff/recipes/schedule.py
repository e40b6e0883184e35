"""The learning rate that a recipe has at each step, as a function of the step alone.

Training steps timm's own schedulers (`bakeoff.training.optimizer`); this is for whoever shows a
recipe without training it.
"""

from __future__ import annotations

import math

from bakeoff.recipes.schema import Recipe


def learning_rate(recipe: Recipe, step: int, total_steps: int) -> float:
    """The learning rate of optimizer step `step` (from 0) of `total_steps`.

    Lengths in epochs become steps in proportion. cosine: the warm-up replaces the head of the
    cosine; onecycle and linear begin their way down where the warm-up ends; step and constant have
    the warm-up in place of their head. Source: timm 1.0, `CosineLRScheduler`, `PolyLRScheduler` and
    `StepLRScheduler`, stepped after each optimizer step.
    """
    schedule, peak = recipe.schedule, recipe.optimizer.lr
    warmup = min(_steps(recipe, schedule.warmup_epochs, total_steps), total_steps - 1)
    if step < warmup:
        return schedule.warmup_lr + step * (peak - schedule.warmup_lr) / warmup
    if schedule.name == "constant":
        return peak
    if schedule.name == "step":
        every = max(1, _steps(recipe, schedule.step_epochs, total_steps))
        return float(peak * schedule.gamma ** (step // every))
    down = total_steps if schedule.name == "cosine" else total_steps - warmup
    gone = min(1.0, (step if schedule.name == "cosine" else step - warmup) / down)
    left = 1 - gone if schedule.name == "linear" else (1 + math.cos(math.pi * gone)) / 2
    return schedule.min_lr + left * (peak - schedule.min_lr)


def _steps(recipe: Recipe, length_in_epochs: float, total_steps: int) -> int:
    return round(length_in_epochs * total_steps / recipe.epochs)
