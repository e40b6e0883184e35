"""The typed recipe: everything that turns data and a model into weights.

A recipe file (`library/*.yaml`, or a user's own) is read by `bakeoff.recipes.loading` into these
classes. Unknown keys fail; every field is keyword-only and immutable.
"""

from __future__ import annotations

from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Resolution(_Part):
    """Side of the square image in pixels, in training and in testing.

    crop_ratio: share of the resized test image that the centre crop keeps (timm's `crop_pct`).
    A data set whose own images are small is trained and tested at its own size (see scaling).
    """

    train: int = Field(224, ge=8, le=1024)
    test: int = Field(224, ge=8, le=1024)
    crop_ratio: float = Field(0.875, gt=0, le=1)


class Optimizer(_Part):
    """`lr` belongs to the recipe's own batch size; scaling adapts it to the batch in use."""

    name: Literal["sgd", "adam", "adamw", "lamb"]
    lr: float = Field(gt=0)
    weight_decay: float = Field(0.0, ge=0)
    decay_norm_and_bias: bool = False
    momentum: float = Field(0.9, ge=0, lt=1)
    nesterov: bool = False
    clip_grad_norm: float | None = Field(None, gt=0)


class Schedule(_Part):
    """Learning rate by step. Lengths are in epochs of the recipe, before scaling to a budget.

    step: multiply by `gamma` every `step_epochs`. onecycle: linear up over `warmup_epochs` from
    `warmup_lr`, then cosine down to `min_lr` (Smith 2018); cosine: the cosine runs from the first
    step and the warm-up replaces its head, as timm does by default. linear: as onecycle, but
    straight down.
    """

    name: Literal["constant", "step", "cosine", "onecycle", "linear"]
    warmup_epochs: float = Field(0.0, ge=0)
    warmup_lr: float = Field(0.0, ge=0)
    min_lr: float = Field(0.0, ge=0)
    step_epochs: float = Field(30.0, gt=0)
    gamma: float = Field(0.1, gt=0, le=1)


class Loss(_Part):
    """bce: binary cross-entropy per class (RSB); target_threshold binarises mixed targets.

    sum_classes: sum the per-class losses of bce, as Composer does, instead of their mean.
    """

    name: Literal["cross_entropy", "bce"]
    smoothing: float = Field(0.0, ge=0, lt=1)
    target_threshold: float | None = Field(None, gt=0, lt=1)
    sum_classes: bool = False


class Crop(_Part):
    """Random resized crop: area share and aspect ratio drawn as torchvision and timm draw them.

    area = (1, 1) with ratio = (1, 1) keeps the whole image.
    """

    area: tuple[float, float] = (0.08, 1.0)
    ratio: tuple[float, float] = (3 / 4, 4 / 3)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not 0 < self.area[0] <= self.area[1] <= 1:
            raise ValueError("area must be two shares in order, above 0 and at most 1")
        if not 0.1 <= self.ratio[0] <= self.ratio[1] <= 10:
            raise ValueError("ratio must be two aspect ratios in order, between 0.1 and 10")
        return self


class RandAugment(_Part):
    """timm's `rand-m{magnitude}-n{operations}-mstd{magnitude_std}-inc{increasing}`."""

    magnitude: float = Field(ge=0, le=10)
    magnitude_std: float = Field(0.0, ge=0)
    operations: int = Field(2, ge=1, le=8)
    increasing: bool = False


class Mix(_Part):
    """Mixup and CutMix, one of the two per batch, as timm's `Mixup` draws them."""

    mixup_alpha: float = Field(0.0, ge=0)
    cutmix_alpha: float = Field(0.0, ge=0)
    probability: float = Field(1.0, ge=0, le=1)
    switch_probability: float = Field(0.5, ge=0, le=1)


class Augment(_Part):
    """What is done to a training image; `repeats` = copies of each image in a global batch."""

    crop: Crop | None = Crop()
    horizontal_flip: float = Field(0.5, ge=0, le=1)
    randaugment: RandAugment | None = None
    trivial_augment: bool = False
    random_erasing: float = Field(0.0, ge=0, le=1)
    mix: Mix | None = None
    repeats: int = Field(1, ge=1, le=8)


class Ema(_Part):
    """Exponential moving average of the weights; the averaged weights are what is evaluated.

    adjust: "torchvision" means `decay` is the flag of torchvision's train.py, which is not applied
    as written: 1 - decay is first multiplied by batch * every_steps / epochs. Scaling does that and
    leaves "none", so a recipe in use always holds the decay per update.
    """

    decay: float = Field(ge=0, lt=1)
    every_steps: int = Field(1, ge=1)
    adjust: Literal["none", "torchvision"] = "none"


class Recipe(_Part):
    """A training procedure, as published or as chosen. See `library/` for those with sources.

    trains: "all" weights, or only the "head" on features computed once.
    not_carried: what the publication does beside this, and Bakeoff does not.
    """

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")
    title: str
    citation: str
    notes: str = ""
    not_carried: tuple[str, ...] = ()
    epochs: float = Field(gt=0, le=10_000)
    batch_size: int = Field(ge=1, le=65_536)
    resolution: Resolution = Resolution()
    optimizer: Optimizer
    schedule: Schedule
    loss: Loss
    augment: Augment = Augment()
    stochastic_depth: float = Field(0.0, ge=0, lt=1)
    ema: Ema | None = None
    trains: Literal["all", "head"] = "all"


StepCode = Literal["scaled", "pinned", "tuned", "varied"]


class ScalingStep(_Part):
    """Which value changed, from what to what, and why. rule: in words.

    code: by what it changed: a stated scaling rule, the user's pin, tuning, or a variant that
    tries another learning rate.
    """

    code: StepCode = "scaled"
    key: str
    published: Any
    used: Any
    rule: str
    source: str
