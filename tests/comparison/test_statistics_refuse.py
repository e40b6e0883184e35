"""Where a statistic does not exist or does not have its nominal coverage, it is not given."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from bakeoff import statistics as s
from bakeoff.errors import TooFewSeeds, UsageError

ONE, TWO, THREE, TEN = (np.arange(float(n)) for n in (1, 2, 3, 10))


@pytest.mark.parametrize(
    "statistic",
    [
        lambda: s.mean_interval(ONE),
        lambda: s.welch(ONE, TWO),
        lambda: s.welch(TWO, THREE),
        lambda: s.welch(TEN, TWO),
        lambda: s.paired_t(ONE, ONE),
        lambda: s.prediction_interval(ONE),
        lambda: s.p_superiority_interval(ONE, THREE),
        lambda: s.hedges_g(ONE, THREE),
        lambda: s.permutation_p(THREE, THREE),
        lambda: s.permutation_p(THREE, TEN),
        lambda: s.seeds_and_images(np.zeros((1, 9)), np.zeros((3, 9))),
        lambda: s.seeds_and_images(np.zeros((2, 9)), np.zeros((3, 9))),
        lambda: s.welch_power(1, 1, 1, 1, 1),
        lambda: s.detectable_difference(1, 2, 1, 9),
    ],
)
def test_too_few_seeds_are_refused(statistic: Callable[[], object]) -> None:
    with pytest.raises(TooFewSeeds):
        statistic()


@pytest.mark.parametrize(
    "statistic",
    [
        lambda: s.welch([1.0, np.nan], [1.0, 2.0]),
        lambda: s.mean_interval([1.0, np.inf, 2.0]),
        lambda: s.mean_interval(np.zeros((2, 2))),
        lambda: s.mean_interval([1.0, 1e300, 2.0]),
        lambda: s.welch([1.0, 1e160], [1.0, 2.0]),
        lambda: s.permutation_p([1.0, 1e300, 2.0, 3.0], [1.0, 2.0, 3.0, 4.0]),
        lambda: s.welch(TWO, TWO, level=95),
        lambda: s.paired_t(THREE, TWO),
        lambda: s.p_superiority([np.nan], [1.0]),
        lambda: s.permutation_p(np.arange(20.0), np.arange(20.0)),
        lambda: s.tost(s.welch(TWO, THREE[:2]), margin=0),
        lambda: s.wilson_interval(11, 10),
        lambda: s.mcnemar_exact(-1, 3),
        lambda: s.paired_bootstrap_interval(20, 30, 40),
        lambda: s.paired_bootstrap_interval(4, 5, 1000),
        lambda: s.seeds_and_images(np.zeros((3, 9)), np.zeros((3, 8))),
        lambda: s.seeds_needed(0.0, 1, 1),
        lambda: s.seeds_needed(1e-6, 1, 1),
        lambda: s.seeds_needed(1, 0, 0),
        lambda: s.welch_power(1, 1, 3, 1, 3, alpha=2),
        lambda: s.images_needed(0.2, 0.1),
    ],
)
def test_what_cannot_be_is_refused_in_one_line(statistic: Callable[[], object]) -> None:
    with pytest.raises(UsageError) as refused:
        statistic()
    assert "\n" not in str(refused.value)


def test_without_any_spread_nothing_is_infinite() -> None:
    same = s.welch([1.0, 1.0], [1.0, 1.0])
    assert (same.value, same.p, same.interval) == (0.0, 1.0, (0.0, 0.0))
    apart = s.welch([2.0, 2.0], [1.0, 1.0])
    assert apart.p == 0.0
    assert s.hedges_g([1.0, 1.0], [1.0, 1.0]) == 0.0
    assert s.tost(same, 0.1) == 0.0
    assert s.detectable_difference(0, 3, 0, 3) == 0.0
