"""The whole comparison: read, check, measure every pair in every metric, decide, rank."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.comparison.against import against_published
from bakeoff.comparison.answer import Comparison
from bakeoff.comparison.checks import as_pairs, check_arms, check_settings
from bakeoff.comparison.context import circumstances, place
from bakeoff.comparison.curves import with_prices
from bakeoff.comparison.data_sets import arms_by_set, by_data_set, pairs, several
from bakeoff.comparison.learning_rate_robustness import DOES_NOT, SURVIVES, split_rates, with_tuning
from bakeoff.comparison.measure import measure
from bakeoff.comparison.metrics import METRICS, in_order, named
from bakeoff.comparison.outcome import Outcome, by_arm, group
from bakeoff.comparison.result import PairVerdict, Word
from bakeoff.comparison.sources import read
from bakeoff.comparison.summary import ranking, summarise
from bakeoff.comparison.verdict import Settings, decide_all
from bakeoff.errors import UsageError

Arms = Mapping[str, Sequence[Outcome]]
Context = Mapping[tuple[str, str], Sequence[str]]


def compare(
    source: Any,
    *,
    metrics: str | Sequence[str] | None = None,
    margin: float | None = None,
    paired: bool | None = None,
    published: str | Sequence[str] | None = None,
    target: float | None = None,
    level: float = 0.95,
    alpha: float = 0.05,
    one_arm: bool = False,
) -> Comparison:
    """See `bakeoff.comparison.compare`; one_arm: a single arm is summarised, not refused."""
    check_settings(level=level, alpha=alpha, margin=margin)
    outcomes, notes = read(source)
    outcomes = by_data_set(outcomes)
    for alike in arms_by_set(by_arm(outcomes)) or [{}]:
        check_arms(alike, one_is_enough=one_arm or published is not None)
    arms, variants = split_rates(by_arm(outcomes))
    # Variants at other learning rates decide no target and no equal price.
    outcomes, curve_notes = with_prices([run for runs in arms.values() for run in runs], target)
    arms = by_arm(outcomes)
    paired, pair_notes = as_pairs(arms, paired)
    asked = _metrics(outcomes, metrics)
    where, data = place(outcomes)
    settings = Settings(level, alpha, margin, where)
    context = {
        (a, b): circumstances(arms[a], arms[b], tested_for_rate=bool(variants))
        for a, b in pairs(arms)
    }
    rows: list[PairVerdict] = []
    for name in asked:
        same_unit = METRICS[name].unit == METRICS[asked[0]].unit
        in_force = settings if same_unit else dataclasses.replace(settings, margin=None)
        rows += _verdicts(arms, name, paired, in_force, context)
    rows = with_tuning(_tested_for_rate(rows, variants, paired, settings), arms)
    summaries = summarise(arms, asked, rows, level)
    sizes = {outcome.images for outcome in outcomes}
    return Comparison(
        comparisons=tuple(rows),
        arms=summaries,
        published=tuple(against_published(arms, _several(published), level)),
        # Ranks hold within a data set; one order of arms on several would rank across them.
        ranking=() if several(arms.values()) else ranking(summaries, asked[0]),
        data=data,
        test_images=sizes.pop() if len(sizes) == 1 else None,
        level=level,
        alpha=alpha,
        margin=margin,
        paired=paired,
        notes=tuple(notes + pair_notes + curve_notes),
    )


def _verdicts(
    arms: Arms, name: str, paired: bool, settings: Settings, context: Context
) -> list[PairVerdict]:
    groups = {arm: group(arm, runs, name) for arm, runs in arms.items()}
    both = list(pairs(arms))
    measured = [
        measure(METRICS[name], groups[a], groups[b], paired=paired, level=settings.level)
        for a, b in both
    ]
    return decide_all(measured, [context.get(pair, ()) for pair in both], settings)


def _tested_for_rate(
    rows: list[PairVerdict],
    variants: Mapping[float, Arms],
    paired: bool,
    settings: Settings,
) -> list[PairVerdict]:
    """Add to each row whether its verdict survives the other learning rates that were run."""
    if not variants:
        return rows
    words: dict[tuple[str, str, str], dict[float, Word]] = {}
    for factor, arms in sorted(variants.items()):
        for name in {row.metric for row in rows}:
            if all(name in run.values for runs in arms.values() for run in _finished(runs)):
                for row in _verdicts(arms, name, paired, settings, {}):
                    words.setdefault((row.a, row.b, name), {})[factor] = row.verdict
    tested = []
    for row in rows:
        found = words.get((row.a, row.b, row.metric), {})
        survives = all(word == row.verdict for word in found.values()) if found else None
        reasons = row.reasons
        if found and survives:
            factors = " and ".join(f"× {factor:g}" for factor in found)
            reasons += (f"{SURVIVES} {factors}",)
        elif found:
            changed = ", ".join(f"at × {f:g}: {w}" for f, w in found.items() if w != row.verdict)
            reasons += (f"{DOES_NOT} ({changed})",)
        at_rates = {f"{factor:g}": word for factor, word in found.items()}
        tested.append(
            dataclasses.replace(
                row, reasons=reasons, survives_rate=survives, verdict_at_rates=at_rates
            )
        )
    return tested


def _metrics(outcomes: Sequence[Outcome], asked: str | Sequence[str] | None) -> list[str]:
    """Metrics that every finished run has, accuracy first; or those asked for."""
    finished = [set(outcome.values) for outcome in _finished(outcomes)]
    shared = set.intersection(*finished) if finished else {"accuracy"}
    names = [named(name) for name in _several(asked)]
    for name in names:
        if name not in shared:
            raise UsageError(
                f"not every run has {METRICS[name].title}",
                f"These can be compared: {', '.join(in_order(shared))}",
            )
    return list(dict.fromkeys(names)) or in_order(shared)


def _several(names: str | Sequence[str] | None) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _finished(runs: Sequence[Outcome]) -> list[Outcome]:
    return [run for run in runs if run.status == "complete"]
