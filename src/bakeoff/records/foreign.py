"""Records of runs that something else made: what is stated in its place, the rest as unknown."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Literal

from bakeoff.data.facts import DataFacts
from bakeoff.recipes.schema import Loss, Optimizer, Recipe, Schedule
from bakeoff.records.origin import Origin
from bakeoff.records.schema import (
    BudgetFacts,
    CurvePoint,
    DetailedEvaluation,
    Environment,
    Evaluation,
    Failure,
    ModelFacts,
    Record,
)
from bakeoff.version import __version__

UNKNOWN = "not known"
IMPORTED = "imported"
Curve = Mapping[float, float]
"""A figure by the step or epoch at which it was measured."""


def foreign_record(
    *,
    arm: str,
    seed: int,
    status: Literal["complete", "failed", "incomplete"],
    origin: Origin,
    created: str,
    data: str = "",
    images: int = 0,
    model: str = "",
    failure: Failure | None = None,
    curves: Mapping[str, Curve] | None = None,
    bakeoff: str = "",
    command: str = "",
    notes: tuple[str, ...] = (),
) -> Record:
    """A record of a run that Bakeoff did not train, with `origin.metrics` as its result.

    data: the test set's name, empty where it is not stated. images: how many it has, 0 where that
    is not known. created: UTC, ISO 8601. curves: by metric (accuracy, top5, loss, objective,
    learning_rate), percent and nats. A complete run needs origin.metrics["accuracy"].
    """
    metrics = origin.metrics
    return Record(
        status=status,
        bakeoff=bakeoff,
        arm=arm,
        seed=seed,
        created=created,
        command=command,
        recipe=_recipe(arm, origin),
        origin=origin,
        model=ModelFacts(name=model or UNKNOWN, init=UNKNOWN, channels=0, classes=0, parameters=0),
        data=_data(data, images),
        budget=BudgetFacts(asked="none", reason="", epochs=0, images=0, steps=0),
        environment=Environment(
            bakeoff=__version__,
            code=UNKNOWN,
            python=UNKNOWN,
            packages={origin.tool: origin.version} if origin.tool and origin.version else {},
            platform=UNKNOWN,
            processor=UNKNOWN,
            device=UNKNOWN,
            threads=0,
            precision=UNKNOWN,
            deterministic=False,
        ),
        result=_result(metrics, images) if status == "complete" else None,
        curves=_points(curves or {}, images),
        failure=failure,
        notes=notes,
    )


def _recipe(arm: str, origin: Origin) -> Recipe:
    """A recipe that says that nobody here knows it, as of weights that exist already."""
    return Recipe(
        name=IMPORTED,
        title=f"{arm}, as {origin.by} ran it",
        citation="none: nothing was trained here",
        notes="Optimizer, schedule, loss, batch and epochs are unknown here but for `settings` of "
        "its origin; what stands for them is no statement about this run.",
        epochs=1,
        batch_size=1,
        optimizer=Optimizer(name="sgd", lr=1.0),
        schedule=Schedule(name="constant"),
        loss=Loss(name="cross_entropy"),
    )


def _data(name: str, images: int) -> DataFacts:
    # No hash of images: two sets are told apart by what they are called, and a set without a name
    # is nobody's.
    return DataFacts(
        name=name or UNKNOWN,
        title=name or "a test set that is not stated",
        train_images=0,
        test_images=images,
        classes=0,
        class_names=(),
        channels=0,
        height=0,
        width=0,
        mean=(),
        std=(),
        train_hash="",
        test_hash=f"name:{name}" if name else "",
    )


def _result(metrics: Mapping[str, float], images: int) -> DetailedEvaluation:
    accuracy = metrics["accuracy"]
    return DetailedEvaluation(
        images=images,
        correct=round(images * accuracy / 100) if math.isfinite(accuracy) else 0,
        accuracy=accuracy,
        top5=metrics.get("top5", math.nan),
        loss=metrics.get("loss", math.nan),
        per_class_accuracy=(),
        confusion=(),
        calibration_error=metrics.get("calibration_error", math.nan),
    )


def _points(curves: Mapping[str, Curve], images: int) -> tuple[CurvePoint, ...]:
    """A point wherever an accuracy or a loss of test images was measured."""

    def at(name: str, where: float) -> float:
        return curves.get(name, {}).get(where, math.nan)

    tested: Sequence[float] = sorted({*curves.get("accuracy", ()), *curves.get("loss", ())})
    return tuple(
        CurvePoint(
            epoch=where,
            step=round(where),
            images=0,
            seconds=math.nan,
            learning_rate=at("learning_rate", where),
            objective=at("objective", where),
            test=Evaluation(
                images=images,
                correct=0,
                accuracy=at("accuracy", where),
                top5=at("top5", where),
                loss=at("loss", where),
            ),
            train=None,
        )
        for where in tested
    )
