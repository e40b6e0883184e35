"""`bakeoff.json`: what a bake-off set out to do, at the top of its folder.

Written before the first run starts; an interrupted bake-off resumes under the same decisions.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from bakeoff.errors import BadFile, first_line
from bakeoff.records.files import write_text
from bakeoff.records.looks import LookPlan, LookTaken
from bakeoff.records.schema import BudgetFacts, Precision
from bakeoff.records.version_1 import with_skipped_arms

MANIFEST_NAME = "bakeoff.json"


class PlannedArm(BaseModel):
    """recipe: a library name or a file's path. budget: what each run of this arm uses.

    without: the ingredient of `Manifest.ablates` that this arm leaves out. variant_of: the arm
    whose verdicts this one tests, at another learning rate; empty for an arm that is ranked.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    recipe: str
    model: str
    init: str
    budget: BudgetFacts
    without: str = ""
    variant_of: str = ""


class FloorFacts(BaseModel):
    """A simple classifier on raw pixels. accuracy: percent of `images` test images."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    accuracy: float
    images: int
    how: str


class TrialFacts(BaseModel):
    """One trial. values: of the recipe, as drawn. accuracy (percent), loss (nats): on the held-out
    training images; None where it failed. images, seconds, flops: what it took."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    number: int
    values: dict[str, Any]
    status: str
    accuracy: float | None
    loss: float | None
    images: int
    seconds: float
    flops: float


class TunedArm(BaseModel):
    """ranges: in words, by recipe value. chosen: the values of trial number `trial`. seed: of the
    run that they are for; None where they are for all."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    arm: str
    ranges: dict[str, str]
    chosen: dict[str, Any]
    trial: int
    trials: tuple[TrialFacts, ...]
    seed: int | None = None

    @property
    def failed(self) -> int:
        return sum(trial.status == "failed" for trial in self.trials)


class TuningFacts(BaseModel):
    """Equal tuning: `trials` for every arm, on `training_images`, judged on `held_out_images` of
    the training set. held_out_hash: SHA-256 of their indices. searches: "one" for all seeds, or
    "per-seed": then each has its own split, and held_out_hash is the first one's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    trials: int
    search: str
    seed: int
    training_images: int
    held_out_images: int
    held_out_hash: str
    arms: tuple[TunedArm, ...]
    searches: Literal["one", "per-seed"] = "one"

    def cost(self, arm: TunedArm | None = None) -> tuple[int, float, float]:
        """(images, seconds, FLOPs) of all trials of one arm's search, or of every search."""
        trials = [t for a in self.arms if arm in (None, a) for t in a.trials]
        return (
            sum(t.images for t in trials),
            sum(t.seconds for t in trials),
            sum(t.flops for t in trials),
        )


class PretrainingFacts(BaseModel):
    """A run whose weights `arms` start from. accuracy: percent, on its own data's test images.
    images, seconds, flops: what it took, once; no arm's cost contains it. weights_hash: SHA-256."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    arms: tuple[str, ...]
    data: str
    recipe: str
    model: str
    seed: int
    images: int
    accuracy: float
    seconds: float
    flops: float
    weights_hash: str


class RateFacts(BaseModel):
    """An arm's rates as a plan was made by them, images per second.

    measured: before the runs, or as the first run trained. steps: that were timed; spread: the
    slowest of them over the fastest. others: cores that other processes used meanwhile.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    arm: str
    training: float
    evaluation: float
    measured: Literal["before", "training"] = "before"
    steps: int = 0
    spread: float = 1.0
    others: float | None = None
    crowded: bool = False


class PlanFacts(BaseModel):
    """How long runs are, and how that was decided.

    because: "first"; "no finished run" (an interrupted bake-off planned anew); "wrong rate" (the
    first run trained faster or slower than was measured); "finished runs" (lengths kept, as runs of
    them are there). images: training images a run may see, by arm. most: what the budget allows
    where time does not matter, `limit`: "time" where fewer fit, "least" where even so few do not;
    "none" otherwise. today: what would be planned by today's rates, where lengths were kept.
    worthless: too short for any result to mean something. by_rate: lengths follow from `rates`.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    made: str
    because: Literal["first", "no finished run", "wrong rate", "finished runs"] = "first"
    images: dict[str, int]
    most: int | None = None
    limit: Literal["none", "time", "least"] = "none"
    today: dict[str, int] = {}
    finished: int = 0
    worthless: bool = False
    by_rate: bool = False
    rates: tuple[RateFacts, ...] = ()


class PrecisionFacts(BaseModel):
    """What all runs compute in, and why. asked: "auto", or what somebody chose.

    because: "asked"; "kept" (as the bake-off began); "no bf16" (this device only emulates it);
    "faster" or "not faster" (steps of the arms, measured). by: what multiplies bf16 here, empty
    where nothing does. speedup: of bf16 over fp32, time of all arms; None where not measured.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    asked: str
    used: Precision
    because: Literal["asked", "kept", "no bf16", "faster", "not faster"]
    by: str = ""
    speedup: float | None = None

    def __str__(self) -> str:
        by = self.by or "nothing"
        match self.because:
            case "asked":
                slow = "" if self.by or self.used == "fp32" else "; this device only emulates it"
                return f"{self.used}, asked for{slow}"
            case "kept":
                return f"{self.used}, as this bake-off began"
            case "no bf16":
                return f"{self.used}: this device has no bf16 instructions"
            case _:
                assert self.speedup is not None
                return (
                    f"{self.used}: measured, bf16 by {by} takes the arms' steps "
                    f"{self.speedup:.2f} times as fast"
                )


class SkippedArm(BaseModel):
    """An optional arm that did not run. message: what failed, in one sentence without its stop."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    arm: str
    message: str


class GroupFacts(BaseModel):
    """Test images that belong together. said: the pattern or table; groups: how many there are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    said: str
    groups: int
    images: int


class NearDuplicateFacts(BaseModel):
    """Test images that nearly show the same, of those looked at (see data.near_duplicates)."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    looked_at: int
    alike: int
    largest: int

    @property
    def many(self) -> bool:
        """Whether McNemar's test would make winners of equal models more often than it says."""
        return self.alike > NEAR_DUPLICATES * self.looked_at


NEAR_DUPLICATES = 0.05
"""Share of the test images from which near-duplicates are warned of."""


class Manifest(BaseModel):
    """datasets: all data sets of a bake-off that has several; this is its part on `data`. budgets:
    all lengths of one that runs at several; this is its part at `budget_asked`.

    notices: what a reader must know at once ("the budget is too short to …"). skipped: optional
    arms that could not run ("pretrained weights could not be reached …").

    paired: whether equal seeds were declared as pairs before the runs. reference: the arm that the
    others are held against in a report, empty for the first. published: identifiers of
    published results this bake-off is to be shown beside. ablates: the recipe whose ingredients
    are left out one by one; its own arm is the one of that recipe without `without`. floors: what
    needs no network, measured on all test images, if asked for. tuning: what was tried before the
    runs. pretraining: what arms start from, where the bake-off made it itself.
    look_plan: seeds until it is decided, planned before the first; looks: those taken, in order.
    verdicts_at: without such a plan, at how many seeds a verdict was taken, in order.
    robust: "lr" where every arm also runs at other learning rates (`PlannedArm.variant_of`).
    plans: how the runs' lengths were decided, each time that they were; the last one holds.
    primary: the metric that decides, said before the runs; test: how, "pooled" for one spread of
    all arms. groups: what says which test images belong together. near_duplicates: what was found
    where nobody says. also_test: other test sets that each finished network is tested on.
    precision: of all runs; a bake-off that does not say is float32.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    schema_version: int = 1
    name: str
    question: str = ""
    command: str = ""
    created: str
    data: str
    datasets: tuple[str, ...] = ()
    budgets: tuple[str, ...] = ()
    budget_asked: str
    budget_reason: str
    arms: tuple[PlannedArm, ...]
    seeds: tuple[int, ...]
    paired: bool = False
    primary: str = "accuracy"
    also_test: tuple[str, ...] = ()
    test: Literal["", "pooled"] = ""
    groups: GroupFacts | None = None
    near_duplicates: NearDuplicateFacts | None = None
    reference: str = ""
    published: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    skipped: tuple[SkippedArm, ...] = ()
    ablates: str = ""
    floors: tuple[FloorFacts, ...] = ()
    tuning: TuningFacts | None = None
    pretraining: tuple[PretrainingFacts, ...] = ()
    robust: str = ""
    plans: tuple[PlanFacts, ...] = ()
    precision: Precision = "fp32"
    precision_facts: PrecisionFacts | None = None
    look_plan: LookPlan | None = None
    looks: tuple[LookTaken, ...] = ()
    verdicts_at: tuple[int, ...] = ()

    @property
    def several(self) -> bool:
        """Whether this is one part of a bake-off on several data sets or at several budgets."""
        return bool(self.datasets or self.budgets)

    @property
    def reference_arm(self) -> str:
        """The arm that the others are held against: as the file names it, an ablation's whole
        recipe, else the first."""
        if self.reference:
            return self.reference
        whole = [arm for arm in self.arms if not arm.without]
        named = (self.ablates, Path(self.ablates).stem)
        recipe = [arm for arm in whole if self.ablates and arm.recipe in named]
        return next((arm.name for arm in [*recipe, *whole]), "")

    def save(self, folder: Path) -> None:
        """Write `bakeoff.json` into `folder`, whole or not at all."""
        write_text(folder / MANIFEST_NAME, self.model_dump_json(indent=1) + "\n")


def load_manifest(folder: Path) -> Manifest | None:
    """The manifest of a bake-off's folder, None where there is none. Raises BadFile."""
    path = folder / MANIFEST_NAME
    try:
        return Manifest.model_validate(with_skipped_arms(json.loads(path.read_bytes())))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError, ValidationError) as error:
        raise BadFile(
            path,
            f"not a readable bake-off ({first_line(error)})",
            "Choose another folder, or remove that file",
        ) from error
