"""Whether a model is as sure as it is right."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import UsageError

BINS = 15
_ON_AN_EDGE = 5
"""Decimals of confidence × bins. Single precision stores 0.2 as 0.2000000030, and a probability
that was 0.2 in a table must fall into the same bin after it was stored so."""


def expected_calibration_error(
    confidence: NDArray[np.float64], correct: NDArray[np.bool_], bins: int = BINS
) -> float:
    """Σ over bins of (images in the bin / N)·|accuracy − mean confidence|, 0 to 1.

    confidence: (N,) probability of the predicted class; correct: (N,) bool. Bins of equal width,
    bin m from just above (m−1)/M to m/M itself: an edge belongs to the bin below it, and 0 to the
    first. Source: Guo et al. 2017, arXiv 1706.04599, section 2.
    """
    if confidence.shape != correct.shape or not len(correct):
        raise UsageError(
            f"{confidence.shape} confidences do not belong to {correct.shape} answers",
            "Give each image's probability of its predicted class, shape (N,)",
        )
    if not ((confidence >= 0) & (confidence <= 1 + 1e-6)).all():
        raise UsageError("a confidence is not between 0 and 1", "Give probabilities, not logits")
    edges_below = np.ceil(np.round(confidence * bins, _ON_AN_EDGE)).astype(int) - 1
    bin_of = np.clip(edges_below, 0, bins - 1)
    gap = np.bincount(bin_of, weights=correct - confidence, minlength=bins)
    return float(np.abs(gap).sum() / len(correct))
