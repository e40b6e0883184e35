"""Images right and wrong: one model, and two models on the same images."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Interval, check_level

FEWEST_DISCORDANT = 10


def wilson_interval(correct: int, images: int, level: float = 0.95) -> Interval:
    """Wilson's score interval for the share of images that a model gets right, 0 to 1.

    (p + z²/2n ± z·√(p(1−p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson 1927; the same numbers as
    scipy.stats.binomtest(correct, images).proportion_ci(level, method="wilson").
    """
    check_level(level)
    if not 0 <= correct <= images or images < 1:
        raise UsageError(
            f"{correct} correct of {images} images cannot be",
            "Give counts: at least one image, and no more right than there are",
        )
    z2 = float(special.ndtri((1 + level) / 2)) ** 2
    p = correct / images
    centre = p + z2 / (2 * images)
    half = (z2 * p * (1 - p) / images + (z2 / (2 * images)) ** 2) ** 0.5
    scale = 1 + z2 / images
    low = 0.0 if correct == 0 else (centre - half) / scale
    high = 1.0 if correct == images else (centre + half) / scale
    return Interval(low, high)


def discordant(correct_a: NDArray[np.bool_], correct_b: NDArray[np.bool_]) -> tuple[int, int]:
    """(b, c): images that only A gets right, images that only B gets right. Shapes (N,)."""
    return int(np.count_nonzero(correct_a > correct_b)), int(
        np.count_nonzero(correct_b > correct_a)
    )


def mcnemar_exact(b: int, c: int) -> float:
    """Two-sided exact p that two models err equally often on the same images.

    b, c: images that only the one, only the other gets right; given b + c, b is binomial with
    probability 1/2. p = min(1, 2·P(X <= min(b, c))). Source: McNemar 1947, exact form; the same
    numbers as statsmodels mcnemar(exact=True).
    """
    if b < 0 or c < 0:
        raise UsageError(
            f"counts of images cannot be negative: {b}, {c}",
            "Give how many images only the one and only the other model gets right",
        )
    if b == c:
        return 1.0
    return min(1.0, float(2 * special.bdtr(min(b, c), b + c, 0.5)))


def paired_bootstrap_interval(b: int, c: int, images: int, level: float = 0.95) -> Interval:
    """Percentile interval of accuracy(A) − accuracy(B), −1 to 1, resampling test images in pairs.

    b, c: images that only A, only B gets right, of `images`. A resampled image counts +1 with
    probability b/N, −1 with c/N, else 0, so the sum over a resample of N images has the
    characteristic function (1 − (b+c)/N + (b·e^(iθ) + c·e^(−iθ))/N)^N: its quantiles are those of
    *all* resamples (the ideal bootstrap), no generator and no luck involved. Speaks of these two
    models only. Raises UsageError where b + c < 10: below, the interval covers as little as 73 %
    (docs/calibration.md). Source: Efron & Tibshirani 1993, chapters 6.2 and 13.
    """
    check_level(level)
    if b < 0 or c < 0 or images < max(b + c, 1):
        raise UsageError(
            f"{b} + {c} discordant of {images} images cannot be",
            "Give counts that are not negative and no more than the images there are",
        )
    if b + c < FEWEST_DISCORDANT:
        raise UsageError(
            f"only {b + c} images tell the two models apart: too few for an interval",
            "McNemar's test is exact even so",
        )
    # Room for ten standard deviations on either side; what would wrap around is below 1e-20.
    half = 2 ** math.ceil(math.log2(10 * math.sqrt(b + c) + 2))
    # The chances are real, so the function at −θ is the conjugate of that at θ: half of it will do.
    turn = np.exp(1j * np.pi * np.arange(half + 1) / half)
    centre = b - c
    shape = 1 - (b + c) / images + (b * turn + c * turn.conj()) / images
    chances = np.fft.irfft((shape**images * turn**-centre).conj(), 2 * half)
    cumulative = np.cumsum(np.fft.fftshift(chances))
    low, high = np.searchsorted(cumulative, [(1 - level) / 2, (1 + level) / 2]) - half + centre
    return Interval(float(low) / images, float(high) / images)
