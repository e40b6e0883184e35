"""Runs read from Bakeoff's own records."""

from __future__ import annotations

import dataclasses
import json

import numpy as np

from bakeoff.comparison.comparability import Conditions, of_record
from bakeoff.comparison.kept_looks import looks_of
from bakeoff.comparison.metrics import on_another_set
from bakeoff.comparison.outcome import Answers, Curve, Outcome
from bakeoff.errors import UsageError
from bakeoff.recipes.budget import Budget
from bakeoff.records.counted import as_counted
from bakeoff.records.flops_counting import overcounted
from bakeoff.records.manifest import Manifest
from bakeoff.records.origin import Origin
from bakeoff.records.run_set import StoredRun
from bakeoff.records.schema import Record
from bakeoff.records.scores import scores


def from_run(run: StoredRun, *, with_answers: bool = True) -> Outcome:
    """A stored run: its record, and its predictions where they lie beside it.

    Raises BadFile, or UsageError when predictions and record disagree.
    """
    record, answers = run.stored, None
    if with_answers and record.status == "complete" and run.has_predictions:
        predictions = run.predictions()
        groups = None if predictions.group is None else predictions.group.astype(np.int64)
        answers = Answers(predictions.correct, predictions.nll.astype(np.float64), groups)
        right = int(predictions.correct.sum())
        if record.result is not None and right != record.result.correct:
            raise UsageError(
                f"{run.folder}: its predictions have {right:,} right, its record says"
                f" {record.result.correct:,}",
                "One of the two files is from another run; run it again",
            )
    outcome = from_record(record, answers)
    plan = run.manifest
    return dataclasses.replace(
        outcome,
        among=plan is not None and len(plan.datasets) > 1,
        at=budget_of(plan),
        pairs_of=pairs_of(plan),
        looks=looks_of(plan),
        primary=plan.primary if plan is not None else "",
        planned_test=plan.test if plan is not None else "",
        planned_seeds=plan.seeds if plan is not None and plan.look_plan is None else (),
        reference=plan is not None and plan.reference_arm == outcome.arm,
    )


def budget_of(plan: Manifest | None) -> str:
    """The budget in words, where it is one of several of a bake-off; else empty."""
    if plan is None or len(plan.budgets) < 2:
        return ""
    return Budget.parse(plan.budget_asked).title


def pairs_of(plan: Manifest | None) -> str:
    """The bake-off whose plan declares equal seeds to be pairs; empty where it does not."""
    return plan.name if plan is not None and plan.paired else ""


def from_record(record: Record, answers: Answers | None = None) -> Outcome:
    """A record as `compare` sees it. answers: its predictions per image, where there are any."""
    if record.origin is not None:
        return _imported(record, record.origin)
    values: dict[str, float] = {}
    record = as_counted(record)
    status = record.status
    if record.result is not None and status == "complete":
        values = {
            "accuracy": record.result.accuracy,
            "top5": record.result.top5,
            "loss": record.result.loss,
            "calibration_error": record.result.calibration_error,
            **scores(record.result),
            **{
                on_another_set(also.data.title or also.data.name): also.result.accuracy
                for also in record.also_tested
            },
        }
        if record.cost is not None:
            values["images"] = float(record.cost.images)
            values["flops"] = record.cost.flops
            values["seconds"] = record.cost.seconds
    elif status == "complete":
        status = "incomplete"
    failure = ""
    if record.failure is not None:
        failure = f"seed {record.seed}: {record.failure.kind}, {record.failure.message}"
    return Outcome(
        arm=record.arm,
        seed=record.seed,
        values=values,
        status=status,
        failure=failure or (f"seed {record.seed}: failed" if status == "failed" else ""),
        failed_by=record.failure.kind if record.failure is not None else "",
        failed_with=record.failure.message if record.failure is not None else "",
        failed_at=(record.failure.step or None) if record.failure is not None else None,
        chance=_chance(record),
        images=record.data.test_images,
        answers=answers if status == "complete" else None,
        curve=_curve(record),
        conditions=of_record(record),
        made_by={
            "recipe": _recipe(record),
            "model": record.model.model_dump_json(),
            "training data": record.data.train_hash,
            "budget": f"{record.budget.images}",
        },
        data=record.data.title or record.data.name,
        trained_images=record.budget.images,
        tuned=record.tuning is not None,
        tuned_by_seed=_by_seed(record),
        flops_too_high=overcounted(record),
        failed_before=len(record.failed_before),
    )


def _by_seed(record: Record) -> bool:
    return record.tuning is not None and record.tuning.searches == "per-seed"


def _recipe(record: Record) -> str:
    """The recipe that all seeds of an arm share: without what a search for each seed chose."""
    if record.tuning is None or not _by_seed(record):
        return record.recipe.model_dump_json()
    chosen = set(record.tuning.values)
    if "optimizer.lr" in chosen:
        chosen |= {"schedule.warmup_lr", "schedule.min_lr"}  # they follow it
    values = record.recipe.model_dump(mode="json")
    for key in chosen:
        *above, last = key.split(".")
        part = values
        for name in above:
            part = part.get(name) or {}
        part.pop(last, None)
    return json.dumps(values, sort_keys=True)


def _imported(record: Record, origin: Origin) -> Outcome:
    """A run that another tool made: what it states, and no more."""
    record = as_counted(record)
    failure = record.failure
    return Outcome(
        arm=record.arm,
        seed=record.seed,
        values=origin.metrics if record.status == "complete" else {},
        status=record.status,
        failure=f"seed {record.seed}: {failure.message}" if failure is not None else "",
        failed_by=failure.message if failure is not None else "",
        images=record.data.test_images or None,
        conditions=Conditions(**origin.conditions) if origin.conditions else None,
        data=record.data.title if origin.command else origin.conditions.get("test_set", ""),
        by_command=origin.unknown if origin.command else (),
        failed_before=len(record.failed_before),
    )


def _chance(record: Record) -> float:
    """What guessing reaches, in percent: the commonest class's share of the test images, where the
    record has it, and at least 1 / classes."""
    even = 100 / max(1, record.data.classes)
    if record.result is None or not record.result.confusion:
        return even
    of_class = [sum(row) for row in record.result.confusion]
    return max(even, 100 * max(of_class) / max(1, sum(of_class)))


def _curve(record: Record) -> Curve | None:
    points = [point for point in record.curves if point.test is not None]
    if not points:
        return None
    images = np.array([point.images for point in points], dtype=np.float64)
    flops = None
    if record.cost is not None and record.cost.images:
        # FLOPs are counted per training image, so they grow with the images seen.
        flops = images * (record.cost.flops / record.cost.images)
    return Curve(
        images=images,
        seconds=np.array([point.seconds for point in points], dtype=np.float64),
        accuracy=np.array([p.test.accuracy for p in points if p.test], dtype=np.float64),
        flops=flops,
    )
