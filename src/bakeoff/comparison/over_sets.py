"""One answer over all data sets that arms were run on, beside the verdict on each."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from bakeoff.comparison.data_sets import several
from bakeoff.comparison.metrics import about
from bakeoff.comparison.numbers import probability, with_interval
from bakeoff.comparison.outcome import Outcome, group
from bakeoff.comparison.result import OverSets, Word
from bakeoff.statistics import FEWEST_SETS, Estimate, holm, over_data_sets

Arms = Mapping[str, Sequence[Outcome]]
Means = dict[str, dict[str, float]]


def verdicts_over_sets(
    arms: Arms, metric: str, *, level: float, alpha: float
) -> tuple[OverSets, ...]:
    """A row for each pair of arms that share two data sets or more; none where there is one set.

    A set counts where both arms have runs on it and none of these failed: the mean of those that
    survived is not the arm's.
    """
    if not several(arms.values()):
        return ()
    means = _means(arms, metric)
    budgets = dict.fromkeys(runs[0].at for runs in arms.values())
    shared = [
        (a, b, sets)
        for at in budgets
        for a, b in itertools.combinations(_at(at, means), 2)
        if len(sets := [name for name in means[a] if name in means[b]]) > 1
    ]
    found = [
        _over([means[a][name] - means[b][name] for name in sets], level) for a, b, sets in shared
    ]
    adjusted = holm([math.nan if one is None else one.p for one in found]).tolist()
    return tuple(
        _row(metric, a, b, sets, means, one, p, alpha)
        for (a, b, sets), one, p in zip(shared, found, adjusted, strict=True)
    )


def _means(arms: Arms, metric: str) -> Means:
    means: Means = {}
    for arm, runs in arms.items():
        one = group(arm, runs, metric)
        if one.n and not one.failed:
            first = runs[0]
            name = f"{first.own_arm} at {first.at}" if first.at else first.own_arm
            means.setdefault(name, {})[first.data] = one.mean
    return means


def _at(budget: str, means: Means) -> list[str]:
    """The arms at one budget; all where there is only one."""
    return [arm for arm in means if not budget or arm.endswith(f" at {budget}")]


def _over(differences: Sequence[float], level: float) -> Estimate | None:
    if len(differences) < FEWEST_SETS:
        return None
    found = over_data_sets(differences, level)
    # Without any spread between the sets there is nothing to test against.
    return found if found.standard_error > 0 else None


def _row(
    metric: str,
    a: str,
    b: str,
    sets: Sequence[str],
    means: Means,
    found: Estimate | None,
    p: float,
    alpha: float,
) -> OverSets:
    facts = about(metric)
    differences = tuple(means[a][name] - means[b][name] for name in sets)
    mean = sum(differences) / len(differences)
    verdict: Word = "cannot tell"
    if found is not None and p < alpha and mean:
        verdict = "better" if facts.sign * mean > 0 else "worse"
    return OverSets(
        a=a,
        b=b,
        metric=metric,
        unit=facts.unit,
        sets=tuple(sets),
        differences=differences,
        difference=mean if found is not None else None,
        interval=None if found is None else found.interval,
        p=None if found is None else found.p,
        p_adjusted=None if found is None else p,
        verdict=verdict,
        sentence=_sentence(metric, a, b, len(sets), found, p, verdict),
    )


def _sentence(
    metric: str, a: str, b: str, sets: int, found: Estimate | None, p: float, verdict: Word
) -> str:
    facts = about(metric)
    if found is None:
        why = (
            f"{sets} sets are too few to speak of others like them, {FEWEST_SETS} are needed"
            if sets < FEWEST_SETS
            else "the difference is the same on every set, so there is nothing to test against"
        )
        return f"cannot tell {a} from {b} over data sets: {why}."
    evidence = f"t over the sets {probability(p)}"
    if verdict == "cannot tell":
        shown = with_interval(found.value, found.interval)
        return (
            f"cannot tell {a} from {b} over {sets} data sets: difference {shown} {facts.unit}"
            f" ({evidence})."
        )
    winner, loser = (a, b) if verdict == "better" else (b, a)
    shown = with_interval(abs(found.value), found.interval)
    won = f"{winner} {facts.better} {loser} by {shown} {facts.unit}"
    return f"over {sets} data sets {won} ({evidence})."
