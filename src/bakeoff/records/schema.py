"""The record: what one run leaves, enough to judge it and to repeat it.

`record.json` in the run's folder is `Record.model_dump_json()`; the per-image predictions lie
beside it in `predictions.npz` (see `bakeoff.records.predictions`). Percentages are 0 to 100,
losses are nats per image, times seconds, memory bytes.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from bakeoff.data.facts import DataFacts
from bakeoff.recipes.schema import Recipe, ScalingStep
from bakeoff.records.origin import Origin

SCHEMA_VERSION = 2
FLOPS_COUNTING = 2
"""1: the weight gradient of a convolution with g groups was counted g times, as torch's own formula
does, so that networks with grouped or depthwise convolutions come out up to 14 times too high.
2: once."""
CONFUSION_CLASSES = 1000
"""Up to so many classes a record holds the confusion matrix: its cells grow with their square."""
EVERY_SCORE = 64_000_000
"""Up to so many test images times classes a record holds the macro AUROC, which needs all their
probabilities at once, 4 bytes each; ImageNet's 50,000 images and 1,000 classes are 50 million."""


class _Part(BaseModel):
    # A run that diverges has losses that are not numbers; they must come back as what they were.
    model_config = ConfigDict(extra="forbid", frozen=True, ser_json_inf_nan="strings")


class Evaluation(_Part):
    """One pass over a fixed set of images, eval mode, no augmentation.

    loss: the *clean* loss, mean cross-entropy (softmax, natural logarithm) whatever the recipe
    trains with, so that recipes with different objectives can be compared.
    """

    images: int
    correct: int
    accuracy: float
    top5: float
    loss: float


class DetailedEvaluation(Evaluation):
    """The last epoch's evaluation. `confusion[i][j]`: images of class i predicted as class j.

    confusion: empty above CONFUSION_CLASSES classes; the predictions beside the record give it.
    calibration_error: expected calibration error, 15 equal-width bins, percent.
    macro_auroc: mean over classes of the area under the ROC curve of each against the rest,
    percent; None above EVERY_SCORE, and in records that were written before it was kept.
    """

    per_class_accuracy: tuple[float, ...]
    confusion: tuple[tuple[int, ...], ...]
    calibration_error: float
    macro_auroc: float | None = None


class AlsoTested(_Part):
    """The finished network on another test set, which nothing was chosen by.

    name: as the bake-off's file says it. data: of that set; its classes are the run's.
    """

    name: str
    data: DataFacts
    result: DetailedEvaluation


class CurvePoint(_Part):
    """State of a run after `images` training images; one per epoch, at least one per run.

    test: mid-epoch on an evenly spread part of the test set (its `images` says how
    many), at an epoch's and the run's end on all of it.
    objective: mean training objective since the previous point (the recipe's own loss, on
    augmented images). seconds: training time so far, evaluation excluded.
    test, train: clean evaluations; train is on the recorded subset of training images.
    """

    epoch: float
    step: int
    images: int
    seconds: float
    learning_rate: float
    objective: float
    test: Evaluation | None
    train: Evaluation | None


class Cost(_Part):
    """What training took; evaluation is counted apart.

    images: training images seen (each augmented copy counts). flops: forward and backward of
    those images, by torch's FlopCounterMode on one step. flops_counting: by which formula, see
    FLOPS_COUNTING; 1 in records that do not say it. peak_memory_bytes: of the device on
    CUDA, else of the process (resident set). Where several processes shared the run: images,
    flops and images_per_second are of all together, peak_memory_bytes is the largest, and
    peak_memory_of_each the processes' own.
    """

    images: int
    flops: float
    flops_counting: int = 1
    seconds: float
    images_per_second: float
    evaluation_seconds: float
    peak_memory_bytes: int
    peak_memory_of_each: tuple[int, ...] = ()


class ModelFacts(_Part):
    """init: "scratch", "timm:TAG", or "file:NAME" with `init_hash` the SHA-256 of that file."""

    name: str
    init: str
    init_hash: str = ""
    channels: int
    classes: int
    parameters: int


class BudgetFacts(_Part):
    """asked: as the user wrote it ("quick", "5epochs", …); reason: why this length was chosen.

    allowed: training images the run may see; images: those it does, the whole batches of them.
    """

    asked: str
    reason: str
    epochs: float
    images: int
    steps: int
    allowed: int = 0


Precision = Literal["fp32", "bf16"]


class Environment(_Part):
    """What the run was made with; device and threads are of one process.

    precision: of the products in training ("bf16"), or in an evaluation of weights that exist;
    a record that does not say is float32.

    devices: each process's, where several shared the run.
    """

    bakeoff: str
    code: str
    python: str
    packages: dict[str, str]
    platform: str
    processor: str
    device: str
    threads: int
    precision: str = "fp32"
    deterministic: bool
    processes: int = 1
    devices: tuple[str, ...] = ()


class RunTuning(_Part):
    """Values that tuning chose for a run's arm. how: by what they were chosen, in words.

    trial: the one of `trials` that won. search: "random" or another search's name. searches: "one"
    for all seeds of the arm, or "per-seed".
    """

    values: dict[str, Any]
    trial: int
    trials: int
    search: str
    searches: Literal["one", "per-seed"] = "one"
    how: str


class Failure(_Part):
    """Why a run did not end well. kind: "diverged", "out-of-memory", "crash", "stopped"."""

    kind: Literal["diverged", "out-of-memory", "crash", "stopped"]
    message: str
    advice: str = ""
    step: int = 0


class TrainSubset(_Part):
    """The fixed training images on which the clean training loss is measured."""

    images: int
    seed: int
    index_hash: str


WeightsSource = Literal["run", "file", "beside", "asked", "timm", "trainer", "guess"]
"""Who says something of weights: the record of the run that made them, their own file, a file
beside it, whoever evaluates them, timm's table of its own weights, the defaults of the training
script that saved them, or nobody."""


class WeightsReading(_Part):
    """What weights that exist were taken for, and who says so.

    key: which set of tensors of a checkpoint, as "state_dict_ema", with the prefix taken off its
    names after a colon; empty for all of a file. averaged: whether they are an average over
    training. left_aside: other sets of weights in the same file. class_order: how outputs were
    given to the data set's classes: by name; by number ("3" is output 3); in natural order (2
    before 10, as timm's folders); in plain order (10 before 2, as torchvision's and ours). sources:
    by what: "model", "class_order", "normalisation", "size", "crop", and "head" where a layer of
    another name was taken for the classifier. trained_test_hash: of the test set of the run that
    made them, where that is known.
    """

    key: str = ""
    averaged: bool = False
    left_aside: tuple[str, ...] = ()
    class_order: Literal["names", "numbers", "natural", "plain"]
    sources: dict[str, WeightsSource]
    trained_test_hash: str = ""

    @property
    def guessed(self) -> tuple[str, ...]:
        """What nobody states."""
        return tuple(what for what, source in self.sources.items() if source == "guess")


class Record(_Part):
    """One run: one arm, one seed, one data set.

    status: "complete"; "failed" (counts against its arm, `failure` says why); "incomplete"
    (interrupted, resumes). result: the last epoch on the test set, never the best one; None
    unless complete. train_result: the same on the recorded subset of training images.
    also_tested: the same network on other test sets.
    micro_batch: images at a time where gradients were added up over a batch.
    evaluated: weights that existed before and were only evaluated here ("timm:resnet50.a1_in1k");
    recipe and budget then are those of the run that trained them, or, where that is unknown, a
    recipe called "evaluated" that states only resolution and crop; `cost` holds no training, and
    there are no curves. weights: how they were read; None for runs. failed_before: how earlier
    tries of this run failed, before it was asked for again (`--retry`).
    origin: of a run that another tool made and `bakeoff import` brought in; figures that it does
    not state are not a number, counts are 0, hashes empty, and `cost` is None.
    """

    schema_version: int = SCHEMA_VERSION
    status: Literal["complete", "failed", "incomplete"]
    bakeoff: str = ""
    arm: str
    seed: int
    created: str = Field(description="UTC, ISO 8601")
    command: str = ""
    recipe: Recipe
    recipe_sources: dict[str, str] = {}
    recipe_as_published: dict[str, Any] = {}
    evaluated: str = ""
    weights: WeightsReading | None = None
    origin: Origin | None = None
    micro_batch: int | None = None
    scaling: tuple[ScalingStep, ...] = ()
    tuning: RunTuning | None = None
    model: ModelFacts
    data: DataFacts
    budget: BudgetFacts
    environment: Environment
    train_subset: TrainSubset | None = None
    result: DetailedEvaluation | None = None
    train_result: Evaluation | None = None
    also_tested: tuple[AlsoTested, ...] = ()
    curves: tuple[CurvePoint, ...] = ()
    objective_by_step: tuple[tuple[int, float], ...] = Field(
        (), description="(step, mean objective of the steps since the last pair)"
    )
    cost: Cost | None = None
    failure: Failure | None = None
    failed_before: tuple[Failure, ...] = ()
    resumed: int = 0
    notes: tuple[str, ...] = ()
