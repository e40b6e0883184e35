"""What one run came to, wherever it was read from: the only input that judging needs."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.comparability import Conditions, require_comparable
from bakeoff.comparison.kept_looks import KeptLooks
from bakeoff.comparison.kept_runs import Kept
from bakeoff.comparison.metrics import about
from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import LARGEST, Moments, moments
from bakeoff.statistics.components import ImageParts, image_parts


@dataclass(frozen=True, slots=True)
class Answers:
    """Per test image, in one order for all runs: correct (N,) bool; nll (N,) nats, or None.

    group: (N,) int, which images belong together (a patient, a video); None where nobody says.
    """

    correct: NDArray[np.bool_]
    nll: NDArray[np.float64] | None = None
    group: NDArray[np.int64] | None = None


@dataclass(frozen=True, slots=True)
class Curve:
    """Test accuracy in percent over training; arrays of shape (points,), cost increasing.

    images: training images seen. seconds: training time. flops: None where not counted.
    """

    images: NDArray[np.float64]
    seconds: NDArray[np.float64]
    accuracy: NDArray[np.float64]
    flops: NDArray[np.float64] | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """values: by metric name, percent and nats; empty unless status is "complete".

    images: number of test images, where known. failure: why a failed run failed. made_by: what all
    seeds of one arm must share (recipe, model …), as text. data: the test set as a sentence names
    it. among: whether that is one of several data sets of a bake-off or a table, so that arms are
    judged on each; arm_anywhere: then the arm's name on all of them (`own_arm`). pairs_of: the
    bake-off that declared, before its runs, that equal seeds are pairs; empty where none did.
    looks: that its folder says were planned or taken. trained_images: the budget. tuned: whether
    its rate was tuned, None: not known; tuned_by_seed: by a search for each seed. flops_too_high:
    whether they were counted by a formula that errs for its network, None: cannot be told. source:
    the file that it was read from. failed_by: the kind of a failed run's end ("diverged", a
    tracker's word); failed_with: the message; failed_at: the training step, None where it is not
    known. chance: accuracy in percent that guessing reaches, None: not known. named_by_default: a
    tool named its folder, so that its name alone does not say which arm it is. planned_seeds: of
    every arm, where a bake-off said so before its runs and no look ends them earlier.
    failed_before: times that this run failed before it was tried again. primary: the metric that
    its bake-off decides by; empty where none says. planned_test: "pooled" where its bake-off chose
    that before the runs.
    kept: what else another tool says of it, where that was asked for.
    summarised: an arm of which only means and standard deviations over its runs are known, by
    metric. folds: of how many parts of a cross-validation `seed` names one; 0 for a whole run.

    at: the budget in words ("5 epochs"), where it is one of several of a bake-off, so that arms are
    judged at each. by_command: what is not known of a run that a command made.
    reference: the bake-off's file holds the other arms against this one.
    """

    arm: str
    seed: int | str
    values: Mapping[str, float]
    status: Literal["complete", "failed", "incomplete"] = "complete"
    failure: str = ""
    images: int | None = None
    answers: Answers | None = None
    curve: Curve | None = None
    conditions: Conditions | None = None
    made_by: Mapping[str, str] = field(default_factory=dict)
    data: str = ""
    among: bool = False
    arm_anywhere: str = ""
    pairs_of: str = ""
    trained_images: int | None = None
    at: str = ""
    looks: KeptLooks | None = None
    tuned: bool | None = None
    tuned_by_seed: bool = False
    flops_too_high: bool | None = False
    source: str = ""
    failed_by: str = ""
    failed_with: str = ""
    failed_at: int | None = None
    named_by_default: bool = False
    chance: float | None = None
    planned_seeds: tuple[int, ...] = ()
    failed_before: int = 0
    by_command: tuple[str, ...] = ()
    primary: str = ""
    planned_test: str = ""
    kept: Kept | None = None
    summarised: Mapping[str, Moments] = field(default_factory=dict)
    folds: int = 0
    reference: bool = False

    @property
    def own_arm(self) -> str:
        """The arm's name on every data set and at every budget."""
        return self.arm_anywhere or self.arm


@dataclass(frozen=True)
class Group:
    """The runs of one arm as one metric sees them: finished ones have a value, failed ones count.

    values: shape (n,), in the order of `seeds`. failures: the failed runs; unfinished: how many
    are not done. summary: where only mean and standard deviation are known; then there are no
    values and no seeds.
    """

    arm: str
    metric: str
    values: NDArray[np.float64]
    seeds: tuple[int | str, ...]
    failed_seeds: tuple[int | str, ...]
    outcomes: tuple[Outcome, ...] = field(repr=False)
    failures: tuple[Outcome, ...] = field(default=(), repr=False)
    unfinished: int = 0
    summary: Moments | None = None

    @cached_property
    def n(self) -> int:
        return self.summary.n if self.summary is not None else len(self.values)

    @cached_property
    def failed(self) -> int:
        return len(self.failed_seeds)

    @property
    def did_not_train(self) -> bool:
        """Whether every run failed; an unfinished one may still end well."""
        return (
            not self.n
            and not self.unfinished
            and bool(self.failures)
            and all(run.status == "failed" for run in self.failures)
        )

    @cached_property
    def moments(self) -> Moments:
        """Of the finished runs; there must be one."""
        return self.summary if self.summary is not None else moments(self.values)

    @property
    def folds(self) -> int:
        """Of how many parts of a cross-validation these are some; 0 for whole runs."""
        return self.outcomes[0].folds if self.outcomes else 0

    @property
    def mean(self) -> float:
        """Mean of the finished runs; there must be one."""
        return self.moments.mean

    @cached_property
    def sd(self) -> float:
        """Sample standard deviation over seeds; there must be two finished runs."""
        return math.sqrt(self.moments.variance)

    @cached_property
    def ranked(self) -> NDArray[np.float64]:
        """Values with better = higher, and −inf for each failed run."""
        sign = about(self.metric).sign
        return np.concatenate([sign * self.values, np.full(self.failed, -np.inf)])

    @cached_property
    def constant(self) -> bool:
        """Whether several finished runs all have the same value."""
        return len(self.values) > 1 and bool((self.values == self.values[0]).all())

    @cached_property
    def far_off(self) -> int | None:
        """Index of the run that lies far from the others; None for none. See `far_off`."""
        return far_off(self.values)

    @cached_property
    def image_parts(self) -> ImageParts | None:
        """What the arm's predictions say of seeds and images; None unless every run has them."""
        rows: list[NDArray[np.generic]] = []
        for run in self.outcomes:
            if run.answers is None or self.metric not in ("accuracy", "loss"):
                return None
            if run.answers.group is not None:
                return None  # images that belong together are not drawn one by one
            row = run.answers.correct if self.metric == "accuracy" else run.answers.nll
            if row is None:
                return None
            rows.append(row)
        return image_parts(np.stack(rows)) if len(rows) >= 2 and len(rows[0]) >= 2 else None


def by_arm(outcomes: Iterable[Outcome]) -> dict[str, list[Outcome]]:
    """Runs by arm, arms in order of appearance.

    Raises UsageError for a seed that comes twice, NotComparable if that is on another test set.
    """
    arms: dict[str, list[Outcome]] = {}
    for outcome in outcomes:
        arms.setdefault(outcome.arm, []).append(outcome)
    for arm, runs in arms.items():
        seed, times = Counter(run.seed for run in runs).most_common(1)[0]
        if times > 1:
            # The same seed on another test set is no copy, and must be said as what it is.
            require_comparable(
                (f"{arm} (seed {seed})", run.conditions)
                for run in runs
                if run.seed == seed and run.conditions is not None
            )
            files = list(dict.fromkeys(run.source for run in runs if run.seed == seed))
            if len(files) > 1 and all(files):
                raise UsageError(
                    f"{arm} (seed {seed}) is in {' and in '.join(files[:4])}: the same run, or"
                    " results of two test sets",
                    "Name the arms of each file apart in a column arm; say what each was tested on"
                    " in a column test_set",
                )
            raise UsageError(
                f"seed {seed} of {arm} is there {times} times",
                "Give every run once; a copy is not another seed",
            )
    return arms


def group(arm: str, runs: Iterable[Outcome], metric: str) -> Group:
    """One arm's runs as one metric sees them; a value that is not finite, or too large to be
    squared, counts as failed."""
    finished: list[Outcome] = []
    failed: list[Outcome] = []
    unfinished = 0
    for run in runs:
        if run.status == "incomplete":
            unfinished += 1
        elif run.status == "failed" or not usable(run.values[metric]):
            failed.append(run)
        else:
            finished.append(run)
    if len(finished) == 1 and metric in finished[0].summarised:
        none = np.array([], dtype=np.float64)
        known = finished[0].summarised[metric]
        return Group(arm, metric, none, (), (), tuple(finished), tuple(failed), unfinished, known)
    return Group(
        arm,
        metric,
        np.array([run.values[metric] for run in finished], dtype=np.float64),
        tuple(run.seed for run in finished),
        tuple(run.seed for run in failed),
        tuple(finished),
        tuple(failed),
        unfinished,
    )


def usable(value: float) -> bool:
    """Whether a value can be averaged: a loss of 1e160 is finite, and its run diverged."""
    return math.isfinite(value) and abs(value) <= LARGEST


def far_off(values: NDArray[np.float64]) -> int | None:
    """Index of the run that lies farthest from an arm's others, if that is 8 times as far as they
    are from their own median (and 20 times where there are three others only); else None."""
    if len(values) < 4:
        return None
    off = int(np.argmax(np.abs(values - np.median(values))))
    others = np.delete(values, off)
    middle = float(np.median(others))
    spread = float(np.abs(others - middle).max())
    times = 8 if len(others) > 3 else 20
    return off if spread > 0 and abs(values[off] - middle) > times * spread else None
