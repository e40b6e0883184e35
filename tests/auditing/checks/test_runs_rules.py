"""Rules 10 to 13: means, spreads, extremes and intervals over runs, against simulated runs."""

import math

import numpy as np
import pytest
from scipy import stats

from bakeoff.auditing.checks.spread import farthest, greatest_sd, sd_of_range, student_t
from bakeoff.auditing.intervals import Interval


def arm(said, best=None, worst=None, runs=3, kind="unknown", mean="95.2", spread="0.3", **rest):
    from decimal import Decimal

    from bakeoff.auditing.claims import Number

    half = Decimal(5).scaleb(Decimal(spread).as_tuple().exponent - 1)
    about = {"dataset": "cifar-10", "split": "test"} | rest
    claims = [said("accuracy", mean, runs=runs, spread_kind=kind,
                   spread=Number(spread, Decimal(spread), half, "points"), **about)]  # fmt: skip
    for statistic, text in (("best", best), ("worst", worst)):
        if text is not None:
            claims.append(said("accuracy", text, statistic=statistic, **about))
    return claims


def test_bounds_hold_for_simulated_runs():
    rng = np.random.default_rng(0)
    for _ in range(4000):
        n = int(rng.integers(2, 12))
        x = rng.beta(rng.uniform(0.05, 5), rng.uniform(0.05, 5), n)
        s, reach = x.std(ddof=1), np.ptp(x)
        assert s <= greatest_sd(Interval(x.mean(), x.mean()), n) + 1e-12
        bounds = sd_of_range(reach, n)
        assert bounds.low - 1e-12 <= s <= bounds.high + 1e-12
        assert np.abs(x - x.mean()).max() <= farthest(s, n) + 1e-12


def test_the_figures_of_the_facts():
    bounds = sd_of_range(1.0, 3)
    assert (bounds.low, bounds.high) == (pytest.approx(0.5), pytest.approx(0.577, abs=5e-4))
    assert farthest(0.35, 3) == pytest.approx(0.404, abs=5e-4)
    assert farthest(0.35 * math.sqrt(3), 3) == pytest.approx(0.70, abs=5e-3)
    assert student_t(4) * 0.30 / math.sqrt(5) == pytest.approx(0.372, abs=5e-4)
    assert student_t(4) == pytest.approx(stats.t.ppf(0.975, 4))


def test_a_best_run_too_far_from_the_mean_is_ambiguous_and_says_which_reading(judge, said):
    (found,) = judge("samuelson", *arm(said, best="95.9"))
    assert found.verdict == "ambiguous"
    assert "0.404" in found.arithmetic
    assert "0.7" in found.arithmetic
    assert "standard error" in found.message


def test_it_is_inconsistent_where_the_document_says_sd(verdicts, said):
    assert verdicts("samuelson", *arm(said, best="95.9", kind="sd")) == ["inconsistent"]
    assert verdicts("samuelson", *arm(said, best="95.5", kind="sd")) == []


def test_a_spread_must_fit_the_range(verdicts, said):
    good = arm(said, best="95.0", worst="94.0", mean="94.5", spread="0.53", kind="sd")
    bad = arm(said, best="95.0", worst="94.0", mean="94.5", spread="0.30", kind="sd")
    assert verdicts("sd-range", *good) == []
    assert verdicts("sd-range", *bad) == ["inconsistent"]


def test_a_spread_cannot_exceed_what_the_mean_leaves(verdicts, said):
    assert verdicts("sd-bound", *arm(said, mean="99.9", spread="5.0", kind="sd")) == ["impossible"]
    assert verdicts("sd-bound", *arm(said, mean="99.9", spread="5.0")) == ["ambiguous"]
    assert verdicts("sd-bound", *arm(said)) == []


def test_listed_runs_give_their_mean_and_spread(verdicts, said):
    about = {"dataset": "cifar-10", "split": "test"}
    runs = [
        said("accuracy", t, run=str(i), **about) for i, t in enumerate(("95.1", "95.3", "95.6"))
    ]
    assert verdicts("run-mean", *runs, *arm(said, mean="95.33", spread="0.25")) == []
    assert verdicts("run-mean", *runs, *arm(said, mean="95.6", spread="0.25")) == ["inconsistent"]
    assert verdicts("run-mean", *runs, *arm(said, mean="95.33", spread="0.9")) == ["inconsistent"]


def test_an_interval_that_used_z_is_asked_about(judge, said, printed):
    def ends(low, high):
        return arm(said, runs=5, spread="0.30", kind="sd", mean="95.20")[0].__class__(
            **{
                **{f: getattr(arm(said, runs=5, spread="0.30", kind="sd", mean="95.20")[0], f)
                   for f in arm(said)[0].__dataclass_fields__},
                "interval": (printed(low), printed(high)),
                "level": "0.95",
            }
        )  # fmt: skip

    (found,) = judge("interval-width", ends("94.94", "95.46"))
    assert found.verdict == "ambiguous"
    assert "z = 1.96" in found.message
    assert "0.372" in found.message
    assert judge("interval-width", ends("94.83", "95.57")) == []
    assert [f.verdict for f in judge("interval-width", ends("94.00", "96.40"))] == ["inconsistent"]


def test_one_run_has_no_standard_deviation(verdicts, said):
    assert verdicts("single-run-spread", *arm(said, runs=1, spread="0.10")) == ["ambiguous"]
    assert verdicts("single-run-spread", *arm(said, runs=1, spread="0.05", kind="sd")) == [
        "inconsistent"
    ]


def test_a_binomial_error_beside_one_run_is_not_accused(verdicts, said):
    assert verdicts("single-run-spread", *arm(said, runs=1, spread="0.21", kind="sd")) == [
        "ambiguous"
    ]
