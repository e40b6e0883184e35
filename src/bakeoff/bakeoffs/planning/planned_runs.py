"""An arm whose runs are planned: its job, what that is made from, how long it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from bakeoff.bakeoffs.planning.holdout import HeldOut
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, arm_name
from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset
from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.scaling import Choice, scale
from bakeoff.records.schema import BudgetFacts, RunTuning
from bakeoff.training.job import Job
from bakeoff.training.subset import GLANCE_IMAGES, SUBSET_IMAGES, evaluation_steps
from bakeoff.training.throughput import Rate

AnyDataset = Dataset | StreamedDataset

RUN_OVERHEAD_SECONDS = 3.0
"""Building the model, counting FLOPs, writing weights and record."""


@dataclass(frozen=True, slots=True)
class PlannedRuns:
    """One arm's job (for the first seed), the rate measured for it, and what it leaves out.

    spec, loaded: what the job is made from. held: what its tuning sees, where it is tuned. factor:
    of the learning rate; other than 1 in a variant that tests the arm's verdicts.
    """

    job: Job
    rate: Rate
    spec: ArmSpec
    loaded: LoadedRecipe
    held: HeldOut | None = None
    factor: float = 1.0

    @property
    def without(self) -> str:
        return self.spec.without

    @property
    def arm_name(self) -> str:
        """The arm that this is, or is a trial or a variant of."""
        return arm_name(self.spec)

    @property
    def seconds(self) -> float:
        """Expected duration of one run, evaluation included."""
        return run_seconds(self.job, self.rate)


def run_seconds(job: Job, rate: Rate) -> float:
    """Expected seconds of one run of `job` at the measured rates."""
    at, wholly = evaluation_steps(job.budget.steps, job.scaled.recipe.epochs)
    test, train = len(job.dataset.test), len(job.dataset.train)
    evaluated = len(wholly) * (test + min(SUBSET_IMAGES, train))
    evaluated += len(at - wholly) * min(GLANCE_IMAGES, test)
    evaluated += sum(len(one.dataset.test) for one in job.also)
    features = rate.feature_seconds * (
        min(job.budget.images, train) + min(SUBSET_IMAGES, train) + test
    )
    return (
        features + job.budget.images / rate.train + evaluated / rate.evaluate + RUN_OVERHEAD_SECONDS
    )


def job_for(
    spec: BakeoffSpec,
    arm: ArmSpec,
    loaded: LoadedRecipe,
    dataset: AnyDataset,
    images: int,
    asked: str,
    reason: str,
    command: str,
    chosen: Mapping[str, Choice] | None = None,
) -> Job:
    """The job of an arm for the first seed, its recipe scaled to `images` training images.

    asked, reason: the budget, and why it is this long, for the record. chosen: as in `job_with`.
    Raises what `bakeoff.recipes.scaling.scale` raises.
    """
    pins: dict[str, Any] = dict(arm.pin)
    scaled = scale(loaded, data=dataset.facts, images=images, pins=pins, chosen=chosen)
    return Job(
        arm=arm_name(arm),
        seed=spec.seeds[0],
        scaled=scaled,
        notes=(*scaled.notes, *dataset.facts.notes),
        published=loaded.published,
        sources=loaded.sources,
        dataset=dataset,
        model=arm.model or spec.model,
        init=arm.init or spec.init,
        budget=BudgetFacts(
            asked=asked,
            reason=reason,
            epochs=scaled.recipe.epochs,
            images=scaled.images,
            steps=scaled.total_steps,
            allowed=images,
        ),
        bakeoff=spec.name,
        command=command,
        micro_batch=spec.micro_batch,
        precision="bf16" if spec.precision == "bf16" else "fp32",
        track=spec.track,
    )


def job_with(
    spec: BakeoffSpec,
    arm: PlannedRuns,
    pins: Mapping[str, Any],
    *,
    chosen: Mapping[str, Choice],
    notes: tuple[str, ...],
    tuning: RunTuning | None = None,
    dataset: AnyDataset | None = None,
    images: int | None = None,
) -> Job:
    """The job of an arm with further values pinned.

    chosen: where the pins that no hand set come from. tuning: how values were tuned. dataset,
    images: instead of the arm's own.
    """
    before = arm.job
    job = job_for(
        spec,
        arm.spec.model_copy(update={"pin": {**arm.spec.pin, **pins}}),
        arm.loaded,
        dataset or before.dataset,
        images or before.budget.allowed or before.budget.images,
        before.budget.asked,
        before.budget.reason,
        before.command,
        chosen,
    )
    sources = {**job.sources, **{key: choice.source for key, choice in chosen.items()}}
    said = () if tuning is None else (_tuned(tuning),)
    return replace(
        job,
        sources=sources,
        tuning=tuning,
        notes=(*said, *notes, *job.notes),
        also=before.also if dataset is None else (),
        groups=before.groups if dataset is None else None,
    )


def _tuned(tuning: RunTuning) -> str:
    values = ", ".join(
        f"{key} {value:g}" if isinstance(value, float) else f"{key} {value}"
        for key, value in tuning.values.items()
    )
    return f"tuned: {values}: {tuning.how} (trial {tuning.trial}, {tuning.search} search)"
