"""Learning rates over training, each as a share of its own peak: their sizes belong to optimizers
and say nothing beside each other."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import altair as alt

from bakeoff.recipes.schedule import learning_rate
from bakeoff.recipes.schema import Recipe
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.charts.axes import fitted
from bakeoff.reporting.charts.curves import HIDDEN
from bakeoff.reporting.charts.theme import FIT, arm_scales, finished, inline_data
from bakeoff.reporting.document import PALETTE_SIZE, Arm, Chart, Column, Table
from bakeoff.reporting.numbers import short

POINTS = 96
TOLD = 8
"""Points of a curve that can be pointed at; the others are there for the line."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The schedule of `arms`, which share it. shares: percent of the peak at each of `at`, which
    are shares of training in percent."""

    arms: tuple[str, ...]
    recipe: Recipe
    at: tuple[float, ...]
    shares: tuple[float, ...]
    rates: tuple[float, ...]


def schedule_curves(arms: tuple[ArmRuns, ...], names: tuple[str, ...]) -> Chart | None:
    """None where nothing was trained here."""
    curves = _curves(arms)
    if not curves:
        return None
    rows = [row for curve in curves for row in _rows(curve)]
    shown = tuple(curve.arms[0] for curve in curves)
    up = fitted([0.0, 100.0], at_least=0.0, at_most=100.0)

    def spec(width: int) -> dict[str, Any]:
        scales = arm_scales(names, shown)
        base = alt.Chart(inline_data(rows))
        x = alt.X("x:Q", title="Share of training (%)", scale=up.scale, axis=up.axis)
        y = alt.Y("share:Q", title="Learning rate (% of its peak)", scale=up.scale, axis=up.upright)
        colour = alt.Color("arm:N", title=None, scale=alt.Scale(**scales["color"]))
        line = base.mark_line(strokeWidth=2, aria=False).encode(x=x, y=y, color=colour)
        marks = (
            base.mark_point(**HIDDEN)
            .encode(x=x, y=y, color=colour, description="told:N")
            .transform_filter("datum.told !== ''")
        )
        chart = alt.layer(line, marks).properties(width=width - 24, height=200, autosize=FIT)
        return finished(chart, width)

    told = "; ".join(_in_words(curve) for curve in curves)
    return Chart(
        name="schedule",
        title="Learning rate over training",
        description=f"Line chart of the learning rate, as a share of its peak, over the share of "
        f"training. {told}.",
        spec=spec,
        data=_table(curves),
        legend=shown,
    )


def _curves(arms: tuple[ArmRuns, ...]) -> list[Curve]:
    """A curve for each schedule in use, arms with one schedule together."""
    found: dict[tuple[Any, ...], list[ArmRuns]] = {}
    for arm in arms:
        if arm.trained and arm.first.budget.steps > 0:
            key = (arm.recipe.schedule, arm.recipe.optimizer.lr, arm.recipe.epochs)
            found.setdefault(key, []).append(arm)
    return [_curve(alike) for alike in list(found.values())[:PALETTE_SIZE]]


def _curve(alike: list[ArmRuns]) -> Curve:
    recipe, total = alike[0].recipe, alike[0].first.budget.steps
    steps = sorted({round(k * (total - 1) / POINTS) for k in range(POINTS + 1)})
    rates = tuple(learning_rate(recipe, step, total) for step in steps)
    return Curve(
        tuple(arm.name for arm in alike),
        recipe,
        tuple(100 * step / max(1, total - 1) for step in steps),
        tuple(100 * rate / recipe.optimizer.lr for rate in rates),
        rates,
    )


def _rows(curve: Curve) -> list[Mapping[str, Any]]:
    every = max(1, len(curve.at) // TOLD)
    return [
        {
            "arm": curve.arms[0],
            "x": at,
            "share": share,
            "told": f"{', '.join(curve.arms)} at {at:.0f} % of training: learning rate "
            f"{short(rate, 3)}, {share:.0f} % of its peak"
            if k % every == 0 or k == len(curve.at) - 1
            else "",
        }
        for k, (at, share, rate) in enumerate(zip(curve.at, curve.shares, curve.rates, strict=True))
    ]


def _in_words(curve: Curve) -> str:
    schedule = curve.recipe.schedule
    warm = 100 * schedule.warmup_epochs / curve.recipe.epochs
    said = f"{', '.join(curve.arms)}: {schedule.name}, peak {short(curve.recipe.optimizer.lr, 3)}"
    return f"{said}, warm-up over the first {short(warm, 2)} %" if warm else said


def _table(curves: list[Curve]) -> Table:
    kept = [(curve, k) for curve in curves for k in range(0, len(curve.at), 12)]
    return Table(
        "Learning rate over training",
        (
            Column("Arm"),
            Column("Share of training (%)", "number"),
            Column("Learning rate", "number"),
            Column("Share of its peak (%)", "number"),
        ),
        tuple(
            (
                (Arm(curve.arms[0]),),
                f"{curve.at[k]:.0f}",
                short(curve.rates[k], 3),
                f"{curve.shares[k]:.0f}",
            )
            for curve, k in kept
        ),
    )
