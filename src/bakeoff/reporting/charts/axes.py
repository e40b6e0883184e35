"""Axes: of names, and of figures whose ticks stand exactly where their labels say.

The renderer's own rounding would put 17.48 on a tick called 17, and its padding a loss below 0.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace

import altair as alt

# Room for the widest of the usual fonts: browsers may set text wider than it was measured.
LETTER = 7.6
MOST_STEPS = 6
MARGIN = 0.04
"""Share of the span left free at either end."""


def row_axis(names: Iterable[str], width: int) -> alt.Axis:
    """An axis of names, with room for the longest whatever the reader's font."""
    limit = int(width * 0.42)
    return alt.Axis(
        labelLimit=int(0.86 * limit),
        minExtent=min(limit, int(LETTER * max((len(name) for name in names), default=0)) + 6),
        ticks=False,
        domain=False,
        grid=True,
    )


@dataclass(frozen=True, slots=True)
class Span:
    """Where an axis begins and ends, its ticks, and the decimals that write each of them whole."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int
    log: bool = False

    @property
    def scale(self) -> alt.Scale:
        if self.log:
            return alt.Scale(domain=[self.low, self.high], nice=False, type="log")
        return alt.Scale(domain=[self.low, self.high], nice=False, zero=False)

    @property
    def axis(self) -> alt.Axis:
        """A horizontal axis."""
        return alt.Axis(values=list(self.ticks), format=self._format)

    @property
    def every_label(self) -> alt.Axis:
        """A horizontal axis with few ticks, each with its label."""
        return alt.Axis(values=list(self.ticks), format=self._format, labelOverlap=False)

    @property
    def upright(self) -> alt.Axis:
        """A vertical axis whose title is read without turning the head."""
        return alt.Axis(
            values=list(self.ticks),
            format=self._format,
            titleAngle=0,
            titleAlign="left",
            titleBaseline="bottom",
            titleAnchor="end",
            titleX=-34,
            titleY=-12,
        )

    @property
    def _format(self) -> str:
        # Ticks of a logarithmic scale have decimals of their own.
        return ",~g" if self.log else f",.{self.decimals}f"


def fitted(
    values: Iterable[float],
    *,
    at_least: float = -math.inf,
    at_most: float = math.inf,
    whole: bool = False,
    steps: int = MOST_STEPS,
) -> Span:
    """A span around figures that are never below `at_least` nor above `at_most`.

    whole: ticks at whole numbers only. steps: at most about so many between ticks. Figures that are
    all alike get a span around them.
    """
    found = [value for value in values if math.isfinite(value)]
    low, high = (min(found), max(found)) if found else (0.0, 1.0)
    width = high - low
    if width <= 1e-9 * max(1.0, abs(high)):
        width = max(abs(high) * 0.01, 0.01)
        low, high = low - width, high + width
    low, high = max(at_least, low - MARGIN * width), min(at_most, high + MARGIN * width)
    step = _step((high - low) / steps, whole)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    low, high = max(at_least, first * step), min(at_most, last * step)
    decimals = max(0, -math.floor(math.log10(step) + 1e-9))
    places = (round(k * step, decimals) for k in range(first, last + 1))
    ticks = tuple(place for place in places if low - 1e-9 <= place <= high + 1e-9)
    return Span(low, high, ticks, decimals)


def percents(values: Iterable[float]) -> Span:
    """A span of accuracies, inside 0 to 100."""
    return fitted(values, at_least=0.0, at_most=100.0)


def logarithmic(values: Iterable[float]) -> Span:
    """A span of positive figures for a logarithmic scale: ticks at 1, 2, 5 times powers of 10."""
    found = [value for value in values if math.isfinite(value) and value > 0]
    low, high = (min(found) * 0.9, max(found) * 1.1) if found else (0.1, 1.0)
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    places = [m * 10.0**power for power in range(first, last + 1) for m in (1, 2, 5)]
    inside = [place for place in places if low <= place <= high]
    if len(inside) > 2 * MOST_STEPS:
        inside = [place for place in inside if math.log10(place) % 1 < 1e-9] or inside
    if len(inside) < 2:
        return replace(fitted(found), low=low, high=high, log=True)
    decimals = max(0, -math.floor(math.log10(inside[0]) + 1e-9))
    return Span(low, high, tuple(inside), decimals, log=True)


def _step(least: float, whole: bool) -> float:
    """The next of 1, 2 and 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(least))
    step = next(m * power for m in (1.0, 2.0, 5.0, 10.0) if m * power >= least * (1 - 1e-9))
    return max(1.0, step) if whole else step
