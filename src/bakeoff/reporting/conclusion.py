"""Sentences made from the numbers: no text here could contradict them.

Which arm is named first, what it is said to do and by how much all come from the comparison; with
the two arms' records swapped, every sentence swaps.
"""

from __future__ import annotations

import re

from bakeoff.comparison.numbers import sentence_case, with_interval
from bakeoff.comparison.result import PairVerdict
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.document import Arm, Inline, Text
from bakeoff.reporting.ladder import ladder_verdict
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import (
    NBSP,
    count,
    counted,
    duration,
    fixed,
    p_value,
    percent,
    short,
)
from bakeoff.reporting.untrained import named
from bakeoff.statistics import Interval

MANY = 6


def ranked(material: Material) -> list[ArmRuns]:
    """Arms with a result, highest mean test accuracy first."""
    return sorted(
        (arm for arm in material.measured if arm.accuracy),
        key=lambda arm: (-(arm.accuracy.mean if arm.accuracy else 0.0), arm.name),
    )


def verdict(material: Material) -> Text:
    """One sentence: which arm, by how much, how sure."""
    if len(material.sets) > 1:
        return _set_by_set(material)
    if not material.untrained:
        return _of_trained(material)
    said = _of_trained(material)
    parts = (said,) if isinstance(said, str) else said
    if not ranked(material):
        return (*parts, " ", *named(material.untrained))
    return (*named(material.untrained), " ", *parts)


def _of_trained(material: Material) -> Text:
    """The verdict between the arms that trained."""
    order = ranked(material)
    if not order:
        return "No run ended with a result, so there is nothing to compare."
    if (told := ladder_verdict(material)) is not None:
        return told
    if material.primary != "accuracy" and (rows := material.judged.of_metric(material.primary)):
        return " ".join(sentence_case(row.sentence) for row in rows[:MANY])
    if len(material.judged.of_metric("accuracy")) == 1:
        return sentence(material.judged.of_metric("accuracy")[0])
    if len(order) == 1:
        return (
            *_reached(order[0]),
            ". No second arm has a result to compare it with.",
        )
    if material.judged.rows:
        return _many(material, order)
    listed: list[Inline] = []
    for arm in order[:MANY]:
        listed += [", " if listed else "", *_reached(arm)]
    why = f" {material.judged.refusals[0]}" if material.judged.refusals else ""
    return ("The arms were not ranked: ", *listed, f".{why}")


def _set_by_set(material: Material) -> Text:
    """A sentence for each test set; arms on different sets are never held against each other. Over
    several budgets a sentence for each pair says it."""
    if material.across:
        told = [pair.sentence for pair in material.across[:MANY]]
        if len(material.across) > MANY:
            told.append(f"{counted(len(material.across) - MANY, 'more pair')}: see below.")
        return " ".join(told)
    parts: list[Inline] = []
    for one in material.sets[:MANY]:
        order = ranked(one)
        alone = len(order) == 1 and not one.untrained
        said = (*_reached(order[0]), ".") if alone else verdict(one)
        parts += [" " if parts else "", *((said,) if isinstance(said, str) else said)]
    if len(material.sets) > MANY:
        parts.append(f" {counted(len(material.sets) - MANY, 'more data set')}: see below.")
    return (*parts, " Data sets are not ranked against each other.")


def _many(material: Material, order: list[ArmRuns]) -> Text:
    """The arm with the highest mean, and what can be said of it against each other arm."""
    first = order[0]
    groups: dict[str, list[str]] = {}
    for other in order[1:]:
        word = material.judged.said_of(first.name, other.name) or "not comparable"
        groups.setdefault(word, []).append(other.name)
    singles = any(row.scope == "models" for row in material.judged.of_metric("accuracy"))
    subject = "This model of " if singles else ""
    parts: list[Inline] = [subject, *_reached(first), ", the highest mean test accuracy"]
    for word, words in (
        ("better", "; it beats "),
        ("same", "; it is the same within the stated margin as "),
        ("cannot tell", "; it cannot be told from "),
        ("worse", "; counting failed runs, it is worse than "),
        ("not comparable", "; it was not compared with "),
    ):
        if word in groups:
            parts += [words, *arm_list(groups[word])]
        if word == "better" and len(groups.get(word, ())) <= 2:
            parts += _by_how_much(material, first.name, groups.get(word, []))
    return (*parts, ".")


def _by_how_much(material: Material, first: str, others: list[str]) -> list[Inline]:
    """The differences behind "it beats a and b", where each has an interval."""
    rows = [material.judged.between(first, other) for other in others]
    gaps = [
        f"{fixed(abs(row.difference))} ± {fixed(row.interval.half_width)}"
        for row in rows
        if row is not None and row.difference is not None and row.interval is not None
    ]
    if not gaps or len(gaps) < len(others):
        return []
    return [f" by {' and '.join(gaps)}{NBSP}points"]


def sentence(row: PairVerdict) -> Text:
    """The comparison's own sentence on a pair, its arms marked as such."""
    text = row.sentence
    names = sorted({row.a, row.b}, key=len, reverse=True)
    either = "|".join(re.escape(name) for name in names if name)
    pieces = re.split(rf"(?<![\w.+-])({either})(?![\w+-])", text) if either else [text]
    parts: list[Inline] = [Arm(piece) if piece in names else piece for piece in pieces if piece]
    if parts and isinstance(parts[0], str):
        parts[0] = parts[0][:1].upper() + parts[0][1:]
    return tuple(parts)


def led(row: PairVerdict) -> Text:
    """A verdict without its conditions, which the page says once: "a leads b by 11.9 ± 3.0 points
    (p 0.006)". The comparison's own sentence where it is no such case."""
    if row.difference is None or row.interval is None or row.metric != "accuracy":
        return sentence(row)
    gap = with_interval(abs(row.difference), _upright(row))
    p = "" if row.p_adjusted is None else f" (p{NBSP}{p_value(row.p_adjusted)})"
    head: tuple[Inline, ...] = ("One model each: ",) if row.scope == "models" else ()
    if row.verdict in ("better", "worse") and not (row.failed_a or row.failed_b):
        first, second = (row.a, row.b) if row.verdict == "better" else (row.b, row.a)
        return (*head, Arm(first), " leads ", Arm(second), f" by {gap}{NBSP}points{p}.")
    if row.verdict == "cannot tell":
        said = with_interval(row.difference, row.interval)
        return (*head, Arm(row.a), " and ", Arm(row.b), f": undecided, {said}{NBSP}points{p}.")
    return sentence(row)


def _upright(row: PairVerdict) -> Interval | None:
    """The interval of the difference's size."""
    assert row.difference is not None
    if row.interval is None or row.difference >= 0:
        return row.interval
    return Interval(-row.interval.high, -row.interval.low)


def conclusions(material: Material) -> tuple[Text, ...]:
    """The verdict, the leading arm against each other one, and what it cost."""
    order = ranked(material)
    sentences: list[Text] = [verdict(material)]
    if not order:
        return tuple(sentences)
    first = order[0].name
    pairs = [row for row in material.judged.of_metric("accuracy") if first in (row.a, row.b)]
    if len(material.judged.of_metric("accuracy")) > 1:
        sentences += [led(row) for row in pairs[:MANY]]
    if len(order) > 1:
        sentences += _cost(material, order)
    return tuple(sentences)


def _cost(material: Material, order: list[ArmRuns]) -> list[Text]:
    """Who took longest and who was fastest, and whether the times compare the recipes at all."""
    timed = [(arm, arm.costs(lambda cost: cost.seconds)) for arm in order]
    known = [(arm, sample) for arm, sample in timed if sample is not None]
    if len(known) < 2:
        return []
    slow = max(known, key=lambda pair: pair[1].mean)
    fast = min(known, key=lambda pair: pair[1].mean)
    if slow[1].mean <= fast[1].mean * 1.02:
        return [
            f"Training took every arm the same time within 2{NBSP}%, about "
            f"{duration(fast[1].mean)} a run."
        ]
    row = material.judged.between(slow[0].name, fast[0].name, "seconds")
    if _place(slow[0]) != _place(fast[0]):
        doubt = ", but not on the same device or settings, so these times do not compare recipes."
    elif row is not None and row.verdict == "cannot tell":
        return []  # no difference in time can be told from chance
    else:
        doubt = "."
    return [
        (
            "On average a run of ",
            Arm(slow[0].name),
            f" took {short(slow[1].mean / fast[1].mean)} times as long to train as one of ",
            Arm(fast[0].name),
            f" ({duration(slow[1].mean)} against {duration(fast[1].mean)}){doubt}",
        )
    ]


def _place(arm: ArmRuns) -> tuple[object, ...]:
    made = arm.first.environment
    return (made.device, made.processor, made.threads, made.precision, made.processes)


def _reached(arm: ArmRuns) -> tuple[Inline, ...]:
    sample = arm.accuracy
    assert sample is not None
    half = sample.half
    mean = percent(sample.mean) if half is None else f"{fixed(sample.mean)} ± {percent(half)}"
    record = arm.first
    where = f" on {record.data.title}"
    if record.budget.images:
        where += f" at {count(record.budget.images)} images"
    return (Arm(arm.name), f" reached {mean}{where} ({counted(sample.n, 'seed')})")


def arm_list(names: list[str]) -> tuple[Inline, ...]:
    """Names in a sentence: "a, b and c", at most a few of them."""
    shown = names[:MANY]
    parts: list[Inline] = []
    for index, name in enumerate(shown):
        last = index == len(shown) - 1 and len(names) == len(shown)
        parts += ["" if index == 0 else " and " if last else ", ", Arm(name)]
    if len(names) > len(shown):
        parts.append(f" and {counted(len(names) - len(shown), 'more arm')}")
    return tuple(parts)
