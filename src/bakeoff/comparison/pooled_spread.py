"""One spread for all arms, chosen before the runs: Tukey's test of every pair."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence

from bakeoff.comparison import reasons as why
from bakeoff.comparison.data_sets import arms_by_set
from bakeoff.comparison.measured import Measured
from bakeoff.comparison.outcome import Group, Outcome
from bakeoff.errors import UsageError
from bakeoff.statistics import Tukey, holm, spreads_agree, tukey

ALIKE = 0.05
"""p of "all arms vary alike" below which a pooled spread is said to promise too much."""

Arms = Mapping[str, Sequence[Outcome]]


def check_test(test: str | None, *, paired: bool, looks: bool, family: str) -> None:
    """Raise UsageError for a test that is not known, or beside what decides otherwise."""
    if test is None:
        return
    if test != "pooled":
        raise UsageError(
            f"there is no test called {test[:40]!r}",
            "Say pooled, or leave it out for Welch's test or ranks",
        )
    for there, what in (
        (paired, "declared pairs"),
        (looks, "planned looks"),
        (family == "all", "several metrics corrected together"),
    ):
        if there:
            raise UsageError(
                f"a pooled spread does not go with {what}, which have a test of their own",
                "Leave one of the two out",
            )


def pooled(
    measured: Sequence[Measured],
    pairs: Sequence[tuple[str, str]],
    arms: Arms,
    groups: Mapping[str, Group],
    level: float,
) -> tuple[list[Measured], list[float]]:
    """Every pair by Tukey's test, and its p corrected for all pairs of all parts.

    Within a data set and budget Tukey's p holds for all pairs at once; over several it is
    multiplied by their number (Bonferroni). Where runs failed, or there is only one of each arm,
    pairs are tested as usual and corrected by Holm, and say so.
    """
    found = list(measured)
    corrected = [math.nan] * len(found)
    parts = arms_by_set(arms)
    for part in parts:
        mine = [at for at, (a, _) in enumerate(pairs) if a in part]
        whole = _tukey([groups[arm] for arm in part], level)
        if whole is None:
            ps = holm([_or_nan(found[at].p) for at in mine]).tolist()
            for at in mine:
                found[at] = dataclasses.replace(
                    found[at], why=(*found[at].why, why.PooledNotPossible())
                )
        else:
            names = list(part)
            spreads = _spreads([groups[arm] for arm in part])
            ps = []
            for at in mine:
                i, j = (names.index(arm) for arm in pairs[at])
                found[at] = _by_tukey(found[at], whole, i, j, spreads)
                ps.append(float(whole.p[i, j]))
        for at, p in zip(mine, ps, strict=True):
            corrected[at] = math.nan if math.isnan(p) else min(1.0, p * len(parts))
    return found, corrected


def _tukey(groups: Sequence[Group], level: float) -> Tukey | None:
    usable = all(one.n and not one.failed and not one.folds for one in groups)
    if len(groups) < 2 or not usable or sum(one.n - 1 for one in groups) < 1:
        return None
    found = tukey([one.moments for one in groups], level)
    return found if found.pooled > 0 else None


def _spreads(groups: Sequence[Group]) -> float | None:
    if any(len(one.values) < 2 for one in groups):
        return None
    return spreads_agree([one.values for one in groups])


def _by_tukey(m: Measured, whole: Tukey, i: int, j: int, spreads: float | None) -> Measured:
    estimate = whole.pair(i, j)
    reasons: tuple[why.Reason, ...] = (
        why.PooledSpread(len(whole.means), whole.degrees_of_freedom, whole.pooled),
    )
    if spreads is not None and spreads < ALIKE:
        reasons += (why.SpreadsDiffer(spreads),)
    return dataclasses.replace(
        m,
        test="Tukey",
        why=reasons,
        estimate=estimate,
        difference=estimate.value,
        interval=estimate.interval,
        p=estimate.p,
    )


def _or_nan(p: float | None) -> float:
    return math.nan if p is None else p
