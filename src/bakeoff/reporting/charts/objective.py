"""The training objective by step: each recipe's own loss, so each arm has an axis of its own."""

from __future__ import annotations

import statistics
from typing import Any

import altair as alt

from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.charts.curves import HIDDEN
from bakeoff.reporting.charts.theme import arm_scales, finished, inline_data
from bakeoff.reporting.document import Arm, Chart, Column, Table
from bakeoff.reporting.numbers import count, nats

MAX_ARMS = 6
MAX_POINTS = 120


def objective_curve(arms: tuple[ArmRuns, ...], names: tuple[str, ...]) -> Chart | None:
    """Mean objective over seeds and its range; None where no run recorded it."""
    rows = [row for arm in arms[:MAX_ARMS] for row in _rows(arm)]
    if not rows:
        return None
    shown = tuple(dict.fromkeys(str(row["arm"]) for row in rows))

    def spec(width: int) -> dict[str, Any]:
        colour = alt.Color(
            "arm:N", legend=None, scale=alt.Scale(**arm_scales(names, shown)["color"])
        )
        base = alt.Chart(inline_data(rows))
        x = alt.X("step:Q", title="Step")
        band = base.mark_area(opacity=0.18, aria=False).encode(
            x=x, y=alt.Y("low:Q", title=None), y2="high:Q", color=colour
        )
        y = alt.Y("mean:Q", title=None)
        line = base.mark_line(strokeWidth=2, aria=False).encode(x=x, y=y, color=colour)
        points = base.mark_point(**HIDDEN).encode(x=x, y=y, color=colour, description="told:N")
        panels = 1 if width < 500 else min(2, len(shown))
        chart = (
            alt.layer(band, line, points)
            .properties(width=(width - 60 * panels) // panels, height=190)
            .facet(
                facet=alt.Facet("arm:N", title=None, sort=list(shown)),
                columns=panels,
            )
            .resolve_scale(y="independent")
        )
        return finished(chart, width)

    ends = {str(row["arm"]): row for row in rows}
    told = "; ".join(str(row["told"]) for row in ends.values())
    return Chart(
        name="objective",
        title="Training objective by step",
        description=f"Line charts, one panel per arm, each with its own axis. At the end: {told}.",
        spec=spec,
        data=Table(
            "Training objective, mean and range over seeds",
            (
                Column("Arm"),
                Column("Step", "number"),
                Column("Mean", "number"),
                Column("Lowest", "number"),
                Column("Highest", "number"),
            ),
            tuple(
                (
                    (Arm(row["arm"]),),
                    count(row["step"]),
                    nats(row["mean"]),
                    nats(row["low"]),
                    nats(row["high"]),
                )
                for row in rows
            ),
        ),
        caption="The objective is each recipe’s own loss on augmented images. Recipes with "
        "different losses cannot be compared by it, so no two panels share an axis.",
    )


def _rows(arm: ArmRuns) -> list[dict[str, Any]]:
    by_step: dict[int, list[float]] = {}
    for run in arm.complete:
        for step, value in run.record.objective_by_step:
            by_step.setdefault(step, []).append(value)
    common = sorted(step for step, found in by_step.items() if len(found) == len(arm.complete))
    # Every k-th step, and always the last one.
    every = max(1, len(common) // MAX_POINTS)
    kept = sorted({*common[::every], *common[-1:]})
    return [
        {
            "arm": arm.name,
            "step": step,
            "mean": statistics.fmean(by_step[step]),
            "low": min(by_step[step]),
            "high": max(by_step[step]),
            "told": f"{arm.name}, step {count(step)}: {nats(statistics.fmean(by_step[step]))} nats",
        }
        for step in kept
    ]
