"""A plan whose rate was measured wrongly is mended while the first run trains."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.planning.lengths import OFF, SHARE
from bakeoff.bakeoffs.planning.plan import Plan, replanned
from bakeoff.records.store import RECORD_NAME, SET_ASIDE_FOLDER, load_record
from bakeoff.training import checkpoint
from bakeoff.training.callbacks import Forwarding, Listener
from bakeoff.training.job import Job

LEAST_SECONDS = 5.0
"""Training, as planned or as it was, that is long enough to tell a rate."""

LEAST_PLANNED = 60.0
"""Shorter plans are over before anybody could mend them."""

LEAST_TOLD = 2
"""So many times a rate must have been told; each is a step or more."""


@dataclass(frozen=True, slots=True)
class Correction:
    """factor: how many times as fast as measured the machine trains. aside: finished runs of the
    old lengths that were moved out of the way."""

    before: Plan
    after: Plan
    factor: float
    aside: tuple[Path, ...] = ()

    def __str__(self) -> str:
        speed = (
            f"{self.factor:.1f} times as fast as"
            if self.factor > 1
            else f"{1 / self.factor:.1f} times slower than"
        )
        pairs = zip(self.before.arms, self.after.arms, strict=True)
        changed = sorted({(a.job.budget.images, b.job.budget.images) for a, b in pairs})
        told = "; ".join(f"{old:,} images a run become {new:,}" for old, new in changed)
        moved = ""
        if self.aside:
            runs = "1 finished run" if len(self.aside) == 1 else f"{len(self.aside)} finished runs"
            where = self.aside[0].parents[1]
            moved = f" {runs} of the old length set aside in {where}, and not compared."
        return (
            f"The first run trains {speed} measured before, so the bake-off is planned anew: "
            f"{told}.{moved}"
        )


class WrongRate(Exception):
    """Raised out of a run in progress, which is then given up."""

    def __init__(self, after: Plan, factor: float) -> None:
        super().__init__(factor)
        self.after, self.factor = after, factor


class Watch:
    """Compares the rate of the first runs with the plan's, for SHARE of the planned time.

    workers: runs at a time; each is expected to have that share of the machine.
    """

    def __init__(self, plan: Plan, workers: int = 1) -> None:
        self._plan = plan
        self._expected = {arm.job.arm: arm.rate.train / workers for arm in plan.arms}
        self._whole = plan.seconds
        self._planned = self._trained = 0.0
        self._told = 0
        self.over = False

    def heard(self, arm: str, images: int, seconds: float) -> None:
        """So many images took so long. Raises WrongRate where that asks for another plan."""
        if self.over or seconds <= 0 or self._whole < LEAST_PLANNED:
            return
        self._told += 1
        self._planned += images / self._expected[arm]
        self._trained += seconds
        evidence = max(self._trained, self._planned)
        if self._told < LEAST_TOLD or evidence < max(LEAST_SECONDS, 0.8 * SHARE * self._whole):
            return
        factor = self._planned / self._trained
        if max(factor, 1 / factor) > OFF:
            after = replanned(self._plan, factor)
            if _lengths(after) != _lengths(self._plan):
                raise WrongRate(after, factor)
        self.over = self._trained > SHARE * self._whole

    def run(self, job: Job, inner: Listener) -> Listener:
        """A listener to a run of `job` that tells `inner` everything."""
        return _Watched(self, job, inner)


def _lengths(plan: Plan) -> list[int]:
    return [arm.job.budget.images for arm in plan.arms]


class _Watched(Forwarding):
    def __init__(self, watch: Watch, job: Job, inner: Listener) -> None:
        super().__init__(inner)
        self._watch, self._job = watch, job
        self._step: int | None = None

    def stepped(self, step: int, total_steps: int, images_per_second: float) -> None:
        super().stepped(step, total_steps, images_per_second)
        # The first steps set things up.
        if self._step is not None and images_per_second > 0:
            images = (step - self._step) * self._job.scaled.recipe.batch_size
            self._watch.heard(self._job.arm, images, images / images_per_second)
        self._step = step


def set_aside(plan: Plan, place: Place) -> tuple[Path, ...]:
    """Move runs of other lengths than `plan`'s out of its way; returns where finished ones went.

    Finished runs are only met where they were trained by the plan that is being mended: with
    finished runs of an earlier call lengths are kept. Checkpoints of unfinished ones are removed.
    """
    moved = []
    for job in plan.jobs():
        folder = place.run(job).folder
        if not (folder / RECORD_NAME).exists():
            continue
        record = load_record(folder)
        if record.budget.steps == job.budget.steps:
            continue
        if record.status == "incomplete":
            checkpoint.clear(folder)
        name = f"{record.budget.images}images"
        target = place.folder / SET_ASIDE_FOLDER / name / job.arm / folder.name
        number = 1
        while target.exists():
            number += 1
            target = target.with_name(f"{folder.name}-{number}")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(folder, target)
        if record.status != "incomplete":
            moved.append(target)
    return tuple(moved)
