"""Runs made up for tests: consistent figures, curves, confusions and predictions, no training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from bakeoff.data.facts import DataFacts
from bakeoff.recipes.ablation import ingredients
from bakeoff.recipes.schema import (
    Augment,
    Crop,
    Loss,
    Mix,
    Optimizer,
    RandAugment,
    Recipe,
    Resolution,
    Schedule,
)
from bakeoff.records.manifest import Manifest, PlannedArm
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
    ScalingStep,
    TrainSubset,
)
from bakeoff.records.store import run_folder, save_record

STANDARD = Recipe(
    name="standard",
    title="The usual procedure",
    citation="chosen: PyTorch's usual values",
    notes="The seed document gives no optimizer, rate or batch size; these were chosen.",
    epochs=5,
    batch_size=128,
    resolution=Resolution(train=28, test=28, crop_ratio=1.0),
    optimizer=Optimizer(name="sgd", lr=0.1, weight_decay=1e-4),
    schedule=Schedule(name="onecycle", warmup_epochs=1),
    loss=Loss(name="cross_entropy"),
    augment=Augment(crop=Crop(), horizontal_flip=0.5),
)
RSB_A3 = Recipe(
    name="rsb-a3",
    title="ResNet Strikes Back, procedure A3",
    citation="Wightman, Touvron, Jégou: arXiv 2110.00476",
    epochs=5,
    batch_size=128,
    resolution=Resolution(train=28, test=28, crop_ratio=1.0),
    optimizer=Optimizer(name="lamb", lr=0.002, weight_decay=0.02),
    schedule=Schedule(name="cosine", warmup_epochs=0.25, warmup_lr=1e-4, min_lr=1e-6),
    loss=Loss(name="bce", target_threshold=0.2),
    augment=Augment(
        randaugment=RandAugment(magnitude=6, magnitude_std=0.5, increasing=True),
        mix=Mix(mixup_alpha=0.1, cutmix_alpha=1.0),
    ),
)
SCALING = (
    ScalingStep(key="epochs", published=100, used=5, rule="schedule compressed", source="Bakeoff"),
    ScalingStep(
        key="optimizer.lr",
        published=0.008,
        used=0.002,
        rule="square root of the batch ratio (LAMB)",
        source="You et al., arXiv 1904.00962",
    ),
)
TEST_IMAGES = 1000
CLASSES = 10


def data_facts(**change: Any) -> DataFacts:
    return DataFacts(
        **{
            "name": "digits-test",
            "title": "MNIST",
            "train_images": 60_000,
            "test_images": TEST_IMAGES,
            "classes": CLASSES,
            "class_names": tuple(str(k) for k in range(CLASSES)),
            "channels": 3,
            "height": 28,
            "width": 28,
            "mean": (0.13,) * 3,
            "std": (0.31,) * 3,
            "train_hash": "a" * 64,
            "test_hash": "b" * 64,
            "licence": "CC BY-SA 3.0",
            "citation": "LeCun & Cortes",
        }
        | change
    )


def predictions(wrong: int, seed: int, images: int = TEST_IMAGES) -> Predictions:
    """`wrong` images answered wrongly; which ones depends on the seed."""
    generator = np.random.default_rng(seed)
    label = (np.arange(images) % CLASSES).astype(np.int32)
    top5 = (label[:, None] + np.arange(5)) % CLASSES
    missed = generator.choice(images, size=wrong, replace=False, p=_hard(images))
    top5[missed, 0], top5[missed, 1] = top5[missed, 1], top5[missed, 0]
    probability = np.tile(np.float32([0.9, 0.05, 0.03, 0.01, 0.005]), (images, 1))
    nll = np.full(images, 0.05, np.float32)
    nll[missed] = 3.0
    return Predictions(label, top5.astype(np.int32), probability, nll)


def _hard(images: int) -> np.ndarray:
    weight = 1.0 / (1 + np.arange(images)) ** 0.5
    return weight / weight.sum()


def evaluation(answers: Predictions, names: int = CLASSES) -> DetailedEvaluation:
    said = answers.top5_class[:, 0]
    confusion = np.zeros((names, names), int)
    np.add.at(confusion, (answers.label, said), 1)
    correct = int(answers.correct.sum())
    return DetailedEvaluation(
        images=len(answers.label),
        correct=correct,
        accuracy=100 * correct / len(answers.label),
        top5=100.0,
        loss=float(answers.nll.mean()),
        per_class_accuracy=tuple(
            100 * float(confusion[k, k]) / max(1, int(confusion[k].sum())) for k in range(names)
        ),
        confusion=tuple(tuple(int(n) for n in row) for row in confusion),
        calibration_error=1.3,
    )


def curve(result: DetailedEvaluation, epochs: int, seconds: float) -> tuple[CurvePoint, ...]:
    points = []
    for epoch in range(1, epochs + 1):
        short = (100 - result.accuracy) + 12 * (0.45**epoch - 0.45**epochs)
        test = Evaluation(
            images=result.images,
            correct=round(result.images * (100 - short) / 100),
            accuracy=100 - short,
            top5=100 - short / 10,
            loss=result.loss + 0.4 * (0.45**epoch - 0.45**epochs),
        )
        train = test.model_copy(update={"accuracy": 100 - short * 0.8, "loss": test.loss * 0.7})
        points.append(
            CurvePoint(
                epoch=epoch,
                step=epoch * 469,
                images=epoch * 60_000,
                seconds=seconds * epoch / epochs,
                learning_rate=0.1,
                objective=0.5,
                test=test,
                train=train,
            )
        )
    return tuple(points)


def run(
    arm: str = "standard",
    seed: int = 0,
    wrong: int = 20,
    *,
    recipe: Recipe = STANDARD,
    failure: Failure | None = None,
    epochs: int = 5,
    seconds: float = 1200.0,
    **change: Any,
) -> tuple[Record, Predictions]:
    """A record and its predictions; `wrong` of the test images are missed."""
    answers = predictions(wrong, seed * 1009 + wrong)
    result = evaluation(answers)
    fields: dict[str, Any] = {
        "status": "failed" if failure else "complete",
        "bakeoff": "made-up",
        "arm": arm,
        "seed": seed,
        "created": "2026-08-01T12:00:00Z",
        "command": "bakeoff run made-up.yaml",
        "recipe": recipe,
        "recipe_sources": {"default": "table 2", "optimizer.lr": "table 2, scaled"},
        "scaling": SCALING if recipe is RSB_A3 else (),
        "model": ModelFacts(
            name="resnet50", init="scratch", channels=3, classes=CLASSES, parameters=23_528_522
        ),
        "data": data_facts(),
        "budget": BudgetFacts(
            asked=f"{epochs}epochs",
            reason=f"{epochs} epochs were asked for",
            epochs=epochs,
            images=60_000 * epochs,
            steps=469 * epochs,
        ),
        "environment": Environment(
            bakeoff="0.1.0",
            code="0" * 40,
            python="3.12.4",
            packages={"torch": "2.15.0", "timm": "1.0.31"},
            platform="Linux",
            processor="made-up processor",
            device="cpu",
            threads=2,
            precision="float32",
            deterministic=True,
        ),
        "train_subset": TrainSubset(images=10_000, seed=0, index_hash="c" * 64),
        "failure": failure,
    }
    if failure is None:
        fields |= {
            "result": result,
            "train_result": Evaluation(
                images=10_000, correct=9_900, accuracy=99.0, top5=100.0, loss=0.03
            ),
            "curves": curve(result, epochs, seconds * (1 + seed * 0.01)),
            "cost": Cost(
                images=60_000 * epochs,
                flops=0.47e9 * 60_000 * epochs,
                seconds=seconds * (1 + seed * 0.01),
                images_per_second=60_000 * epochs / seconds,
                evaluation_seconds=40.0,
                peak_memory_bytes=2_000_000_000,
            ),
        }
    return Record(**(fields | change)), answers


def two_arms(
    standard: tuple[int, ...] = (17, 19, 18), a3: tuple[int, ...] = (40, 46, 43)
) -> list[tuple[Record, Predictions]]:
    """Two arms, a run per number of misses."""
    return [run("standard", seed, wrong) for seed, wrong in enumerate(standard)] + [
        run("rsb-a3", seed, wrong, recipe=RSB_A3, seconds=1800.0) for seed, wrong in enumerate(a3)
    ]


def manifest(runs: list[tuple[Record, Predictions]], **change: Any) -> Manifest:
    arms = {record.arm: record for record, _ in runs}
    return Manifest(
        **{
            "name": "made-up",
            "question": "Which procedure trains resnet50 better on MNIST?",
            "command": "bakeoff run made-up.yaml --seeds 3",
            "created": "2026-08-01T12:00:00Z",
            "data": "digits-test",
            "budget_asked": "5epochs",
            "budget_reason": "5 epochs were asked for",
            "arms": tuple(
                PlannedArm(
                    name=arm,
                    recipe=record.recipe.name,
                    model=record.model.name,
                    init=record.model.init,
                    budget=record.budget,
                )
                for arm, record in arms.items()
            ),
            "seeds": tuple(sorted({record.seed for record, _ in runs})),
            "published": ("rsb-a1", "rsb-a2", "rsb-a3", "torchvision-v1", "torchvision-v2"),
        }
        | change
    )


def write_bakeoff(folder: Path, runs: list[tuple[Record, Predictions]], **change: Any) -> Path:
    """The folder a bake-off would have left."""
    for record, answers in runs:
        home = run_folder(folder, record.arm, record.seed)
        save_record(record, home)
        if record.result is not None:
            answers.save(home)
    manifest(runs, **change).save(folder)
    return folder


# Misses of the whole recipe, and without each ingredient, by seed.
WHOLE = (40, 42, 44)
MISSES = {
    "loss": (31, 33, 36),
    "lamb": (41, 43, 45),
    "mixup": (50, 52, 55),
    "cutmix": (60, 63, 66),
    "randaugment": (70, 73, 76),
}


def ladder(folder: Path, seeds: int = 3) -> Path:
    """A bake-off with `ablate: rsb-a3`: the recipe, and an arm for each ingredient left out."""
    rest = {item.name: item.without for item in ingredients(RSB_A3)}
    runs = [run("rsb-a3", s, WHOLE[s], recipe=RSB_A3) for s in range(seeds)]
    for name, misses in MISSES.items():
        runs += [run(f"rsb-a3-no-{name}", s, misses[s], recipe=rest[name]) for s in range(seeds)]
    arms = tuple(
        PlannedArm(
            name=arm, recipe=record.recipe.name, model="resnet50", init="scratch",
            budget=record.budget, without=arm.removeprefix("rsb-a3").removeprefix("-no-"),
        )
        for arm, record in {record.arm: record for record, _ in runs}.items()
    )  # fmt: skip
    return write_bakeoff(folder, runs, ablates="rsb-a3", arms=arms, question="")
