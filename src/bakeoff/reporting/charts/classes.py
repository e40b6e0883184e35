"""Which classes carry a gap, and what is confused with what: dots by class, and heat maps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import altair as alt
import numpy as np
from numpy.typing import NDArray

from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.charts.axes import percents, row_axis
from bakeoff.reporting.charts.theme import FIT, arm_scales, finished, inline_data, variable
from bakeoff.reporting.document import PALETTE_SIZE, Arm, Chart, Column, Table, Views
from bakeoff.reporting.findings import mean_confusion
from bakeoff.reporting.numbers import fixed, percent, signed

MAX_CLASSES = 30
MAX_ARMS = 6
Matrix = NDArray[np.float64]


def class_dots(
    arms: Sequence[ArmRuns], names: tuple[str, ...], pair: tuple[ArmRuns, ArmRuns]
) -> Chart | None:
    """Each class a row and each arm a dot, the classes with the largest gap of `pair` on top.

    None unless every arm of the pair tells what its runs answered.
    """
    shown = [arm for arm in arms if mean_confusion(arm) is not None][:PALETTE_SIZE]
    ahead, behind = mean_confusion(pair[0]), mean_confusion(pair[1])
    if ahead is None or behind is None or ahead.shape != behind.shape:
        return None
    classes = pair[0].first.data.class_names
    accuracy = {arm.name: _by_class(arm) for arm in shown}
    gap = _by_class(pair[0]) - _by_class(pair[1])
    there = [int(k) for k in np.argsort(-gap, kind="stable") if ahead[int(k)].sum() > 0]
    kept = there[:MAX_CLASSES]
    rows = [
        {
            "arm": name,
            "class": classes[k],
            "accuracy": float(found[k]),
            "told": f"{name}, class {classes[k]}: {percent(float(found[k]))} right",
        }
        for name, found in accuracy.items()
        for k in kept
        if k < len(found)
    ]
    if len(kept) < 2 or not rows:
        return None
    across = percents(
        float(found[k]) for found in accuracy.values() for k in kept if k < len(found)
    )

    def spec(width: int) -> dict[str, Any]:
        scales = arm_scales(names, accuracy)
        chart = (
            alt.Chart(inline_data(rows))
            .mark_point(filled=True, size=70, opacity=0.9)
            .encode(
                x=alt.X("accuracy:Q", title="Accuracy (%)", scale=across.scale, axis=across.axis),
                y=alt.Y(
                    "class:N",
                    title=None,
                    sort=[classes[k] for k in kept],
                    axis=row_axis([classes[k] for k in kept], width),
                ),
                color=alt.Color("arm:N", title=None, scale=alt.Scale(**scales["color"])),
                shape=alt.Shape("arm:N", title=None, scale=alt.Scale(**scales["shape"])),
                description="told:N",
            )
            .properties(width=width - 24, height=alt.Step(20), autosize=FIT)
        )
        return finished(chart, width)

    most = kept[0]
    return Chart(
        name="classes",
        title="Accuracy by class, the largest gap first",
        description=f"Dot plot, one row per class, one dot per arm, sorted by {pair[0].name} minus "
        f"{pair[1].name}: {classes[most]} {signed(float(gap[most]))} points to {classes[kept[-1]]} "
        f"{signed(float(gap[kept[-1]]))} points.",
        spec=spec,
        data=Table(
            "Test accuracy by class (%), mean over seeds",
            (Column("Class"), *(Column(name, "number") for name in accuracy)),
            tuple(
                (classes[k], *(fixed(float(found[k])) for found in accuracy.values())) for k in kept
            ),
        ),
        caption=f"Sorted by {pair[0].name} minus {pair[1].name}."
        + (f" {MAX_CLASSES} of {len(there)} classes." if len(there) > len(kept) else ""),
        legend=tuple(name for name in names if name in accuracy),
    )


def confusions(
    arms: Sequence[ArmRuns], names: tuple[str, ...], pair: tuple[ArmRuns, ArmRuns]
) -> Views | None:
    """What each arm takes for what, one map at a time, and where the arms of `pair` differ."""
    told = [(arm, matrix) for arm in arms if (matrix := mean_confusion(arm)) is not None]
    if not told or not 2 < len(told[0][1]) <= MAX_CLASSES:
        return None
    classes = told[0][0].first.data.class_names
    if len(classes) != len(told[0][1]):
        return None
    ahead, behind = mean_confusion(pair[0]), mean_confusion(pair[1])
    charts = []
    if ahead is not None and behind is not None and ahead.shape == behind.shape:
        # Mistakes of the arm behind that the one ahead makes less often.
        charts.append(
            (("difference",), _map(ahead - behind, classes, names, pair, difference=True))
        )
    for arm, matrix in told[:MAX_ARMS]:
        charts.append(((arm.name,), _map(matrix, classes, names, (arm, arm), difference=False)))
    words = tuple(word for (word,), _ in charts)
    return Views("What is taken for what", (("Of", words),), tuple(charts))


def _by_class(arm: ArmRuns) -> Matrix:
    matrix = mean_confusion(arm)
    assert matrix is not None
    of_class = np.maximum(matrix.sum(1), 1)
    share: Matrix = 100 * np.asarray(matrix.diagonal()) / of_class
    return share


def _map(
    matrix: Matrix,
    classes: tuple[str, ...],
    names: tuple[str, ...],
    pair: tuple[ArmRuns, ArmRuns],
    *,
    difference: bool,
) -> Chart:
    first, second = pair[0].name, pair[1].name
    largest = float(np.abs(matrix - np.diag(matrix.diagonal())).max()) or 1.0
    rows = []
    for true, of in enumerate(matrix):
        for said, images in enumerate(of):
            if true == said or abs(images) < 0.005:
                continue
            # In a difference the colour is that of the arm that makes the mistake more often.
            whose = first if images > 0 else second
            rows.append(
                {
                    "true": classes[true],
                    "said": classes[said],
                    "whose": whose,
                    "weight": 0.06 + 0.94 * min(1.0, abs(float(images)) / largest),
                    "images": float(images),
                    "told": _told(classes[true], classes[said], float(images), whose, difference),
                }
            )
    rows.sort(key=lambda row: (-abs(float(str(row["images"]))), str(row["true"])))

    def spec(width: int) -> dict[str, Any]:
        side = min(width - 90, 26 * len(classes) + 20, 520)
        colours = arm_scales(names, {first, second})["color"]
        chart = (
            alt.Chart(inline_data(rows))
            .mark_rect(stroke=variable("ground"))
            .encode(
                x=alt.X("said:N", title="Taken for", sort=list(classes), scale=_domain(classes)),
                y=alt.Y("true:N", title="Is", sort=list(classes), scale=_domain(classes)),
                color=alt.Color("whose:N", legend=None, scale=alt.Scale(**colours)),
                opacity=alt.Opacity("weight:Q", legend=None, scale=None),
                description="told:N",
            )
            .properties(width=side, height=side)
        )
        return finished(chart, width)

    worst = rows[0]["told"] if rows else "no mistakes"
    if difference:
        caption = "Darker: a larger difference, in the colour of the arm that errs more often."
        title = f"Mistakes, {first} against {second}"
    else:
        caption, title = "Darker: more images, mean over seeds.", f"Mistakes of {first}"
    return Chart(
        name=f"confusion-{'difference' if difference else names.index(first) + 1}"
        if first in names
        else f"confusion-{_slug(first)}",
        title=title,
        description=f"Heat map, true classes by row, answers by column. Most: {worst}.",
        spec=spec,
        data=Table(
            f"{title}: images, mean over seeds",
            (Column("Is"), Column("Taken for"), Column("Images", "number")),
            tuple(
                (
                    str(row["true"]),
                    str(row["said"]),
                    signed(float(str(row["images"])), 1)
                    if difference
                    else fixed(float(str(row["images"])), 1),
                )
                for row in rows[:40]
            ),
            note="The 40 largest." if len(rows) > 40 else "",
        ),
        caption=((Arm(first), " and ", Arm(second), f". {caption}") if difference else caption),
    )


def _domain(classes: tuple[str, ...]) -> alt.Scale:
    return alt.Scale(domain=list(classes))


def _slug(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())


def _told(true: str, said: str, images: float, whose: str, difference: bool) -> str:
    if difference:
        return f"{true} taken for {said}: {whose} {fixed(abs(images), 1)} images more often"
    return f"{whose}, {true} taken for {said}: {fixed(images, 1)} images"
