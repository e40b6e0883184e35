"""From a Job to the parts that train it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from timm.utils import ModelEmaV3

from bakeoff.data.augment import BatchAugment
from bakeoff.data.stream import StreamedSplit, StreamFeed
from bakeoff.records.schema import ModelFacts
from bakeoff.training import device as devices
from bakeoff.training.augmentation import build_augment, build_view
from bakeoff.training.evaluate import Prepare
from bakeoff.training.feed import Feed
from bakeoff.training.job import Job
from bakeoff.training.model import build
from bakeoff.training.objective import build_objective
from bakeoff.training.optimizer import build_optimizer, build_schedule
from bakeoff.training.step import TrainState


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A run's state at step 0, its data, and what the record says of both."""

    state: TrainState
    feed: Feed | StreamFeed
    prepare: Prepare
    model_facts: ModelFacts
    precision_name: str
    notes: tuple[str, ...]


def assemble(job: Job, device: torch.device) -> Assembled:
    """Build everything `job` needs on `device`, with every generator seeded by the job's seed.

    Raises what `bakeoff.training.model.build` raises.
    """
    recipe, facts = job.scaled.recipe, job.dataset.facts
    torch.manual_seed(job.seed)
    network = build(
        job.model,
        classes=facts.classes,
        channels=facts.channels,
        init=job.init,
        stochastic_depth=recipe.stochastic_depth,
        fast_convolutions=device.type == "cpu",
    )
    model = network.module.to(device).to(memory_format=torch.channels_last)
    optimizer = build_optimizer(model, recipe.optimizer, device)
    precision_name, precision = devices.precision(device)
    augment, feed = _feed(job, build_augment(recipe, facts, device), device)
    state = TrainState(
        model=model,
        optimizer=optimizer,
        schedule=build_schedule(
            optimizer, recipe.schedule, total_steps=job.budget.steps, epochs=recipe.epochs
        ),
        objective=build_objective(recipe.loss),
        augment=augment,
        precision=precision,
        generator=torch.Generator(device).manual_seed(job.seed),
        clip_grad_norm=recipe.optimizer.clip_grad_norm,
        ema=ModelEmaV3(model, decay=recipe.ema.decay) if recipe.ema else None,
        ema_every=recipe.ema.every_steps if recipe.ema else 1,
    )
    return Assembled(
        state=state,
        feed=feed,
        prepare=build_view(recipe, facts, device),
        model_facts=network.facts,
        precision_name=precision_name,
        notes=network.notes,
    )


def _feed(
    job: Job, augment: BatchAugment, device: torch.device
) -> tuple[BatchAugment, Feed | StreamFeed]:
    """Resident data is augmented by the batch on the device; streamed data by worker processes,
    which leave only normalisation, erasing and mixing to the device.
    """
    recipe, train = job.scaled.recipe, job.dataset.train
    if isinstance(train, StreamedSplit):
        feed = StreamFeed(
            train,
            augment,
            batch_size=recipe.batch_size,
            seed=job.seed,
            repeats=recipe.augment.repeats,
            workers=max(1, devices.cores() - 1),
            device=device,
        )
        return augment.after_workers(), feed
    return augment, Feed(
        train,
        batch_size=recipe.batch_size,
        seed=job.seed,
        repeats=recipe.augment.repeats,
        device=device,
    )
