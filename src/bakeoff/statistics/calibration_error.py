"""Whether a model is as sure as it is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import UsageError


def expected_calibration_error(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = 15
) -> float:
    """Σ over bins of (images in the bin / N)·|accuracy − mean confidence|, 0 to 1.

    confidence: (N,) probability of the predicted class; correct: (N,) bool. Bins of equal width
    over (0, 1]. Source: Guo et al. 2017, arXiv 1706.04599, equation 5.
    """
    if confidence.shape != correct.shape or not len(correct):
        raise UsageError(
            f"{confidence.shape} confidences do not belong to {correct.shape} answers",
            "Give each image's probability of its predicted class, shape (N,)",
        )
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise UsageError("a confidence is not between 0 and 1", "Give probabilities, not logits")
    bin_of = np.clip(np.ceil(confidence * bins).astype(int) - 1, 0, bins - 1)
    gap = np.bincount(bin_of, weights=correct - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(correct))
