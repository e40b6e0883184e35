"""The rate of a machine is measured again where it is uncertain, and says so."""

import itertools

import pytest
import torch

from bakeoff.bakeoffs.execution.display import probe_in_words
from bakeoff.training.load import Others, crowded
from bakeoff.training.throughput import MOST_STEPS, TIMED_STEPS, Rate, timed

pytestmark = pytest.mark.usefixtures("measured_in_full")
CPU = torch.device("cpu")


class Used:
    """Other processes that use so many cores."""

    def __init__(self, cores):
        self.used = cores

    def cores(self):
        return self.used


def test_a_steady_machine_is_measured_once():
    found = timed(lambda: 0.1, Used(0.0), device=CPU)
    assert len(found.seconds) == TIMED_STEPS
    assert found.spread == 1.0
    assert not found.crowded


def test_steps_that_differ_are_timed_again():
    steps = itertools.cycle([0.1, 0.1, 0.1, 0.1, 0.2])
    found = timed(lambda: next(steps), Used(0.0), device=CPU)
    assert len(found.seconds) == MOST_STEPS
    assert found.spread == pytest.approx(2.0)


def test_a_busy_machine_is_measured_again():
    found = timed(lambda: 0.1, Used(1000.0), device=CPU)
    assert len(found.seconds) == MOST_STEPS
    assert found.crowded


def test_measuring_ends_however_slow_the_steps_are():
    steps = itertools.cycle([10.0, 30.0])
    assert len(timed(lambda: next(steps), Used(None), device=CPU).seconds) == TIMED_STEPS


@pytest.mark.parametrize(
    ("others", "threads", "machine", "expected"),
    [
        (None, 2, 2, False),
        (0.1, 2, 2, False),
        (1.0, 2, 2, True),
        (1.0, 2, 8, False),
        (7.0, 2, 8, True),
        (0.3, 1, 1, True),
    ],
)
def test_others_matter_where_they_leave_too_few_cores(others, threads, machine, expected):
    assert crowded(others, threads=threads, machine=machine) is expected


def test_what_others_used_is_read_from_the_system(tmp_path):
    (tmp_path / "proc").mkdir()
    stat, own, clock = tmp_path / "proc/stat", iter([1.0, 3.0]), iter([10.0, 12.0])
    stat.write_text("cpu  100 0 100 5000 7 0 0 0 0 0\ncpu0 1 2 3\n")
    others = Others(tmp_path, own=lambda: next(own), clock=lambda: next(clock))
    # 5 seconds of 2 were busy, 2 of them ours.
    stat.write_text("cpu  400 0 300 9000 9 0 0 0 0 0\n")
    assert others.cores() == pytest.approx(1.5)


def test_a_system_that_counts_nothing_is_no_crowd(tmp_path):
    assert Others(tmp_path).cores() is None


def test_an_uncertain_rate_says_why():
    said = probe_in_words(Rate(50.0, 200.0, steps=20, spread=3.1, others=1.4, crowded=True))
    assert "1.4 cores" in said
    assert "3.1 times" in said
    assert "20 steps" in said
    assert Rate(50.0, 200.0).steady
