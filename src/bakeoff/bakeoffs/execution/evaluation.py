"""Evaluate weights that exist on a data set's test images, and leave a record like a run's."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import torch
from torch import Tensor, nn

from bakeoff.bakeoffs.execution.class_order import ClassOrder, class_order, known_classes
from bakeoff.data.augment import TestView
from bakeoff.data.catalog import draws_split, effective_patterns, open_data
from bakeoff.data.dataset import Dataset
from bakeoff.data.facts import DataFacts
from bakeoff.data.stream import StreamedDataset
from bakeoff.errors import BadData, OutputError, UsageError
from bakeoff.recipes.schema import Loss, Optimizer, Recipe, Resolution, Schedule
from bakeoff.records.files import locked, require_writable
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import (
    FLOPS_COUNTING,
    BudgetFacts,
    Cost,
    Precision,
    Record,
    WeightsReading,
)
from bakeoff.records.scores import never_kept
from bakeoff.records.store import RECORD_NAME, load_record, plain_name, run_folder, save_record
from bakeoff.training import device as devices
from bakeoff.training.evaluate import detail, predict
from bakeoff.training.existing import load_existing
from bakeoff.training.known_weights import Existing
from bakeoff.training.precision import autocast, bf16_by, require_precision

EVALUATED = "evaluated"
AnyDataset = Dataset | StreamedDataset


def evaluate_weights(
    weights: str,
    *,
    data: str,
    model: str | None,
    channels: int | None,
    size: int | None,
    classes: str | None,
    key: str | None,
    exclude: Sequence[str],
    precision: str = "fp32",
    out: Path | None,
    device: torch.device,
    command: str,
) -> tuple[Record, Path]:
    """See `bakeoff.evaluate`; also returns the folder of the record."""
    used: Precision = "bf16" if require_precision(precision) == "bf16" else "fp32"
    if precision == "auto" and bf16_by(device):
        used = "bf16"
    existing = load_existing(weights, model=model, key=key)
    if channels not in (None, existing.facts.channels):
        raise UsageError(
            f"these weights take {existing.facts.channels} channels, not {channels}",
            "Leave --channels out",
        )
    recipe = _recipe(existing, size)
    dataset, of_data = _test_set(
        existing, data, exclude, recipe.resolution, known_classes(existing, classes)
    )
    order = class_order(existing, dataset.facts, classes)
    reading = _reading(existing, order, size)
    folder = out or _folder(existing, dataset.facts)
    require_writable(folder)
    with locked(folder):
        _refuse_other(folder, existing)
        start = time.perf_counter()
        with autocast(used, device):
            predictions = predicted(existing, dataset, order.outputs, recipe.resolution, device)
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
            weights=reading,
            recipe=recipe,
            recipe_sources=made_by.recipe_sources if made_by else {},
            recipe_as_published=made_by.recipe_as_published if made_by else {},
            scaling=made_by.scaling if made_by else (),
            tuning=made_by.tuning if made_by else None,
            model=existing.facts,
            data=dataset.facts,
            budget=made_by.budget if made_by else _no_budget(),
            environment=devices.environment(device, used),
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
            notes=(
                f"nothing was trained here: {existing.weights}",
                *existing.notes,
                *_guessed_view(reading, existing),
                *order.notes,
                *of_data,
            ),
        )
        save_record(record, folder)
    return record, folder


def predicted(
    existing: Existing,
    dataset: AnyDataset,
    outputs: Tensor,
    resolution: Resolution,
    device: torch.device,
) -> Predictions:
    """What weights say of a data set's test images. outputs: that of each class, (classes,)."""
    view = TestView(
        size=resolution.test,
        crop_ratio=resolution.crop_ratio,
        channels=existing.facts.channels,
        mean=existing.view.mean,
        std=existing.view.std,
        channels_last=True,
        device=device,
    )
    test, classes = dataset.test, dataset.facts.classes
    return predict(
        _Reordered(existing.module, outputs).to(device),
        test.images,
        test.targets,
        view,
        every_class=not never_kept("macro_auroc", classes, len(test)),
    )


def _guessed_view(reading: WeightsReading, existing: Existing) -> tuple[str, ...]:
    """How images are shown, as far as nobody states it, in words."""
    parts = [part for part in reading.guessed if part in ("normalisation", "size", "crop")]
    if not parts:
        return ()
    told = " and ".join(filter(None, (", ".join(parts[:-1]), parts[-1])))
    return (
        f"guessed: the file does not say how its network is shown images, so {told} "
        f"{'are' if len(parts) > 1 else 'is'} timm's for {existing.facts.name}",
    )


def _reading(existing: Existing, order: ClassOrder, size: int | None) -> WeightsReading:
    sources = {**existing.sources, "class_order": order.source}
    if size is not None:
        sources["size"] = "asked"
    return WeightsReading(
        key=existing.key,
        averaged=existing.averaged,
        left_aside=existing.left_aside,
        class_order=order.by,
        sources=sources,
        trained_test_hash=existing.trained_test_hash,
    )


def _test_set(
    existing: Existing,
    data: str,
    exclude: Sequence[str],
    resolution: Resolution,
    known: Sequence[str],
) -> tuple[AnyDataset, tuple[str, ...]]:
    """The data set to test on, and what to tell of it.

    A run's own patterns of files to leave out stay in force where they name something. Where its
    test images were drawn from the folder, those are tested, and not what it was trained on.
    """
    kept = effective_patterns(data, existing.excluded)
    open_it = partial(
        open_data,
        data,
        channels=existing.facts.channels,
        size=_shorter_side(existing, resolution),
        exclude=tuple(dict.fromkeys((*kept, *exclude))),
        known_classes=known,
    )
    notes: list[str] = []
    if kept:
        notes.append(f"left out as by the run that made the weights: {', '.join(kept)}")
    trained_on = existing.trained_test_hash
    drawn = bool(trained_on) and draws_split(data)
    dataset = _drawn_again(open_it) if drawn else None
    if dataset is None or dataset.facts.test_hash != trained_on:
        dataset = open_it(tested_only=True)
        if (
            drawn
            and existing.made_by is not None
            and existing.made_by.data.name == dataset.facts.name
        ):
            notes.append(
                "WARNING: the run was trained on a folder of this name, and the test images drawn "
                "from it cannot be found again: some of these may have been trained on"
            )
    now = dataset.facts.test_hash
    if trained_on and now != trained_on:
        notes.append(
            "another test set than that of the run that made the weights: the hash is "
            f"{_short(now)} here and was {_short(trained_on)} there"
        )
    return dataset, tuple(notes)


def _drawn_again(open_it: Callable[..., AnyDataset]) -> AnyDataset | None:
    """A folder split as for training; None where nobody could train on it."""
    try:
        return open_it(tested_only=False)
    except BadData:
        return None


def _short(digest: str) -> str:
    """Enough of a hash to tell two apart; what stands before it is kept."""
    kind, colon, value = digest.rpartition(":")
    return f"{kind}{colon}{value[:12]}"


def _shorter_side(existing: Existing, resolution: Resolution) -> int | None:
    """To what images are resized when read, in pixels: once, right to what the weights want.

    None for weights of our own runs, whose images are read as they were when the run tested itself.
    """
    if existing.by_bakeoff:
        return None
    return int(resolution.test / resolution.crop_ratio)


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
