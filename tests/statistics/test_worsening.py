"""Worse than before: scipy's one-sided Welch test, and the error rate over repeated checks."""

import numpy as np
import pytest
from scipy import stats

from bakeoff.errors import UsageError
from bakeoff.statistics import spent, welch, worse_p


@pytest.mark.parametrize("margin", [0.0, 0.3])
def test_p_is_scipys_one_sided_welch_shifted_by_the_margin(margin):
    generator = np.random.default_rng(0)
    new, old = generator.normal(98.0, 0.3, 5), generator.normal(98.6, 0.2, 4)
    expected = stats.ttest_ind(old - margin, new, equal_var=False, alternative="greater").pvalue
    assert worse_p(welch(new, old), margin) == pytest.approx(expected)


def test_all_checks_together_spend_alpha_and_no_more():
    assert sum(spent(k, 0.05) for k in range(1, 100_000)) == pytest.approx(0.05, rel=1e-4)
    with pytest.raises(UsageError, match="first check is 1"):
        spent(0, 0.05)


def test_twenty_pushes_that_change_nothing_fail_in_at_most_five_percent():
    """The worst null: a worsening of exactly the margin, one main branch for all checks."""
    generator = np.random.default_rng(1)
    trials, checks, seeds = 20_000, 20, 5
    old = generator.normal(0, 1, (trials, 1, seeds))
    new = generator.normal(-0.5, 1, (trials, checks, seeds))
    p = stats.ttest_ind(old - 0.5, new, axis=2, equal_var=False, alternative="greater").pvalue
    shares = np.array([spent(k, 0.05) for k in range(1, checks + 1)])
    failed = (p < shares).any(axis=1).mean()
    uncorrected = (p < 0.05).any(axis=1).mean()
    assert failed <= 0.05
    assert uncorrected > 0.2
    assert worse_p(welch(new[0, 0], old[0, 0]), 0.5) == pytest.approx(p[0, 0])


def test_without_spread_or_with_a_negative_margin_there_is_no_test():
    with pytest.raises(UsageError, match="no spread"):
        worse_p(welch([1.0, 1.0], [2.0, 2.0]), 0.0)
    with pytest.raises(UsageError, match="negative"):
        worse_p(welch([1.0, 1.1], [2.0, 2.1]), -1.0)
