"""A comparison as a chart: every seed a point, each arm's mean and its interval."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from bakeoff.comparison.metrics import about
from bakeoff.comparison.result import Compared
from bakeoff.errors import UnknownName

if TYPE_CHECKING:
    import altair as alt

WIDTH, ROW_HEIGHT = 460, 44
COLOUR = "#0063a8"
MOST_ARMS = 24


def draw(comparison: Compared, metric: str) -> alt.LayerChart:
    """The Altair chart of one metric. Raises UnknownName for one that was not compared."""
    import altair as alt

    known = {name: about(name) for arm in comparison.arms for name in arm.metrics}
    if metric not in known:
        raise UnknownName("metric of this comparison", metric, known)
    facts = known[metric]
    points: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    shown = [arm for arm in comparison.arms if metric in arm.metrics][:MOST_ARMS]
    for arm in shown:
        told = arm.metrics[metric]
        points += [
            {"arm": arm.arm, "value": value, "seed": str(seed)}
            for value, seed in zip(told.values, told.seeds, strict=True)
        ]
        if told.mean is not None:
            low, high = told.interval or (told.mean, told.mean)
            means.append({"arm": arm.arm, "mean": told.mean, "low": low, "high": high})
    scale = alt.Scale(zero=False)
    title = f"{facts.title} ({facts.unit})"
    y = alt.Y("arm:N", title=None, sort=[arm.arm for arm in shown])
    base = alt.Chart(alt.Data(values=means))  # type: ignore[no-untyped-call]
    interval = base.mark_rule(strokeWidth=7, opacity=0.25, color=COLOUR).encode(
        x=alt.X("low:Q", title=title, scale=scale), x2="high:Q", y=y
    )
    mean = base.mark_tick(thickness=2.5, size=24, color=COLOUR).encode(x="mean:Q", y=y)
    seeds = (
        alt.Chart(alt.Data(values=points))  # type: ignore[no-untyped-call]
        .mark_point(filled=True, size=60, opacity=0.8, color=COLOUR)
        .encode(
            x="value:Q",
            y=y,
            tooltip=[
                alt.Tooltip("arm:N", title="arm"),
                alt.Tooltip("seed:N", title="seed"),
                alt.Tooltip("value:Q", title=facts.title),
            ],
        )
    )
    height = ROW_HEIGHT * max(1, len(shown))
    whole = alt.LayerChart(layer=[interval, mean, seeds])
    return whole.properties(width=WIDTH, height=height, title=title)


def as_svg(comparison: Compared, metric: str) -> str:
    """The chart as SVG, drawn here; nothing is fetched."""
    import vl_convert

    spec = draw(comparison, metric).to_dict(validate=False)
    svg: str = vl_convert.vegalite_to_svg(json.dumps(spec), allowed_base_urls=[])
    return svg
