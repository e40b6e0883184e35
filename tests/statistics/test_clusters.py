"""Images that belong together: the test by cluster against counting every sign, and simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.contingency_tables import mcnemar

from bakeoff.errors import UsageError
from bakeoff.statistics import (
    ClusterSums,
    cluster_bootstrap_interval,
    cluster_interval,
    cluster_sums,
    clustered_mcnemar,
)


def test_with_one_image_a_cluster_it_is_mcnemars_exact_test() -> None:
    for b, c in ((0, 1), (3, 9), (40, 22), (7, 7)):
        difference = np.array([1] * b + [-1] * c + [0] * 5)
        theirs = mcnemar([[0, b], [c, 0]], exact=True).pvalue
        assert clustered_mcnemar(difference) == pytest.approx(min(1, theirs), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_p_is_the_share_of_all_signs_that_are_as_extreme(seed: int) -> None:
    d = np.random.default_rng(seed).integers(-6, 8, size=11)
    sums = [abs(np.dot(signs, d)) for signs in itertools.product((1, -1), repeat=len(d))]
    expected = np.mean(np.array(sums) >= abs(d.sum()))
    assert clustered_mcnemar(d) == pytest.approx(expected, abs=1e-12)


def test_sums_are_those_of_each_group_whatever_its_label() -> None:
    a = np.array([1, 1, 0, 0, 1, 1], dtype=bool)
    b = np.array([0, 0, 1, 0, 1, 0], dtype=bool)
    sums = cluster_sums(a, b, np.array(["x", "x", "y", "y", "z", "x"]))
    assert sums.difference.tolist() == [3, -1, 0]
    assert sums.images.tolist() == [3, 2, 1]


def clustered_world(g: np.random.Generator, clusters: int, size: int) -> ClusterSums:
    """Equal models; in each cluster one of them is right more often, by luck of the cluster."""
    taste = g.standard_normal((clusters, 1)) * 1.5
    a = g.random((clusters, size)) < 1 / (1 + np.exp(-1 - taste))
    b = g.random((clusters, size)) < 1 / (1 + np.exp(-1 + taste))
    groups = np.repeat(np.arange(clusters), size)
    return cluster_sums(a.ravel(), b.ravel(), groups)


def test_equal_models_on_clustered_images_are_told_apart_in_five_of_a_hundred_at_most() -> None:
    g = np.random.default_rng(7)
    worlds = [clustered_world(g, 60, 20) for _ in range(1000)]
    by_cluster = np.mean([clustered_mcnemar(w.difference) < 0.05 for w in worlds])
    # Three standard errors of 1,000 experiments.
    assert by_cluster <= 0.05 + 0.021
    held = np.mean([cluster_interval(w).contains(0) for w in worlds])
    assert 0.93 <= held <= 0.97
    resampled = [cluster_bootstrap_interval(w, g, draws=400).contains(0) for w in worlds[:400]]
    assert np.mean(resampled) >= 0.92


def test_interval_is_scipys_t_interval_where_clusters_are_of_equal_size() -> None:
    g = np.random.default_rng(3)
    d = g.integers(-3, 5, size=25)
    shares = d / 4
    theirs = stats.t.interval(0.9, 24, shares.mean(), stats.sem(shares))
    assert cluster_interval(ClusterSums(d, np.full(25, 4)), 0.9) == pytest.approx(theirs)


def test_too_few_clusters_have_no_interval_but_a_test() -> None:
    few = ClusterSums(np.array([3, 2, 1, -1]), np.array([9, 9, 9, 9]))
    with pytest.raises(UsageError, match="only 4 clusters"):
        cluster_interval(few)
    with pytest.raises(UsageError, match="only 4 clusters"):
        cluster_bootstrap_interval(few, np.random.default_rng(0))
    assert 0 < clustered_mcnemar(few.difference) < 1
