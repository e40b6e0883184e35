"""Made-up runs with planted results: tables, records and predictions, no training."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bakeoff.data.facts import DataFacts
from bakeoff.recipes.schema import Loss, Optimizer, Recipe, Resolution, Schedule
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import (
    BudgetFacts,
    Cost,
    CurvePoint,
    DetailedEvaluation,
    Environment,
    Evaluation,
    Failure,
    ModelFacts,
    Record,
)

IMAGES = 1000


def frame_of(**arms: Sequence[float]) -> pd.DataFrame:
    """A data frame with columns arm, seed, accuracy."""
    rows = [(arm, seed, value) for arm, values in arms.items() for seed, value in enumerate(values)]
    return pd.DataFrame(rows, columns=["arm", "seed", "accuracy"])


def make_record(arm: str, seed: int, correct: int, **change: Any) -> Record:
    """A finished run that gets `correct` of 1,000 images right; `change` replaces fields."""
    loss = change.pop("loss", 3.0 * (1 - correct / IMAGES))
    evaluation = {
        "images": IMAGES,
        "correct": correct,
        "accuracy": 100 * correct / IMAGES,
        "top5": 99.0,
        "loss": loss,
    }
    data = {
        "name": "mnist",
        "title": "MNIST",
        "train_images": 60_000,
        "test_images": IMAGES,
        "classes": 10,
        "class_names": tuple("0123456789"),
        "channels": 3,
        "height": 28,
        "width": 28,
        "mean": (0.1,) * 3,
        "std": (0.3,) * 3,
        "train_hash": "a" * 64,
        "test_hash": "b" * 64,
    } | change.pop("data", {})
    seconds = change.pop("seconds", 100.0 + seed)
    images = change.pop("images", 20_000)
    fields: dict[str, Any] = {
        "status": "complete",
        "arm": arm,
        "seed": seed,
        "created": "2026-11-23T12:00:00Z",
        "recipe": Recipe(
            name=arm,
            title=arm,
            citation="chosen",
            epochs=1,
            batch_size=100,
            resolution=Resolution(train=28, test=28, crop_ratio=1.0),
            optimizer=Optimizer(name="sgd", lr=0.1),
            schedule=Schedule(name="cosine"),
            loss=Loss(name="cross_entropy"),
        ),
        "model": ModelFacts(
            name="resnet50", init="scratch", channels=3, classes=10, parameters=23_528_522
        ),
        "data": DataFacts(**data),
        "budget": BudgetFacts(
            asked="quick", reason="CPU", epochs=images / 60_000, images=images, steps=images // 100
        ),
        "environment": Environment(
            bakeoff="0.1.0",
            code="x",
            python="3.11",
            packages={},
            platform="Linux",
            processor="x86",
            device="cpu",
            threads=1,
            precision="float32",
            deterministic=True,
        ),
        "result": DetailedEvaluation(
            **evaluation,
            per_class_accuracy=(90.0,) * 10,
            confusion=((0,) * 10,) * 10,
            calibration_error=2.0 + 0.1 * seed,
        ),
        "curves": tuple(
            CurvePoint(
                epoch=share,
                step=int(200 * share),
                images=int(images * share),
                seconds=seconds * share,
                learning_rate=0.1,
                objective=1.0,
                test=Evaluation(**{**evaluation, "accuracy": 100 * correct / IMAGES * share}),
                train=None,
            )
            for share in (0.25, 0.5, 1.0)
        ),
        "cost": Cost(
            images=images,
            flops=images * 1e9,
            seconds=seconds,
            images_per_second=images / seconds,
            evaluation_seconds=1.0,
            peak_memory_bytes=10**9,
        ),
    }
    return Record(**{**fields, **change})


def failed_record(arm: str, seed: int) -> Record:
    return make_record(
        arm,
        seed,
        0,
        status="failed",
        result=None,
        cost=None,
        curves=(),
        failure=Failure(kind="diverged", message="loss is not finite", step=7),
    )


def predictions_with(right: np.ndarray) -> Predictions:
    """Predictions that are right on the given images and, on the rest, the next class."""
    label = (np.arange(len(right)) % 10).astype(np.int32)
    first = np.where(right, label, (label + 1) % 10)
    top5 = (first[:, None] + np.arange(5)) % 10
    probability = np.tile(np.float32([0.8, 0.1, 0.05, 0.03, 0.01]), (len(right), 1))
    nll = np.where(right, 0.22, 2.3).astype(np.float32)
    return Predictions(label, top5.astype(np.int32), probability, nll)
