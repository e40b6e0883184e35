"""Evaluate weights that exist on a data set's test images, and leave a record like a run's."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor, nn

from bakeoff.data.augment import TestView
from bakeoff.data.catalog import open_data
from bakeoff.data.facts import DataFacts
from bakeoff.errors import OutputError, UsageError
from bakeoff.recipes.schema import Loss, Optimizer, Recipe, Resolution, Schedule
from bakeoff.records.files import locked, require_writable
from bakeoff.records.schema import FLOPS_COUNTING, BudgetFacts, Cost, Record
from bakeoff.records.store import RECORD_NAME, load_record, plain_name, run_folder, save_record
from bakeoff.training import device as devices
from bakeoff.training.evaluate import detail, predict
from bakeoff.training.existing import Existing, load_existing

EVALUATED = "evaluated"
SHOWN = 3
"""Class names told when two lists disagree."""


def evaluate_weights(
    weights: str,
    *,
    data: str,
    model: str | None,
    channels: int | None,
    size: int | None,
    out: Path | None,
    device: torch.device,
    command: str,
) -> tuple[Record, Path]:
    """See `bakeoff.evaluate`; also returns the folder of the record."""
    existing = load_existing(weights, model=model)
    if channels not in (None, existing.facts.channels):
        raise UsageError(
            f"these weights take {existing.facts.channels} channels, not {channels}",
            "Leave --channels out",
        )
    recipe = _recipe(existing, size)
    dataset = open_data(
        data,
        channels=existing.facts.channels,
        size=_shorter_side(existing, recipe.resolution),
        tested_only=True,
    )
    columns = outputs_by_class(existing, dataset.facts)
    folder = out or _folder(existing, dataset.facts)
    require_writable(folder)
    view = TestView(
        size=recipe.resolution.test,
        crop_ratio=recipe.resolution.crop_ratio,
        channels=existing.facts.channels,
        mean=existing.view.mean,
        std=existing.view.std,
        channels_last=True,
        device=device,
    )
    network = _Reordered(existing.module, columns).to(device)
    with locked(folder):
        _refuse_other(folder, existing)
        start = time.perf_counter()
        predictions = predict(network, dataset.test.images, dataset.test.targets, view)
        seconds = time.perf_counter() - start
        predictions.save(folder)
        made_by = existing.made_by
        record = Record(
            status="complete",
            arm=existing.name,
            seed=made_by.seed if made_by else 0,
            created=datetime.now(UTC).isoformat(timespec="seconds"),
            command=command,
            evaluated=existing.weights,
            recipe=recipe,
            recipe_sources=made_by.recipe_sources if made_by else {},
            recipe_as_published=made_by.recipe_as_published if made_by else {},
            scaling=made_by.scaling if made_by else (),
            tuning=made_by.tuning if made_by else None,
            model=existing.facts,
            data=dataset.facts,
            budget=made_by.budget if made_by else _no_budget(),
            environment=devices.environment(device, "fp32"),
            result=detail(predictions, dataset.facts.classes),
            cost=Cost(
                images=0,
                flops=0.0,
                flops_counting=FLOPS_COUNTING,
                seconds=0.0,
                images_per_second=0.0,
                evaluation_seconds=seconds,
                peak_memory_bytes=devices.peak_memory(device),
            ),
            notes=(f"nothing was trained here: {existing.weights}", *existing.notes),
        )
        save_record(record, folder)
    return record, folder


def _shorter_side(existing: Existing, resolution: Resolution) -> int | None:
    """To what images are resized when read, in pixels: once, right to what the weights want.

    None for our own runs, whose images are read as they were when the run tested itself.
    """
    if existing.made_by is not None:
        return None
    return int(resolution.test / resolution.crop_ratio)


def outputs_by_class(existing: Existing, facts: DataFacts) -> Tensor:
    """Which output stands for each class of the data set, shape (classes,).

    Raises UsageError, with names, when the classes are not those that the weights were trained on,
    in their order. Classes whose names are numbers, of weights that do not name theirs or are
    ImageNet's, are taken by number, whatever the order of their folders (as in ImageNet-V2).
    """
    outputs, names, there = existing.facts.classes, existing.class_names, facts.class_names
    if outputs != facts.classes:
        ours = f" ({_some(names)})" if names else ""
        raise UsageError(
            f"{existing.weights} tells {outputs:,} classes apart{ours}, {facts.title} has "
            f"{facts.classes:,} ({_some(there)})",
            "Evaluate on the classes it was trained on, or train a new head with --init",
        )
    if all(re.fullmatch(r"\d{1,6}", name) for name in there):
        numbers = [int(name) for name in there]
        by_number = names is None or all(re.fullmatch(r"n\d{8}", name) for name in names)
        if by_number and sorted(numbers) == list(range(outputs)):
            return torch.tensor(numbers)
    imagenets = all(re.fullmatch(r"n\d{8}", name) for name in there)
    if names is not None and (imagenets or existing.made_by or not _imagenets(names)):
        for number, (mine, theirs) in enumerate(zip(names, there, strict=True)):
            if mine != theirs:
                raise UsageError(
                    f"class {number} is {mine!r} for {existing.weights} and {theirs!r} in "
                    f"{facts.title}",
                    "Name the folders as in training, so that the classes are in the same order",
                )
    return torch.arange(outputs)


def _imagenets(names: tuple[str, ...]) -> bool:
    return all(re.fullmatch(r"n\d{8}", name) for name in names)


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:SHOWN]) + (", …" if len(names) > SHOWN else "")


class _Reordered(nn.Module):
    """A network whose outputs are put into the data set's order of classes."""

    def __init__(self, network: nn.Module, columns: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("columns", columns)

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.network(x)
        return logits[:, self.columns]  # type: ignore[index]


def _recipe(existing: Existing, size: int | None) -> Recipe:
    """The recipe that trained the weights, or one that says that nobody here knows it."""
    resolution = existing.view.resolution
    if size is not None:
        resolution = Resolution(train=resolution.train, test=size, crop_ratio=resolution.crop_ratio)
    if existing.made_by is not None:
        return existing.made_by.recipe.model_copy(update={"resolution": resolution})
    return Recipe(
        name=EVALUATED,
        title=f"Weights that exist ({existing.weights}), evaluated",
        citation="none: nothing was trained here",
        notes="Only the test resolution and crop were used. Optimizer, schedule, loss, batch and "
        "epochs are unknown here; what stands for them is no statement about these weights.",
        epochs=1,
        batch_size=1,
        resolution=resolution,
        optimizer=Optimizer(name="sgd", lr=1.0),
        schedule=Schedule(name="constant"),
        loss=Loss(name="cross_entropy"),
    )


def _no_budget() -> BudgetFacts:
    return BudgetFacts(
        asked="none", reason="weights that exist were evaluated", epochs=0, images=0, steps=0
    )


def _folder(existing: Existing, facts: DataFacts) -> Path:
    place = plain_name(facts.name) or "data"
    seed = existing.made_by.seed if existing.made_by else 0
    return run_folder(Path("runs/evaluate") / place, existing.name, seed)


def _refuse_other(folder: Path, existing: Existing) -> None:
    """An evaluation may be made again; a run, or an evaluation of other weights, is kept."""
    if not (folder / RECORD_NAME).exists():
        return
    there = load_record(folder)
    if there.evaluated != existing.weights or there.model.init_hash != existing.facts.init_hash:
        raise OutputError(
            f"{folder} holds {there.evaluated or 'a run'}", "Choose another folder with --out"
        )
