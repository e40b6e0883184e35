"""A mean between its extremes, an estimate inside its interval, a spread that the range allows."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.spread import sd_of_range
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import SUBJECT, Subject, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import EPSILON, READINGS, Interval, interval, show
from bakeoff.auditing.metrics import METRICS

_STATISTIC = SUBJECT.index("statistic")
EXTREMES = ("best", "worst")
SCORES = ("share", "score", "loss")


def _rest(evidence: Evidence, claim: Claim) -> Subject:
    own = evidence.subject(claim)
    return (*own[:_STATISTIC], None, *own[_STATISTIC + 1 :])


def _breaths(evidence: Evidence) -> Iterator[dict[str, list[Claim]]]:
    """Figures of one metric of one arm that were said in one breath, by their statistic."""
    for members in evidence.groups.values():
        if not any(c.context.get("statistic") in EXTREMES for c in members):
            continue  # a group of extremes has one
        arms: dict[object, dict[str, list[Claim]]] = {}
        for claim in members[:400]:
            said = claim.context.get("statistic", "")
            if claim.number is None or METRICS[claim.metric].kind not in SCORES:
                continue
            if "run" in claim.context or said not in ("", "mean", "average", "median", *EXTREMES):
                continue
            arm = (claim.metric, _rest(evidence, claim))
            arms.setdefault(arm, {}).setdefault(said, []).append(claim)
        yield from arms.values()


_BARE = {
    "min": "worst", "minimum": "worst", "lowest": "worst", "max": "best", "maximum": "best",
    "highest": "best", "mean": "mean", "avg": "mean", "average": "mean",
}  # fmt: skip


def _bare_columns(evidence: Evidence) -> Iterator[dict[str, list[Claim]]]:
    """Rows under columns that say min, mean and max and nothing of what."""
    for document in evidence.documents:
        for table in document.tables:
            named = {
                n: said
                for n, c in enumerate(table.columns)
                if not c.metric and (said := _BARE.get(c.label.strip().lower().rstrip(".")))
            }
            if sorted(named.values()) != ["best", "mean", "worst"]:
                continue
            for row in table.rows[:5_000]:
                cells = {said: row.cells[n] for n, said in named.items()}
                if all(c.number is not None for c in cells.values()):
                    yield {
                        said: [
                            Claim("share", c.number, c.place, c.text, {"statistic": said},
                                  section=table.section)
                        ]
                        for said, c in cells.items()
                    }  # fmt: skip


def _one(found: dict[str, list[Claim]], *names: str) -> Claim | None:
    claims = [c for name in names for c in found.get(name, ())]
    return claims[0] if len(claims) == 1 else None


@rule("mean-range", 10, "a mean lies between the least and the greatest value")
def mean_range(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """min <= mean <= max, and min <= median <= max, of the same runs.

    Example: a mean of 92.2 beside a minimum of 90.8 and a maximum of 91.9.

    Read in one row or sentence. Where only the best stands beside the mean, the best must not be
    the worse of the two.

    Assumes: extremes and mean are of the same runs.
    Source: the definition of a mean.
    """
    for found in (*_breaths(evidence), *_bare_columns(evidence)):
        middle = _one(found, "mean", "average")
        best, worst = _one(found, "best"), _one(found, "worst")
        ends = [c for c in (best, worst) if c is not None]
        if middle is None:
            middle = _one(found, "") if len(ends) == 2 and _several(found) else None
        if middle is None or middle.number is None or not ends:
            continue
        values = [c.number for c in ends if c.number is not None]
        if any(n.unit != middle.number.unit for n in values):
            continue
        if _between(middle.number, values, METRICS[middle.metric].better, best is not None):
            continue
        shown = " and ".join(n.text for n in values)
        name = "mean" if middle.context.get("statistic") != "median" else "median"
        yield Finding(
            verdict="inconsistent",
            message=f"{name} {printed(middle.number)} does not lie within the extremes beside it, "
            f"{shown}",
            arithmetic=f"min <= {name} <= max, but {middle.number.text} against {shown}",
            claims=(middle, *ends),
            assumptions=("extremes and mean are of the same runs",),
            resolve="Say which runs each figure is of",
            relies_on=frozenset({"unit"}),
        )


def _several(found: dict[str, list[Claim]]) -> bool:
    plain = found.get("", [])
    return len(plain) == 1 and (plain[0].spread is not None or (plain[0].runs or 1) > 1)


def _between(middle: Number, ends: list[Number], better: str, only_best: bool) -> bool:
    for read in READINGS:
        reads = [read(n) for n in ends]
        m = read(middle)
        if len(reads) == 2:
            low, high = min(r.low for r in reads), max(r.high for r in reads)
            if m.high >= low - EPSILON and m.low <= high + EPSILON:
                return True
        else:
            above = (better == "up") == only_best
            if above and m.low <= reads[0].high + EPSILON:
                return True
            if not above and m.high >= reads[0].low - EPSILON:
                return True
    return False


@rule("range-sd", 10, "a standard deviation is at most the range over the square root of two")
def range_sd(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """n >= 2 values with range R have a sample sd of at most R / sqrt(2), whatever n is.

    Example: runs from 90.8 to 91.9 leave an sd of at most 0.78; "± 1.5" cannot be one. With n
    known sd-range is sharper: half the range for an even, large n with ddof 0.

    Only where the document calls the figure a standard deviation and does not say n.

    Source: the greatest sample sd has half the values at each end, and falls as n grows.
    """
    for found in _breaths(evidence):
        middle = _one(found, "mean", "average") or _one(found, "")
        best, worst = _one(found, "best"), _one(found, "worst")
        if middle is None or best is None or worst is None or middle.spread is None:
            continue
        if middle.spread_kind != "sd" or middle.runs is not None:
            continue
        assert best.number is not None
        assert worst.number is not None
        reach = (interval(best.number) - interval(worst.number)).magnitude().high
        bound = sd_of_range(reach, 2).high
        if interval(middle.spread).low <= bound * (1 + EPSILON) + EPSILON:
            continue
        yield Finding(
            verdict="inconsistent",
            message=f"sd {middle.spread.text} is too large for values from {worst.number.text} to "
            f"{best.number.text}",
            arithmetic=f"s <= R/sqrt(2) = {show(bound)} for n >= 2, printed {middle.spread.text}",
            claims=(middle, best, worst),
            assumptions=("extremes and sd are of the same runs",),
            resolve="Say which runs each figure is of",
            relies_on=frozenset({"unit", "spread"}),
        )


@rule("interval-estimate", 12, "an interval holds the estimate it is for")
def interval_estimate(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A confidence interval, by t, z, Wilson or the bootstrap's percentiles, holds its estimate.

    Example: precision 0.951 with a 95 % interval from 0.961 to 0.982.

    Read where a column or the words say that it is an interval; ends in the wrong order are found
    as well. Bias-corrected bootstrap intervals may leave out the estimate by a little: what misses
    by less than half the interval's width is ambiguous where the bootstrap is named.

    Source: the definitions.
    """
    bootstrapped = {c.place.file for c in evidence.of("test") if c.word == "bootstrap"}
    for claim in evidence.claims:
        ends, number = claim.interval, claim.number
        if ends is None or number is None or claim.context.get("statistic") in EXTREMES:
            continue
        low, high = (interval(n) for n in ends)
        value = interval(number)
        turned = low.low > high.high
        if not turned and value.high >= low.low - EPSILON and value.low <= high.high + EPSILON:
            continue
        width = max(high.high - low.low, 0.0)
        near = max(low.low - value.high, value.low - high.high) < width / 2
        doubt = near and claim.place.file in bootstrapped and not turned
        told = "has its ends in the wrong order" if turned else f"does not hold {printed(number)}"
        yield Finding(
            verdict="ambiguous" if doubt else "inconsistent",
            message=f"the interval from {ends[0].text} to {ends[1].text} {told}",
            arithmetic=f"{ends[0].text} <= {number.text} <= {ends[1].text} does not hold",
            claims=(claim,),
            assumptions=("the interval is for this figure",),
            resolve="Check the three figures",
            relies_on=frozenset(),
        )


@rule("mean-extremes", 10, "a mean of few runs keeps its distance from their extremes")
def half_range(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A mean of n values is at least (max - min)/n away from each extreme.

    Of n values the mean is at least min + R/n and at most max - R/n, since at least one value is
    the other extreme. Example: n = 3 from 90.0 to 93.0: the mean lies between 91.0 and 92.0.

    Only where n is stated beside mean, least and greatest value.

    Source: the sum of n values of which one is the least and one the greatest.
    """
    for found in _breaths(evidence):
        middle = _one(found, "mean", "average") or _one(found, "")
        best, worst = _one(found, "best"), _one(found, "worst")
        if middle is None or best is None or worst is None or not middle.runs:
            continue
        runs = middle.runs
        if runs < 2 or middle.number is None or best.number is None or worst.number is None:
            continue
        ends = [interval(best.number), interval(worst.number)]
        low, high = min(e.low for e in ends), max(e.high for e in ends)
        inner = [min(e.high for e in ends), max(e.low for e in ends)]
        reach = max(0.0, inner[1] - inner[0])
        value = interval(middle.number)
        if value.low > high or value.high < low:
            continue  # mean-range says so
        allowed = Interval(low + reach / runs, high - reach / runs)
        if math.isclose(reach, 0) or value.meets(allowed):
            continue
        yield Finding(
            verdict="inconsistent",
            message=f"a mean of {runs} runs from {worst.number.text} to {best.number.text} lies "
            f"between {show(allowed.low)} and {show(allowed.high)}, not {printed(middle.number)}",
            arithmetic=f"min + R/n <= mean <= max - R/n with n = {runs}",
            claims=(middle, best, worst),
            assumptions=("extremes and mean are of the same runs",),
            resolve="Say which runs each figure is of",
            relies_on=frozenset({"unit", "runs"}),
        )
