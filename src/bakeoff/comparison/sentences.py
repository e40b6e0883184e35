"""One sentence a pair, made from its numbers: swap the arms' results and the sentence swaps."""

from __future__ import annotations

from dataclasses import dataclass

from bakeoff.comparison.measure import Measured
from bakeoff.comparison.numbers import amount, plural, probability, with_interval
from bakeoff.comparison.outcome import Group
from bakeoff.comparison.result import Word
from bakeoff.statistics import Interval


@dataclass(frozen=True, slots=True)
class Said:
    """All that a sentence may use; `p` and `same` are adjusted for all pairs."""

    measured: Measured
    word: Word
    p: float | None
    same: float | None
    margin: float | None
    more_seeds: int | None
    more_seeds_for: float | None
    tests: int
    where: str


def say(said: Said) -> str:
    """The verdict in words, the winner named first."""
    if said.measured.scope == "plan":
        return _plan(said)
    if said.word == "same":
        return _same(said)
    if said.word == "cannot tell":
        return _cannot_tell(said)
    return _winner(said)


def _winner(said: Said) -> str:
    m = said.measured
    winner, loser = (m.a, m.b) if said.word == "better" else (m.b, m.a)
    assert said.p is not None
    evidence = f"{m.test} {probability(said.p)}{', Holm-adjusted' if said.tests > 1 else ''}"
    if m.scope == "models":
        counts = ""
        if m.discordant is not None:
            mine, theirs = m.discordant.b, m.discordant.c
            if winner is m.b:
                mine, theirs = theirs, mine
            counts = f"alone right on {mine:,} images, the other on {theirs:,}; "
        return (
            f"this model of {winner.arm} {m.metric.better} this model of {loser.arm}"
            f" by {_distance(m)}{said.where} ({counts}{evidence};"
            " one seed each says nothing about the recipes)."
        )
    if m.difference is None or m.test == "Mann-Whitney":
        return (
            f"{winner.arm} {m.metric.better} {loser.arm}{said.where}, counting failed runs as the"
            f" worst ({_runs(m.a, m.b)}, {evidence})."
        )
    return (
        f"{winner.arm} {m.metric.better} {loser.arm} by {_distance(m)}{said.where}"
        f" ({_runs(m.a, m.b)}, {evidence})."
    )


def _same(said: Said) -> str:
    m = said.measured
    assert said.same is not None
    assert said.margin is not None
    whom = f"{m.a.arm} and {m.b.arm}"
    if m.scope == "models":
        whom = f"these two models of {whom}"
    return (
        f"{whom} are the same in {m.metric.title} within ±{said.margin:g} {m.metric.unit}"
        f"{said.where}: difference {_signed(m)} ({_runs(m.a, m.b)}, TOST {probability(said.same)})."
    )


def _cannot_tell(said: Said) -> str:
    m = said.measured
    about = "" if m.metric.name == "accuracy" else f" in {m.metric.title}"
    whom = f"{m.a.arm} from {m.b.arm}"
    if m.scope == "models":
        whom = f"this model of {m.a.arm} from this one of {m.b.arm}"
    sentence = f"cannot tell {whom}{about}{said.where}: "
    if m.difference is None:
        return f"{sentence}{m.why}."
    sentence += f"difference {_signed(m)} ({_runs(m.a, m.b)})"
    if m.interval is None:
        return f"{sentence}; {m.why}."
    if said.more_seeds is not None and said.more_seeds_for is not None:
        sentence += (
            f"; {said.more_seeds:,} more {'seed' if said.more_seeds == 1 else 'seeds'} each would"
            f" show a gap of {_gap(said.more_seeds_for)}"
        )
    elif said.more_seeds_for is not None:
        sentence += f"; more than 1,000 more seeds each for a gap of {_gap(said.more_seeds_for)}"
    return f"{sentence}."


def _plan(said: Said) -> str:
    m = said.measured
    if m.difference is None:
        return f"{m.metric.title}: {m.why}."
    a, b = float(m.a.values.mean()), float(m.b.values.mean())
    if said.word == "same":
        return f"{m.a.arm} and {m.b.arm} take the same {m.metric.title}: {amount(a)}."
    less, more = (m.a, m.b) if said.word == "better" else (m.b, m.a)
    ratio = f", {max(a, b) / min(a, b):.2f} times less" if min(a, b) > 0 else ""
    return (
        f"{less.arm} {m.metric.better} {more.arm}: {amount(min(a, b))} against"
        f" {amount(max(a, b))}{ratio}."
    )


def _distance(m: Measured) -> str:
    assert m.difference is not None
    if m.interval is None or m.difference >= 0:
        return f"{with_interval(abs(m.difference), m.interval)} {m.metric.unit}"
    turned = Interval(-m.interval.high, -m.interval.low)
    return f"{with_interval(-m.difference, turned)} {m.metric.unit}"


def _signed(m: Measured) -> str:
    assert m.difference is not None
    return f"{with_interval(m.difference, m.interval)} {m.metric.unit}"


def _gap(gap: float) -> str:
    return f"{gap:.2g}"


def _runs(a: Group, b: Group) -> str:
    if a.failed or b.failed:
        return ", ".join(
            f"{g.arm}: {g.n} of {plural(g.n + g.failed, 'run')} finished" for g in (a, b)
        )
    if a.n == b.n:
        return f"{plural(a.n, 'seed')} each"
    return f"{a.n} and {b.n} seeds"
