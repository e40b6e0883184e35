"""Where curves cross: by planted crossings, by scipy's Welch inverted place by place, by hand."""

import math

import numpy as np
import pytest
from scipy import stats

from bakeoff.errors import UsageError
from bakeoff.statistics import Interval, crossings, power_law, welch

BUDGETS = np.array([20_000, 60_000, 300_000])
TRUE = np.array([1.5, 0.4, -1.2])
"""a − b in points, linear in log images between: it is 0 at PLANTED."""
PLANTED = math.exp(math.log(60_000) + math.log(5) * 0.4 / 1.6)


def drawn(generator, seeds, shared):
    """Runs of both arms at every budget; a share of the noise is the seed's at all of them."""
    noise = generator.normal(0, 0.4, (2, 3, seeds))
    own = generator.normal(0, 0.4, (2, 1, seeds))
    noise = math.sqrt(1 - shared) * noise + math.sqrt(shared) * own
    return noise[0] + TRUE[:, None], noise[1]


def judged(a, b):
    found = [welch(x, y) for x, y in zip(a, b, strict=True)]
    winners = [int(np.sign(one.value)) if one.p < 0.05 / 3 else 0 for one in found]
    return [one.value for one in found], [one.interval for one in found], winners


@pytest.mark.parametrize("shared", [0.0, 0.8])
def test_the_interval_holds_a_planted_crossing_in_at_least_95_percent(shared):
    generator = np.random.default_rng(7)
    told, held = 0, 0
    for _ in range(600):
        for one in crossings(BUDGETS, *judged(*drawn(generator, 5, shared))):
            told += 1
            held += one.interval.contains(PLANTED)
    assert told > 400
    assert held / told >= 0.95


def test_arms_that_never_cross_are_said_to_cross_no_more_often_than_the_verdicts_err():
    generator = np.random.default_rng(3)
    false = 0
    for _ in range(600):
        a, b = generator.normal(0, 0.4, (2, 3, 4))
        false += bool(crossings(BUDGETS, *judged(a, b)))
    assert false / 600 <= 0.01


def test_the_interval_is_every_place_that_the_band_between_the_intervals_does_not_exclude():
    a, b = drawn(np.random.default_rng(1), 5, 0.0)
    differences, intervals, winners = judged(a, b)
    assert winners == [1, 0, -1]
    [found] = crossings(BUDGETS, differences, intervals, winners)
    tests = [stats.ttest_ind(x, y, equal_var=False) for x, y in zip(a, b, strict=True)]
    ends = np.array([test.confidence_interval(0.95) for test in tests])
    at = np.linspace(math.log(20_000), math.log(300_000), 200_001)
    low, high = (np.interp(at, np.log(BUDGETS), ends[:, of]) for of in (0, 1))
    kept = np.exp(at[(low <= 0) & (high >= 0)])
    assert found.interval == pytest.approx((kept.min(), kept.max()), rel=1e-4)
    middle = np.interp(at, np.log(BUDGETS), a.mean(axis=1) - b.mean(axis=1))
    assert found.at == pytest.approx(math.exp(at[np.argmin(np.abs(middle))]), rel=1e-4)
    assert (found.after, found.before) == (0, 2)


def test_nothing_crosses_without_verdicts_that_go_opposite_ways():
    alike = [Interval(-1, 1)] * 3
    assert crossings(BUDGETS, TRUE, alike, [1, 0, 0]) == ()
    assert crossings(BUDGETS, TRUE, alike, [0, 0, 0]) == ()
    assert len(crossings(BUDGETS, [1, -1, 1], alike, [1, -1, 1])) == 2


def test_budgets_that_do_not_rise_are_refused():
    with pytest.raises(UsageError, match="rising budgets"):
        crossings([2, 1], [1.0, -1.0], [Interval(0, 1)] * 2, [1, -1])


def test_the_power_law_is_a_line_in_logarithms():
    images = np.array([1e4, 1e5, 1e6, 1e7])
    errors = 30 * images**-0.25 * np.array([1.02, 0.99, 1.01, 0.98])
    law = power_law(images, errors)
    line = stats.linregress(np.log(images), np.log(errors))
    assert (law.slope, law.log_scale) == pytest.approx((line.slope, line.intercept))
    assert law.at(1e8) == pytest.approx(math.exp(line.intercept + line.slope * math.log(1e8)))


def test_two_laws_meet_where_they_foretell_one_error():
    steep, flat = power_law([1e4, 1e6], [40.0, 4.0]), power_law([1e4, 1e6], [20.0, 10.0])
    where = steep.meets(flat)
    assert steep.at(where) == pytest.approx(flat.at(where))
    assert steep.meets(steep) is None


@pytest.mark.parametrize("errors", [[1.0, 0.0], [1.0]])
def test_no_law_is_fitted_to_errors_that_have_none(errors):
    with pytest.raises(UsageError):
        power_law([1e4, 1e5][: len(errors)], errors)
