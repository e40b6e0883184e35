"""The score card in words: an answer of at most 16, and one line of conditions."""

from __future__ import annotations

from collections.abc import Sequence

from bakeoff.reporting.document import Arm, Inline, Text
from bakeoff.reporting.ladder import Ladder
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import (
    NBSP,
    count,
    counted,
    fixed,
    listed,
    p_value,
    percent,
    short,
    signed,
)
from bakeoff.reporting.score.card import Entry
from bakeoff.reporting.untrained import DidNotTrain


def answer(
    entries: Sequence[Entry],
    untrained: Sequence[DidNotTrain],
    *,
    beaten: int = 0,
    models: bool = False,
) -> Text:
    """Who leads, by how much, with both means: the best arm against the reference, or, where the
    reference is the best, against the next. beaten: arms that the best one beats."""
    failed: tuple[Inline, ...] = ()
    if len(untrained) == 1:
        failed = (Arm(untrained[0].arm), " did not train. ")
    elif untrained:
        failed = (f"{len(untrained)} arms did not train. ",)
    arms = [entry for entry in entries if entry.kind != "baseline" and entry.mean is not None]
    if not arms:
        return (*failed, "No run ended with a result.")
    if len(arms) == 1:
        only = arms[0]
        return (*failed, Arm(only.name), f" {percent(only.mean, 1)}; no second arm has a result.")
    best, other = _both(arms)
    # The verdict is of the arm that is not the reference.
    word = (other if best.kind == "reference" else best).verdict
    said = _between(best, other, word, models=models)
    if beaten and word == "cannot tell" and not failed:
        said = (*said[:-1], "undecided; ", Arm(best.name), f" beats {counted(beaten, 'other')}.")
    return (*failed, *said)


def _both(arms: Sequence[Entry]) -> tuple[Entry, Entry]:
    best = arms[0]
    reference = next((entry for entry in arms if entry.kind == "reference"), arms[-1])
    return best, reference if reference is not best else arms[1]


def _between(best: Entry, other: Entry, word: str | None, *, models: bool) -> tuple[Inline, ...]:
    assert best.mean is not None
    assert other.mean is not None
    gap = best.mean - other.mean
    digits = 1 if gap >= 1 else 2
    means: tuple[Inline, ...] = (
        Arm(best.name),
        f" {percent(best.mean, digits)}, ",
        Arm(other.name),
        f" {percent(other.mean, digits)}: ",
    )
    if word in (None, "cannot tell"):
        return (*means, "undecided." if word else "not compared.")
    if word == "same":
        return (*means, "the same within the stated margin.")
    ahead = best if word == ("better" if best.kind != "reference" else "worse") else other
    if ahead is not best:
        return (*means, Arm(ahead.name), " leads, failed runs counted.")
    leads = f" leads by {fixed(gap, digits)}{NBSP}points."
    return (*(("One model each: ",) if models else ()), *means, Arm(best.name), leads)


def answer_of_ladder(ladder: Ladder) -> Text:
    """Which ingredient does most, and how many help at all."""
    assert ladder.whole.accuracy is not None
    head = (Arm(ladder.whole.name), f" {percent(ladder.whole.accuracy.mean, 1)}: ")
    helps = [rung for rung in ladder.rungs if rung.verdict == "worse"]
    if not helps:
        return (*head, "no ingredient is shown to help.")
    most = helps[0]
    return (
        *head,
        f"without {most.ingredient} {signed(most.difference, 1)}{NBSP}points; "
        f"{len(helps)} of {counted(len(ladder.rungs), 'ingredient')} "
        f"{'helps' if len(helps) == 1 else 'help'}.",
    )


def conditions(
    material: Material,
    entries: Sequence[Entry],
    *,
    models: bool,
    pair: tuple[str, str] | None = None,
) -> Text:
    """Interval, seeds, test and p, images a run: said once, here.

    pair: the arms that the answer is about, where they are not the best and the reference.
    """
    arms = [entry for entry in entries if entry.kind != "baseline" and entry.mean is not None]
    parts: list[str] = []
    if len(arms) > 1:
        best, other = pair or tuple(entry.name for entry in _both(arms))
        row = material.judged.between(best, other)
        if row is not None and row.interval is not None:
            ends = sorted((abs(row.interval.low), abs(row.interval.high)))
            if row.interval.low * row.interval.high > 0:
                told = f"{fixed(ends[0])} to {fixed(ends[1])}"
            else:
                sign = 1 if row.a == best else -1
                low, high = sorted((sign * row.interval.low, sign * row.interval.high))
                told = f"{signed(low)} to {signed(high)}"
            parts.append(f"95{NBSP}% interval {told} points")
        if not models:
            parts.append(_runs(arms))
        if row is not None and row.p is not None:
            p = p_value(row.p_adjusted)
            corrected = " (Holm)" if len(material.judged.of_metric("accuracy")) > 1 else ""
            p = f"p{NBSP}{p}" if p.startswith("<") else f"p{NBSP}={NBSP}{p}"
            parts.append(f"{row.test}, {p}{corrected}")
        elif row is not None and row.reasons:
            parts.append(row.reasons[0])
    elif arms:
        parts.append(_runs(arms))
    if models:
        parts.append("one seed each, so this compares models and not recipes")
    images = sorted({arm.first.budget.images for arm in material.measured if arm.trained})
    if images:
        epochs = sorted({arm.first.budget.epochs for arm in material.measured if arm.trained})
        span = listed([count(images[0]), *([count(images[-1])] if len(images) > 1 else [])], "to")
        length = (
            short(epochs[0]) if len(epochs) == 1 else f"{short(epochs[0])} to {short(epochs[-1])}"
        )
        word = "epoch" if epochs == [1.0] else "epochs"
        parts.append(f"{span} training images a run ({length}{NBSP}{word})")
    said = "; ".join(parts)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _runs(arms: Sequence[Entry]) -> str:
    runs = sorted({entry.runs for entry in arms})
    if len(runs) == 1:
        return f"{counted(runs[0], 'seed')}{' each' if len(arms) > 1 else ''}"
    return f"{runs[0]} to {runs[-1]}{NBSP}seeds"
