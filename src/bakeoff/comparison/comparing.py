"""The whole comparison: read, check, measure every pair in every metric, decide, rank."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.comparison import own_metric
from bakeoff.comparison.against import against_published
from bakeoff.comparison.answer import Comparison
from bakeoff.comparison.budgets import across_budgets
from bakeoff.comparison.checks import as_pairs, check_arms, check_settings
from bakeoff.comparison.concerns import concerns, copies, counted_once
from bakeoff.comparison.context import circumstances, place
from bakeoff.comparison.curves import with_prices
from bakeoff.comparison.data_sets import arms_by_set, by_data_set, pairs, several
from bakeoff.comparison.families import Family, check_family, primary_first, verdicts
from bakeoff.comparison.image_groups import grouped
from bakeoff.comparison.learning_rate_robustness import split_rates
from bakeoff.comparison.looks import LooksInForce, looks_in_force
from bakeoff.comparison.mapping import Said, parse
from bakeoff.comparison.metrics import about, in_order, named
from bakeoff.comparison.numbers import plural
from bakeoff.comparison.outcome import Outcome, by_arm
from bakeoff.comparison.over_sets import verdicts_over_sets
from bakeoff.comparison.pooled_spread import check_test
from bakeoff.comparison.reasons import (
    ChangesWithLearningRate,
    Reason,
    SurvivesLearningRates,
    UndecidedAtEveryRate,
    Untuned,
)
from bakeoff.comparison.references import references
from bakeoff.comparison.result import Word
from bakeoff.comparison.seeds import ArmSeeds, seed_facts
from bakeoff.comparison.sources import read
from bakeoff.comparison.summary import ranking, summarise
from bakeoff.comparison.units import checked_unit
from bakeoff.comparison.verdict import Decided, Settings
from bakeoff.comparison.wording import word
from bakeoff.errors import UsageError

MOST_VERDICTS = 300_000
"""About half a minute of one core; a table of published results names thousands of models."""

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
    unit: str | None = None,
    mapping: str | Mapping[str, str] | Sequence[str] | None = None,
    accept_best: bool = False,
    looks: Sequence[int] | None = None,
    primary: str | None = None,
    family: Family = "primary",
    test: str | None = None,
    groups: Path | str | Sequence[Any] | None = None,
    higher_is_better: bool | None = None,
    reference: str | None = None,
    one_arm: bool = False,
) -> Comparison:
    """See `bakeoff.comparison.compare`; one_arm: a single arm is summarised, not refused."""
    check_settings(level=level, alpha=alpha, margin=margin)
    own = own_metric.asked(_several(metrics), higher_is_better)
    wanted = [own] if own else [named(name) for name in _several(metrics)]
    if target is not None and wanted and "seconds_to_target" not in wanted:
        raise UsageError(
            f"a target accuracy has no effect on {' and '.join(wanted)}",
            "Leave it out, or ask for the metric seconds_to_target as well",
        )
    found = read(
        source,
        unit=checked_unit(unit),
        # A published figure may be of another metric than those asked for.
        metrics=wanted if wanted and published is None and not own else None,
        said=own_metric.role(Said(parse(mapping, own), accept_best, metric=own)),
    )
    if not found.tables:
        wanted = own_metric.as_kept(wanted, found.outcomes)
    outcomes = by_data_set(grouped(found.outcomes, groups))
    for alike in arms_by_set(by_arm(outcomes)) or [{}]:
        check_arms(alike, one_is_enough=one_arm or published is not None)
    arms, variants = split_rates(by_arm(outcomes))
    paired, pair_notes = as_pairs(arms, paired)
    # Of all runs, before copies are taken together.
    seeds = {arm: ArmSeeds.of(runs) for arm, runs in arms.items()}
    copied = copies(arms)
    arms = counted_once(arms, copied, paired=paired)
    # Variants at other learning rates decide no target and no equal price.
    outcomes, curve_notes = _priced([run for runs in arms.values() for run in runs], target)
    arms = by_arm(outcomes)
    if primary is None:
        primary = _planned_primary(outcomes, wanted)
    asked = primary_first(_metrics(outcomes, wanted, primary), primary)
    _not_too_many(len(list(pairs(arms))), len(asked))
    where, data = place(outcomes)
    settings = Settings(level, alpha, margin, where)
    context = circumstances(arms, rate_checked=bool(variants))
    for (a, b), reasons in context.items():
        reasons += seed_facts(seeds[a], seeds[b])
    planned = looks_in_force(outcomes, looks, paired=paired, sets=len(arms_by_set(arms)))
    check_family(family, planned)
    test = test or _planned_test(outcomes)
    check_test(test, paired=paired, looks=planned.design is not None, family=family)
    decided = verdicts(
        arms,
        asked,
        family=family,
        paired=paired,
        settings=settings,
        context=context,
        looks=planned,
        test=test,
    )
    decided = _at_other_rates(decided, variants, paired, settings)
    rows = [one.row() for one in decided]
    summaries = summarise(arms, asked, rows, level)
    told = [note for name, note in curve_notes.items() if not wanted or _about(name, asked)]
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
        notes=tuple(found.notes + pair_notes + told + _said_once(decided)),
        tables=tuple(found.tables),
        concerns=tuple(concerns(arms, rows, asked[0], copied)),
        over_data_sets=verdicts_over_sets(arms, asked[0], level=level, alpha=alpha),
        budgets=across_budgets(arms, rows, summaries, asked[0], level),
        references=references(arms, reference),
        metric_notes={name: note for name, note in curve_notes.items() if note in told},
    )


def _priced(
    outcomes: Sequence[Outcome], target: float | None
) -> tuple[list[Outcome], dict[str, str]]:
    """`with_prices` at each budget of its own; then only notes that hold at all of them."""
    parts = [
        with_prices([run for run in outcomes if run.at == at], target)
        for at in dict.fromkeys(run.at for run in outcomes)
    ]
    if len(parts) == 1:
        return parts[0]
    notes = parts[0][1].items()
    shared = {name: note for name, note in notes if all(p[1].get(name) == note for p in parts)}
    return [run for priced, _ in parts for run in priced], shared


def _about(metric: str, asked: Sequence[str]) -> bool:
    """Whether a note on one metric matters to those that were asked for."""
    return metric in asked or (metric == "flops" and "accuracy_at_equal_flops" in asked)


def _said_once(decided: Sequence[Decided]) -> list[str]:
    """What holds for most verdicts of a comparison, as notes of the whole."""
    found = dict.fromkeys(r for one in decided for r in one.reasons if isinstance(r, Untuned))
    return [word(reason) for reason in found]


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
        for name in {one.metric for one in decided if not one.is_described}:
            if all(name in run.values for runs in arms.values() for run in _finished(runs)):
                for one in verdicts(
                    arms,
                    [name],
                    family="primary",
                    paired=paired,
                    settings=settings,
                    context={},
                    looks=LooksInForce(),
                ):
                    words.setdefault((*one.arms, name), {})[factor] = one.verdict
    tested = []
    for one in decided:
        found = words.get((*one.arms, one.metric), {})
        survives = all(at == one.verdict for at in found.values()) if found else None
        if survives and one.verdict == "cannot tell":
            survives = None  # nothing was decided that could survive
            one = one.because(UndecidedAtEveryRate(tuple(found)))
        elif found and survives:
            one = one.because(SurvivesLearningRates(tuple(found)))
        elif found:
            changed = tuple((f, at) for f, at in found.items() if at != one.verdict)
            one = one.because(ChangesWithLearningRate(changed))
        at_rates = {f"{factor:g}": word for factor, word in found.items()}
        tested.append(dataclasses.replace(one, survives_rate=survives, at_rates=at_rates))
    return tested


def _planned_primary(outcomes: Sequence[Outcome], wanted: Sequence[str]) -> str | None:
    """The metric that the bake-off of all runs decides by, unless others are asked for."""
    planned = {run.primary for run in outcomes}
    if len(planned) != 1 or not (name := planned.pop()):
        return None
    return name if not wanted or name in wanted else None


def _planned_test(outcomes: Sequence[Outcome]) -> str | None:
    """The test that the bake-off of all runs chose before them; None for the usual ones."""
    planned = {run.planned_test for run in outcomes}
    return planned.pop() or None if len(planned) == 1 else None


def _metrics(outcomes: Sequence[Outcome], names: Sequence[str], primary: str | None) -> list[str]:
    """Metrics that every finished run has, accuracy first; or those asked for."""
    finished = {tuple(outcome.values): set(outcome.values) for outcome in _finished(outcomes)}
    shared = set.intersection(*finished.values()) if finished else {"accuracy"}
    for name in names:
        if name not in shared:
            raise UsageError(
                f"not every run has {about(name).title}",
                f"These can be compared: {', '.join(in_order(shared))}",
            )
    first = named(primary) if primary is not None else ""
    usual = [name for name in shared if not about(name).on_request or name == first]
    return list(dict.fromkeys(names)) or in_order(usual)


def _not_too_many(of_arms: int, metrics: int) -> None:
    if of_arms * metrics > MOST_VERDICTS:
        raise UsageError(
            f"{of_arms:,} pairs of arms in {plural(metrics, 'metric')} are more than"
            f" {MOST_VERDICTS:,} verdicts",
            "Leave arms out, or choose metrics",
        )


def _several(names: str | Sequence[str] | None) -> list[str]:
    return [] if names is None else [names] if isinstance(names, str) else list(names)


def _finished(runs: Sequence[Outcome]) -> list[Outcome]:
    return [run for run in runs if run.status == "complete"]
