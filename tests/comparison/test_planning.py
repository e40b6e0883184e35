"""What it takes to see a difference, before it is run."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import TTestIndPower

from bakeoff.comparison import plan
from bakeoff.errors import BakeoffError, TooFewSeeds, UnknownName, UsageError
from comparison.worlds import frame_of, make_record


def test_seeds_for_a_difference_are_statsmodels() -> None:
    theirs = TTestIndPower().solve_power(0.5, power=0.8, alpha=0.05)
    assert plan(sd=0.2, delta=0.1).seeds == int(np.ceil(theirs))
    assert "64 seeds of each arm" in str(plan(sd=0.2, delta=0.1))


def test_what_n_seeds_see_is_found_with_the_promised_power() -> None:
    planned = plan(sd=0.1, seeds=4)
    row = next(row for row in planned.visible if row.seeds == 4)
    generator = np.random.default_rng(0)
    a = row.detectable_difference + 0.1 * generator.standard_normal((40_000, 4))
    b = 0.1 * generator.standard_normal((40_000, 4))
    power = (stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05).mean()
    assert power == pytest.approx(0.8, abs=0.01)


def test_more_arms_need_more_seeds() -> None:
    assert plan(sd=0.1, delta=0.1, arms=6).seeds > plan(sd=0.1, delta=0.1).seeds


def test_a_pilots_spread_is_pooled_over_its_arms_and_called_uncertain() -> None:
    frame = frame_of(a=[95.0, 95.2, 95.4], b=[90.0, 90.4], c=[80.0])
    planned = plan(frame, delta=0.3)
    assert planned.sd == pytest.approx(np.sqrt((2 * 0.04 + 0.08) / 3))
    assert planned.sd_runs == 5
    assert planned.sd_upper == pytest.approx(planned.sd * np.sqrt(3 / stats.chi2.ppf(0.2, 3)))
    assert planned.seeds_if_sd_upper > planned.seeds
    assert f"by {planned.seeds_if_sd_upper} seeds of each arm: 5 runs cannot rule out" in str(
        planned
    )
    assert f"; {planned.seeds} if it is as measured" in str(planned)


def test_a_pilot_with_costs_gives_hours_flops_and_price() -> None:
    pilot = [make_record(arm, s, 900 + 7 * s) for arm in ("a", "b") for s in range(3)]
    planned = plan(pilot, delta=2.0, price_per_hour=3.0)
    assert planned.hours_per_run == pytest.approx(101 / 3600)
    assert planned.hours == pytest.approx(planned.seeds_if_sd_upper * 2 * 101 / 3600)
    assert planned.price == pytest.approx(3 * planned.hours)
    assert planned.flops == pytest.approx(planned.seeds_if_sd_upper * 2 * 2e13)
    assert "hours of training for 2 arms" in str(planned)


def test_a_pilot_with_predictions_gives_test_images(write_run: Callable[..., Path]) -> None:
    generator = np.random.default_rng(0)
    folders = [write_run(arm, s, generator.random(1000) > 0.1) for arm in "ab" for s in range(3)]
    planned = plan(folders, delta=1.0)
    assert planned.disagreement == pytest.approx(0.18, abs=0.02)
    assert planned.test_images > 10_000
    assert planned.test_images_there == 1000


def test_a_published_spread_is_a_pilot_and_its_doubt_is_passed_on() -> None:
    planned = plan(["rsb-a2-seeds"], delta=0.1)
    assert planned.sd == 0.1
    assert "its source was not read" in str(planned)


def test_a_plan_is_json() -> None:
    planned = json.loads(json.dumps(plan(sd=0.1, delta=0.1).to_dict(), allow_nan=False))
    assert planned["seeds"] == 17
    assert planned["visible"][0]["seeds"] == 2


@pytest.mark.parametrize(
    ("pilot", "options", "error"),
    [
        (None, {}, UsageError),
        (0.1, {"sd": 0.1}, UsageError),
        (None, {"sd": 0.0}, UsageError),
        (None, {"sd": 0.1, "delta": 0.0}, UsageError),
        (None, {"sd": 0.1, "seeds": 1}, TooFewSeeds),
        (None, {"sd": 0.1, "arms": 1}, UsageError),
        (None, {"sd": 0.1, "delta": 0.1, "power": 80}, UsageError),
        (frame_of(a=[95.0], b=[94.0]), {}, TooFewSeeds),
        (frame_of(a=[95.0, 95.0]), {}, UsageError),
        ("rsb-a2", {}, UsageError),
        ("no-such-pilot", {}, UnknownName),
    ],
)
def test_what_cannot_be_planned_is_refused(pilot: Any, options: Any, error: type) -> None:
    with pytest.raises(error) as refused:
        plan(pilot, **options)
    assert isinstance(refused.value, BakeoffError)
    assert "\n" not in str(refused.value)
