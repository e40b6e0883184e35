"""Seeds until it is decided: which runs come next, and the record of each look."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np

from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.execution.workers import Numbered
from bakeoff.bakeoffs.planning.plan import Plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.errors import UsageError
from bakeoff.records.looks import LookedPair, LookPlan, LookTaken
from bakeoff.records.manifest import Manifest
from bakeoff.records.schema import Record
from bakeoff.records.scores import score
from bakeoff.records.store import RECORD_NAME, load_record
from bakeoff.statistics.looks_ahead import looks_ahead
from bakeoff.statistics.looks_taken import Taken, take_looks
from bakeoff.statistics.sequential import Design, design

ALPHA = 0.05
MOST_SIMULATED = 8
"""Arms; with more, the expected number of runs is that of so many, in proportion."""


def look_plan(spec: BakeoffSpec) -> LookPlan | None:
    """The plan of looks as the folder keeps it; None where all seeds run."""
    if spec.looks is None:
        return None
    return LookPlan(
        looks=spec.looks.after,
        test="paired" if spec.paired else "joint",
        give_up=spec.looks.give_up,
        race=spec.looks.race,
        # Each data set and budget is a question of its own; together they share one error rate.
        alpha=ALPHA / (len(spec.sets) * len(spec.lengths)),
    )


def design_of(plan: LookPlan) -> Design:
    """The boundaries of a plan that was kept."""
    return design(plan.looks, test=plan.test, give_up=plan.give_up)


@dataclass(frozen=True, slots=True)
class RunsAhead:
    """Runs of all arms together, by simulation: expected where all arms are equal, where one is
    ahead of the others by 2 standard deviations over seeds, and the most there can be."""

    equal: float
    apart: float
    worst: int


def runs_ahead(plan: Plan) -> RunsAhead | None:
    """What a plan of looks will take; None where all seeds run."""
    looks = look_plan(plan.spec)
    arms = sum(arm.factor == 1 for arm in plan.arms)
    if looks is None or arms < 2:
        return None
    # Each arm's variants at other rates run with it.
    each = len(plan.arms) / arms
    shown = min(arms, MOST_SIMULATED)

    def expected(first: float) -> float:
        found = looks_ahead(
            design_of(looks),
            [first, *([0.0] * (shown - 1))],
            np.random.default_rng(0),
            race=looks.race,
            experiments=400,
            alpha=looks.alpha,
        )
        return found.runs / shown * arms * each

    return RunsAhead(expected(0.0), expected(2.0), looks.looks[-1] * len(plan.arms))


def batches(
    plan: Plan, jobs: Sequence[Numbered], place: Place, looked: Callable[[LookTaken], None]
) -> Iterator[list[Numbered]]:
    """The runs in the order in which they are due, one batch a look; all at once without looks.

    After a batch the caller has carried it out; the look that follows decides who runs on.
    looked: is told each look. A run without a final record puts the look off to the next call.
    """
    looks = look_plan(plan.spec)
    if looks is None:
        yield list(jobs)
        return
    named = {arm.job.arm: arm.arm_name for arm in plan.arms}
    arms = [arm.job.arm for arm in plan.arms if arm.factor == 1]
    running, seen = set(arms), 0
    for until in looks.looks:
        due = set(plan.spec.seeds[seen:until])
        yield [(n, job) for n, job in jobs if job.seed in due and named[job.arm] in running]
        seeds, primary = plan.spec.seeds[:until], plan.spec.primary
        found = {arm: values(arm, seeds, jobs, place, primary) for arm in arms}
        if any(len(found[arm]) < until for arm in running):
            return
        taken = take_looks(found, design_of(looks), alpha=looks.alpha, race=looks.race)
        looked(as_record(taken))
        running, seen = set(taken.running), until
        if not running:
            return


def values(
    arm: str, seeds: Sequence[int], jobs: Sequence[Numbered], place: Place, primary: str
) -> list[float]:
    """What decides, higher is better, of an arm's runs in the order of their seeds, up to the first
    that is missing; −inf for a failed run."""
    by_seed = {job.seed: job for _, job in jobs if job.arm == arm}
    found: list[float] = []
    for seed in seeds:
        folder = place.run(by_seed[seed]).folder
        record = load_record(folder) if (folder / RECORD_NAME).exists() else None
        value = decisive(record, primary)
        if value is None:
            break
        found.append(value)
    return found


def decisive(record: Record | None, primary: str) -> float | None:
    """What a look sees of a run: what decides, turned so that higher is better; −inf where it
    failed, None where it is not over."""
    if record is None or record.status == "incomplete":
        return None
    if record.status == "failed" or record.result is None:
        return -math.inf
    value = score(record.result, primary)
    if value is None:
        raise UsageError(
            f"{record.arm} (seed {record.seed}) has no {primary}: its record was written before"
            " that was kept",
            "Decide by accuracy or loss (primary: accuracy), or run anew in another folder",
        )
    return value if math.isfinite(value) else -math.inf


def as_record(taken: Taken) -> LookTaken:
    """A look as the folder keeps it: the pairs that it tested, and what came of them."""
    return LookTaken(
        seeds=taken.runs,
        at=datetime.now(UTC).isoformat(timespec="seconds"),
        pairs=tuple(
            LookedPair(
                a=path.a,
                b=path.b,
                p=path.looks[-1].p,
                bound=path.looks[-1].bound,
                stop=path.stop,
                winner=path.winner,
            )
            for path in taken.pairs
            if path.looks and path.looks[-1].n == taken.runs
        ),
        running=taken.running,
    )


def with_look(manifest: Manifest, look: LookTaken) -> Manifest:
    """The manifest with one more look; a look that saw the same before is there already."""
    if any(kept.same_as(look) for kept in manifest.looks):
        return manifest
    return manifest.model_copy(update={"looks": (*manifest.looks, look)})


def with_verdict(manifest: Manifest, seeds: int) -> Manifest:
    """The manifest of a bake-off without a plan of looks, after a verdict on so many seeds."""
    if manifest.look_plan is not None or seeds in manifest.verdicts_at:
        return manifest
    return manifest.model_copy(update={"verdicts_at": (*manifest.verdicts_at, seeds)})


def refuse_other_looks(place: Place, before: Manifest, now: Manifest) -> None:
    """Raise UsageError where looks were planned after a verdict, or planned otherwise."""
    if before.look_plan == now.look_plan:
        return
    if before.look_plan is None:
        if not before.verdicts_at:
            return
        seeds = ", ".join(map(str, before.verdicts_at))
        raise UsageError(
            f"{place} was judged at {seeds} seeds already, and looks are planned before the first",
            "Choose another folder with --out, or run more seeds as a second look: --seeds N",
        )
    after = ", ".join(map(str, before.look_plan.looks))
    raise UsageError(
        f"{place} was planned with looks after {after} seeds, and not as this call asks",
        "Run it as it was planned, or choose another folder with --out",
    )
