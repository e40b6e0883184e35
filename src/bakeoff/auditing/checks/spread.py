"""Means, spreads and extremes over a few runs: what can go together."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import Family, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import EPSILON, READINGS, Interval, interval, rounded, share, show
from bakeoff.distributions import t_quantile

SHARES = ("accuracy", "error", "top5", "top5_error")
MOST_RUNS = 100_000
Z_95 = 1.959963984540054


@dataclass(frozen=True)
class Meaning:
    """One reading of what stands after ±. to_sd: factor that turns it into a sample sd (ddof 1)."""

    name: str
    to_sd: float


def meanings(kind: str, runs: int) -> list[Meaning]:
    """What ± may mean for n runs: the readings that the document's own words allow.

    sd with ddof 1 or 0; standard error s/sqrt(n); 95 % interval t s/sqrt(n) or z s/sqrt(n).
    """
    root = math.sqrt(runs)
    deviations = [
        Meaning("sd", 1.0),
        Meaning("sd with ddof 0", math.sqrt(runs / (runs - 1))),
    ]
    errors = [
        Meaning("standard error", root),
        Meaning("standard error from ddof 0", root * math.sqrt(runs / (runs - 1))),
    ]
    widths = [
        Meaning("95 % interval (t)", root / student_t(runs - 1)),
        Meaning("95 % interval (z)", root / Z_95),
    ]
    known = {"sd": deviations, "se": errors, "interval": widths}
    return known.get(kind, deviations + errors + widths)


def student_t(degrees: int, level: float = 0.95) -> float:
    """Two-sided quantile of Student's t."""
    return _quantile(degrees, (1 + level) / 2)


_quantile = cache(t_quantile)
"""A table asks for the same few again and again."""


def greatest_sd(mean: Interval, runs: int | None) -> float:
    """Greatest sample sd (ddof 1) of n values in [0, 1] with this mean; any n >= 2 if unknown.

    s^2 <= n/(n-1) m (1-m) (Bhatia and Davis 2000, for a sample).
    """
    middle = min(max(0.5, mean.low), mean.high)
    factor = 2.0 if runs is None else runs / (runs - 1)
    return math.sqrt(max(0.0, factor * middle * (1 - middle)))


def sd_of_range(spread: float, runs: int) -> Interval:
    """Least and greatest sample sd of n values with range R.

    R/sqrt(2(n-1)) <= s <= R sqrt(floor(n/2) ceil(n/2) / (n(n-1))).
    """
    half = (runs // 2) * ((runs + 1) // 2)
    return Interval(
        spread / math.sqrt(2 * (runs - 1)), spread * math.sqrt(half / (runs * (runs - 1)))
    )


def farthest(sd: float, runs: int) -> float:
    """Greatest distance of one of n values from their mean: s (n-1)/sqrt(n) (Samuelson 1968)."""
    return sd * (runs - 1) / math.sqrt(runs)


def _settle(failed: list[str], allowed: list[str], kind: str) -> tuple[Verdict, str]:
    if not allowed:
        said = {"sd": "a standard deviation", "se": "a standard error"}.get(kind, "any reading")
        return "inconsistent", f"not with ± as {said}"
    return "ambiguous", f"only if ± is {' or '.join(allowed)}, not as {' or '.join(failed)}"


def _meaning(name: str) -> str:
    return name.partition(" with ")[0].partition(" from ")[0].partition(" (")[0]


def _test_meanings(
    kind: str, runs: int, holds: Callable[[float], bool]
) -> tuple[Verdict, str] | None:
    """Try every meaning of ±; None if the one that is usually meant holds."""
    failed: list[str] = []
    allowed: list[str] = []
    for meaning in meanings(kind, runs):
        (allowed if holds(meaning.to_sd) else failed).append(meaning.name)
    kept = {_meaning(name) for name in allowed}
    usual = {"se": "standard error", "interval": "95 % interval"}.get(kind, "sd")
    if usual in kept:
        return None
    return _settle([f for f in failed if _meaning(f) not in kept] or failed, allowed, kind)


@rule("sd-bound", 10, "a spread cannot exceed what the mean leaves room for")
def sd_bound(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """n values in [0, 1] with mean m have sample variance at most n/(n-1) m (1 - m).

    Example: 99.9 % over n = 3 runs leaves an sd of at most sqrt(1.5 x 0.999 x 0.001) = 3.87
    points; "99.9 ± 5.0" cannot be a standard deviation.

    Impossible where the document says that ± is a standard deviation or a standard error;
    ambiguous where it does not say, since ± may be an interval.

    Source: Bhatia and Davis 2000, for samples.
    """
    for claim, number in evidence.figures(*SHARES):
        if claim.spread is None or (claim.runs is not None and not 2 <= claim.runs <= MOST_RUNS):
            continue
        mean = share(number).within(0, 1)
        scale = 0.01 if number.unit == "percent" or abs(number.value) > 1 else 1.0
        least = interval(claim.spread).scaled(scale).low
        bound = greatest_sd(mean, claim.runs)
        if least <= bound * (1 + EPSILON) or claim.spread_kind in ("interval", "range"):
            continue
        sure = claim.spread_kind in ("sd", "se")
        runs = f"n = {claim.runs}" if claim.runs else "any n of at least 2"
        yield Finding(
            verdict="impossible" if sure else "ambiguous",
            message=f"{printed(number)} ± {claim.spread.text} cannot be a mean and its sd: values "
            f"between 0 and 100 % leave an sd of at most {show(bound / scale)}",
            arithmetic=f"s <= sqrt(n/(n-1) m (1-m)) = {show(bound / scale)} for {runs}, but "
            f"s >= {show(least / scale)}",
            claims=(claim,),
            assumptions=("± is a standard deviation or a standard error over runs",),
            resolve="Say what ± is, and over how many runs",
            relies_on=frozenset({"spread", "runs", "unit"}),
        )


@rule("sd-range", 10, "best and worst run bound the spread")
def sd_range(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """n values with range R have R/sqrt(2(n-1)) <= s <= R sqrt(floor(n/2) ceil(n/2)/(n(n-1))).

    Example: n = 3 runs from 94.0 to 95.0: 0.5 <= s <= 0.577. An sd of 0.3 contradicts them.

    ± is read as sd (ddof 1 and 0), standard error and 95 % interval where the document does not
    say; inconsistent only if none fits.

    Source: the extremes put the other values in the middle, or half at each end.
    """
    for family in evidence.families:
        mean, best, worst = family.mean, family.statistic("best"), family.statistic("worst")
        if mean is None or mean.spread is None or best is None or worst is None:
            continue
        runs = family.count
        if runs is None or not 2 <= runs <= MOST_RUNS:
            continue
        spread, high, low = mean.spread, best.number, worst.number
        assert high is not None
        assert low is not None

        def holds(
            to_sd: float, high: Number = high, low: Number = low, spread: Number = spread,
            runs: int = runs,
        ) -> bool:  # fmt: skip
            for read in READINGS:
                reach = (read(high) - read(low)).magnitude()
                sd = read(spread).scaled(to_sd)
                if sd.meets(Interval(sd_of_range(reach.low, runs).low,
                                     sd_of_range(reach.high, runs).high)):  # fmt: skip
                    return True
            return False

        judged = _test_meanings(mean.spread_kind, runs, holds)
        if judged is None:
            continue
        reach = float(abs(high.value - low.value))
        allowed = sd_of_range(reach, runs)
        yield Finding(
            verdict=judged[0],
            message=f"± {spread.text} and runs from {low.text} to {high.text} (n = {runs}) do not "
            f"go together: {judged[1]}",
            arithmetic=f"R = {show(reach)}: {show(allowed.low)} <= s <= {show(allowed.high)}; "
            f"printed {spread.text}",
            claims=(mean, best, worst),
            assumptions=("best and worst are of the same runs as the mean",),
            resolve="Say what ± is, or list the runs",
        )


@rule("samuelson", 11, "no run is farther from the mean than s (n-1)/sqrt(n)")
def samuelson(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Of n values with mean m and sample sd s, none differs from m by more than s (n-1)/sqrt(n).

    Example: 95.2 ± 0.3 with n = 3 and a best run of 95.9. The difference is at least 0.6; the
    bound is 0.404 with ± read as sd and 0.70 read as standard error: ambiguous.

    Source: Samuelson, How deviant can you be?, JASA 1968.
    """
    for family in evidence.families:
        mean, runs = family.mean, family.count
        if mean is None or mean.spread is None or runs is None or not 2 <= runs <= MOST_RUNS:
            continue
        extreme = _extreme(family, mean)
        if extreme is None or extreme.number is None or mean.number is None:
            continue
        spread, centre, value = mean.spread, mean.number, extreme.number

        def holds(
            to_sd: float, spread: Number = spread, centre: Number = centre, value: Number = value,
            runs: int = runs,
        ) -> bool:  # fmt: skip
            return any(
                (read(value) - read(centre)).magnitude().low
                <= farthest(read(spread).high * to_sd, runs) * (1 + EPSILON) + EPSILON
                for read in READINGS
            )

        judged = _test_meanings(mean.spread_kind, runs, holds)
        if judged is None:
            continue
        difference = float(abs(value.value - centre.value) - value.half - centre.half)
        high = float(spread.high)
        yield Finding(
            verdict=judged[0],
            message=f"{value.text} is too far from {centre.text} ± {spread.text} over {runs} runs: "
            f"{judged[1]}",
            arithmetic=f"difference at least {show(difference)}; bound s (n-1)/sqrt(n) = "
            f"{show(farthest(high, runs))} with ± read as sd, "
            f"{show(farthest(high * math.sqrt(runs), runs))} as standard error",
            claims=(mean, extreme),
            assumptions=("the run is one of those averaged", "all figures rounded, or all cut off"),
            resolve="Say what ± is, or list the runs",
        )


def _extreme(family: Family, mean: Claim) -> Claim | None:
    assert mean.number is not None
    centre = mean.number.value
    found = [family.statistic("best"), family.statistic("worst"), *family.runs]
    known = [c for c in found if c is not None and c.number is not None]
    return max(known, key=lambda c: abs(c.number.value - centre), default=None)  # type: ignore[union-attr]


@rule("run-mean", 10, "the runs one by one give their mean and spread")
def run_mean(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Where every run is listed, mean and sd can be computed again.

    The mean must lie within the mean of the runs' intervals; the sd, read as sd (ddof 1 or 0),
    standard error or 95 % interval, within h sqrt(n/(n-1)) of the sd of the printed runs.

    Example: runs of 95.1, 95.3 and 95.6 have mean 95.33 and sd 0.25; "95.6 ± 0.1" does not.

    Assumes: all runs are listed, and the mean is of exactly those.
    Source: the definitions.
    """
    for family in evidence.families:
        mean, runs = family.mean, family.runs
        if mean is None or mean.number is None or len(runs) < 2 or family.count != len(runs):
            continue
        numbers = [c.number for c in runs if c.number is not None]
        n = len(numbers)
        reads = [[read(x) for x in numbers] for read in READINGS]
        means = [
            Interval(sum(r.low for r in row) / n, sum(r.high for r in row) / n) for row in reads
        ]
        values = [float(x.value) for x in numbers]
        middle = sum(values) / n
        sd = math.sqrt(sum((v - middle) ** 2 for v in values) / (n - 1))
        if not any(m.meets(interval(mean.number)) for m in means):
            yield Finding(
                verdict="inconsistent",
                message=f"the runs have mean {show(middle)}, not {printed(mean.number)}",
                arithmetic=f"({' + '.join(x.text for x in numbers[:12])}"
                f"{' + …' if n > 12 else ''})/{n} = {show(middle)}",
                claims=(mean, *runs),
                assumptions=("the mean is of exactly these runs",),
                resolve="Say which runs were averaged",
            )
        if mean.spread is None:
            continue
        slack = max(float(x.half) for x in numbers) * math.sqrt(n / (n - 1))
        around = Interval(max(0.0, sd - slack), sd + slack)
        stated = interval(mean.spread)
        judged = _test_meanings(
            mean.spread_kind,
            n,
            lambda to_sd, stated=stated, around=around: stated.scaled(to_sd).meets(around),  # type: ignore[misc]
        )
        # With the runs at hand, one fitting reading is an answer, not a doubt.
        if judged is not None and judged[0] == "inconsistent":
            yield Finding(
                verdict="inconsistent",
                message=f"the runs have sd {show(sd)}; ± {mean.spread.text} is neither that, nor "
                "their standard error, nor a 95 % interval",
                arithmetic=f"s = {show(sd)}, s/sqrt(n) = {show(sd / math.sqrt(n))}, "
                f"t s/sqrt(n) = {show(student_t(n - 1) * sd / math.sqrt(n))}",
                claims=(mean, *runs),
                assumptions=("± is of exactly these runs",),
                resolve="Say what ± is",
            )


@rule("single-run-spread", 13, "one run has no standard deviation")
def single_run_spread(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A standard deviation over runs needs at least two runs.

    Example: "95.2 ± 0.1 (single run)". What ± may be instead is a binomial standard error over
    the test images, sqrt(A(1-A)/N) = 0.21 points on 10,000 images, or its 95 % interval, 0.42.

    Inconsistent where the document calls ± a standard deviation and it is not the binomial one;
    otherwise ambiguous.
    Source: the definition of a sample standard deviation, with n - 1 in the denominator.
    """
    for claim, number in evidence.figures(*SHARES, "balanced_accuracy", "f1", "macro_f1"):
        if claim.runs != 1 or claim.spread is None:
            continue
        known = facts.dataset_of(claim)
        images = None if known is None else known.reported_images
        mean = share(number).within(0, 1)
        middle = (mean.low + mean.high) / 2
        scale = 0.01 if number.unit == "percent" or abs(number.value) > 1 else 1.0
        binomial = ""
        fits = False
        if images:
            error = math.sqrt(middle * (1 - middle) / images)
            wide = rounded(claim.spread).scaled(scale)
            fits = any(wide.meets(Interval(error * z * 0.9, error * z * 1.1)) for z in (1.0, Z_95))
            binomial = f"; binomial: sqrt(A(1-A)/N) = {show(error / scale)} with N = {images:,}"
        strict = claim.spread_kind == "sd" and not fits
        yield Finding(
            verdict="inconsistent" if strict else "ambiguous",
            message=f"± {claim.spread.text} beside a single run: one run has no standard deviation"
            + ("; it may be the binomial error over test images" if fits else ""),
            arithmetic=f"s = sqrt(sum (x - m)^2 / (n - 1)) with n = 1 is 0/0{binomial}",
            claims=(claim,),
            assumptions=("± is a spread over training runs",),
            resolve="Say what ± is a spread of",
            relies_on=frozenset({"runs", "spread"}),
        )
