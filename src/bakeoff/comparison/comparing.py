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
from bakeoff.comparison.learning_rate_robustness import split_rates
from bakeoff.comparison.measure import measure
from bakeoff.comparison.metrics import METRICS, in_order, named
from bakeoff.comparison.outcome import Outcome, by_arm, group
from bakeoff.comparison.reasons import (
    ChangesWithLearningRate,
    Reason,
    SurvivesLearningRates,
    Untuned,
)
from bakeoff.comparison.result import Word
from bakeoff.comparison.sources import read
from bakeoff.comparison.summary import ranking, summarise
from bakeoff.comparison.verdict import Decided, Settings, decide_all
from bakeoff.comparison.wording import word
from bakeoff.errors import UsageError

Arms = Mapping[str, Sequence[Outcome]]
Context = Mapping[tuple[str, str], Sequence[Reason]]


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
        (a, b): circumstances(arms[a], arms[b], rate_checked=bool(variants)) for a, b in pairs(arms)
    }
    decided: list[Decided] = []
    for name in asked:
        same_unit = METRICS[name].unit == METRICS[asked[0]].unit
        in_force = settings if same_unit else dataclasses.replace(settings, margin=None)
        decided += _verdicts(arms, name, paired, in_force, context)
    decided = _at_other_rates(decided, variants, paired, settings)
    rows = [one.worded() for one in decided]
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
        notes=tuple(notes + pair_notes + curve_notes + _said_once(decided)),
    )


def _said_once(decided: Sequence[Decided]) -> list[str]:
    """What holds for most verdicts of a comparison, as notes of the whole."""
    found = dict.fromkeys(r for one in decided for r in one.reasons if isinstance(r, Untuned))
    return [word(reason) for reason in found]


def _verdicts(
    arms: Arms, name: str, paired: bool, settings: Settings, context: Context
) -> list[Decided]:
    groups = {arm: group(arm, runs, name) for arm, runs in arms.items()}
    both = list(pairs(arms))
    measured = [
        measure(METRICS[name], groups[a], groups[b], paired=paired, level=settings.level)
        for a, b in both
    ]
    return decide_all(measured, [context.get(pair, ()) for pair in both], settings)


def _at_other_rates(
    decided: list[Decided],
    variants: Mapping[float, Arms],
    paired: bool,
    settings: Settings,
) -> list[Decided]:
    """Add to each verdict whether it survives the other learning rates that were run."""
    if not variants:
        return decided
    words: dict[tuple[str, str, str], dict[float, Word]] = {}
    for factor, arms in sorted(variants.items()):
        for name in {one.row.metric for one in decided}:
            if all(name in run.values for runs in arms.values() for run in _finished(runs)):
                for one in _verdicts(arms, name, paired, settings, {}):
                    words.setdefault((one.row.a, one.row.b, name), {})[factor] = one.row.verdict
    tested = []
    for one in decided:
        row = one.row
        found = words.get((row.a, row.b, row.metric), {})
        survives = all(at == row.verdict for at in found.values()) if found else None
        if found and survives:
            one = one.because(SurvivesLearningRates(tuple(found)))
        elif found:
            changed = tuple((f, at) for f, at in found.items() if at != row.verdict)
            one = one.because(ChangesWithLearningRate(changed))
        at_rates = {f"{factor:g}": word for factor, word in found.items()}
        tested.append(
            dataclasses.replace(
                one,
                row=dataclasses.replace(row, survives_rate=survives, verdict_at_rates=at_rates),
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
