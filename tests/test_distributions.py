"""The tails that the audit computes itself are scipy's."""

import math

import numpy as np
import pytest
from scipy import special

from bakeoff import distributions as own


@pytest.mark.parametrize("degrees", [1, 1.3, 2, 3.7, 5, 12, 29.5, 100, 1e3, 1e5, 2e5])
@pytest.mark.parametrize("t", [0.0, 0.01, 0.5, 1, 1.96, 2.7, 4, 8, 30, 300])
def test_the_tail_of_t_is_scipys(degrees, t):
    wanted = special.stdtr(degrees, -t)
    assert own.t_tail(degrees, t) == pytest.approx(wanted, rel=1e-9, abs=1e-290)
    assert own.t_tail(degrees, -t) == own.t_tail(degrees, t)


@pytest.mark.parametrize("degrees", [1, 2, 3, 4, 9, 29, 99, 999, 99_999])
@pytest.mark.parametrize("probability", [0.5, 0.75, 0.9, 0.95, 0.975, 0.995, 0.9995, 0.025])
def test_the_quantile_of_t_is_scipys(degrees, probability):
    wanted = special.stdtrit(degrees, probability)
    assert own.t_quantile(degrees, probability) == pytest.approx(wanted, rel=1e-9, abs=1e-12)


def test_the_tail_of_the_binomial_is_scipys():
    rng = np.random.default_rng(3)
    trials = np.concatenate([np.arange(1, 40), 10 ** rng.uniform(1, 5, 150)]).astype(int)
    for n in trials.tolist():
        for k in {0, n // 4, n // 2, max(0, n // 2 - 3), n - 1, n}:
            wanted = float(special.bdtr(k, n, 0.5))
            assert own.binomial_tail(k, n) == pytest.approx(wanted, rel=1e-9, abs=1e-290)


def test_the_mass_of_the_binomial_is_scipys():
    for k, n in ((0, 1), (3, 9), (50, 100), (4_900, 10_000)):
        wanted = special.gammaln(n + 1) - special.gammaln(k + 1) - special.gammaln(n - k + 1)
        assert own.binomial_log_mass(k, n) == pytest.approx(wanted - n * math.log(2))


def test_what_is_no_number_stays_none_and_the_ends_are_exact():
    assert math.isnan(own.t_tail(math.nan, 1))
    assert own.t_tail(3, math.inf) == 0
    assert own.t_tail(math.inf, 1.0) == pytest.approx(special.ndtr(-1.0))
    assert own.binomial_tail(5, 5) == 1
    assert own.binomial_tail(-1, 5) == 0
    assert own.t_quantile(4, 1.0) == math.inf
