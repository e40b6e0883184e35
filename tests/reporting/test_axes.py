"""A tick stands where its label says, and no axis goes where its figures cannot."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bakeoff.reporting.charts.axes import fitted, percents

UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


@UNHURRIED
@given(st.lists(st.floats(0, 100), min_size=1, max_size=8))
def test_percents_stay_inside_0_to_100_and_hold_every_figure(values: list[float]) -> None:
    span = percents(values)
    assert 0 <= span.low < span.high <= 100
    assert span.low <= min(values)
    assert max(values) <= span.high


@UNHURRIED
@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=8))
def test_what_a_tick_is_called_is_where_it_stands(values: list[float]) -> None:
    span = fitted(values, at_least=0.0)
    assert span.low >= 0
    assert 2 <= len(span.ticks) <= 9
    for tick in span.ticks:
        assert float(f"{tick:.{span.decimals}f}") == pytest.approx(tick, abs=1e-9 * span.high)


@pytest.mark.parametrize("value", [17.48, 0.0, 100.0])
def test_one_figure_alone_has_ticks_around_it(value: float) -> None:
    span = percents([value])
    assert len(span.ticks) >= 2
    assert span.low <= value <= span.high


def test_epochs_are_whole_where_they_are_many() -> None:
    assert fitted([1, 2, 3, 4, 5], at_least=0, at_most=5, whole=True).ticks == (0, 1, 2, 3, 4, 5)
