"""Colours, shapes and type of the charts.

Charts are drawn with CSS variables for colours, so that one drawing serves light, dark and print;
a file that stands alone gets the light values instead. The palette keeps at least 3:1 contrast to
its ground and is told apart under the common colour-vision deficiencies; shape and dash repeat
what the colour says.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import altair as alt
from altair.utils.schemapi import debug_mode

from bakeoff.reporting.document import PALETTE_SIZE

LIGHT = {
    "ground": "#ffffff",
    "ink": "#1c2024",
    "soft": "#5b646e",
    "line": "#8b949e",
    "grid": "#e3e7eb",
    "arm-0": "#5b646e",
    "arm-1": "#0063a8",
    "arm-2": "#c24e00",
    "arm-3": "#00775c",
    "arm-4": "#97357f",
    "arm-5": "#2f8299",
    "arm-6": "#8a6a00",
    "arm-7": "#b3243c",
    "arm-8": "#4d4fb0",
}
DARK = {
    "ground": "#15181c",
    "ink": "#e8eaed",
    "soft": "#a5aeb8",
    "line": "#79828c",
    "grid": "#2c3238",
    "arm-0": "#a5aeb8",
    "arm-1": "#5fb0f2",
    "arm-2": "#ff9a56",
    "arm-3": "#3fcfa4",
    "arm-4": "#e58fd0",
    "arm-5": "#8bd3e6",
    "arm-6": "#dcbf4d",
    "arm-7": "#ff8a96",
    "arm-8": "#aeb0ff",
}
SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


def variable(name: str) -> str:
    return f"var(--{name})"


def arm_colour(place: int) -> str:
    """CSS variable of the place-th arm (1-based); arms beyond the palette share a grey."""
    return variable(f"arm-{place if 1 <= place <= PALETTE_SIZE else 0}")


def inline_data(rows: Sequence[Mapping[str, Any]]) -> alt.Data:
    """Rows as part of the specification: nothing is loaded from elsewhere."""
    return alt.Data(values=[dict(row) for row in rows])  # type: ignore[no-untyped-call]


FIT = alt.AutoSizeParams(type="fit-x", contains="padding")


def arm_scales(page: Sequence[str], shown: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Scales that give each arm its colour and shape: by its place on the page, in every chart.

    page: all arms of the page, in the plan's order. shown: those of this chart.
    """
    place = {name: index for index, name in enumerate(page)}
    wanted = set(shown)
    domain = [name for name in page if name in wanted]
    return {
        "color": {"domain": domain, "range": [arm_colour(place[name] + 1) for name in domain]},
        "shape": {
            "domain": domain,
            "range": [SHAPES[place[name] % len(SHAPES)] for name in domain],
        },
    }


def config(width: int) -> dict[str, Any]:
    """Vega-Lite configuration; a narrow chart keeps its type size, so a phone can read it."""
    text = {"labelFontSize": 12, "titleFontSize": 12, "titleFontWeight": "normal"}
    ink, soft, grid = variable("ink"), variable("soft"), variable("grid")
    return {
        "background": None,
        "font": FONT,
        "view": {"stroke": None},
        "padding": {"left": 4, "right": 10, "top": 6, "bottom": 4},
        "axis": {
            **text,
            "labelColor": soft,
            "titleColor": ink,
            "gridColor": grid,
            "domainColor": variable("line"),
            "tickColor": variable("line"),
            "labelPadding": 5,
            "titlePadding": 8,
            "tickCount": 5 if width < 500 else 7,
        },
        "axisQuantitative": {"labelOverlap": "greedy", "labelSeparation": 6},
        "legend": {
            **text,
            "labelColor": ink,
            "titleColor": ink,
            "orient": "top",
            "symbolSize": 90,
            "symbolOpacity": 1,
            "labelLimit": 230,
            "layout": {"top": {"direction": "vertical"}},
            "columnPadding": 24,
            "offset": 34,
            "columns": 1 if width < 500 else 3,
        },
        "title": {"color": ink, "fontSize": 13, "fontWeight": 600, "anchor": "start"},
        "header": {"labelColor": ink, "titleColor": ink, "labelFontSize": 12},
    }


@contextmanager
def unchecked() -> Iterator[None]:
    """Charts are made without holding each of their parts against altair's schema, which takes
    longer than drawing them; a chart that tests make is held against it."""
    with debug_mode(False):
        yield


def finished(
    chart: alt.LayerChart | alt.Chart | alt.FacetChart | alt.VConcatChart, width: int
) -> dict[str, Any]:
    """The specification with our configuration; not validated again, which would take seconds."""
    return {**chart.to_dict(validate=False), "config": config(width)}
