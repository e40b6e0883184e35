"""A fast version of benchmarks/calibration: intervals cover, equal arms have no winner.

Bounds leave four standard errors of the simulation, so a promise that holds is not reported broken.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
REPEAT = 600
LEAST = 0.95 - 4 * (0.95 * 0.05 / REPEAT) ** 0.5


@pytest.fixture(scope="module")
def rates() -> Iterator[ModuleType]:
    folder = str(ROOT / "benchmarks" / "calibration")
    sys.path.insert(0, folder)
    try:
        yield importlib.import_module("rates")
    finally:
        sys.path.remove(folder)
        for name in ("rates", "planted"):
            sys.modules.pop(name, None)


@pytest.fixture
def generator() -> np.random.Generator:
    return np.random.default_rng(20261123)


@pytest.mark.parametrize("n", [2, 3, 5, 10])
def test_intervals_over_seeds_cover(
    rates: ModuleType, generator: np.random.Generator, n: int
) -> None:
    assert rates.mean_over_seeds(n, REPEAT, generator) > LEAST
    assert rates.welch_seeds(n, n, 1, REPEAT, generator) > LEAST
    assert rates.welch_seeds(n, n, 3, REPEAT, generator) > LEAST
    assert rates.paired_seeds(n, REPEAT, generator) > LEAST
    assert rates.published_figure(n, REPEAT, generator) > LEAST
    assert rates.superiority(n, 1.0, 1.0, REPEAT, generator) > LEAST


@pytest.mark.parametrize("n", [2, 5])
def test_intervals_over_seeds_and_images_cover(
    rates: ModuleType, generator: np.random.Generator, n: int
) -> None:
    assert rates.welch_on_images(n, 300, REPEAT, generator) > LEAST
    assert rates.seeds_by_images(n, 300, REPEAT, generator) > LEAST


def test_the_simulation_can_tell_a_broken_promise(
    rates: ModuleType, generator: np.random.Generator
) -> None:
    assert rates.bootstrap_over_seeds(3, REPEAT, generator) < 0.88
    assert rates.welch_for_new_images(10, 100, REPEAT, generator) < 0.93


@pytest.mark.parametrize(("arms", "n", "repeat"), [(2, 3, 600), (2, 10, 600), (6, 3, 200)])
def test_equal_arms_have_a_winner_in_at_most_five_of_a_hundred(
    rates: ModuleType, generator: np.random.Generator, arms: int, n: int, repeat: int
) -> None:
    allowed = 0.05 + 4 * (0.05 * 0.95 / repeat) ** 0.5
    assert rates.false_winner(arms, n, repeat, generator) < allowed


def test_a_difference_is_found_as_often_as_the_plan_says(
    rates: ModuleType, generator: np.random.Generator
) -> None:
    from bakeoff.statistics import welch_power

    found = rates.found(2.0, 2, 5, REPEAT, generator)
    assert found == pytest.approx(welch_power(2.0, 1, 5, 1, 5), abs=0.07)


def test_the_published_table_keeps_its_promises() -> None:
    page = (ROOT / "docs" / "calibration.md").read_text()
    offered = page.split("## How often each 95 % interval holds the truth")[1].split("###")[0]
    coverage = [
        float(cell)
        for line in offered.splitlines()
        if line.startswith("| ") and not line.startswith("| n runs")
        for cell in line.split("|")[2:-1]
    ]
    assert len(coverage) == 9 * 9
    assert min(coverage) >= 93
    equal = re.findall(r"\| [26] equal arms \|(.*)\|", page)
    assert len(equal) == 2
    assert max(float(cell) for row in equal for cell in row.split("|")) <= 5
