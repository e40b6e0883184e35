"""What may decide a bake-off, from the last epoch's evaluation that every record keeps."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from bakeoff.records.schema import CONFUSION_CLASSES, EVERY_SCORE, DetailedEvaluation

Primary = Literal["accuracy", "balanced_accuracy", "macro_f1", "macro_auroc", "loss"]
PRIMARIES: tuple[str, ...] = get_args(Primary)
OF_CONFUSION = ("balanced_accuracy", "macro_f1")


def balanced_accuracy(result: DetailedEvaluation) -> float | None:
    """Mean share of right answers over the classes that the test set has, in percent; None for a
    record without a confusion matrix. The same as scikit-learn's balanced_accuracy_score."""
    confusion = _confusion(result)
    if confusion is None:
        return None
    images = confusion.sum(axis=1)
    there = images > 0
    return float(100 * (np.diag(confusion)[there] / images[there]).mean())


def macro_f1(result: DetailedEvaluation) -> float | None:
    """Mean over classes of F1 = 2·TP/(2·TP + FP + FN), in percent; None for a record without a
    confusion matrix.

    Over the classes that some image has or was given, so that one which is only ever predicted
    counts as 0. Source: van Rijsbergen 1979; the mean is scikit-learn's f1_score(average="macro").
    """
    confusion = _confusion(result)
    if confusion is None:
        return None
    either = confusion.sum(axis=0) + confusion.sum(axis=1)
    there = either > 0
    return float(100 * (2 * np.diag(confusion)[there] / either[there]).mean())


def _confusion(result: DetailedEvaluation) -> NDArray[np.float64] | None:
    confusion = np.array(result.confusion, dtype=np.float64)
    return confusion if confusion.size and confusion.sum() else None


def scores(result: DetailedEvaluation) -> dict[str, float]:
    """What may decide beside accuracy and loss, as far as the record has it; in percent."""
    found = {
        "balanced_accuracy": balanced_accuracy(result),
        "macro_f1": macro_f1(result),
        "macro_auroc": result.macro_auroc,
    }
    return {name: value for name, value in found.items() if value is not None}


def score(result: DetailedEvaluation, primary: str) -> float | None:
    """What decides, turned so that higher is better; None where the record does not have it."""
    if primary == "loss":
        return -result.loss
    return result.accuracy if primary == "accuracy" else scores(result).get(primary)


def never_kept(primary: str, classes: int, images: int) -> str:
    """Why no run on such a test set has the metric; empty where every run will."""
    if primary in OF_CONFUSION and classes > CONFUSION_CLASSES:
        return (
            f"it is counted from the confusion matrix, which is kept up to {CONFUSION_CLASSES:,}"
            f" classes, and there are {classes:,}"
        )
    if primary == "macro_auroc" and classes * images > EVERY_SCORE:
        return (
            f"it needs every class's probability of every test image at once: {images:,} images by"
            f" {classes:,} classes are more than {EVERY_SCORE:,}"
        )
    return ""
