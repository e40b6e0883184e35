"""How well scores tell each class from the rest, whatever the threshold."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import UsageError


def macro_auroc(scores: NDArray[np.floating], labels: NDArray[np.integer]) -> float:
    """Mean over classes of the area under the ROC curve, each class against the rest, 0 to 1.

    scores: (N, K), higher where a class is likelier; only their order within a class counts, so
    probabilities and their logarithms give one answer (where rounding does not make them equal).
    labels: (N,), 0 to K − 1. A class that no image or every image has is left out; NaN where that
    is all of them, or where a score is not a number.

    Of one class it is the chance that an image of it scores above another image, ties counting
    half: U/(n₁·n₀) with U = Σ ranks − n₁(n₁+1)/2 (Mann & Whitney 1947; Hanley & McNeil 1982). The
    mean over classes: Provost & Domingos 2000 without weights; the same as scikit-learn's
    roc_auc_score(multi_class="ovr").
    """
    if scores.ndim != 2 or labels.shape != scores.shape[:1]:
        raise UsageError(
            f"scores of shape {scores.shape} do not fit {labels.shape} labels",
            "Give a row of scores for each label, a column per class",
        )
    if np.isnan(scores).any():
        return float("nan")
    areas = []
    for label, column in enumerate(scores.T):
        mine = labels == label
        n = int(mine.sum())
        if not 0 < n < len(labels):
            continue
        ordered, of_class = np.sort(column), column[mine]
        below = np.searchsorted(ordered, of_class, side="left")
        up_to = np.searchsorted(ordered, of_class, side="right")
        ranks = (below + up_to + 1) / 2  # equal scores share the mean of their ranks
        areas.append((float(ranks.sum()) - n * (n + 1) / 2) / (n * (len(labels) - n)))
    return float(np.mean(areas)) if areas else float("nan")
