"""The forest: every arm's difference to the reference, sorted, with its values at the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt

from bakeoff.reporting.charts.axes import LETTER, fitted
from bakeoff.reporting.charts.theme import arm_scales, finished, inline_data, variable
from bakeoff.reporting.document import Arm, Chart, Column, Table
from bakeoff.reporting.numbers import ABSENT, fixed, percent, signed
from bakeoff.reporting.score.card import Entry, Panel

MAX_ROWS = 26
MAX_PANELS = 6
ROW = 30
SAID = {
    "better": "▲ better",
    "worse": "▼ worse",
    "same": "= the same",
    "cannot tell": "? undecided",
}
BEYOND = 1.06


def forest(panels: Sequence[Panel], page: tuple[str, ...]) -> Chart | None:
    """None where no arm has a result to stand beside the reference."""
    shown = [panel for panel in panels[:MAX_PANELS] if _worth(panel)]
    if not shown:
        return None

    def spec(width: int) -> dict[str, Any]:
        names = [entry.name for panel in shown for entry in panel.entries[:MAX_ROWS]]
        room = min(int(width * 0.4), int(LETTER * max(map(len, names))) + 8)
        values = 190 if width >= 500 else 112
        charts = [
            _rows(panel, page, width, room).properties(
                width=width - room - values - 24,
                **(
                    {"title": alt.TitleParams(panel.title, limit=width - 40)}
                    if len(shown) > 1
                    else {}
                ),
            )
            for panel in shown
        ]
        if len(charts) == 1:
            return finished(charts[0], width)
        return finished(
            alt.vconcat(*charts, spacing=14).resolve_scale(x="independent", y="independent"), width
        )

    told = "; ".join(
        (f"{panel.title}: " if len(shown) > 1 else "")
        + "; ".join(spoken(entry) for entry in panel.entries[:MAX_ROWS])
        for panel in shown
    )
    references = list(dict.fromkeys(panel.reference for panel in shown))
    broken = any(entry.extent > panel.limit for panel in shown for entry in panel.entries)
    baselines = any(entry.kind == "baseline" for panel in shown for entry in panel.entries)
    return Chart(
        name="score",
        title=f"Test accuracy against {references[0]} (points)"
        if len(references) == 1
        else "Test accuracy against the reference (points)",
        description=f"Forest plot of differences, best first. {told}.",
        spec=spec,
        data=_table(shown),
        caption="".join(
            (
                "Bar: 95 % interval of the difference.",
                " Grey diamond: no network, raw pixels." if baselines else "",
                " Arrow: beyond the axis." if broken else "",
            )
        ),
    )


def _worth(panel: Panel) -> bool:
    return any(entry.mean is not None for entry in panel.entries) and len(panel.entries) > 1


def spoken(entry: Entry) -> str:
    """A row in words, as a pointer and a screen reader tell it."""
    if entry.failure:
        return f"{entry.name} {entry.failure}"
    assert entry.mean is not None
    assert entry.difference is not None
    told = f"{entry.name}: {percent(entry.mean)}"
    if entry.kind == "reference":
        return f"{told}, the reference"
    told += f", {signed(entry.difference)} points"
    if entry.low is not None and entry.high is not None:
        told += f" ({signed(entry.low)} to {signed(entry.high)})"
    return f"{told}, {SAID[entry.verdict][2:]}" if entry.verdict else told


def _written(entry: Entry, wide: bool) -> tuple[str, str]:
    """What stands at the right of a row, in two columns: the mean, and the difference."""
    if entry.failure:
        return "did not train", ""
    assert entry.mean is not None
    mean = percent(entry.mean, 1)
    if entry.kind == "reference":
        return mean, "reference" if wide else "ref."
    difference = signed(entry.difference or 0.0, 1)
    if not wide:
        return mean, difference
    if entry.low is not None and entry.high is not None:
        difference += f" ± {fixed((entry.high - entry.low) / 2, 1)}"
    return mean, f"{difference} {SAID[entry.verdict][0]}" if entry.verdict else difference


def _rows(
    panel: Panel, page: tuple[str, ...], width: int, room: int
) -> alt.LayerChart | alt.FacetChart:
    entries = panel.entries[:MAX_ROWS]
    order = [entry.name for entry in entries]
    limit = panel.limit
    ends = [
        max(-limit, min(limit, end))
        for entry in entries
        for end in (entry.difference, entry.low, entry.high)
        if end is not None
    ]
    span = fitted([0.0, *ends], steps=6 if width >= 500 else 2)
    axis = span.every_label if width >= 500 else span.axis
    rows = [_row(entry, limit, span.low, span.high, width >= 500) for entry in entries]
    data = inline_data(rows)
    scales = arm_scales(page, order)
    y = alt.Y(
        "name:N",
        sort=order,
        title=None,
        axis=alt.Axis(
            ticks=False, domain=False, grid=False, labelLimit=room - 8, minExtent=room,
            maxExtent=room,
        ),
    )  # fmt: skip
    x = alt.X("x:Q", title=None, scale=span.scale, axis=axis)
    colour = alt.Color("name:N", legend=None, scale=alt.Scale(**scales["color"]))
    base = alt.Chart(data).encode(y=y)
    zero = (
        alt.Chart(inline_data([{"zero": 0}]))
        .mark_rule(color=variable("line"), strokeWidth=1.5, aria=False)
        .encode(x=alt.X("zero:Q", title=None, scale=span.scale, axis=axis))
    )
    bars = (
        base.transform_filter("datum.low != null")
        .mark_rule(strokeWidth=7, opacity=0.28, aria=False)
        .encode(
            x=alt.X("low:Q", title=None, scale=span.scale, axis=axis),
            x2="high:Q",
            color=colour,
        )
    )

    def marks(where: str, **look: Any) -> alt.Chart:
        chart: alt.Chart = (
            base.transform_filter(where)
            .mark_point(filled=True, opacity=1, **look)
            .encode(x=x, description="told:N")
        )
        return chart

    arms = marks("datum.kind == 'arm'", size=85).encode(color=colour)
    grey = marks("datum.kind == 'baseline'", size=75, shape="diamond", color=variable("soft"))
    arrows = [
        beyond
        for way in ("left", "right")
        for beyond in (
            marks(f"datum.kind == 'arm-{way}'", size=110, shape=f"triangle-{way}").encode(
                color=colour
            ),
            marks(
                f"datum.kind == 'baseline-{way}'",
                size=90,
                shape=f"triangle-{way}",
                color=variable("soft"),
            ),
        )
    ]

    def column(field: str, dx: int) -> alt.Chart:
        text = base.mark_text(align="left", dx=dx, fontSize=12, color=variable("ink"), aria=False)
        chart: alt.Chart = text.encode(x=alt.value("width"), text=f"{field}:N")
        return chart

    texts = (column("mean", 12), column("difference", 68))
    return alt.layer(zero, bars, arms, grey, *arrows, *texts).properties(
        height=max(60, ROW * len(rows))
    )


def _row(entry: Entry, limit: float, first: float, last: float, wide: bool) -> dict[str, Any]:
    """kind: how its mark is drawn; one beyond the axis stands at its end as an arrow."""
    place, kind = entry.difference, "baseline" if entry.kind == "baseline" else "arm"
    if place is not None and abs(place) > limit:
        inside = 0.02 * (last - first)
        way, place = ("right", last - inside) if place > 0 else ("left", first + inside)
        kind = f"{kind}-{way}"
    ends: list[float | None] = [None, None]
    if entry.low is not None and entry.high is not None and kind == "arm":
        ends = [max(first, entry.low), min(last, entry.high)]
    mean, difference = _written(entry, wide)
    return {
        "name": entry.name,
        "x": place,
        "low": ends[0],
        "high": ends[1],
        "kind": kind if entry.difference is not None else "none",
        "mean": mean,
        "difference": difference,
        "told": spoken(entry),
    }


def _table(panels: Sequence[Panel]) -> Table:
    several = len(panels) > 1
    return Table(
        "Difference in test accuracy to the reference",
        (
            *((Column("Data set"),) if several else ()),
            Column("Arm"),
            Column("Verdict"),
            Column("Difference (points)", "number"),
            Column("95 % interval", "number"),
            Column("Mean (%)", "number"),
        ),
        tuple(
            (
                *((panel.title,) if several else ()),
                entry.name if entry.kind == "baseline" else (Arm(entry.name),),
                entry.failure or SAID.get(entry.verdict or "", entry.kind),
                ABSENT if entry.difference is None else signed(entry.difference),
                ABSENT
                if entry.low is None or entry.high is None
                else f"{signed(entry.low)} to {signed(entry.high)}",
                ABSENT if entry.mean is None else fixed(entry.mean),
            )
            for panel in panels
            for entry in panel.entries
        ),
    )
