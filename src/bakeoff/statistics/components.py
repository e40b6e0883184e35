"""Two sources of chance at once: which seeds were drawn, and which test images."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics.arrays import Estimate, check_level
from bakeoff.statistics.means import check_welch_sizes, t_estimate


@dataclass(frozen=True, slots=True)
class ImageParts:
    """One arm's share of the interval. per_image: (N,) mean over runs; variance_of_runs: s² of the
    runs' means; residual: mean square of the seed-by-image residuals."""

    runs: int
    per_image: NDArray[np.float64]
    variance_of_runs: float
    residual: float


def image_parts(runs: NDArray[np.generic]) -> ImageParts:
    """Split one arm's results, shape (n, N), n and N >= 2, into what seeds and images explain."""
    if runs.ndim != 2 or runs.shape[1] < 2:
        raise UsageError(
            f"seeds and images need an array (runs, images), not {runs.shape}",
            "Give a row per run and a column per test image, two images at least",
        )
    n, images = runs.shape
    if n < 2:
        raise TooFewSeeds("seeds and images need two runs of each arm", "Run at least 2 seeds")
    x = runs.astype(np.float64)
    # Centring first keeps the sums of squares below free of cancellation.
    x -= x.mean()
    by_run, by_image = x.mean(axis=1), x.mean(axis=0)
    left = float(np.einsum("ij,ij->", x, x)) - images * by_run @ by_run - n * by_image @ by_image
    return ImageParts(
        runs=n,
        per_image=runs.mean(axis=0, dtype=np.float64),
        variance_of_runs=float(by_run.var(ddof=1)),
        residual=max(0.0, float(left)) / ((n - 1) * (images - 1)),
    )


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
    return seeds_and_images_from(image_parts(a), image_parts(b), level)


def seeds_and_images_from(a: ImageParts, b: ImageParts, level: float = 0.95) -> Estimate:
    """`seeds_and_images` from each arm's parts, which serve every pair the arm is in."""
    check_level(level)
    images = len(a.per_image)
    if len(b.per_image) != images:
        raise UsageError(
            f"{images} and {len(b.per_image)} images cannot be compared one by one",
            "Give both arms' results for the same test images, in the same order",
        )
    check_welch_sizes(a.runs, b.runs)
    per_image = a.per_image - b.per_image
    image_part = float(per_image.var(ddof=1)) - a.residual / a.runs - b.residual / b.runs
    parts = np.array(
        [a.variance_of_runs / a.runs, b.variance_of_runs / b.runs, max(0.0, image_part) / images]
    )
    freedoms = np.array([a.runs - 1, b.runs - 1, images - 1])
    variance = float(parts.sum())
    df = float(freedoms.min())
    if variance > 0:
        df = 1 / float(np.sum((parts / variance) ** 2 / freedoms))
    return t_estimate(float(per_image.mean()), math.sqrt(variance), df, level)
