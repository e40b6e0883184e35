"""Two sources of chance at once: which seeds were drawn, and which test images."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.statistics.arrays import Estimate, check_level
from bakeoff.comparison.statistics.means import check_welch_sizes, t_estimate
from bakeoff.errors import UsageError


def seeds_and_images(
    a: NDArray[np.generic], b: NDArray[np.generic], level: float = 0.95
) -> Estimate:
    """Mean of A − mean of B for new seeds *and* new test images of the same kind.

    a, b: shapes (n_a, N), (n_b, N): per run and image 0/1 for right (or a loss), the same images in
    the same order. Sizes of n as in `check_welch_sizes`, else TooFewSeeds; N >= 2.

    V = s_a²/n_a + s_b²/n_b + max(0, S²/N − r_a/(n_a·N) − r_b/(n_b·N)), where s² is the variance of
    the runs' means, S² the variance over images of the difference of per-image means, and r the
    seed-by-image residual mean square, which both other parts contain and which is therefore
    taken off once. Degrees of freedom V² / Σ V_k²/f_k with f = n_a−1, n_b−1, N−1 (Satterthwaite
    1946). Source of the components: the crossed random-effects analysis of variance (Searle,
    Casella & McCulloch 1992, chapter 4).
    """
    check_level(level)
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    if x.ndim != 2 or y.ndim != 2 or x.shape[1] != y.shape[1] or x.shape[1] < 2:
        raise UsageError(
            f"seeds and images need arrays (runs, images) of the same images, not {x.shape}"
            f" and {y.shape}"
        )
    images = x.shape[1]
    check_welch_sizes(len(x), len(y))
    per_image = x.mean(axis=0) - y.mean(axis=0)
    image_part = float(per_image.var(ddof=1)) / images
    parts: list[float] = []
    freedoms: list[int] = []
    for runs in (x, y):
        parts.append(float(runs.mean(axis=1).var(ddof=1)) / len(runs))
        freedoms.append(len(runs) - 1)
        image_part -= _residual_mean_square(runs) / (len(runs) * images)
    parts.append(max(0.0, image_part))
    freedoms.append(images - 1)
    variance = sum(parts)
    df = float(min(freedoms))
    if variance > 0:
        df = 1 / float(np.sum((np.array(parts) / variance) ** 2 / np.array(freedoms)))
    return t_estimate(float(per_image.mean()), math.sqrt(variance), df, level)


def _residual_mean_square(runs: NDArray[np.float64]) -> float:
    n, images = runs.shape
    residual = (
        runs - runs.mean(axis=1, keepdims=True) - runs.mean(axis=0, keepdims=True) + runs.mean()
    )
    return float(np.square(residual).sum() / ((n - 1) * (images - 1)))
