"""What the records show beside the means: pure functions of two arms, or of one, to typed facts.

Each returns None where the records do not hold what it needs, or where there is nothing to say.
"""

from __future__ import annotations

import statistics
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.records.predictions import Predictions
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.source import Run

CARRIED = 0.6
"""Classes are named until they carry so much of a gap, at most MOST_CLASSES of them."""
MOST_CLASSES = 3
LEAST_SHIFT = 2.0
"""Points by which the share of an answer must differ from the share of its class."""
EARLY = 0.25
"""Part of the training at which the gap is looked at first."""


@dataclass(frozen=True, slots=True)
class GapByClass:
    """classes: names of those that carry most of a gap in accuracy, the largest first; share: the
    percent of the gap that they carry together."""

    classes: tuple[str, ...]
    share: float


@dataclass(frozen=True, slots=True)
class Shift:
    """How often an arm gives an answer, and how often it would be right to: percent of images."""

    name: str
    said: float
    true: float


@dataclass(frozen=True, slots=True)
class Confidence:
    """Mean of the probability of the answer given, and accuracy: percent."""

    confidence: float
    accuracy: float


@dataclass(frozen=True, slots=True)
class Alone:
    """Images that every run of the first got right and every run of the second wrong, and the
    other way round."""

    first: int
    second: int
    images: int


@dataclass(frozen=True, slots=True)
class Closing:
    """Points between two arms at a quarter of the training, and at its end."""

    early: float
    late: float


@dataclass(frozen=True, slots=True)
class GapAndSpread:
    """gap: between the means. spread: the largest range between the seeds of one of the arms."""

    gap: float
    spread: float


@dataclass(frozen=True, slots=True)
class Fit:
    """Accuracy on recorded training images and on the test set, percent, mean over seeds."""

    train: float
    test: float

    @property
    def excess(self) -> float:
        return self.train - self.test


def confusion(run: Run) -> NDArray[np.int64] | None:
    """(classes, classes), true class by row; from the record, else from the predictions."""
    result, classes = run.record.result, len(run.record.data.class_names)
    if result is None:
        return None
    if result.confusion:
        return np.asarray(result.confusion, dtype=np.int64)
    if (found := run.predictions()) is None or classes > 4000:
        return None
    matrix = np.zeros((classes, classes), np.int64)
    said = found.top5_class[:, 0]
    inside = (found.label < classes) & (said < classes)
    np.add.at(matrix, (found.label[inside], said[inside]), 1)
    return matrix


def mean_confusion(arm: ArmRuns) -> NDArray[np.float64] | None:
    """Mean over an arm's finished runs; None unless every run tells."""
    found = [matrix for run in arm.complete if (matrix := confusion(run)) is not None]
    return np.mean(found, axis=0) if found and len(found) == len(arm.complete) else None


def gap_by_class(ahead: ArmRuns, behind: ArmRuns) -> GapByClass | None:
    """Which classes carry the gap: right answers of the one less those of the other, by class."""
    a, b = mean_confusion(ahead), mean_confusion(behind)
    if a is None or b is None or a.shape != b.shape or len(a) < 3:
        return None
    carried = a.diagonal() - b.diagonal()
    total = float(carried.sum())
    if total <= 0:
        return None
    order = np.argsort(-carried, kind="stable")[:MOST_CLASSES]
    sums = np.cumsum(carried[order]) / total
    enough = int(np.searchsorted(sums, CARRIED - 1e-9)) + 1
    kept = order[: max(1, min(enough, len(order)))]
    names = ahead.first.data.class_names
    return GapByClass(tuple(names[int(k)] for k in kept), 100 * float(carried[kept].sum()) / total)


def shifts(arm: ArmRuns) -> tuple[Shift | None, Shift | None] | None:
    """The answer that an arm gives far too often, and the one far too rarely."""
    matrix = mean_confusion(arm)
    if matrix is None or matrix.sum() == 0:
        return None
    said, true = (100 * matrix.sum(axis) / matrix.sum() for axis in (0, 1))
    names = arm.first.data.class_names
    most, least = int(np.argmax(said - true)), int(np.argmin(said - true))
    over = Shift(names[most], float(said[most]), float(true[most]))
    under = Shift(names[least], float(said[least]), float(true[least]))
    told = (
        over if over.said - over.true >= LEAST_SHIFT else None,
        under if under.true - under.said >= LEAST_SHIFT else None,
    )
    return told if any(told) else None


def confidence(arm: ArmRuns) -> Confidence | None:
    """How sure an arm is of its answers, beside how often it is right."""
    found = _predictions(arm)
    if found is None or arm.accuracy is None:
        return None
    sure = statistics.fmean(float(one.top5_probability[:, 0].mean()) for one in found)
    return Confidence(100 * sure, arm.accuracy.mean)


def alone(first: ArmRuns, second: ArmRuns) -> Alone | None:
    """Who is right where the other is wrong, in all seeds of both."""
    a, b = _predictions(first), _predictions(second)
    if a is None or b is None or len(a[0].label) != len(b[0].label):
        return None
    right_a, right_b = (np.stack([one.correct for one in found]) for found in (a, b))
    return Alone(
        int((right_a.all(0) & ~right_b.any(0)).sum()),
        int((right_b.all(0) & ~right_a.any(0)).sum()),
        right_a.shape[1],
    )


def closing(ahead: ArmRuns, behind: ArmRuns) -> Closing | None:
    """Whether the arm behind catches up: the gap at a quarter of the training and at its end."""
    early, late = ((_at(ahead, part), _at(behind, part)) for part in (EARLY, 1.0))
    if None in early or None in late:
        return None
    return Closing(early[0] - early[1], late[0] - late[1])  # type: ignore[operator]


def gap_and_spread(a: ArmRuns, b: ArmRuns) -> GapAndSpread | None:
    """The gap between two arms beside the range between seeds of one; both need two runs."""
    if a.accuracy is None or b.accuracy is None or min(a.accuracy.n, b.accuracy.n) < 2:
        return None
    ranges = [max(s.values) - min(s.values) for s in (a.accuracy, b.accuracy)]
    return GapAndSpread(abs(a.accuracy.mean - b.accuracy.mean), max(ranges))


def fit(arm: ArmRuns) -> Fit | None:
    """Accuracy on training images beside that on the test set, at the last epoch."""
    trained = arm.training("accuracy")
    if trained is None or arm.accuracy is None:
        return None
    return Fit(trained.mean, arm.accuracy.mean)


def _at(arm: ArmRuns, part: float) -> float | None:
    """Mean test accuracy at a part of the training, between the points around it.

    None before the first point or with fewer than two: nothing is guessed outside of them.
    """
    found = [
        (points[0].images, statistics.fmean(p.test.accuracy for p in points if p.test))
        for points in arm.curve
        if all(point.test is not None for point in points)
    ]
    if len(found) < 2:
        return None
    images = np.array([x for x, _ in found], dtype=np.float64)
    where = part * images[-1]
    if where < images[0] - 1e-9:
        return None
    return float(np.interp(where, images, [y for _, y in found]))


def _predictions(arm: ArmRuns) -> list[Predictions] | None:
    found = [one for run in arm.complete if (one := run.predictions()) is not None]
    if not found or len(found) < len(arm.complete):
        return None
    return found if len({len(one.label) for one in found}) == 1 else None
