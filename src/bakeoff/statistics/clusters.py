"""Two models on test images that belong together: patients, frames of one video, near-duplicates.

Images of one cluster are right or wrong together, so McNemar's count of images takes a few clusters
for many. Here the cluster is what is drawn.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Estimate, Interval, check_level
from bakeoff.statistics.means import t_estimate

FEWEST_CLUSTERS = 10
"""Clusters that tell two models apart; below, the bootstrap interval is not given."""


class ClusterSums(NamedTuple):
    """By cluster, shape (K,): difference: images that only A gets right minus those that only B
    does; images: how many the cluster has."""

    difference: NDArray[np.int64]
    images: NDArray[np.int64]


def cluster_sums(
    correct_a: NDArray[np.bool_], correct_b: NDArray[np.bool_], groups: NDArray[np.generic]
) -> ClusterSums:
    """Sums over the images of each cluster. All of shape (N,); groups: any labels."""
    if not correct_a.shape == correct_b.shape == groups.shape or correct_a.ndim != 1:
        raise UsageError(
            f"{correct_a.shape}, {correct_b.shape} answers and {groups.shape} groups differ",
            "Give both models' answers and a group for the same images, shape (N,)",
        )
    if not len(groups):
        raise UsageError("there are no images", "Give at least one test image")
    _, cluster = np.unique(groups, return_inverse=True)
    signed = correct_a.astype(np.float64) - correct_b.astype(np.float64)
    return ClusterSums(
        np.rint(np.bincount(cluster, weights=signed)).astype(np.int64),
        np.bincount(cluster).astype(np.int64),
    )


def clustered_mcnemar(difference: NDArray[np.int64]) -> float:
    """Two-sided exact p that two models err equally often, clusters being drawn as a whole.

    difference: (K,) as in `ClusterSums`. Were the models alike, each cluster's difference d_k would
    be as likely −d_k: p = P(|Σ ±d_k| >= |Σ d_k|) over all 2^K signs. With one image a cluster this
    is McNemar's exact test. The sum's characteristic function is Π cos(θ·d_k), so all signs are
    counted by one Fourier transform. Source: Fisher 1935, section 21 (the sign-flip test); the
    cluster sums are Obuchowski's (1998).
    """
    sizes, counts = np.unique(np.abs(difference[difference != 0]), return_counts=True)
    observed, most = abs(int(difference.sum())), int((sizes * counts).sum())
    if observed == 0:
        return 1.0
    # The sum lies on −most … most in steps of two; shifted by `most` and halved it is 0 … most.
    theta = 2 * np.pi * np.arange(most + 1) / (most + 1)
    shape = np.ones(most + 1, dtype=np.complex128)
    for size, count in zip(sizes.tolist(), counts.tolist(), strict=True):
        # 1/2 + e^(iθd)/2 for each cluster: its difference adds 0 or d.
        shape *= ((1 + np.exp(1j * size * theta)) / 2) ** count
    chances = np.fft.fft(shape).real / (most + 1)
    at = (most + observed + 1) // 2
    return float(min(1.0, max(0.0, 2 * chances[at:].sum())))


def cluster_interval(sums: ClusterSums, level: float = 0.95) -> Interval:
    """Interval of accuracy(A) − accuracy(B), −1 to 1, for new clusters of the same kind.

    d ± t(K−1)·√(K/(K−1)·Σ(d_k − d·n_k)²)/N with d = Σd_k/N: the ratio estimate and its linearised
    variance. Raises UsageError where fewer than 10 clusters tell the models apart. Source: Cochran
    1977, section 6.3; Obuchowski 1998.
    """
    check_level(level)
    _enough(sums)
    clusters, images = len(sums.images), int(sums.images.sum())
    value = float(sums.difference.sum()) / images
    left = sums.difference - value * sums.images
    spread = math.sqrt(clusters / (clusters - 1) * float(left @ left)) / images
    half = float(special.stdtrit(clusters - 1, (1 + level) / 2)) * spread
    return Interval(value - half, value + half)


def cluster_bootstrap_interval(
    sums: ClusterSums, generator: np.random.Generator, level: float = 0.95, draws: int = 4_000
) -> Interval:
    """Interval of accuracy(A) − accuracy(B), −1 to 1, resampling whole clusters.

    Percentiles of Σd*/Σn* over `draws` resamples of K clusters, taken at the levels that make them
    as wide as t(K−1)·√(K/(K−1)) instead of z: a plain percentile interval is too short by that
    factor. Raises UsageError where fewer than 10 clusters tell the models apart. Source: Davison &
    Hinkley 1997, section 3.8; Hesterberg 2015, section 5.3 (the expanded percentile interval).
    """
    check_level(level)
    _enough(sums)
    clusters = len(sums.images)
    factor = math.sqrt(clusters / (clusters - 1))
    tail = float(special.ndtr(factor * special.stdtrit(clusters - 1, (1 - level) / 2)))
    found = np.empty(draws)
    block = max(1, 2_000_000 // clusters)
    for begin in range(0, draws, block):
        chosen = generator.integers(clusters, size=(min(block, draws - begin), clusters))
        difference = sums.difference[chosen].sum(axis=1)
        found[begin : begin + len(chosen)] = difference / sums.images[chosen].sum(axis=1)
    low, high = np.quantile(found, [tail, 1 - tail])
    return Interval(float(low), float(high))


def cluster_t(
    differences: NDArray[np.float64], groups: NDArray[np.generic], level: float = 0.95
) -> Estimate:
    """Mean of `differences`, and its t test and interval where whole clusters are drawn.

    differences: (N,) of A − B per image, as of losses; groups: (N,) any labels. The ratio estimate
    of `cluster_interval`, t with K − 1 degrees of freedom. Raises UsageError below 10 clusters.
    Source: Cochran 1977, section 6.3; with one image a cluster it is the paired t test.
    """
    check_level(level)
    _, cluster = np.unique(groups, return_inverse=True)
    sums = np.bincount(cluster, weights=differences)
    images = np.bincount(cluster)
    clusters = len(images)
    if clusters < FEWEST_CLUSTERS:
        raise UsageError(
            f"{clusters} clusters of images are too few for an interval",
            f"Test on {FEWEST_CLUSTERS} clusters or more",
        )
    value = float(sums.sum()) / len(differences)
    left = sums - value * images
    error = math.sqrt(clusters / (clusters - 1) * float(left @ left)) / len(differences)
    return t_estimate(value, error, clusters - 1, level)


def _enough(sums: ClusterSums) -> None:
    telling = int(np.count_nonzero(sums.difference))
    if telling < FEWEST_CLUSTERS:
        raise UsageError(
            f"only {telling} clusters tell the two models apart: too few for an interval",
            "The test by cluster is exact even so",
        )
