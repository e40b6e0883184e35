"""Which of two arms is ahead at which budget, where they cross, and what a law foretells."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from bakeoff.comparison.budget_wording import sentence
from bakeoff.comparison.metrics import about
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.result import (
    AcrossBudgets,
    ArmSummary,
    AtBudget,
    Crossing,
    Foretold,
    PairVerdict,
    Word,
)
from bakeoff.statistics import Interval, crossings, power_law

Arms = Mapping[str, Sequence[Outcome]]

FARTHEST = 10.0
"""Times the longest budget; what a law says beyond that is told as no number."""

_TURNED: dict[Word, Word] = {"better": "worse", "worse": "better"}
_WINNER = {"better": 1, "worse": -1}


def across_budgets(
    arms: Arms,
    rows: Sequence[PairVerdict],
    summaries: Sequence[ArmSummary],
    metric: str,
    level: float,
) -> tuple[AcrossBudgets, ...]:
    """Each pair of arms over the budgets of their bake-off; empty where it has only one.

    rows: the verdicts, corrected over all pairs, budgets and data sets together.
    """
    found: dict[tuple[str, str, str], list[AtBudget]] = {}
    units: dict[tuple[str, str, str], str] = {}
    of_arm = {summary.arm: summary for summary in summaries}
    for row in rows:
        first, second = arms[row.a][0], arms[row.b][0]
        if row.metric != metric or not first.at:
            continue
        key = (first.own_arm, second.own_arm, first.data)
        turned = (second.own_arm, first.own_arm, first.data) in found
        point = _point(row, first, second, of_arm, metric)
        if turned:
            key, point = (key[1], key[0], key[2]), _turned(point)
        found.setdefault(key, []).append(point)
        units[key] = row.unit
    return tuple(
        _of_pair(key, sorted(points, key=lambda p: p.images), metric, units[key], level)
        for key, points in found.items()
        if len(points) > 1
    )


def _point(
    row: PairVerdict,
    first: Outcome,
    second: Outcome,
    of_arm: Mapping[str, ArmSummary],
    metric: str,
) -> AtBudget:
    a, b = of_arm[row.a].metrics[metric], of_arm[row.b].metrics[metric]
    return AtBudget(
        budget=first.at,
        images=max(first.trained_images or 0, second.trained_images or 0),
        mean_a=a.mean,
        mean_b=b.mean,
        interval_a=a.interval,
        interval_b=b.interval,
        difference=row.difference,
        interval=row.interval,
        verdict=row.verdict,
    )


def _turned(point: AtBudget) -> AtBudget:
    """The same with the other arm first."""
    interval = point.interval
    return AtBudget(
        budget=point.budget,
        images=point.images,
        mean_a=point.mean_b,
        mean_b=point.mean_a,
        interval_a=point.interval_b,
        interval_b=point.interval_a,
        difference=None if point.difference is None else -point.difference,
        interval=None if interval is None else Interval(-interval.high, -interval.low),
        verdict=_TURNED.get(point.verdict, point.verdict),
    )


def _of_pair(
    key: tuple[str, str, str], points: Sequence[AtBudget], metric: str, unit: str, level: float
) -> AcrossBudgets:
    a, b, data = key
    sign = about(metric).sign
    crossed = _crossings(a, b, points, sign)
    gaps = [sign * point.difference for point in points if point.difference]
    change = any(x * y < 0 for x, y in pairwise(gaps))
    found = AcrossBudgets(
        a=a,
        b=b,
        data=data,
        metric=metric,
        unit=unit,
        state="crosses" if crossed else "means cross" if change else "no crossing",
        points=tuple(points),
        crossings=crossed,
        foretold=_foretold(points, metric, crossed=bool(crossed) or change),
        sentence="",
    )
    return sentence(found, level)


def _crossings(a: str, b: str, points: Sequence[AtBudget], sign: int) -> tuple[Crossing, ...]:
    tested = [p for p in points if p.difference is not None and p.interval is not None]
    if len({point.images for point in tested}) < len(tested) or len(tested) < 2:
        return ()
    found = crossings(
        [point.images for point in tested],
        [sign * (point.difference or 0.0) for point in tested],
        [_better_up(point.interval, sign) for point in tested if point.interval is not None],
        [_WINNER.get(point.verdict, 0) for point in tested],
    )
    return tuple(
        Crossing(
            images=one.at,
            interval=one.interval,
            after=tested[one.after].budget,
            before=tested[one.before].budget,
            winner=a if tested[one.before].verdict == "better" else b,
        )
        for one in found
    )


def _better_up(interval: Interval, sign: int) -> Interval:
    return interval if sign > 0 else Interval(-interval.high, -interval.low)


def _foretold(points: Sequence[AtBudget], metric: str, *, crossed: bool) -> Foretold | None:
    """What the shorter budgets foretold of the longest; None where there are too few of them."""
    if metric not in ("accuracy", "top5", "loss") or any(p.difference is None for p in points):
        return None
    errors = [(_error(p.mean_a, metric), _error(p.mean_b, metric)) for p in points]
    images = [point.images for point in points]
    if len(set(images)) < 3 or any(min(pair) <= 0 for pair in errors):
        return None
    longest = points[-1]
    assert longest.difference is not None
    laws = [power_law(images[:-1], [pair[of] for pair in errors[:-1]]) for of in (0, 1)]
    # An error less is an accuracy more.
    gap = laws[0].at(longest.images) - laws[1].at(longest.images)
    difference = gap if metric == "loss" else -gap
    whole = [power_law(images, [pair[of] for pair in errors]) for of in (0, 1)]
    meets = whole[0].meets(whole[1])
    because = "found"
    if crossed:
        because = "crossed already"
    elif longest.interval is None or not longest.interval.contains(difference):
        because = "law missed"
    elif meets is None or meets <= longest.images:
        because = "never"
    elif meets > FARTHEST * longest.images:
        because = "too far"
    return Foretold(
        budget=longest.budget,
        difference=difference,
        measured=longest.difference,
        missed_by=difference - longest.difference,
        meets=meets if because == "found" else None,
        because=because,  # type: ignore[arg-type]
    )


def _error(mean: float | None, metric: str) -> float:
    assert mean is not None
    return mean if metric == "loss" else 100.0 - mean
