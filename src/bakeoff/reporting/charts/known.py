"""Published figures on their own axis; measured ones never stand on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import altair as alt

from bakeoff.published import PublishedResult
from bakeoff.reporting.charts.axes import percents, row_axis
from bakeoff.reporting.charts.theme import FIT, finished, inline_data, variable
from bakeoff.reporting.citations import cited
from bakeoff.reporting.document import Chart, Table
from bakeoff.reporting.document import Column as Col
from bakeoff.reporting.numbers import ABSENT


def published_figures(
    figures: Sequence[PublishedResult], title: str, number: int = 0
) -> Chart | None:
    """Published top-1 accuracies on one test set, each named with its evaluator.

    number: counts the charts of this kind on a page, so that their files differ.
    """
    if not figures:
        return None
    labels = tell_apart(figures)
    rows: list[dict[str, Any]] = [
        {
            "name": name,
            "top1": float(figure.number),
            "told": f"{name}: {figure.value} %",
        }
        for figure, name in zip(figures, labels, strict=True)
    ]

    across = percents(float(figure.number) for figure in figures)

    def spec(width: int) -> dict[str, Any]:
        base = alt.Chart(inline_data(rows)).encode(
            y=alt.Y(
                "name:N",
                sort=None,
                title=None,
                axis=row_axis(labels, width),
            ),
            x=alt.X(
                "top1:Q",
                title=f"{title} top-1 accuracy (%)",
                scale=across.scale,
                axis=across.axis,
            ),
        )
        points = base.mark_point(
            size=80, filled=True, shape="diamond", color=variable("soft"), opacity=1
        ).encode(description="told:N")
        values = (
            base.mark_text(align="left", dx=9, fontSize=11, color=variable("ink"), aria=False)
            .encode(text="shown:N")
            .transform_calculate(shown="format(datum.top1, '.1f')")
        )
        chart = alt.layer(points, values).properties(
            width=width - 24,
            height=max(90, 26 * len(rows)),
            autosize=FIT,
        )
        return finished(chart, width)

    told = "; ".join(str(row["told"]) for row in rows)
    return Chart(
        name="published" if number == 0 else f"published-{number + 1}",
        title=f"Published results on {title}",
        description=f"Dot plot on an axis of its own. {told}.",
        spec=spec,
        data=published_table(figures, f"Published top-1 accuracy on {title}"),
    )


def tell_apart(figures: Sequence[PublishedResult]) -> list[str]:
    """A label each: its procedure, and of the rest only what tells some of them apart."""
    ways: list[Callable[[PublishedResult], str]] = [
        lambda figure: figure.procedure or figure.weights or figure.architecture,
        lambda figure: figure.architecture,
        lambda figure: f"@{figure.test_resolution}" if figure.test_resolution else "",
        lambda figure: f"({figure.evaluator or 'paper'})",
        lambda figure: figure.id,
    ]
    labels = [ways[0](figure) for figure in figures]
    for way in ways[1:]:
        if len(set(labels)) == len(labels):
            break
        parts = [way(figure) for figure in figures]
        if len(set(parts)) > 1:
            pairs = zip(labels, parts, strict=True)
            labels = [f"{label} {part}" if part not in label else label for label, part in pairs]
    return labels


def published_table(figures: Sequence[PublishedResult], caption: str) -> Table:
    return Table(
        caption,
        (
            Col("Architecture"),
            Col("Procedure"),
            Col("Top-1 (%)", "number"),
            Col("Test size", "number"),
            Col("Epochs", "number"),
            Col("Runs", "number"),
            Col("Evaluated by"),
            Col("Source"),
        ),
        tuple(
            (
                figure.architecture,
                figure.procedure or ABSENT,
                figure.value,
                f"{figure.test_resolution} px" if figure.test_resolution else ABSENT,
                figure.epochs or ABSENT,
                figure.runs or ABSENT,
                figure.evaluator or "paper",
                (
                    *cited(figure.citation, figure.source),
                    "" if figure.verified else " (quoted, source not read)",
                ),
            )
            for figure in figures
        ),
    )
