"""From the material of a report to its score card."""

from __future__ import annotations

from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.baselines import LINEAR, NEIGHBOUR
from bakeoff.reporting.ladder import read_ladder
from bakeoff.reporting.material import Material
from bakeoff.reporting.score.card import Entry, Panel, ScoreCard
from bakeoff.reporting.score.care import cares
from bakeoff.reporting.score.question import question
from bakeoff.reporting.score.wording import answer, answer_of_ladder, conditions
from bakeoff.statistics.arrays import Interval

SHOWN_BASELINES = (LINEAR, NEIGHBOUR)


def made_from(material: Material) -> ScoreCard:
    return ScoreCard(
        question(material),
        tuple(
            panel(one, title) for one, title in zip(material.sets, material.set_titles, strict=True)
        ),
        cares(material),
    )


def panel(material: Material, title: str) -> Panel:
    """The answer on one test set."""
    reference = reference_of(material)
    entries = _entries(material, reference)
    rows = material.judged.of_metric("accuracy")
    models = any(row.scope == "models" for row in rows)
    ladder = read_ladder(material)
    return Panel(
        title=title,
        reference=reference.name if reference else "",
        answer=answer(entries, material.untrained, beaten=_beaten(material, entries), models=models)
        if ladder is None
        else answer_of_ladder(ladder),
        conditions=conditions(
            material,
            entries,
            models=models,
            pair=None if ladder is None else (ladder.rungs[0].arm.name, ladder.whole.name),
        ),
        entries=entries,
        models=models,
    )


def _beaten(material: Material, entries: tuple[Entry, ...]) -> int:
    """How many arms the one with the highest mean beats."""
    arms = [entry.name for entry in entries if entry.kind != "baseline" and entry.mean is not None]
    return sum(material.judged.said_of(arms[0], other) == "better" for other in arms[1:])


def reference_of(material: Material) -> ArmRuns | None:
    """The arm that the file names as `reference`, an ablation's whole recipe, else the first.

    Where that arm has no result it is the first that has; None where none has.
    """
    if (ladder := read_ladder(material)) is not None:
        return ladder.whole
    named = {plan.reference for plan in material.plans if plan.reference}
    wanted = [arm for arm in material.measured if arm.planned in named]
    return next(iter([*wanted, *material.measured]), None)


def _entries(material: Material, reference: ArmRuns | None) -> tuple[Entry, ...]:
    if reference is None or reference.accuracy is None:
        return tuple(_failed(material))
    base = reference.accuracy.mean
    found = [
        Entry(reference.name, "reference", base, 0.0, runs=reference.accuracy.n),
        *(
            _entry(material, arm, reference, base)
            for arm in material.measured
            if arm is not reference
        ),
        *(
            Entry(one.name, "baseline", one.accuracy, one.accuracy - base, images=one.images)
            for one in material.baselines
            if one.name in SHOWN_BASELINES
        ),
    ]
    found.sort(key=lambda entry: -(entry.difference or 0.0))
    return (*found, *_failed(material))


def _failed(material: Material) -> list[Entry]:
    return [Entry(one.arm, "arm", None, None, failure=one.briefly) for one in material.untrained]


def _entry(material: Material, arm: ArmRuns, reference: ArmRuns, base: float) -> Entry:
    assert arm.accuracy is not None
    row = material.judged.between(arm.name, reference.name)
    interval = None if row is None or row.interval is None else row.interval
    if interval is not None and row is not None and row.a != arm.name:
        interval = Interval(-interval.high, -interval.low)
    return Entry(
        arm.name,
        "arm",
        arm.accuracy.mean,
        arm.accuracy.mean - base,
        interval.low if interval else None,
        interval.high if interval else None,
        material.judged.said_of(arm.name, reference.name),
        arm.accuracy.n,
    )
