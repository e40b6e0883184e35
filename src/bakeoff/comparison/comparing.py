"""The whole comparison: read, check, measure every pair in every metric, decide, rank."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from bakeoff.comparison.checks import check_arms, check_pairs, check_settings
from bakeoff.comparison.measure import measure
from bakeoff.comparison.metrics import METRICS, in_order, named
from bakeoff.comparison.outcome import Outcome, by_arm, group
from bakeoff.comparison.result import Comparison, PairVerdict
from bakeoff.comparison.sources import read
from bakeoff.comparison.summary import ranking, summarise
from bakeoff.comparison.verdict import Settings, decide_all
from bakeoff.errors import UsageError


def compare(
    source: Any,
    *,
    metrics: str | Sequence[str] | None = None,
    margin: float | None = None,
    paired: bool = False,
    published: str | Sequence[str] | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
) -> Comparison:
    """See `bakeoff.comparison.compare`."""
    check_settings(level=level, alpha=alpha, margin=margin)
    outcomes, notes = read(source)
    arms = by_arm(outcomes)
    check_arms(arms, one_is_enough=published is not None)
    asked = _metrics(outcomes, metrics)
    if paired:
        check_pairs(arms)
    where, data = _where(outcomes)
    rows: list[PairVerdict] = []
    for name in asked:
        groups = [group(arm, runs, name) for arm, runs in arms.items()]
        measured = [
            measure(METRICS[name], a, b, paired=paired, level=level)
            for a, b in itertools.combinations(groups, 2)
        ]
        applies = margin if METRICS[name].unit == "points" else None
        rows += decide_all(measured, Settings(level, alpha, applies, where))
    summaries = summarise(arms, asked, rows, level)
    images = {o.images for o in outcomes if o.images is not None}
    return Comparison(
        comparisons=tuple(rows),
        arms=summaries,
        ranking=ranking(summaries, asked[0]),
        data=data,
        test_images=images.pop() if len(images) == 1 else None,
        level=level,
        alpha=alpha,
        margin=margin,
        paired=paired,
        notes=tuple(notes),
    )


def _metrics(outcomes: Sequence[Outcome], asked: str | Sequence[str] | None) -> list[str]:
    """Metrics that every finished run has, accuracy first; or those asked for."""
    finished = [set(outcome.values) for outcome in outcomes if outcome.status == "complete"]
    shared = set.intersection(*finished) if finished else {"accuracy"}
    if asked is None:
        return in_order(shared)
    names = [named(name) for name in ([asked] if isinstance(asked, str) else asked)]
    for name in names:
        if name not in shared:
            raise UsageError(
                f"not every run has {METRICS[name].title}",
                f"These can be compared: {', '.join(in_order(shared))}",
            )
    return list(dict.fromkeys(names))


def _where(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """(" on MNIST at 20,000 images", "MNIST"), as far as it is known and the same for all."""
    names = {outcome.data for outcome in outcomes}
    budgets = {outcome.trained_images for outcome in outcomes}
    data = names.pop() if len(names) == 1 else ""
    where = f" on {data}" if data else ""
    budget = budgets.pop() if len(budgets) == 1 else None
    return (f"{where} at {budget:,} images" if budget and where else where), data
