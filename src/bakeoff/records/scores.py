"""What may decide a bake-off, from the last epoch's evaluation that every record keeps."""

from __future__ import annotations

from typing import Literal

import numpy as np

from bakeoff.records.schema import DetailedEvaluation

Primary = Literal["accuracy", "balanced_accuracy", "loss"]


def balanced_accuracy(result: DetailedEvaluation) -> float | None:
    """Mean share of right answers over the classes that the test set has, in percent; None for a
    record without a confusion matrix. The same as scikit-learn's balanced_accuracy_score."""
    confusion = np.array(result.confusion, dtype=np.float64)
    if not confusion.size or not confusion.sum():
        return None
    images = confusion.sum(axis=1)
    there = images > 0
    return float(100 * (np.diag(confusion)[there] / images[there]).mean())


def score(result: DetailedEvaluation, primary: str) -> float | None:
    """What decides, turned so that higher is better; None where the record does not have it."""
    if primary == "loss":
        return -result.loss
    return result.accuracy if primary == "accuracy" else balanced_accuracy(result)
