"""Final accuracy, and its cost: every seed is a point."""

from __future__ import annotations

from typing import Any

import altair as alt

from bakeoff.report.arms import ArmRuns
from bakeoff.report.charts.theme import (
    FIT,
    arm_scales,
    finished,
    inline_data,
    row_axis,
    value_axis,
    variable,
)
from bakeoff.report.document import Arm, Chart, Column, Table
from bakeoff.report.numbers import count, counted, duration, fixed, percent

MAX_ARMS = 24


def final_accuracy(arms: tuple[ArmRuns, ...], names: tuple[str, ...]) -> Chart | None:
    """Test accuracy at the last epoch: seeds as points, their mean, and its 95 % interval."""
    shown = [arm for arm in arms if arm.accuracy is not None][:MAX_ARMS]
    if not shown:
        return None
    points: list[dict[str, Any]] = []
    means: list[dict[str, Any]] = []
    for arm in shown:
        sample = arm.accuracy
        assert sample is not None
        points += [
            {
                "arm": arm.name,
                "accuracy": run.record.result.accuracy,
                "told": f"{arm.name}, seed {run.record.seed}: "
                f"{percent(run.record.result.accuracy)}",
            }
            for run in arm.complete
            if run.record.result
        ]
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

    def spec(width: int) -> dict[str, Any]:
        scales = arm_scales(names)
        y = alt.Y(
            "arm:N",
            sort=[arm.name for arm in shown],
            title=None,
            axis=row_axis([arm.name for arm in shown], width),
        )
        colour = alt.Color("arm:N", scale=alt.Scale(**scales["color"]), legend=None)
        x = alt.X("accuracy:Q", title="Test accuracy, last epoch (%)", scale=alt.Scale(zero=False))
        base = alt.Chart(inline_data(means))
        interval = base.mark_rule(strokeWidth=7, opacity=0.28).encode(
            y=y,
            x=alt.X("low:Q", title="Test accuracy, last epoch (%)", scale=alt.Scale(zero=False)),
            x2="high:Q",
            color=colour,
            description="told:N",
        )
        mean = base.mark_tick(thickness=2.5, size=26).encode(
            y=y, x=alt.X("mean:Q"), color=colour, description="told:N"
        )
        seeds = (
            alt.Chart(inline_data(points))
            .mark_point(size=75, filled=True, opacity=0.9, stroke=variable("ground"))
            .encode(
                y=y,
                x=x,
                color=colour,
                shape=alt.Shape("arm:N", scale=alt.Scale(**scales["shape"]), legend=None),
                description="told:N",
            )
        )
        chart = alt.layer(interval, mean, seeds).properties(
            width=width - 24, height=max(90, 52 * len(shown)), autosize=FIT
        )
        return finished(chart, width)

    several = any(mean["low"] < mean["high"] for mean in means)
    described = "; ".join(str(mean["told"]) for mean in means)
    left_out = len([arm for arm in arms if arm.accuracy is not None]) - len(shown)
    return Chart(
        name="accuracy",
        title="Test accuracy at the last epoch",
        description=f"Dot plot, one row per arm, one point per seed. {described}.",
        spec=spec,
        data=Table(
            "Test accuracy at the last epoch, per seed",
            (Column("Arm"), Column("Seed", "number"), Column("Accuracy (%)", "number")),
            tuple(
                ((Arm(arm.name),), str(run.record.seed), fixed(run.record.result.accuracy, 3))
                for arm in shown
                for run in arm.complete
                if run.record.result
            ),
        ),
        caption="A point is one seed; the line across is their mean"
        + (", and the bar its 95 % confidence interval (Student’s t)." if several else ".")
        + " The axis is fitted to the figures."
        + (f" {counted(left_out, 'more arm')} stand only in the table." if left_out else ""),
    )


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
        if run.record.cost and run.record.result
    ]
    if not rows:
        return None

    def spec(width: int) -> dict[str, Any]:
        scales = arm_scales(names)
        chart = (
            alt.Chart(inline_data(rows))
            .mark_point(size=80, filled=True, opacity=0.9)
            .encode(
                x=alt.X(
                    "minutes:Q", title="Training time of the run (minutes)", scale=_not_from_zero()
                ),
                y=alt.Y(
                    "accuracy:Q",
                    title="Test accuracy (%)",
                    scale=_not_from_zero(),
                    axis=value_axis(),
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
        caption="Up and to the left is better. Time is training only; evaluation is counted apart. "
        "Both axes are fitted to the figures.",
    )


def _not_from_zero() -> alt.Scale:
    return alt.Scale(zero=False, nice=True, padding=14)
