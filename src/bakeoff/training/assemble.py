"""From a Job to the parts that train it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import torch
from timm.utils import ModelEmaV3
from torch import Tensor, nn

from bakeoff.data.augment import BatchAugment
from bakeoff.data.stream import StreamedSplit, StreamFeed
from bakeoff.errors import UsageError
from bakeoff.records.schema import ModelFacts
from bakeoff.training import device as devices
from bakeoff.training.augmentation import build_augment, build_view
from bakeoff.training.distributed.global_batch import see_the_whole_batch
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.distributed.sharding import BatchShare, SharedAugment, WholeBatch
from bakeoff.training.distributed.torchrun import launched
from bakeoff.training.evaluate import Prepare
from bakeoff.training.feed import Feed
from bakeoff.training.job import Job
from bakeoff.training.loop import AnySplit
from bakeoff.training.model import Network, build
from bakeoff.training.objective import build_objective
from bakeoff.training.optimizer import build_optimizer, build_schedule
from bakeoff.training.precision import autocast
from bakeoff.training.probe import HeadBatch, Probe, probe
from bakeoff.training.step import Augment, TrainState
from bakeoff.training.subset import train_subset


@dataclass(frozen=True, slots=True, kw_only=True)
class Assembled:
    """A run's state at step 0, its data, and what the record says of both.

    train, test: what is evaluated; features where only the head is trained (see `probe`).
    """

    state: TrainState
    feed: Feed | StreamFeed
    train: AnySplit
    test: AnySplit
    prepare: Prepare
    model_facts: ModelFacts
    precision_name: str
    notes: tuple[str, ...]
    probe: Probe | None = None


def assemble(
    job: Job,
    device: torch.device,
    *,
    group: Group = ALONE,
    pause: Callable[[], None] = lambda: None,
) -> Assembled:
    """Build everything `job` needs on `device`, with every generator seeded by the job's seed.

    group: the processes that share each batch. pause: called now and then where that takes long;
    may raise.
    Raises what `bakeoff.training.model.build` and `bakeoff.training.probe.probe` raise.
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
    precision_name, precision = job.precision, autocast(job.precision, device)
    if recipe.trains == "head":
        return _assemble_head(job, device, model, network, precision_name, precision, group, pause)
    share = _share(job, group)
    if isinstance(share, BatchShare):
        model = see_the_whole_batch(model, share, device)
    notes = (*network.notes, *_accumulation(job, model, share))
    augment, feed = _feed(job, build_augment(recipe, facts, device), share, device)
    return Assembled(
        state=_state(job, device, model, augment, precision, share),
        feed=feed,
        train=job.dataset.train,
        test=job.dataset.test,
        prepare=build_view(recipe, facts, device),
        model_facts=network.facts,
        precision_name=precision_name,
        notes=notes,
    )


def _accumulation(job: Job, model: nn.Module, share: WholeBatch) -> tuple[str, ...]:
    """What splitting the batch changes, for the record. Raises UsageError where batch norm would
    see one image, whose statistics are no statistics."""
    batch = job.scaled.recipe.batch_size
    parts = share.parts(batch, job.micro_batch)
    normalised = any(isinstance(m, nn.modules.batchnorm._BatchNorm) for m in model.modules())
    if normalised and batch // parts < 2:
        raise _one_image_for_batch_norm(job)
    if parts == 1:
        return ()
    part = -(-batch // parts)
    return (
        f"gradients of each batch of {batch} images were added up over parts of {part}: the same "
        "as of the whole batch up to rounding"
        + (
            f", except that batch norm took its statistics over {part} images" if normalised else ""
        ),
    )


def _one_image_for_batch_norm(job: Job) -> UsageError:
    """tensor_split makes parts that differ by one, so a batch of 33 in parts of 2 ends in ones."""
    batch, at_a_time = job.scaled.recipe.batch_size, job.micro_batch
    if batch == 1:
        how = "the batch is of one image"
        advice = "Pin a larger batch_size, give a larger budget"
    elif at_a_time == 1:
        how, advice = "micro_batch is 1", "Use more images at a time"
    else:
        how = f"a batch of {batch} in parts of {at_a_time} leaves parts of one"
        advice = "Use more images at a time, pin a batch_size that divides evenly"
    return UsageError(
        f"{job.model} has batch norm, which needs several images at a time: {how}",
        f"{advice}, or choose a model without batch norm",
    )


def _state(
    job: Job,
    device: torch.device,
    model: nn.Module,
    augment: Augment,
    precision: AbstractContextManager[object],
    share: WholeBatch,
) -> TrainState:
    recipe = job.scaled.recipe
    if isinstance(share, BatchShare):
        share.wrap(model, device)
    optimizer = build_optimizer(model, recipe.optimizer, device)
    return TrainState(
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
        micro_batch=job.micro_batch,
        share=share,
    )


def _share(job: Job, group: Group) -> WholeBatch:
    batch_size = job.scaled.recipe.batch_size
    return BatchShare(batch_size, group) if group.processes > 1 else WholeBatch()


def _assemble_head(
    job: Job,
    device: torch.device,
    model: nn.Module,
    network: Network,
    precision_name: str,
    precision: AbstractContextManager[object],
    group: Group,
    pause: Callable[[], None],
) -> Assembled:
    recipe, facts, dataset = job.scaled.recipe, job.dataset.facts, job.dataset
    frozen = probe(
        model,
        dataset.train,
        dataset.test,
        recipe=recipe,
        steps=job.budget.steps,
        seed=job.seed,
        evaluated=train_subset(dataset),
        prepare=build_view(recipe, facts, device),
        precision=precision,
        device=device,
        group=group,
        pause=pause,
    )
    share = _share(job, group)
    notes = [
        f"only the head was trained, on features of {frozen.images:,} training images that were "
        "computed once, without augmentation"
    ]
    if job.init == "scratch":
        notes.append("the features are those of random weights: init is scratch")
    return Assembled(
        state=_state(
            job,
            device,
            frozen.head,
            HeadBatch(facts.classes, recipe.loss.smoothing),
            precision,
            share,
        ),
        feed=Feed(
            frozen.train,
            batch_size=recipe.batch_size,
            seed=job.seed,
            repeats=recipe.augment.repeats,
            device=device,
            rows=share.rows,
        ),
        train=frozen.train,
        test=frozen.test,
        prepare=_as_it_is,
        model_facts=network.facts,
        precision_name=precision_name,
        notes=(*network.notes, *notes),
        probe=frozen,
    )


def _as_it_is(features: Tensor) -> Tensor:
    return features


def _feed(
    job: Job, augment: BatchAugment, share: WholeBatch, device: torch.device
) -> tuple[Augment, Feed | StreamFeed]:
    """Resident data is augmented by the batch on the device; streamed data by worker processes,
    which leave only normalisation, erasing and mixing to the device.
    """
    recipe, train = job.scaled.recipe, job.dataset.train

    def shared(whole: BatchAugment) -> Augment:
        return SharedAugment(whole, share) if isinstance(share, BatchShare) else whole

    if isinstance(train, StreamedSplit):
        feed = StreamFeed(
            train,
            augment,
            batch_size=recipe.batch_size,
            seed=job.seed,
            repeats=recipe.augment.repeats,
            workers=max(1, devices.cores() // launched().local_processes - 1),
            device=device,
            rows=share.rows,
        )
        return shared(augment.after_workers()), feed
    return shared(augment), Feed(
        train,
        batch_size=recipe.batch_size,
        seed=job.seed,
        repeats=recipe.augment.repeats,
        device=device,
        rows=share.rows,
    )
