"""Which recipe at which budget: curves, verdicts, crossings and what was foretold."""

from __future__ import annotations

from collections.abc import Sequence

from bakeoff.comparison.result import AcrossBudgets, AtBudget
from bakeoff.reporting.charts.budgets import Point, accuracy_over_budget, difference_over_budget
from bakeoff.reporting.document import Arm, Block, Chart, Column, Paragraph, Section, Table, Text
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.numbers import ABSENT, count, signed
from bakeoff.reporting.parts.results import MARKED
from bakeoff.reporting.score.making import reference_of

MOST_SENTENCES = 12
MOST_ROWS = 100
_FORETOLD = {
    "crossed already": "the curves cross before it",
    "law missed": "nothing: the law missed it",
    "too far": "no crossing within ten times it",
    "never": "no crossing within ten times it",
}


def budgets(material: Material) -> Section | None:
    """None for a bake-off at one budget."""
    charts = budget_charts(material)
    if not charts and not material.across:
        return None
    pairs = material.across
    blocks: list[Block] = [Paragraph(pair.sentence) for pair in pairs[:MOST_SENTENCES]]
    blocks += charts[1:] if lead_of(material) is not None else charts
    if pairs:
        blocks.append(_verdicts(pairs))
    if any(pair.foretold for pair in pairs):
        blocks.append(_foretold(pairs))
    return Section("budgets", "Which recipe at which budget?", tuple(blocks))


def lead_of(material: Material) -> Chart | None:
    """The chart of the first screen; None where there are several data sets, each with its own."""
    if len({data for data, _ in {run.part for run in material.source.runs}}) > 1:
        return None
    return next(iter(budget_charts(material)), None)


def budget_charts(material: Material) -> list[Chart]:
    """For each data set accuracy over the budget, and the differences to the reference."""
    sets = unique(one.records[0].data.title for one in material.sets)
    charts: list[Chart] = []
    for place, title in enumerate(sets, start=1):
        where = f" on {title}" if len(sets) > 1 else ""
        number = f"-{place}" if len(sets) > 1 else ""
        reference = reference_of(material.sets[0])
        base = reference.planned if reference else ""
        pairs = [p for p in material.across if p.data == title and base in (p.a, p.b)]
        names = material.page_names
        found = [
            accuracy_over_budget(_accuracies(material, title), names, where, number),
            difference_over_budget(
                [point for pair in pairs for point in _differences(pair, base)],
                [crossing for pair in pairs for crossing in pair.crossings],
                names,
                base,
                where,
                number,
            ),
        ]
        charts += [chart for chart in found if chart is not None]
    return charts


def _accuracies(material: Material, title: str) -> list[Point]:
    found = []
    for one in material.sets:
        at = one.source.runs[0].at
        if not at or one.records[0].data.title != title:
            continue
        for arm in one.measured:
            if (sample := arm.accuracy) is not None:
                mean, half = sample.mean, sample.half
                low, high = (None, None) if half is None else (mean - half, mean + half)
                images = arm.first.budget.images
                found.append(Point(arm.planned, at, images, mean, low, high, sample.n))
    places = {name: place for place, name in enumerate(material.page_names)}
    return sorted(found, key=lambda p: (places.get(p.arm, len(places)), p.images))


def _differences(pair: AcrossBudgets, reference: str) -> list[Point]:
    """Of the other arm to the reference, whichever of the two stands first."""
    turned = pair.a == reference
    arm = pair.b if turned else pair.a
    found = []
    for point in pair.points:
        if point.difference is None:
            continue
        low, high = point.interval or (None, None)
        value = point.difference
        if turned:
            value = -value
            low, high = (None if high is None else -high), (None if low is None else -low)
        found.append(Point(arm, point.budget, point.images, value, low, high, 0))
    return found


def _verdicts(pairs: Sequence[AcrossBudgets]) -> Table:
    rows = [(pair, point) for pair in pairs for point in pair.points]
    several = len({pair.data for pair in pairs}) > 1
    return Table(
        "Verdict at each budget, first minus second",
        (
            Column("First"),
            Column("First is"),
            Column("Second"),
            *((Column("Data set"),) if several else ()),
            Column("Budget"),
            Column("Images", "number"),
            Column(f"Difference ({pairs[0].unit})", "number"),
            Column("95 % interval", "number"),
        ),
        tuple(
            (
                (Arm(pair.a),),
                MARKED[point.verdict],
                (Arm(pair.b),),
                *((pair.data,) if several else ()),
                point.budget,
                count(point.images),
                ABSENT if point.difference is None else signed(point.difference),
                _interval(point),
            )
            for pair, point in rows[:MOST_ROWS]
        ),
        note="p is Holm-adjusted over all pairs of arms, budgets and data sets together. A "
        "crossing is claimed only between two budgets that are decided opposite ways; between "
        "budgets the difference is taken as linear in the logarithm of the images."
        + (f" {MOST_ROWS} of {len(rows):,} rows." if len(rows) > MOST_ROWS else ""),
    )


def _interval(point: AtBudget) -> str:
    if point.interval is None:
        return ABSENT
    return f"{signed(point.interval.low)} to {signed(point.interval.high)}"


def _foretold(pairs: Sequence[AcrossBudgets]) -> Table:
    rows: list[tuple[Text, ...]] = []
    for pair in pairs:
        if (said := pair.foretold) is not None:
            further = _FORETOLD.get(said.because) or f"a crossing near {count(said.meets or 0)}"
            rows.append(
                (
                    (
                        Arm(pair.a),
                        " against ",
                        Arm(pair.b),
                        f" on {pair.data}" if pair.data else "",
                    ),
                    said.budget,
                    signed(said.difference),
                    signed(said.measured),
                    signed(said.missed_by),
                    further,
                )
            )
    return Table(
        "What the shorter budgets foretold of the longest",
        (
            Column("Pair"),
            Column("Longest budget"),
            Column("Foretold", "number"),
            Column("Measured", "number"),
            Column("Missed by", "number"),
            Column("Further on"),
        ),
        tuple(rows),
        note="Differences in accuracy. The error of each arm is taken as a power of the training "
        "images, fitted to all budgets but the longest; what is further on is fitted to all, and "
        "no run has shown it.",
        folded="What the shorter budgets foretold",
    )
