"""Accuracy over the budget: each arm's curve, and its difference to the reference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from bakeoff.comparison.result import Crossing
from bakeoff.reporting.charts.axes import Span, fitted, percents
from bakeoff.reporting.charts.theme import FIT, arm_scales, finished, inline_data, variable
from bakeoff.reporting.document import PALETTE_SIZE, Arm, Chart, Column, Table
from bakeoff.reporting.numbers import ABSENT, count, counted, fixed, percent, signed


@dataclass(frozen=True, slots=True)
class Point:
    """One arm at one budget. value, low, high: test accuracy in percent, or its difference to the
    reference in points; low and high None where there is no interval."""

    arm: str
    budget: str
    images: int
    value: float
    low: float | None
    high: float | None
    n: int


def accuracy_over_budget(
    points: Sequence[Point], names: Sequence[str], where: str, number: str
) -> Chart | None:
    """The mean over seeds of every arm at every budget; None where there are fewer than two."""
    shown = _shown(points)
    if len({point.images for point in shown}) < 2:
        return None
    told = "; ".join(f"{p.arm} at {p.budget} {_accuracy(p)}" for p in shown)
    return Chart(
        name=f"accuracy-over-budget{number}",
        title=f"Accuracy over the budget{where}",
        description=f"Line chart over training images a run, one colour per arm. {told}.",
        spec=lambda width: _spec(
            shown, names, "Accuracy (%)", percents(_ends(shown)), _accuracy, width
        ),
        data=_table(shown, "Accuracy (%), mean over seeds", fixed),
        caption="Each point is a bake-off of its own, with schedules fitted to its length: means "
        "over seeds at the last epoch with their 95 % t intervals. The axis of images is "
        "logarithmic.",
    )


def difference_over_budget(
    points: Sequence[Point],
    crossings: Sequence[Crossing],
    names: Sequence[str],
    reference: str,
    where: str,
    number: str,
) -> Chart | None:
    """The difference of every other arm to `reference`, and where it changes sign."""
    shown = _shown(points)
    if len({point.images for point in shown}) < 2:
        return None
    told = "; ".join(f"{p.arm} at {p.budget} {_difference(p)}" for p in shown)
    span = fitted([0.0, *_ends(shown)])
    return Chart(
        name=f"difference-over-budget{number}",
        title=f"Difference to {reference} over the budget{where}",
        description=f"Line chart over training images a run, one colour per arm, 0 where an arm "
        f"is as good as {reference}. {told}.",
        spec=lambda width: _spec(
            shown, names, "Difference (points)", span, _difference, width, crossings, band=True
        ),
        data=_table(shown, f"Difference to {reference} (points)", signed),
        caption="Above 0 an arm is ahead. The bands join the 95 % intervals of the differences"
        + (
            "; a grey strip is the interval of a crossing, where its band holds 0."
            if crossings
            else ". No crossing is shown."
        ),
    )


def _shown(points: Sequence[Point]) -> list[Point]:
    arms = list(dict.fromkeys(point.arm for point in points))[:PALETTE_SIZE]
    return [point for point in points if point.arm in arms]


def _ends(points: Sequence[Point]) -> list[float]:
    found = [(point.low, point.value, point.high) for point in points]
    return [end for ends in found for end in ends if end is not None]


def _accuracy(point: Point) -> str:
    half = "" if point.high is None else f" ± {fixed(point.high - point.value)}"
    return f"{percent(point.value)}{half} ({counted(point.n, 'seed')})"


def _difference(point: Point) -> str:
    if point.low is None or point.high is None:
        return f"{signed(point.value)} points"
    return f"{signed(point.value)} points ({signed(point.low)} to {signed(point.high)})"


def _spec(
    points: Sequence[Point],
    names: Sequence[str],
    title: str,
    up: Span,
    tell: Any,
    width: int,
    crossings: Sequence[Crossing] = (),
    *,
    band: bool = False,
) -> dict[str, Any]:
    scales = arm_scales(names, (point.arm for point in points))
    rows = [
        {
            "arm": p.arm,
            "images": p.images,
            "value": p.value,
            # An interval beyond the axis ends at it.
            "low": p.value if p.low is None else max(up.low, p.low),
            "high": p.value if p.high is None else min(up.high, p.high),
            "told": f"{p.arm}, {p.budget}: {tell(p)}",
        }
        for p in points
    ]
    ticks = sorted({point.images for point in points})
    x = alt.X(
        "images:Q",
        title="Training images a run",
        scale=alt.Scale(type="log", domain=[ticks[0] / 1.15, ticks[-1] * 1.15], nice=False),
        axis=alt.Axis(values=ticks, format=",.0f"),
    )
    y = alt.Y("value:Q", title=title, scale=up.scale, axis=up.upright)
    colour = alt.Color("arm:N", title=None, scale=alt.Scale(**scales["color"]))
    base = alt.Chart(inline_data(rows))
    layers: list[Any] = []
    if crossings:
        strips = [
            {"from": one.interval.low, "to": one.interval.high, "at": one.images}
            for one in crossings
        ]
        strip = alt.Chart(inline_data(strips))
        ink = variable("soft")
        layers.append(
            strip.mark_rect(opacity=0.18, color=ink, aria=False).encode(x="from:Q", x2="to:Q")
        )
        layers.append(strip.mark_rule(strokeDash=[3, 3], color=ink, aria=False).encode(x="at:Q"))
    if band:
        zero = alt.Chart(inline_data([{"zero": 0.0}]))
        layers.append(zero.mark_rule(color=variable("line"), aria=False).encode(y="zero:Q"))
        layers.append(
            base.mark_area(opacity=0.15, aria=False).encode(
                x=x, y="low:Q", y2="high:Q", color=colour
            )
        )
    else:
        layers.append(
            base.mark_rule(strokeWidth=2, opacity=0.6, aria=False).encode(
                x=x, y="low:Q", y2="high:Q", color=colour
            )
        )
    layers.append(base.mark_line(strokeWidth=2, aria=False).encode(x=x, y=y, color=colour))
    layers.append(
        base.mark_point(size=60, filled=True, opacity=1).encode(
            x=x,
            y=y,
            color=colour,
            shape=alt.Shape("arm:N", title=None, scale=alt.Scale(**scales["shape"])),
            description="told:N",
        )
    )
    chart = alt.layer(*layers).properties(width=width - 24, height=300, autosize=FIT)
    return finished(chart, width)


def _table(points: Sequence[Point], title: str, write: Any) -> Table:
    return Table(
        title,
        (
            Column("Arm"),
            Column("Budget"),
            Column("Images", "number"),
            Column("Value", "number"),
            Column("95 % interval", "number"),
            Column("Seeds", "number"),
        ),
        tuple(
            (
                (Arm(p.arm),),
                p.budget,
                count(p.images),
                write(p.value),
                ABSENT if p.low is None or p.high is None else f"{write(p.low)} to {write(p.high)}",
                str(p.n),
            )
            for p in points
        ),
    )
