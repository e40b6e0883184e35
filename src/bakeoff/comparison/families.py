"""One question, one error rate: which metric decides, and what becomes of the others."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import Literal

from bakeoff.comparison.data_sets import pairs
from bakeoff.comparison.looks import LooksInForce, always_valid
from bakeoff.comparison.measure import measure_all
from bakeoff.comparison.measured import Measured
from bakeoff.comparison.metrics import about, named
from bakeoff.comparison.outcome import Outcome, group
from bakeoff.comparison.pooled_spread import pooled
from bakeoff.comparison.reasons import BehindPrimary, OneFamily, Reason
from bakeoff.comparison.verdict import Decided, Settings, decide_all, described
from bakeoff.errors import UnknownName, UsageError
from bakeoff.statistics import holm

Arms = Mapping[str, Sequence[Outcome]]
Context = Mapping[tuple[str, str], Sequence[Reason]]
Family = Literal["primary", "all"]


def primary_first(asked: Sequence[str], primary: str | None) -> list[str]:
    """The metrics in order, the one that decides first.

    Raises UsageError where `primary` is a metric that was not asked for or not every run has.
    """
    if primary is None:
        return list(asked)
    first = primary if primary in asked else named(primary)
    if first not in asked:
        raise UsageError(
            f"{about(first).title} cannot decide: it is not compared",
            f"These are: {', '.join(asked)}",
        )
    return [first, *(name for name in asked if name != first)]


def check_family(family: str, looks: LooksInForce) -> None:
    """Raise UsageError for a family that is not known, or that planned looks do not allow."""
    if family not in ("primary", "all"):
        raise UnknownName("family", family, ["primary", "all"])
    if family == "all" and looks.design is not None:
        raise UsageError(
            "planned looks decide by one metric",
            "Leave --family all out; the other metrics are described",
        )


def verdicts(
    arms: Arms,
    asked: Sequence[str],
    *,
    family: Family,
    paired: bool,
    settings: Settings,
    context: Context,
    looks: LooksInForce,
    test: str | None = None,
) -> list[Decided]:
    """A row for each metric and pair of arms on one data set; the first metric decides.

    family: "primary" lets the other metrics speak after the first, "all" corrects all together.
    test: "pooled" for one spread of all arms (see `pooled_spread`); None for the usual ones.
    """
    both = list(pairs(arms))
    measured = {name: _measured(arms, name, both, paired, settings, looks) for name in asked}
    circumstances = [context.get(pair, ()) for pair in both]
    first = asked[0]
    if family == "all":
        return _together(measured, circumstances, settings, looks)
    paths = looks.paths(arms, first, settings.alpha)
    corrected: list[float] | None = None
    if test == "pooled":
        groups = {arm: group(arm, runs, first) for arm, runs in arms.items()}
        fewest = min(len(one.ranked) for one in groups.values())
        level = looks.level(settings.level, fewest)
        measured[first], corrected = pooled(measured[first], both, arms, groups, level)
    decided = decide_all(
        measured[first],
        circumstances,
        settings,
        looks,
        [paths.get(pair) for pair in both] if paths else [],
        corrected=corrected,
        tests=None if corrected is None else 1,
    )
    if looks.before:
        decided = [
            one.because(answer)
            if (answer := always_valid(arms[a], arms[b], first)) is not None
            else one
            for one, (a, b) in zip(decided, both, strict=True)
        ]
    others = [measured[name] for name in asked[1:]]
    return decided + _behind(decided, others, about(first).title, circumstances, settings)


def _behind(
    decided: Sequence[Decided],
    others: Sequence[Sequence[Measured]],
    primary: str,
    circumstances: Sequence[Sequence[Reason]],
    settings: Settings,
) -> list[Decided]:
    """The rows of the metrics that do not decide.

    A pair that the first metric decided is judged in the others too, corrected over them (Holm)
    and over the pairs (Bonferroni); where it did not, they are described. So equal arms have a
    winner in some metric no more often than in the first (serial gatekeeping: Maurer, Hothorn &
    Lehmacher 1995; Westfall & Krishen 2001).
    """
    if not others:
        return []
    tested = max(1, sum(one.measured.p is not None for one in decided))
    won = [one.verdict in ("better", "worse") for one in decided]
    adjusted: list[list[float]] = [[] for _ in others]
    for at in range(len(decided)):
        mine = holm([math.nan if (p := of[at].p) is None else p for of in others])
        for into, p in zip(adjusted, mine.tolist(), strict=True):
            # min() would make 1 of a test that was not made.
            into.append(math.nan if math.isnan(p) else min(1.0, p * tested))
    rows: list[Decided] = []
    quiet = settings_without_margin(settings)
    for of, ps in zip(others, adjusted, strict=True):
        is_open = [first or m.scope == "plan" for first, m in zip(won, of, strict=True)]
        opened = [at for at, yes in enumerate(is_open) if yes]
        silent = [at for at, yes in enumerate(is_open) if not yes]
        judged = decide_all(
            [of[at] for at in opened],
            [circumstances[at] for at in opened],
            quiet,
            corrected=[ps[at] for at in opened],
            tests=max(1, sum(m.p is not None for m in of)),
        )
        tests = tested * sum(other[0].p is not None for other in others) if of else 1
        fact = BehindPrimary(primary, max(1, tests))
        found = {
            at: one if one.measured.p is None else one.because(fact)
            for at, one in zip(opened, judged, strict=True)
        }
        shown = described(
            [of[at] for at in silent], primary, [circumstances[at] for at in silent], settings
        )
        found |= zip(silent, shown, strict=True)
        rows += [found[at] for at in range(len(of))]
    return rows


def settings_without_margin(settings: Settings) -> Settings:
    """A margin is of the metric that decides."""
    return dataclasses.replace(settings, margin=None)


def _together(
    measured: Mapping[str, Sequence[Measured]],
    circumstances: Sequence[Sequence[Reason]],
    settings: Settings,
    looks: LooksInForce,
) -> list[Decided]:
    flat = [m for of in measured.values() for m in of]
    adjusted = holm([math.nan if m.p is None else m.p for m in flat]).tolist()
    tested = tuple(name for name, of in measured.items() if any(m.p is not None for m in of))
    fact = OneFamily(tested, sum(m.p is not None for m in flat))
    first = next(iter(measured))
    decided: list[Decided] = []
    for name, of in measured.items():
        mine = adjusted[: len(of)]
        del adjusted[: len(of)]
        same_unit = about(name).unit == about(first).unit
        # One margin for all metrics of its unit is as many tests of sameness.
        in_force = settings if same_unit else settings_without_margin(settings)
        rows = decide_all(of, circumstances, in_force, looks, corrected=mine, tests=fact.tests)
        decided += [one.because(fact) if one.measured.p is not None else one for one in rows]
    return decided


def _measured(
    arms: Arms,
    name: str,
    both: Sequence[tuple[str, str]],
    paired: bool,
    settings: Settings,
    looks: LooksInForce,
) -> list[Measured]:
    groups = {arm: group(arm, runs, name) for arm, runs in arms.items()}
    compared = [(groups[a], groups[b]) for a, b in both]
    levels = [looks.level(settings.level, min(len(a.ranked), len(b.ranked))) for a, b in compared]
    return measure_all(about(name), compared, paired=paired, levels=levels)
