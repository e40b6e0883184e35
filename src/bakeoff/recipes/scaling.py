"""Fit a recipe to a data set, a budget and a batch, by stated rules; nothing changes unsaid.

The rules, in order (docs/recipes.md explains each):

    epochs       what the budget's images are on this data set
    batch        at least MIN_STEPS steps in the run and MIN_STEPS_PER_EPOCH in an epoch; with
                 repeated augmentation, as many copies of each of its images
    rate         by batch: linear for SGD, square root for LAMB, Adam and AdamW
    schedule     warm-up and step lengths keep their share of the run
    resolution   images of at most SMALL_SIDE pixels are trained and tested at their own size
    EMA          its memory stays within EMA_SHARE of the run

A pinned value is left alone by every rule, and the rules that depend on it see it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from bakeoff.data.facts import DataFacts
from bakeoff.errors import UsageError
from bakeoff.recipes.cautions import cautions
from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.pins import pinned_recipe
from bakeoff.recipes.schema import Ema, Recipe, ScalingStep, StepCode

MIN_STEPS = 100
"""Chosen: below some hundred updates batch-norm statistics and momentum have not settled."""

MIN_STEPS_PER_EPOCH = 10
"""Chosen: on small sets a large batch leaves so few updates that nothing is learnt."""

SMALLEST_BATCH = 32
"""Chosen: batch-norm statistics of fewer images are too noisy (Wu & He 2018, figure 1)."""

SMALL_SIDE = 64
"""Pixels. Chosen: enlarging smaller images adds cost and no information."""

EMA_SHARE = 0.1
"""Chosen: an average over more than a tenth of the run holds weights of its beginning."""

IMAGENET_IMAGES = 1_281_167
"""Training images of ImageNet-1k, the set for which torchvision's EMA flag was written."""

LR_RULES = {
    "sgd": (
        1.0,
        "rate in proportion to the batch",
        "Goyal et al. 2017, arXiv 1706.02677, section 2.1",
    ),
    "lamb": (
        0.5,
        "rate with the square root of the batch",
        "You et al. 2019, arXiv 1904.00962, section 4",
    ),
    "adam": (
        0.5,
        "rate with the square root of the batch",
        "Malladi et al. 2022, arXiv 2205.10287; its change of the betas is not made",
    ),
    "adamw": (
        0.5,
        "rate with the square root of the batch",
        "Malladi et al. 2022, arXiv 2205.10287; its change of the betas is not made",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaled:
    """A recipe as used on one data set under one budget.

    steps: every value a rule or a pin changed. total_steps, warmup_steps: optimizer steps.
    steps_per_epoch: training images over batch, not rounded. images: what the run will see,
    total_steps whole batches. notes: what the user should know before training.
    """

    recipe: Recipe
    steps: tuple[ScalingStep, ...]
    total_steps: int
    warmup_steps: int
    steps_per_epoch: float
    images: int
    notes: tuple[str, ...] = ()


def scale(
    loaded: LoadedRecipe,
    *,
    data: DataFacts,
    images: int,
    batch_size: int | None = None,
    pins: dict[str, Any] | None = None,
    chosen: Mapping[str, Choice] | None = None,
) -> Scaled:
    """The recipe as used on `data` when the arm may see `images` training images.

    Pure and deterministic. images: augmented copies count, so arms with and without repeated
    augmentation see equal numbers. batch_size: the global batch, overriding the batch rule.
    pins: values by dotted key ("optimizer.lr") that no rule may change. chosen: of those pins
    that no hand set, where they come from.

    Raises UsageError for a budget below one batch, for a pinned warm-up as long as the run, and
    for pins that are not a recipe's.
    """
    if images < 1:
        raise UsageError(f"a budget of {images} images trains nothing", "Give at least 1 image")
    pins = dict(pins or {})
    if batch_size is not None:
        pins["batch_size"] = batch_size
    draft = _Draft(loaded.recipe, pinned_recipe(loaded.recipe, pins), frozenset(pins), chosen or {})
    _epochs(draft, data, images)
    _batch(draft, data, images)
    _rate(draft)
    _schedule(draft)
    _resolution(draft, data)
    batch = draft.used.batch_size
    total = images // batch
    if total < 1 or batch > data.train_images:
        raise UsageError(
            f"a batch of {batch:,} does not fit in {min(images, data.train_images):,} images",
            "Pin a smaller batch, or give a larger budget",
        )
    _ema(draft, total)
    used = draft.used
    if used.schedule.warmup_epochs >= used.epochs:
        raise UsageError(
            f"{used.schedule.warmup_epochs:g} warm-up epochs do not fit in the {used.epochs:.3g} "
            "epochs of this budget",
            "Pin fewer schedule.warmup_epochs, or give a larger budget",
        )
    share = used.schedule.warmup_epochs / used.epochs
    return Scaled(
        recipe=used,
        steps=tuple(draft.steps),
        total_steps=total,
        warmup_steps=min(round(share * total), total - 1),
        steps_per_epoch=data.train_images / batch,
        images=total * batch,
        notes=tuple(cautions(loaded.recipe, used, data, total)),
    )


class Choice(NamedTuple):
    """Where a pinned value comes from. source: in words, as a recipe's own sources are."""

    code: StepCode
    source: str


BY_HAND = Choice("pinned", "the user")


@dataclass(slots=True)
class _Draft:
    """A recipe on its way from published to used."""

    published: Recipe
    used: Recipe
    pinned: frozenset[str]
    chosen: Mapping[str, Choice]
    steps: list[ScalingStep] = field(default_factory=list)

    def __post_init__(self) -> None:
        for key in sorted(self.pinned):
            before, after = _get(self.published, key), _get(self.used, key)
            if before != after:
                code, source = self.chosen.get(key, BY_HAND)
                self.steps.append(
                    ScalingStep(
                        code=code,
                        key=key,
                        published=before,
                        used=after,
                        rule=code,
                        source=source,
                    )
                )

    def change(self, key: str, value: Any, rule: str, source: str) -> None:
        """Set a value and say so; nothing happens if it is pinned or already so."""
        parts = key.split(".")
        if any(".".join(parts[:n]) in self.pinned for n in range(1, len(parts) + 1)):
            return
        before = _get(self.used, key)
        if before == value:
            return
        self.used = _set(self.used, parts, value)
        self.steps.append(
            ScalingStep(key=key, published=before, used=value, rule=rule, source=source)
        )


def _get(recipe: Recipe, key: str) -> Any:
    value: Any = recipe
    for part in key.split("."):
        value = getattr(value, part, None)
    return value.model_dump(mode="json") if hasattr(value, "model_dump") else value


def _set(model: Any, parts: list[str], value: Any) -> Any:
    if len(parts) > 1:
        value = _set(getattr(model, parts[0]), parts[1:], value)
    return model.model_copy(update={parts[0]: value})


def _epochs(draft: _Draft, data: DataFacts, images: int) -> None:
    draft.change(
        "epochs",
        images / data.train_images,
        f"{images:,} images of {data.train_images:,}; the schedule is fitted to that length",
        "the budget",
    )


def _batch(draft: _Draft, data: DataFacts, images: int) -> None:
    """The recipe's own batch, or the largest power of two that leaves enough steps.

    With repeated augmentation that power of two is multiplied by the repeats, so that each batch
    holds each of its images so many times. Only on ImageNet a recipe's own batch is kept as
    published even if it cannot: RSB's 2048 is no multiple of 3, and divides a border's copies.
    """
    own, repeats = draft.used.batch_size, draft.used.augment.repeats
    most = min(images // MIN_STEPS, data.train_images // MIN_STEPS_PER_EPOCH)
    fits = own <= max(most, SMALLEST_BATCH) and own <= min(images, data.train_images)
    if fits and (own % repeats == 0 or data.train_images == IMAGENET_IMAGES):
        return
    wanted = min(own, max(most, SMALLEST_BATCH), images, data.train_images)
    unit = repeats if wanted >= repeats else 1
    least = unit * 2 ** ((SMALLEST_BATCH // unit).bit_length() - 1)
    power = f"{unit} copies of a power of two of images" if unit > 1 else "power of two"
    draft.change(
        "batch_size",
        unit * 2 ** (max(1, wanted // unit).bit_length() - 1),
        f"the largest {power} with at least {MIN_STEPS} steps in the run and "
        f"{MIN_STEPS_PER_EPOCH} in an epoch, but no less than {least}",
        "chosen: too few updates train nothing, whatever the recipe (open-mmlab/mmpretrain#944)",
    )


def _rate(draft: _Draft) -> None:
    published, used = draft.published, draft.used
    power, rule, source = LR_RULES[used.optimizer.name]
    factor = (used.batch_size / published.batch_size) ** power
    draft.change("optimizer.lr", used.optimizer.lr * factor, rule, source)
    factor = draft.used.optimizer.lr / used.optimizer.lr
    for key in ("warmup_lr", "min_lr"):
        draft.change(
            f"schedule.{key}",
            getattr(used.schedule, key) * factor,
            "as much as the rate, so that the curve keeps its shape",
            source,
        )


def _schedule(draft: _Draft) -> None:
    factor = draft.used.epochs / draft.published.epochs
    names = ["warmup_epochs"]
    if draft.used.schedule.name == "step":
        names.append("step_epochs")
    for name in names:
        draft.change(
            f"schedule.{name}",
            getattr(draft.used.schedule, name) * factor,
            "the same share of the run as published",
            "chosen: the schedule is compressed as a whole",
        )


def _resolution(draft: _Draft, data: DataFacts) -> None:
    side = max(data.height, data.width)
    if side > SMALL_SIDE:
        return
    rule = f"images of at most {SMALL_SIDE} pixels keep their own size and are not cropped in tests"
    source = "chosen: enlarging adds cost, no information"
    for key, value in (("train", max(8, side)), ("test", max(8, side)), ("crop_ratio", 1.0)):
        draft.change(f"resolution.{key}", value, rule, source)


def _ema(draft: _Draft, total_steps: int) -> None:
    ema = draft.used.ema
    if ema is None or "ema" in draft.pinned:
        return
    if ema.adjust == "torchvision":
        _torchvision_ema(draft, ema, total_steps)
        return
    memory = ema.every_steps / (1 - ema.decay)
    most = max(1.0, EMA_SHARE * total_steps)
    if memory <= most:
        return
    every = max(1, min(ema.every_steps, int(most / 10)))
    rule = f"the average remembers at most {EMA_SHARE:.0%} of the run"
    source = "chosen: a longer memory would evaluate the untrained weights"
    draft.change("ema.every_steps", every, rule, source)
    draft.change("ema.decay", max(0.0, 1 - every / most), rule, source)


def _torchvision_ema(draft: _Draft, ema: Ema, total_steps: int) -> None:
    """torchvision's adjustment, alpha = (1 - decay) × batch × every / epochs, on any data set.

    On ImageNet-1k that product is alpha = (1 - decay) × 1,281,167 / updates of the run; this form
    keeps the memory's share of the run on other sets too.
    """
    published = draft.published
    published_steps = published.epochs * IMAGENET_IMAGES / published.batch_size
    every = min(ema.every_steps, max(1, round(ema.every_steps * total_steps / published_steps)))
    updates = total_steps / every
    alpha = min(1.0, (1 - ema.decay) * IMAGENET_IMAGES / updates)
    rule = "torchvision's flag is adjusted to the run's updates, for the same share of the run"
    source = "pytorch/vision references/classification/train.py, model_ema"
    draft.change("ema.every_steps", every, rule, source)
    draft.change("ema.decay", 1 - alpha, rule, source)
    draft.change("ema.adjust", "none", rule, source)
