"""Before running: how many seeds, test images and hours it takes to see a difference."""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import special

from bakeoff.comparison.numbers import amount, plural
from bakeoff.comparison.outcome import Outcome, by_arm, group
from bakeoff.comparison.result import Keyed
from bakeoff.comparison.sources import read
from bakeoff.comparison.units import Unit, checked_unit
from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics import (
    detectable_difference,
    discordant,
    images_needed,
    seeds_needed,
    welch_power,
)

SCHEMA_VERSION = 1
SHOWN_SEEDS = (2, 3, 5, 7, 10, 20)
CAUTIOUS = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Visible(Keyed):
    """With `seeds` runs of each arm: the smallest true difference seen with the wanted power, the
    power to see the wanted difference (None without one), and what the runs take."""

    seeds: int
    detectable_difference: float
    power: float | None
    hours: float | None
    price: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan(Keyed):
    """What it takes. sd, delta and detectable differences: points of accuracy.

    sd_runs: runs behind the spread, None for a stated one. sd_upper: the spread is below this with
    80 % confidence, where the pilot's runs say so; seeds_if_sd_upper: seeds at that spread.
    seeds: of each arm, for `delta` at `power`; None without a wanted difference.
    test_images: for telling two *models* apart that differ by `delta` and disagree on
    `disagreement` of the images. hours, flops, price: of all runs of all arms, one after the other,
    with the seeds that were asked for, else the cautious number where there is one.
    """

    sd: float
    sd_from: str
    sd_runs: int | None
    sd_upper: float | None
    arms: int
    power: float
    alpha: float
    delta: float | None
    seeds: int | None
    seeds_if_sd_upper: int | None
    visible: tuple[Visible, ...]
    disagreement: float | None
    test_images: int | None
    test_images_there: int | None
    hours_per_run: float | None
    hours: float | None
    flops: float | None
    price: float | None
    sentences: tuple[str, ...] = ()
    schema_version: int = SCHEMA_VERSION

    def __str__(self) -> str:
        return "\n".join(self.sentences)


@dataclass(frozen=True, slots=True)
class _Pilot:
    sd: float
    source: str
    runs: int | None = None
    freedoms: int | None = None
    disagreement: float | None = None
    images: int | None = None
    hours: float | None = None
    flops: float | None = None


def plan(
    pilot: Any = None,
    *,
    sd: float | None = None,
    delta: float | None = None,
    seeds: int | None = None,
    power: float = 0.8,
    alpha: float = 0.05,
    arms: int = 2,
    price_per_hour: float | None = None,
    unit: str | None = None,
) -> Plan:
    """See `bakeoff.comparison.plan`."""
    if arms < 2:
        raise UsageError(f"{arms} arm cannot be compared", "Plan for at least 2")
    if seeds is not None and seeds < 2:
        raise TooFewSeeds("with one seed no difference between recipes can be seen", "Plan for 2")
    if (pilot is None) == (sd is None):
        raise UsageError("a plan needs a pilot or a spread, one of them", "Give runs, or --sd 0.1")
    if sd is not None and unit is not None:
        raise UsageError(
            "a unit is of accuracies in a table, and a spread is in points", "Leave it out"
        )
    known = _pilot(pilot, checked_unit(unit)) if sd is None else _stated(sd)
    # Holm's first step: the smallest p of all pairs must pass this.
    strict = alpha / math.comb(arms, 2)
    needed = cautious = images = None
    upper = None
    if known.freedoms:
        upper = known.sd * math.sqrt(
            known.freedoms / float(special.chdtri(known.freedoms, CAUTIOUS))
        )
    if delta is not None:
        needed = seeds_needed(delta, known.sd, known.sd, power=power, alpha=strict)
        if upper is not None:
            cautious = seeds_needed(delta, upper, upper, power=power, alpha=strict)
        share = abs(delta) / 100
        if known.disagreement is not None and share <= known.disagreement:
            images = images_needed(share, known.disagreement, power=power, alpha=strict)
    shown = sorted({*SHOWN_SEEDS, *(n for n in (seeds, needed, cautious) if n is not None)})

    def cost(n: int, of_one: float | None) -> float | None:
        return None if of_one is None else n * arms * of_one

    hourly = None
    if price_per_hour is not None and known.hours is None:
        raise UsageError(
            f"a price per hour has no effect: {known.source} does not say how long a run takes",
            "Give run folders as a pilot, or leave it out",
        )
    if known.hours is not None and price_per_hour is not None:
        hourly = known.hours * price_per_hour
    visible = tuple(
        Visible(
            seeds=n,
            detectable_difference=detectable_difference(
                known.sd, n, known.sd, n, power=power, alpha=strict
            ),
            power=None if delta is None else welch_power(delta, known.sd, n, known.sd, n, strict),
            hours=cost(n, known.hours),
            price=cost(n, hourly),
        )
        for n in shown
    )
    # A pilot's own spread is too small in half of all pilots, so its seeds would often not do.
    chosen = seeds if seeds is not None else cautious if cautious is not None else needed
    planned = Plan(
        sd=known.sd,
        sd_from=known.source,
        sd_runs=known.runs,
        sd_upper=upper,
        arms=arms,
        power=power,
        alpha=alpha,
        delta=delta,
        seeds=needed,
        seeds_if_sd_upper=cautious,
        visible=visible,
        disagreement=known.disagreement,
        test_images=images,
        test_images_there=known.images,
        hours_per_run=known.hours,
        hours=None if chosen is None else cost(chosen, known.hours),
        flops=None if chosen is None else cost(chosen, known.flops),
        price=None if chosen is None else cost(chosen, hourly),
    )
    return dataclasses.replace(planned, sentences=tuple(_say(planned, seeds)))


def _pilot(pilot: Any, unit: Unit | None) -> _Pilot:
    if isinstance(pilot, list) and len(pilot) == 1:
        pilot = pilot[0]
    if isinstance(pilot, int | float) and not isinstance(pilot, bool):
        return _stated(pilot)
    if isinstance(pilot, str) and not Path(pilot).exists() and not set(pilot) & set("/*?["):
        return _published(pilot)
    return _from_runs(read(pilot, unit=unit).outcomes)


def _stated(sd: float) -> _Pilot:
    if not 0 < sd < math.inf:
        raise UsageError(f"a spread of {sd:g} cannot be planned with", "Give one above 0")
    return _Pilot(float(sd), "stated")


def _published(name: str) -> _Pilot:
    from bakeoff.published import result

    figure = result(name)
    if figure.metric != "seed_sd":
        raise UsageError(
            f"{figure.id} is a {figure.metric.replace('_', ' ')}, not a spread over seeds",
            "Give runs, a number, or a published spread: `bakeoff results seed_sd`",
        )
    caveat = "" if figure.verified else "; quoted, its source was not read"
    return _Pilot(float(figure.number), f"published {figure.id} ({figure.citation}{caveat})")


def _from_runs(outcomes: Sequence[Outcome]) -> _Pilot:
    finished = [outcome for outcome in outcomes if outcome.status == "complete"]
    groups = [group(arm, runs, "accuracy") for arm, runs in by_arm(finished).items()]
    several = [g for g in groups if g.n >= 2]
    if not several:
        raise TooFewSeeds(
            "the pilot has one finished run of each arm, so its spread over seeds is not known",
            "Run 3 seeds of one arm, or give a spread: `bakeoff plan --sd 0.1`",
        )
    freedoms = sum(g.n - 1 for g in several)
    pooled = math.sqrt(sum((g.n - 1) * g.moments.variance for g in several) / freedoms)
    if pooled == 0:
        raise UsageError(
            "the pilot's seeds all gave the same accuracy", "Check that the seed was used"
        )
    failed = sum(outcome.status == "failed" for outcome in outcomes)
    source = f"pooled over {', '.join(g.arm for g in several)}"
    if failed:
        source += f"; {plural(failed, 'failed run')} left out"
    seconds = [o.values["seconds"] for o in finished if "seconds" in o.values]
    flops = [o.values["flops"] for o in finished if "flops" in o.values]
    return _Pilot(
        sd=pooled,
        source=source,
        runs=sum(g.n for g in several),
        freedoms=freedoms,
        disagreement=_disagreement(finished),
        images=next((o.images for o in finished if o.images), None),
        hours=float(np.mean(seconds)) / 3600 if seconds else None,
        flops=float(np.mean(flops)) if flops else None,
    )


def _disagreement(finished: Sequence[Outcome]) -> float | None:
    """Mean share of test images that exactly one of two runs gets right, neighbours in order."""
    answers = [outcome.answers for outcome in finished if outcome.answers is not None]
    pairs = list(itertools.pairwise(answers))
    if not pairs:
        return None
    return float(
        np.mean([sum(discordant(a.correct, b.correct)) / len(a.correct) for a, b in pairs])
    )


def _say(planned: Plan, seeds: int | None) -> list[str]:
    spread = f"{amount(planned.sd)} points ({planned.sd_from})"
    said = [f"spread over seeds: {spread}."]
    power = f"{100 * planned.power:g} %"
    among = "" if planned.arms == 2 else f" between any two of {planned.arms} arms"
    if planned.delta is not None:
        least, also = planned.seeds, ""
        if planned.seeds_if_sd_upper is not None and planned.seeds_if_sd_upper != planned.seeds:
            assert planned.sd_upper is not None
            least = planned.seeds_if_sd_upper
            also = (
                f": {plural(planned.sd_runs or 0, 'run')} cannot rule out a spread of"
                f" {amount(planned.sd_upper)}; {planned.seeds:,} if it is as measured"
            )
        said.append(
            f"a difference of {planned.delta:g} points{among} is seen with {power} power by"
            f" {least:,} seeds of each arm{also}."
        )
    few = [row for row in planned.visible if row.seeds in (3, 5, 10)]
    said.append(
        f"with {power} power "
        + ", ".join(f"{r.seeds} seeds see {amount(r.detectable_difference)}" for r in few)
        + f" points{among}."
    )
    if seeds is not None:
        row = next(row for row in planned.visible if row.seeds == seeds)
        said.append(
            f"{seeds:,} seeds of each arm see a difference{among} of"
            f" {amount(row.detectable_difference)} points with {power} power."
        )
    if planned.test_images is not None:
        there = ""
        if planned.test_images_there is not None:
            there = f"; the pilot's test set has {planned.test_images_there:,}"
        said.append(
            f"two single models that differ so much are told apart on {planned.test_images:,} test"
            f" images{there}."
        )
    if planned.hours is not None and planned.hours_per_run is not None:
        price = "" if planned.price is None else f", at a price of {amount(planned.price)}"
        said.append(
            f"that takes {amount(planned.hours)} hours of training for {planned.arms} arms"
            f" ({amount(60 * planned.hours_per_run)} minutes a run, as in the pilot){price}."
        )
    return said
