"""Learning curves: the mean over seeds, and a band that spans all of them."""

from __future__ import annotations

import math
import statistics
from dataclasses import dataclass
from typing import Any, Literal

import altair as alt

from bakeoff.records.schema import CurvePoint
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.charts.axes import fitted, logarithmic, percents
from bakeoff.reporting.charts.theme import (
    FIT,
    arm_scales,
    finished,
    inline_data,
)
from bakeoff.reporting.document import PALETTE_SIZE, Arm, Chart, Column, Table, Views
from bakeoff.reporting.numbers import count, counted, fixed, nats, percent, short

Metric = Literal["accuracy", "loss"]
Axis = Literal["epoch", "images", "minutes"]
Scale = Literal["log", "linear"]
MAX_ROWS = 400
HIDDEN: dict[str, Any] = {"size": 90, "filled": True, "opacity": 0}
"""The look of marks that are there for the pointer and the screen reader only."""


WORDS: dict[Axis, str] = {"epoch": "epochs", "images": "images", "minutes": "time"}
"""What the page's switch calls each axis, and the files."""
TITLES: dict[Axis, str] = {
    "epoch": "epochs",
    "images": "training images",
    "minutes": "training time",
}


@dataclass(frozen=True, slots=True)
class _Words:
    axis: str
    values: str


_X: dict[Axis, _Words] = {
    "epoch": _Words("Epoch", "epoch"),
    "images": _Words("Training images", "training images"),
    "minutes": _Words("Training time (minutes)", "minutes of training"),
}
_Y: dict[Metric, _Words] = {
    "accuracy": _Words("Accuracy (%)", "accuracy"),
    "loss": _Words("Cross-entropy (nats per image)", "cross-entropy"),
}


def learning_curves(
    arms: tuple[ArmRuns, ...],
    names: tuple[str, ...],
    metric: Metric,
    axes: tuple[Axis, ...] = ("epoch", "images", "minutes"),
) -> Views | None:
    """A metric over epochs, images or time, one at a time; a loss on a logarithmic scale first."""
    scales: tuple[Scale, ...] = ("log", "linear") if metric == "loss" else ("linear",)
    charts = [
        ((WORDS[axis], scale) if len(scales) > 1 else (WORDS[axis],), chart)
        for scale in scales
        for axis in axes
        if (chart := learning_curve(arms, names, metric, axis, scale)) is not None
    ]
    if not charts:
        return None
    there = [scale for scale in scales if len(scales) > 1 and any(scale in at for at, _ in charts)]
    switches = [("Over", tuple(WORDS[axis] for axis in axes))]
    switches += [("Scale", tuple(there))] if there else []
    return Views(_Y[metric].values.capitalize(), tuple(switches), tuple(charts))


def learning_curve(
    arms: tuple[ArmRuns, ...],
    names: tuple[str, ...],
    metric: Metric,
    axis: Axis,
    scale: Scale = "linear",
) -> Chart | None:
    """A metric on the test set and on the recorded training images, over epochs, images or time.

    None where no arm has a point, or no logarithm.
    """
    shown = [arm for arm in arms if arm.curve][:PALETTE_SIZE]
    rows = [row for arm in shown for row in _rows(arm, metric, axis)]
    if not rows or (scale == "log" and min(float(row["low"]) for row in rows) <= 0):
        return None
    longest = max(len(arm.curve) for arm in shown)
    end = max(float(row["x"]) for row in rows)
    whole_epochs = axis == "epoch" and end >= 3
    from_zero = [0.0] if longest == 1 else []
    across = fitted(
        [*from_zero, *(row["x"] for row in rows)], at_least=0.0, at_most=end, whole=whole_epochs
    )
    bounds = [row[end] for row in rows for end in ("low", "high")]
    up = percents(bounds) if metric == "accuracy" else fitted(bounds, at_least=0.0)
    if scale == "log":
        up = logarithmic(bounds)
    trained = [row for row in rows if row["on"] == "training images"]
    # Training images that were looked at once, as in a short run, are a point and no line.
    once = bool(trained) and len(trained) == len({row["arm"] for row in trained})

    def spec(width: int) -> dict[str, Any]:
        scales = arm_scales(names, (arm.name for arm in shown))
        x = alt.X(
            "x:Q",
            title=_X[axis].axis,
            scale=across.scale,
            axis=across.axis,
        )
        y = alt.Y(
            "mean:Q",
            title=_Y[metric].axis,
            scale=up.scale,
            axis=up.upright,
        )
        colour = alt.Color("arm:N", title=None, scale=alt.Scale(**scales["color"]))
        on = alt.StrokeDash(
            "on:N",
            title=None,
            scale=alt.Scale(domain=["test set", "training images"], range=[[1, 0], [5, 4]]),
            legend=alt.Legend(symbolSize=500) if trained and not once else None,
        )
        data = inline_data([{k: v for k, v in row.items() if k != "places"} for row in rows])
        band = (
            alt.Chart(data)
            .mark_area(opacity=0.18, aria=False)
            .encode(x=x, y=alt.Y("low:Q"), y2="high:Q", color=colour)
            .transform_filter("datum.on === 'test set'")
        )
        line = (
            alt.Chart(data)
            .mark_line(strokeWidth=2, aria=False)
            .encode(x=x, y=y, color=colour, strokeDash=on)
        )

        def marks(on: str, **look: Any) -> alt.Chart:
            """A mark for each arm's figures on the test set, or on the training images."""
            marked = alt.Chart(data).mark_point(**{"opacity": 1, **look})
            shape = alt.Shape("arm:N", title=None, scale=alt.Scale(**scales["shape"]))
            shown = marked.encode(x=x, y=y, color=colour, shape=shape, description="told:N")
            chart: alt.Chart = shown.transform_filter(f"datum.on === '{on}'")
            return chart

        points = marks("test set", size=55, filled=True)
        # Labels belong to points: where a line has none that show, they can still be pointed at.
        look = {"size": 90, "filled": False, "strokeWidth": 1.5} if once else HIDDEN
        layers = (band, line, marks("training images", **look), points)
        chart = alt.layer(*layers).properties(width=width - 24, height=300, autosize=FIT)
        return finished(chart, width)

    last = [row for arm in shown for row in _rows(arm, metric, axis)[-2:]]
    left_out = len([arm for arm in arms if arm.curve]) - len(shown)
    told = "; ".join(str(row["told"]) for row in last)
    of_training = ""
    if trained:
        of_training = f", {'a hollow mark' if once else 'a dashed line'} for the training images"
    caption = "Mean over seeds on the test set; the band spans all seeds."
    if once:
        caption += " Hollow: training images, without augmentation."
    elif trained:
        caption += " Dashed: training images, without augmentation."
    kind = "" if metric == "accuracy" or scale == "log" else "-linear"
    if running := [arm.name for arm in shown if not arm.complete]:
        caption += f" Not ended yet: {', '.join(running)}."
    one = " Each run was evaluated once, at its end, so there are no lines." if longest == 1 else ""
    return Chart(
        name=f"{metric}-over-{WORDS[axis]}{kind}",
        title=f"{_Y[metric].values.capitalize()} over {TITLES[axis]}",
        description=f"Line chart by {_X[axis].values}, one colour per arm"
        f"{of_training}. At the end: {told}.",
        spec=spec,
        data=_table(rows, metric),
        legend=tuple(name for name in names if name in {arm.name for arm in shown}),
        caption=caption
        + one
        + (f" {counted(left_out, 'more arm')} not drawn." if left_out else ""),
    )


def _rows(arm: ArmRuns, metric: Metric, axis: Axis) -> list[dict[str, Any]]:
    rows = []
    for points in arm.curve:
        places: dict[Axis, float] = {
            "epoch": points[0].epoch,
            "images": points[0].images,
            "minutes": statistics.fmean(point.seconds / 60 for point in points),
        }
        x = places[axis]
        for on in ("test set", "training images"):
            values = _values(points, metric, on)
            if len(values) < len(points):
                continue
            mean = statistics.fmean(values)
            rows.append(
                {
                    "arm": arm.name,
                    "on": on,
                    "x": x,
                    "mean": mean,
                    "low": min(values),
                    "high": max(values),
                    "n": len(values),
                    "places": places,
                    "told": f"{arm.name}, {on}, {_at(axis, x)}: {_figure(metric, values)}",
                }
            )
    return rows


def _at(axis: Axis, x: float) -> str:
    if axis == "images":
        return f"after {count(x)} training images"
    return f"epoch {short(x)}" if axis == "epoch" else f"{short(x)} minutes of training"


def _figure(metric: Metric, values: list[float]) -> str:
    """The mean over seeds with its unit, and their range."""
    mean, low, high = statistics.fmean(values), min(values), max(values)
    told = percent(mean) if metric == "accuracy" else f"{nats(mean)} nats"
    if len(values) == 1:
        return told
    ends = (
        f"{fixed(low)} to {percent(high)}"
        if metric == "accuracy"
        else (f"{nats(low)} to {nats(high)} nats")
    )
    return f"{told} ({ends} over {counted(len(values), 'seed')})"


def _values(points: tuple[CurvePoint, ...], metric: Metric, on: str) -> list[float]:
    evaluations = [point.test if on == "test set" else point.train for point in points]
    values = [getattr(found, metric) for found in evaluations if found is not None]
    return [value for value in values if math.isfinite(value)]


def _table(rows: list[dict[str, Any]], metric: Metric) -> Table:
    write = (lambda value: fixed(value, 3)) if metric == "accuracy" else nats
    kept = rows if len(rows) <= MAX_ROWS else rows[-MAX_ROWS:]
    return Table(
        f"{_Y[metric].axis}, mean and range over seeds",
        (
            Column("Arm"),
            Column("On"),
            Column("Epoch", "number"),
            Column("Training images", "number"),
            Column("Minutes", "number"),
            Column("Mean", "number"),
            Column("Lowest", "number"),
            Column("Highest", "number"),
            Column("Seeds", "number"),
        ),
        tuple(
            (
                (Arm(row["arm"]),),
                row["on"],
                short(row["places"]["epoch"], 4),
                count(row["places"]["images"]),
                short(row["places"]["minutes"], 4),
                write(row["mean"]),
                write(row["low"]),
                write(row["high"]),
                str(row["n"]),
            )
            for row in kept
        ),
        note=f"The last {MAX_ROWS} of {len(rows):,} rows." if len(kept) < len(rows) else "",
    )
