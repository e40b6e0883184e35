"""`robust: lr`: every arm also at half and at twice its learning rate."""

from __future__ import annotations

import dataclasses

from bakeoff.bakeoffs.planning.planned_runs import PlannedRuns, job_with
from bakeoff.bakeoffs.specification.search_space import DIGITS, with_shape
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.recipes.scaling import Choice
from bakeoff.training.job import Job

FACTORS = (0.5, 2.0)


def with_rates(spec: BakeoffSpec, arms: tuple[PlannedRuns, ...]) -> tuple[PlannedRuns, ...]:
    """The arms, and after each its variants, named as `bakeoff compare` knows them: ARM+lr0.5."""
    found: list[PlannedRuns] = []
    for arm in arms:
        found.append(arm)
        for factor in FACTORS:
            variant = dataclasses.replace(arm, factor=factor)
            found.append(dataclasses.replace(variant, job=with_factor(spec, variant, arm.job)))
    return tuple(found)


def with_factor(spec: BakeoffSpec, arm: PlannedRuns, job: Job) -> Job:
    """`job` at `arm.factor` times its learning rate, warm-up and final rate included."""
    recipe = job.scaled.recipe
    rate = float(f"{recipe.optimizer.lr * arm.factor:.{DIGITS + 2}g}")
    where = f"× {arm.factor:g} of the arm's own rate, to test its verdicts (robust: lr)"
    changed = with_shape({"optimizer.lr": rate}, recipe)
    tuned = [step for step in job.scaled.steps if step.code == "tuned"]
    pins = {step.key: step.used for step in tuned} | changed
    chosen = {step.key: Choice("tuned", step.source) for step in tuned}
    chosen |= dict.fromkeys(changed, Choice("varied", where))
    note = f"the learning rate is {where}"
    varied = job_with(spec, arm, pins, chosen=chosen, notes=(note,), tuning=job.tuning)
    return dataclasses.replace(varied, arm=f"{arm.arm_name}+lr{arm.factor:g}")
