"""Final accuracy, and its cost: every seed is a point."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt

from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.charts.axes import LETTER, fitted, percents, row_axis
from bakeoff.reporting.charts.theme import (
    FIT,
    arm_scales,
    finished,
    inline_data,
    variable,
)
from bakeoff.reporting.document import Arm, Chart, Column, Table
from bakeoff.reporting.numbers import NBSP, count, counted, duration, fixed, percent
from bakeoff.reporting.untrained import DidNotTrain, untrained

MAX_ARMS = 24
MAX_PANELS = 6


def final_accuracy(
    panels: Sequence[tuple[str, tuple[ArmRuns, ...]]],
    names: tuple[str, ...],
    baselines: Sequence[Sequence[tuple[str, float]]] = (),
) -> Chart | None:
    """Test accuracy at the last epoch: seeds as points, their mean, and its 95 % interval.

    panels: the title and the arms of each test set; each has an axis of its own. baselines: of
    each, what needs no network, as (name, accuracy in percent).
    """
    known = [*baselines, *([()] * len(panels))]
    found = [
        _Panel(
            title,
            [arm for arm in arms if arm.accuracy is not None],
            untrained(arms),
            tuple(known[index]),
        )
        for index, (title, arms) in enumerate(panels[:MAX_PANELS])
    ]
    panes = [panel for panel in found if panel.arms]
    if not panes:
        return None
    several = len(panes) > 1

    def spec(width: int) -> dict[str, Any]:
        if not several:
            only = _rows(panes[0], names, width).properties(width=width - 24, autosize=FIT)
            return finished(only, width)
        # Charts that are put together cannot be fitted: the names' room is worked out instead.
        longest = max(len(arm.name) for panel in panes for arm in panel.shown)
        room = min(int(width * 0.42), int(LETTER * longest) + 6)
        charts = [
            _rows(panel, names, width).properties(
                width=width - room - 34, title=alt.TitleParams(panel.title, limit=width - 40)
            )
            for panel in panes
        ]
        together = alt.vconcat(*charts, spacing=18).resolve_scale(x="independent")
        return finished(together, width)

    means = [(panel, _means(panel.shown)) for panel in panes]
    described = "; ".join(
        (f"{panel.title}: " if several else "")
        + "; ".join(
            [*(f"{one.arm} {one.briefly}" for one in panel.untrained)]
            + [str(row["told"]) for row in rows]
        )
        for panel, rows in means
    )
    with_bar = any(row["low"] < row["high"] for _, rows in means for row in rows)
    left_out = sum(len(panel.arms) - len(panel.shown) for panel in panes)
    heads = (Column("Data set"),) if several else ()
    return Chart(
        name="accuracy",
        title="Test accuracy at the last epoch",
        description=f"Dot plot, one row per arm, one point per seed. {described}.",
        spec=spec,
        data=Table(
            "Test accuracy at the last epoch, per seed",
            (*heads, Column("Arm"), Column("Seed", "number"), Column("Accuracy (%)", "number")),
            tuple(
                (
                    *((panel.title,) if several else ()),
                    (Arm(arm.name),),
                    str(run.record.seed),
                    fixed(run.record.result.accuracy, 3),
                )
                for panel in panes
                for arm in panel.shown
                for run in arm.complete
                if run.record.result
            ),
        ),
        caption="Point: one seed; line: their mean"
        + ("; bar: its 95 % interval." if with_bar else ".")
        + (" Each data set has an axis of its own, fitted to its figures." if several else "")
        + (f" {counted(left_out, 'more arm')} stand only in the table." if left_out else ""),
    )


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    arms: list[ArmRuns]
    untrained: tuple[DidNotTrain, ...] = ()
    baselines: tuple[tuple[str, float], ...] = ()

    @property
    def shown(self) -> list[ArmRuns]:
        return self.arms[:MAX_ARMS]


def _means(shown: list[ArmRuns]) -> list[dict[str, Any]]:
    means: list[dict[str, Any]] = []
    for arm in shown:
        sample = arm.accuracy
        assert sample is not None
        half = sample.half
        told = f"{arm.name}, mean of {counted(sample.n, 'seed')}: {percent(sample.mean)}"
        means.append(
            {
                "arm": arm.name,
                "mean": sample.mean,
                "low": max(0.0, sample.mean - half) if half is not None else sample.mean,
                "high": min(100.0, sample.mean + half) if half is not None else sample.mean,
                "told": told if half is None else f"{told} ± {fixed(half)}",
            }
        )
    return means


def _rows(panel: _Panel, names: tuple[str, ...], width: int) -> alt.LayerChart | alt.FacetChart:
    """A row for each arm: the interval, the mean across it, the seeds on top."""
    shown = panel.shown
    points = [
        {
            "arm": arm.name,
            "accuracy": run.record.result.accuracy,
            "told": f"{arm.name}, seed {run.record.seed}: {percent(run.record.result.accuracy)}",
        }
        for arm in shown
        for run in arm.complete
        if run.record.result
    ]
    known = panel.baselines
    order = [arm.name for arm in shown] + [one.arm for one in panel.untrained]
    order += [name for name, _ in known]
    scales = arm_scales(names, order)
    y = alt.Y("arm:N", sort=order, title=None, axis=row_axis(order, width))
    colour = alt.Color("arm:N", scale=alt.Scale(**scales["color"]), legend=None)
    means = _means(shown)
    title = "Test accuracy, last epoch (%)"
    span = percents(
        [row[end] for row in means for end in ("low", "high")]
        + [float(str(row["accuracy"])) for row in points]
        + [accuracy for _, accuracy in known]
    )
    base = alt.Chart(inline_data(means)).encode(y=y, color=colour, description="told:N")
    interval = base.mark_rule(strokeWidth=7, opacity=0.28, aria=False).encode(
        x=alt.X("low:Q", title=title, scale=span.scale, axis=span.axis), x2="high:Q"
    )
    mean = base.mark_tick(thickness=2.5, size=26).encode(x=alt.X("mean:Q"))
    seeds = (
        alt.Chart(inline_data(points))
        .mark_point(size=75, filled=True, opacity=0.9, stroke=variable("ground"))
        .encode(
            y=y,
            x=alt.X("accuracy:Q", title=title, scale=span.scale, axis=span.axis),
            color=colour,
            shape=alt.Shape("arm:N", scale=alt.Scale(**scales["shape"]), legend=None),
            description="told:N",
        )
    )
    layers = [interval, mean, seeds]
    if panel.untrained:
        rows = [
            {"arm": one.arm, "x": span.low, "told": one.briefly.replace(NBSP, " ")}
            for one in panel.untrained
        ]
        failed = alt.Chart(inline_data(rows)).mark_text(
            align="left", dx=4, fontSize=12, fontStyle="italic", color=variable("soft")
        )
        layers.append(
            failed.encode(
                y=y, x=alt.X("x:Q", scale=span.scale), text="told:N", description="told:N"
            )
        )
    if known:
        rows = [{"arm": n, "x": a, "told": f"{n}, no network: {percent(a)}"} for n, a in known]
        grey = alt.Chart(inline_data(rows)).mark_point(
            size=75, filled=True, opacity=1, shape="diamond", color=variable("soft")
        )
        layers.append(grey.encode(y=y, x=alt.X("x:Q", scale=span.scale), description="told:N"))
    return alt.layer(*layers).properties(height=max(90, 44 * len(order)))


def cost_accuracy(arms: tuple[ArmRuns, ...], names: tuple[str, ...]) -> Chart | None:
    """Training time of each run against its test accuracy."""
    rows = [
        {
            "arm": arm.name,
            "seed": run.record.seed,
            "minutes": run.record.cost.seconds / 60,
            "images": run.record.cost.images,
            "accuracy": run.record.result.accuracy,
            "told": f"{arm.name}, seed {run.record.seed}: "
            f"{percent(run.record.result.accuracy)} in {duration(run.record.cost.seconds)}",
        }
        for arm in arms
        for run in arm.complete
        if run.record.cost and run.record.result and not run.record.evaluated
    ]
    if not rows:
        return None
    across = fitted((float(str(row["minutes"])) for row in rows), at_least=0.0)
    up = percents(float(str(row["accuracy"])) for row in rows)

    def spec(width: int) -> dict[str, Any]:
        scales = arm_scales(names, (str(row["arm"]) for row in rows))
        chart = (
            alt.Chart(inline_data(rows))
            .mark_point(size=80, filled=True, opacity=0.9)
            .encode(
                x=alt.X(
                    "minutes:Q",
                    title="Training time of the run (minutes)",
                    scale=across.scale,
                    axis=across.axis,
                ),
                y=alt.Y(
                    "accuracy:Q",
                    title="Test accuracy (%)",
                    scale=up.scale,
                    axis=up.upright,
                ),
                color=alt.Color("arm:N", title=None, scale=alt.Scale(**scales["color"])),
                shape=alt.Shape("arm:N", title=None, scale=alt.Scale(**scales["shape"])),
                description="told:N",
            )
            .properties(width=width - 24, height=300, autosize=FIT)
        )
        return finished(chart, width)

    told = []
    for arm in arms:
        seconds, accuracy = arm.costs(lambda cost: cost.seconds), arm.accuracy
        if seconds is not None and accuracy is not None:
            told.append(
                f"{arm.name}: {percent(accuracy.mean)} for {duration(seconds.mean)} on average"
            )
    return Chart(
        name="cost",
        title="Cost against accuracy",
        description=f"Scatter plot, one point per run. {'; '.join(told[:MAX_ARMS])}.",
        spec=spec,
        data=Table(
            "Training time and test accuracy, per run",
            (
                Column("Arm"),
                Column("Seed", "number"),
                Column("Training time", "number"),
                Column("Images", "number"),
                Column("Accuracy (%)", "number"),
            ),
            tuple(
                (
                    (Arm(str(row["arm"])),),
                    str(row["seed"]),
                    duration(float(str(row["minutes"])) * 60),
                    count(float(str(row["images"]))),
                    fixed(float(str(row["accuracy"])), 3),
                )
                for row in rows
            ),
        ),
        caption="Up and to the left is better. Training time, without evaluation.",
    )
