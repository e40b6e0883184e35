"""From a specification to jobs: what will run, how long each run is, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from bakeoff.bakeoffs.planning.also_sets import open_also
from bakeoff.bakeoffs.planning.effects import idle_micro_batch, idle_pins, idle_ranges
from bakeoff.bakeoffs.planning.holdout import HeldOut, hold_out
from bakeoff.bakeoffs.planning.images_together import images_together
from bakeoff.bakeoffs.planning.learning_rate_variants import with_rates
from bakeoff.bakeoffs.planning.lengths import (
    NOTHING_LEFT,
    QUICK_SECONDS,
    Draft,
    Left,
    Lengths,
    chosen_budget,
    decide,
    decided_before,
    draft_images,
)
from bakeoff.bakeoffs.planning.planned_runs import AnyDataset, PlannedRuns, job_for
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, arm_name
from bakeoff.data.catalog import open_data
from bakeoff.data.file_sets import HELD_SIDE
from bakeoff.errors import UnknownName, UsageError
from bakeoff.recipes.ablation import ablate
from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.loading import load as load_recipe
from bakeoff.recipes.pins import pinned_recipe, refuse_idle_pins
from bakeoff.records.manifest import (
    Manifest,
    NearDuplicateFacts,
    PlanFacts,
    PrecisionFacts,
    PretrainingFacts,
    SkippedArm,
)
from bakeoff.records.schema import Precision
from bakeoff.records.scores import never_kept
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.hub import WeightsUnavailable
from bakeoff.training.job import AlsoSet, Job
from bakeoff.training.model import build
from bakeoff.training.precision import FASTER, bf16_by
from bakeoff.training.throughput import Rate, measure

__all__ = ["QUICK_SECONDS", "Plan", "Rate", "Rates", "chosen_budget", "plan", "replanned"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything decided before the first run starts. pretraining: what was trained before.
    facts: how the lengths were decided; about_lengths: those of `notices` that are about them.
    near_duplicates: of the test images, where nobody says which belong together."""

    spec: BakeoffSpec
    device: torch.device
    arms: tuple[PlannedRuns, ...]
    asked: str
    reason: str
    notices: tuple[str, ...]
    pretraining: tuple[PretrainingFacts, ...] = ()
    facts: PlanFacts | None = None
    about_lengths: tuple[str, ...] = ()
    precision: PrecisionFacts | None = None
    skipped: tuple[SkippedArm, ...] = ()
    near_duplicates: NearDuplicateFacts | None = None

    @property
    def seconds(self) -> float:
        """Expected duration of all runs, one after the other."""
        return sum(arm.seconds for arm in self.arms) * len(self.spec.seeds)

    def jobs(self) -> list[Job]:
        """Every run, seed by seed, so that an interruption leaves the arms balanced."""
        return [replace(arm.job, seed=seed) for seed in self.spec.seeds for arm in self.arms]


class Rates:
    """Each rate measured once: how long a run is changes no step of it, so budgets share them."""

    def __init__(self) -> None:
        self._known: dict[tuple[object, ...], Rate] = {}

    def of(self, job: Job, device: torch.device, group: Group) -> Rate:
        """The rate of jobs like this one, of whatever length."""
        recipe = job.scaled.recipe
        key = (
            job.arm,
            job.dataset.facts.train_hash,
            job.precision,
            job.micro_batch,
            recipe.batch_size,
            recipe.resolution,
        )
        if key not in self._known:
            self._known[key] = measure(job, device, group)
        return self._known[key]


def plan(
    spec: BakeoffSpec,
    device: torch.device,
    *,
    before: Manifest | None = None,
    left: Left = NOTHING_LEFT,
    command: str = "",
    group: Group = ALONE,
    known: Rates | None = None,
) -> Plan:
    """Load, check and measure everything `spec` needs, and fix the length of every run.

    before, left: what an earlier call decided for the same bake-off, and what it left; see
    `lengths.decide` for when its lengths are kept. group: the processes that
    will carry out each run together. known: rates measured for other budgets of the same bake-off.

    Raises UsageError (unknown names, weights that a required arm needs) before anything runs.
    """
    asked, why = chosen_budget(spec, device)
    arms, skipped = _available(spec)
    sets: dict[int | None, AnyDataset] = {}
    held: dict[int | None, HeldOut] = {}
    also: dict[int | None, tuple[AlsoSet, ...]] = {}
    groups: NDArray[np.int32] | None = None
    near: NearDuplicateFacts | None = None
    undecided: list[tuple[ArmSpec, LoadedRecipe, AnyDataset]] = []
    trials: list[Job] = []
    recipes = [_recipe_of(arm) for arm in arms]
    for arm, loaded in zip(arms, recipes, strict=True):
        refuse_idle_pins(loaded.recipe, arm.pin)
    notices = idle_ranges(spec, arms, recipes)
    side = _held_side(arms, recipes)
    for arm, loaded in zip(arms, recipes, strict=True):
        channels = arm.channels or spec.channels
        if channels not in sets:
            sets[channels] = group.first_of_machine(
                partial(open_data, spec.data, channels=channels, exclude=spec.exclude, **side)
            )
            also[channels] = open_also(spec, sets[channels], group, channels=channels, **side)
            if len(sets) == 1:  # the same images, whatever channels show them
                groups, near = images_together(spec, sets[channels], before)
        dataset = sets[channels]
        if why_not := never_kept(spec.primary, dataset.facts.classes, dataset.facts.test_images):
            raise UsageError(
                f"{spec.primary} cannot decide on {spec.data}: {why_not}",
                "Decide by accuracy or loss: primary: accuracy",
            )
        images = draft_images(asked, spec, dataset)
        draft = job_for(spec, arm, loaded, dataset, images, "", "", command)
        if spec.tune is not None:
            if channels not in held:
                held[channels] = hold_out(dataset, spec.tune.holdout, spec.tune.seed)
            # Nothing looks at a test image before tuning is over, not even to take the time.
            draft = replace(draft, dataset=held[channels].dataset)
        trials.append(draft)
        undecided.append((arm, loaded, dataset))
    kept = before.precision if before and decided_before(before, spec, asked.asked) else None
    precision, rates = choose_precision(spec.precision, kept, trials, device, group, known)
    spec = spec.model_copy(update={"precision": precision.used})
    drafts = [(*draft, rate) for draft, rate in zip(undecided, rates, strict=True)]
    notices += [
        f"A batch of arm {trial.arm} did not fit into memory when its rate was measured, "
        "so its runs may fail."
        for trial, rate in zip(trials, rates, strict=True)
        if not rate.fits
    ]
    lengths = decide(asked, why, spec, drafts, before=before, left=left)
    fixed = _fixed(spec, device, drafts, held, also, groups, asked.asked, lengths, notices, command)
    return replace(fixed, precision=precision, skipped=tuple(skipped), near_duplicates=near)


def replanned(plan: Plan, factor: float) -> Plan:
    """The plan for a machine that turned out `factor` times as fast as was measured."""
    spec = plan.spec
    asked, why = chosen_budget(spec, plan.device)
    arms = [arm for arm in plan.arms if arm.factor == 1]
    drafts = [(a.spec, a.loaded, a.job.dataset, a.rate.times(factor)) for a in arms]
    held = {a.spec.channels or spec.channels: a.held for a in arms if a.held is not None}
    also = {a.spec.channels or spec.channels: a.job.also for a in arms}
    lengths = decide(asked, why, spec, drafts, because="wrong rate")
    notices = [notice for notice in plan.notices if notice not in plan.about_lengths]
    command = arms[0].job.command
    groups = arms[0].job.groups
    fixed = _fixed(
        spec, plan.device, drafts, held, also, groups, asked.asked, lengths, notices, command
    )
    return replace(
        fixed,
        precision=plan.precision,
        skipped=plan.skipped,
        near_duplicates=plan.near_duplicates,
    )


def _fixed(
    spec: BakeoffSpec,
    device: torch.device,
    drafts: list[Draft],
    held: Mapping[int | None, HeldOut],
    also: Mapping[int | None, tuple[AlsoSet, ...]],
    groups: NDArray[np.int32] | None,
    asked: str,
    lengths: Lengths,
    notices: Sequence[str],
    command: str,
) -> Plan:
    planned = tuple(
        PlannedRuns(
            replace(
                job_for(spec, arm, loaded, dataset, count, asked, lengths.reason, command),
                also=also.get(arm.channels or spec.channels, ()),
                groups=groups,
            ),
            rate,
            arm,
            loaded,
            held.get(arm.channels or spec.channels),
        )
        for (arm, loaded, dataset, rate), count in zip(drafts, lengths.images, strict=True)
    )
    about = (
        *lengths.notices,
        *(notice for made in planned for notice in idle_pins(made)),
        *idle_micro_batch(spec.micro_batch, planned),
    )
    if spec.robust:
        planned = with_rates(spec, planned)
    return Plan(
        spec,
        device,
        planned,
        asked,
        lengths.reason,
        (*notices, *about),
        facts=lengths.facts,
        about_lengths=about,
    )


def choose_precision(
    asked: str,
    kept: Precision | None,
    drafts: Sequence[Job],
    device: torch.device,
    group: Group,
    known: Rates | None = None,
) -> tuple[PrecisionFacts, list[Rate]]:
    """The one precision of all runs, and every draft's rates in it.

    kept: what the bake-off began with. Where nobody chose and the device multiplies bf16 by
    itself, the steps of all arms are measured in both. Raises UsageError where what is asked for is
    not what the bake-off began with.
    """
    by = group.first(lambda: bf16_by(device))
    measured = known or Rates()

    def rates(used: Precision) -> list[Rate]:
        return [measured.of(replace(draft, precision=used), device, group) for draft in drafts]

    if kept is not None and asked not in ("auto", kept):
        raise UsageError(
            f"this bake-off began in {kept} and cannot go on in {asked}",
            f"Leave --precision out to go on in {kept}, or choose another folder with --out",
        )
    if kept is not None:
        return PrecisionFacts(asked=asked, used=kept, because="kept", by=by), rates(kept)
    if asked != "auto":
        used: Precision = "bf16" if asked == "bf16" else "fp32"
        return PrecisionFacts(asked=asked, used=used, because="asked", by=by), rates(used)
    plain = rates("fp32")
    if not by:
        return PrecisionFacts(asked=asked, used="fp32", because="no bf16"), plain
    mixed = rates("bf16")
    both = [(a, b) for a, b in zip(plain, mixed, strict=True) if a.fits and b.fits]
    speedup = sum(1 / a.train for a, _ in both) / sum(1 / b.train for _, b in both) if both else 1.0
    faster = speedup >= FASTER
    facts = PrecisionFacts(
        asked=asked,
        used="bf16" if faster else "fp32",
        because="faster" if faster else "not faster",
        by=by,
        speedup=speedup,
    )
    return facts, mixed if faster else plain


def _available(spec: BakeoffSpec) -> tuple[list[ArmSpec], list[SkippedArm]]:
    """The arms that can run, and each optional one whose weights cannot be had."""
    arms: list[ArmSpec] = []
    skipped: list[SkippedArm] = []
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
                skipped.append(SkippedArm(arm=arm_name(arm), message=checked[model, init]))
                continue
        arms.append(arm)
    if not arms:
        why = "; ".join(f"{one.arm}: {one.message}" for one in skipped)
        raise UsageError(f"no arm can run: {why}", "Use init scratch")
    return arms, skipped


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
