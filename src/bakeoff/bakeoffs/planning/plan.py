"""From a specification to jobs: what will run, how long each run is, and why."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import torch

from bakeoff.bakeoffs.planning.holdout import HeldOut, hold_out
from bakeoff.bakeoffs.planning.learning_rate_variants import with_rates
from bakeoff.bakeoffs.planning.planned_runs import AnyDataset, PlannedRuns, job_for, run_seconds
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, arm_name
from bakeoff.data.catalog import open_data
from bakeoff.data.file_sets import HELD_SIDE
from bakeoff.data.places import same_place
from bakeoff.errors import UnknownName, UsageError
from bakeoff.recipes.ablation import ablate
from bakeoff.recipes.budget import Budget
from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.loading import load as load_recipe
from bakeoff.recipes.pins import pinned_recipe
from bakeoff.records.manifest import Manifest, PretrainingFacts
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.hub import WeightsUnavailable
from bakeoff.training.job import Job
from bakeoff.training.model import build
from bakeoff.training.throughput import Rate, measure

Draft = tuple[ArmSpec, LoadedRecipe, AnyDataset, Rate]
"""An arm whose length is not decided yet: its recipe and data, and how fast it trains."""

QUICK_SECONDS = 630.0
"""A quick bake-off is planned to this, so that it ends within 12 minutes on a disturbed machine."""

QUICK_LEAST_IMAGES = 2_000


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything decided before the first run starts. pretraining: what was trained before."""

    spec: BakeoffSpec
    device: torch.device
    arms: tuple[PlannedRuns, ...]
    asked: str
    reason: str
    notices: tuple[str, ...]
    pretraining: tuple[PretrainingFacts, ...] = ()

    @property
    def seconds(self) -> float:
        """Expected duration of all runs, one after the other."""
        return sum(arm.seconds for arm in self.arms) * len(self.spec.seeds)

    def jobs(self) -> list[Job]:
        """Every run, seed by seed, so that an interruption leaves the arms balanced."""
        return [replace(arm.job, seed=seed) for seed in self.spec.seeds for arm in self.arms]


def plan(
    spec: BakeoffSpec,
    device: torch.device,
    *,
    before: Manifest | None = None,
    command: str = "",
    group: Group = ALONE,
) -> Plan:
    """Load, check and measure everything `spec` needs, and fix the length of every run.

    before: what an earlier call decided for the same bake-off; its lengths are kept, so that a
    machine that measures faster or slower today resumes the same runs. group: the processes that
    will carry out each run together.

    Raises UsageError (unknown names, weights that a required arm needs) before anything runs.
    """
    asked, why = chosen_budget(spec, device)
    arms, notices = _available(spec)
    sets: dict[int | None, AnyDataset] = {}
    held: dict[int | None, HeldOut] = {}
    drafts: list[Draft] = []
    recipes = [_recipe_of(arm) for arm in arms]
    side = _held_side(arms, recipes)
    for arm, loaded in zip(arms, recipes, strict=True):
        channels = arm.channels or spec.channels
        if channels not in sets:
            sets[channels] = group.first_of_machine(
                partial(open_data, spec.data, channels=channels, exclude=spec.exclude, **side)
            )
        dataset = sets[channels]
        images = _draft_images(asked, spec, dataset)
        draft = job_for(spec, arm, loaded, dataset, images, "", "", command)
        if spec.tune is not None:
            if channels not in held:
                held[channels] = hold_out(dataset, spec.tune.holdout, spec.tune.seed)
            # Nothing looks at a test image before tuning is over, not even to take the time.
            draft = replace(draft, dataset=held[channels].dataset)
        rate = measure(draft, device, group)
        drafts.append((arm, loaded, dataset, rate))
        if not rate.fits:
            notices.append(
                f"A batch of arm {draft.arm} did not fit into memory when its rate was measured, "
                "so its runs may fail."
            )
    counts, reason = _images(asked, why, spec, drafts, command)
    if before is not None and decided_before(before, spec, asked.asked):
        kept = {arm.name: arm.budget.allowed or arm.budget.images for arm in before.arms}
        if asked.kind != "seconds":  # every arm is as long as the others
            counts = [next(iter(kept.values()))] * len(drafts)
        counts = [
            kept.get(arm_name(arm), count)
            for (arm, _, _, _), count in zip(drafts, counts, strict=True)
        ]
        reason = before.budget_reason
    planned = tuple(
        PlannedRuns(
            job_for(spec, arm, loaded, dataset, count, asked.asked, reason, command),
            rate,
            arm,
            loaded,
            held.get(arm.channels or spec.channels),
        )
        for (arm, loaded, dataset, rate), count in zip(drafts, counts, strict=True)
    )
    if spec.robust:
        planned = with_rates(spec, planned)
    return Plan(spec, device, planned, asked.asked, reason, tuple(notices))


def decided_before(before: Manifest, spec: BakeoffSpec, asked: str) -> bool:
    """Whether an earlier call set out to do this bake-off (seeds and arms may have been added)."""
    return (before.name, same_place(before.data), before.budget_asked) == (
        spec.name,
        spec.data,
        asked,
    )


def chosen_budget(spec: BakeoffSpec, device: torch.device) -> tuple[Budget, str]:
    """The budget asked for, or the one that this device gets; and why, in words."""
    if spec.budget is not None:
        return Budget.parse(spec.budget), "asked for"
    if device.type == "cuda":
        return Budget.parse("full"), "chosen because a GPU is here"
    return Budget.parse("quick"), "chosen because there is no GPU here"


def _available(spec: BakeoffSpec) -> tuple[list[ArmSpec], list[str]]:
    """The arms that can run, and a notice for each optional one whose weights cannot be had."""
    arms: list[ArmSpec] = []
    notices: list[str] = []
    checked: dict[tuple[str, str], str] = {}
    for arm in spec.arms:
        model, init = arm.model or spec.model, arm.init or spec.init
        if init.startswith("timm:"):
            if (model, init) not in checked:
                try:
                    build(model, classes=2, channels=3, init=init)
                    checked[model, init] = ""
                except WeightsUnavailable as error:
                    if not arm.optional:
                        raise
                    checked[model, init] = error.message
            if checked[model, init]:
                notices.append(f"Arm {arm_name(arm)} was left out: {checked[model, init]}.")
                continue
        arms.append(arm)
    if not arms:
        raise UsageError("no arm can run: " + " ".join(notices), "Use init scratch")
    return arms, notices


def _recipe_of(arm: ArmSpec) -> LoadedRecipe:
    """The arm's recipe, less the ingredient that the arm goes without."""
    loaded = load_recipe(arm.recipe)
    if not arm.without:
        return loaded
    rest = {item.name: recipe for item, recipe in ablate(loaded)}
    if arm.without not in rest:
        raise UnknownName(f"ingredient of {loaded.recipe.name}", arm.without, rest)
    return rest[arm.without]


def _held_side(arms: list[ArmSpec], recipes: list[LoadedRecipe]) -> dict[str, Any]:
    """How large images are to be held: as some arm trains on them or, before its crop, tests;
    nothing where that is no more than the usual."""
    seen = [
        pinned_recipe(loaded.recipe, arm.pin).resolution
        for arm, loaded in zip(arms, recipes, strict=True)
    ]
    side = max(max(each.train, int(each.test / each.crop_ratio)) for each in seen)
    return {"size": side} if side > HELD_SIDE else {}


def _draft_images(asked: Budget, spec: BakeoffSpec, dataset: AnyDataset) -> int:
    n = dataset.facts.train_images
    if asked.kind == "full" and spec.full is None:
        return round(n * max(load_recipe(arm.recipe).recipe.epochs for arm in spec.arms))
    word = {"quick": spec.quick, "seconds": spec.quick, "full": spec.full}.get(asked.kind)
    budget = Budget.parse(word) if word else asked
    images = budget.images(n)
    if images is None:
        raise UsageError(
            f"a bake-off cannot say that {asked.kind} means {budget.asked}",
            "Write epochs or images there",
        )
    return images


def _images(
    asked: Budget,
    why: str,
    spec: BakeoffSpec,
    drafts: list[Draft],
    command: str,
) -> tuple[list[int], str]:
    """Training images per run for each arm, and the reason in words."""
    if asked.kind == "seconds":
        seconds = asked.value
        assert seconds is not None
        counts = [
            max(1, rate.images_in(seconds, len(dataset.train)))
            if rate.fits
            else _draft_images(asked, spec, dataset)
            for _, _, dataset, rate in drafts
        ]
        return counts, (
            f"{asked.asked} of training per run, {why}; "
            "the number of images follows from the rate measured before the start"
        )
    counts = [_draft_images(asked, spec, dataset) for _, _, dataset, _ in drafts]
    if asked.kind != "quick":
        return counts, f"{asked.asked}, {why}: {counts[0]:,} training images per run"
    most = min(counts)
    images = most

    def total(images: int) -> float:
        each = sum(
            run_seconds(job_for(spec, arm, loaded, dataset, images, "", "", command), rate)
            for arm, loaded, dataset, rate in drafts
            if rate.fits
        )
        variants = 3 if spec.robust else 1
        return each * (len(spec.seeds) * variants + (spec.tune.trials if spec.tune else 0))

    while images > QUICK_LEAST_IMAGES and total(images) > QUICK_SECONDS:
        images = max(QUICK_LEAST_IMAGES, images - 1_000)
    if images < most:
        why += f"; {most:,} would take longer than 12 minutes on this machine"
    if total(images) > QUICK_SECONDS:
        why += f", and so do {images:,}, the least that trains anything"
    return [images] * len(drafts), f"quick, {why}: {images:,} training images per run"
