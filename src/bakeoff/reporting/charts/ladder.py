"""Two ladders, each on an axis of its own: measured here, and published by torchvision."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import altair as alt

from bakeoff.published import PublishedResult
from bakeoff.reporting.charts.axes import fitted, percents, row_axis
from bakeoff.reporting.charts.theme import FIT, finished, inline_data, variable
from bakeoff.reporting.citations import cited
from bakeoff.reporting.document import Chart, Column, Table
from bakeoff.reporting.ladder import Ladder, gap
from bakeoff.reporting.numbers import ABSENT, fixed, signed

HELPS, HURTS, OPEN = "arm-3", "arm-7", "soft"
COLOURS = {"worse": HELPS, "better": HURTS}
MEANING = {"worse": "helps", "better": "harms", "same": "no effect"}


def measured_ladder(ladder: Ladder) -> Chart:
    """Change in accuracy when each ingredient is left out, with its 95 % interval."""
    names = [f"no {rung.ingredient}" for rung in ladder.rungs]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "change": rung.difference,
            "low": rung.difference if rung.low is None else rung.low,
            "high": rung.difference if rung.high is None else rung.high,
            "colour": COLOURS.get(rung.verdict or "", OPEN),
            "told": f"{name}: {gap(rung)}",
        }
        for name, rung in zip(names, ladder.rungs, strict=True)
    ]
    several = any(row["low"] < row["high"] for row in rows)

    def spec(width: int) -> dict[str, Any]:
        kinds = [HELPS, HURTS, OPEN]
        colour = alt.Color(
            "colour:N",
            legend=None,
            scale=alt.Scale(domain=kinds, range=[variable(kind) for kind in kinds]),
        )
        title = "Change in test accuracy when left out (points)"
        ends = [row[end] for row in rows for end in ("low", "high")]
        span = fitted([0.0, *ends])
        base = alt.Chart(inline_data(rows)).encode(
            y=alt.Y("name:N", sort=names, title=None, axis=row_axis(names, width)), color=colour
        )
        interval = base.mark_rule(strokeWidth=7, opacity=0.28, aria=False).encode(
            x=alt.X("low:Q", title=title, scale=span.scale, axis=span.axis), x2="high:Q"
        )
        point = base.mark_point(size=85, filled=True, opacity=1).encode(
            x=alt.X("change:Q", title=title, scale=span.scale, axis=span.axis),
            description="told:N",
        )
        zero = (
            alt.Chart(inline_data([{"x": 0}]))
            .mark_rule(color=variable("ink"), strokeWidth=1.5, aria=False)
            .encode(x="x:Q")
        )
        chart = alt.layer(zero, interval, point).properties(
            width=width - 24, height=max(100, 34 * len(rows)), autosize=FIT
        )
        return finished(chart, width)

    told = "; ".join(str(row["told"]) for row in rows)
    return Chart(
        name="ladder",
        title=f"{ladder.whole.name}, one ingredient left out at a time",
        description=f"Dot plot of the change in test accuracy, one row per ingredient. {told}.",
        spec=spec,
        data=Table(
            "Change in test accuracy when left out",
            (
                Column("Left out"),
                Column("Change (points)", "number"),
                Column("95 % interval", "number"),
                Column("The ingredient"),
            ),
            tuple(
                (
                    rung.ingredient,
                    signed(rung.difference, 3),
                    ABSENT
                    if rung.low is None or rung.high is None
                    else f"{signed(rung.low, 3)} to {signed(rung.high, 3)}",
                    MEANING.get(rung.verdict or "", "cannot tell"),
                )
                for rung in ladder.rungs
            ),
        ),
        caption="Left of zero the recipe is worse without the ingredient, so the ingredient helps. "
        + ("The bar is the 95 % interval of the difference. " if several else "")
        + "Grey: cannot be told from no change"
        + (
            "; verdicts allow for the number of comparisons, so a bar may miss zero and be grey."
            if any(row["colour"] == OPEN and row["low"] * row["high"] > 0 for row in rows)
            else "."
        ),
    )


def published_ladder(figures: Sequence[PublishedResult]) -> Chart:
    """Published steps that build on one another; measured figures never stand on this axis."""
    names = [_step(figure) for figure in figures]
    gains = [None, *(b.number - a.number for a, b in itertools.pairwise(figures))]
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "top1": float(figure.number),
            "told": f"{name}: {figure.value} %",
            "shown": fixed(float(figure.number), 1),
        }
        for name, figure in zip(names, figures, strict=True)
    ]

    def spec(width: int) -> dict[str, Any]:
        span = percents(float(figure.number) for figure in figures)
        base = alt.Chart(inline_data(rows)).encode(
            y=alt.Y("name:N", sort=names, title=None, axis=row_axis(names, width)),
            x=alt.X(
                "top1:Q",
                title="ImageNet-1k top-1 accuracy (%)",
                scale=span.scale,
                axis=span.axis,
            ),
        )
        points = base.mark_point(
            size=80, filled=True, shape="diamond", color=variable("soft"), opacity=1
        ).encode(description="told:N")
        values = base.mark_text(
            align="left", dx=9, fontSize=11, color=variable("ink"), aria=False
        ).encode(text="shown:N")
        chart = alt.layer(points, values).properties(
            width=width - 24, height=26 * len(rows), autosize=FIT
        )
        return finished(chart, width)

    told = "; ".join(str(row["told"]) for row in rows)
    return Chart(
        name="published-ladder",
        title="torchvision’s ladder, published on ImageNet-1k",
        description=f"Dot plot on an axis of its own, each step added to those before it. {told}.",
        spec=spec,
        data=Table(
            "torchvision’s steps to its new recipe for ResNet-50 on ImageNet-1k",
            (
                Column("Step"),
                Column("Top-1 (%)", "number"),
                Column("Change to the step before", "number"),
                Column("Runs", "number"),
                Column("Source"),
            ),
            tuple(
                (
                    name,
                    figure.value,
                    ABSENT if gain is None else signed(float(gain), 3),
                    f"{figure.selection or figure.runs or ABSENT}",
                    cited(figure.citation, figure.source),
                )
                for name, figure, gain in zip(names, figures, gains, strict=True)
            ),
        ),
        caption="Reported by torchvision, best of three runs a step. Not ranked against figures "
        "measured here.",
    )


def _step(figure: PublishedResult) -> str:
    """The step in few words: its note up to the first comma, "+ CutMix"."""
    return (figure.note or figure.id).split(",")[0]
