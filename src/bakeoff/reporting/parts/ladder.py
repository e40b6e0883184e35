"""What each ingredient does: the measured ladder, and torchvision's published one beside it."""

from __future__ import annotations

from bakeoff.published import PublishedResult, results
from bakeoff.reporting.charts.ladder import measured_ladder, published_ladder
from bakeoff.reporting.conclusion import verdict
from bakeoff.reporting.document import Block, Code, Column, Heading, Paragraph, Section, Table
from bakeoff.reporting.ladder import Ladder, Rung, read_ladder
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, counted, p_value, signed
from bakeoff.reporting.parts.samples import with_interval

PUBLISHED = "torchvision-v2-ladder-"
SAID = {
    "worse": "worse without it",
    "better": "better without it",
    "same": "the same without it",
    "cannot tell": "cannot tell",
    None: "not compared",
}


def ladder(material: Material) -> Section | None:
    """None where the bake-off did not leave ingredients out one by one."""
    found = read_ladder(material)
    if found is None:
        return None
    blocks: list[Block] = [
        Paragraph(verdict(material)),
        measured_ladder(found),
        _table(found),
        *_beside(material),
    ]
    return Section("ladder", "What each ingredient does", tuple(blocks))


def _table(found: Ladder) -> Table:
    whole = found.whole.accuracy
    assert whole is not None
    top = (
        "nothing (the whole recipe)",
        with_interval(whole, _two),
        ABSENT,
        ABSENT,
        ABSENT,
        str(whole.n),
        ABSENT,
    )
    return Table(
        "The recipe less one ingredient, against the whole recipe",
        (
            Column("Left out"),
            Column("Test accuracy (%)", "number"),
            Column("Change (points)", "number"),
            Column("95 % interval", "number"),
            Column("p, adjusted", "number"),
            Column("Seeds", "number"),
            Column("Verdict"),
        ),
        (top, *(_row(rung) for rung in found.rungs)),
        note="A change below zero: the ingredient helps at this budget. p is Holm-adjusted over "
        "all pairs of arms. What an ingredient does without the others, or at the recipe’s full "
        "length, is not seen here.",
    )


def _row(rung: Rung) -> tuple[tuple[Code, ...] | str, ...]:
    interval = (
        ABSENT
        if rung.low is None or rung.high is None
        else f"{signed(rung.low)} to {signed(rung.high)}"
    )
    sample = rung.arm.accuracy
    return (
        (Code(rung.ingredient),),
        with_interval(sample, _two),
        signed(rung.difference),
        interval,
        p_value(rung.row.p_adjusted if rung.row else None),
        str(sample.n if sample else 0),
        SAID[rung.verdict],
    )


def _two(value: float) -> str:
    return f"{value:.2f}"


def _beside(material: Material) -> list[Block]:
    """The one ladder that is published with the same evaluator at every rung."""
    steps = published_steps()
    if not steps:
        return []
    here = material.records[0].data.title
    return [
        Heading("A published ladder, for orientation"),
        Paragraph(
            "How torchvision built its new recipe for ResNet-50, in "
            f"{counted(len(steps), 'step')}. "
            f"It is not ranked against the ladder above: it is on ImageNet-1k and not on {here}; "
            "each step adds to all the steps before it, where above one ingredient at a time is "
            "left out; and each figure is the best of three runs, without an interval."
        ),
        published_ladder(steps),
    ]


def published_steps() -> list[PublishedResult]:
    """torchvision's ladder in the order in which it was built."""
    return [figure for figure in results(metric="top1") if figure.id.startswith(PUBLISHED)]
