"""p-values that a test cannot give, and differences that are noise."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.granularity import SHARES, Images, images_behind
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import key_of, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, cut, interval, rounded, show
from bakeoff.distributions import binomial_log_mass, binomial_tail

MCNEMAR = {
    "mcnemar_exact": ("exact",),
    "mcnemar_chi2": ("chi-squared", "corrected chi-squared"),
    "mcnemar_midp": ("mid-p",),
    "mcnemar": ("exact", "mid-p", "chi-squared", "corrected chi-squared"),
}


TWO_SIDED = re.compile(r"two.?(?:sided|tailed)", re.IGNORECASE)


def mcnemar_p(b: int, c: int, variant: str = "exact") -> float:
    """Two-sided p of McNemar's test with b and c discordant images.

    variant: "exact" (binomial), "mid-p", "chi-squared", "corrected chi-squared" (Edwards).
    Source: McNemar 1947; Fagerland et al. 2013 for mid-p.
    """
    total, gap = b + c, abs(b - c)
    if total == 0:
        return 1.0
    if variant in ("chi-squared", "corrected chi-squared"):
        if variant.startswith("corrected"):
            gap = max(0, gap - 1)
        return math.erfc(math.sqrt(gap * gap / total / 2))
    fewer = min(b, c)
    exact = min(1.0, 2 * binomial_tail(fewer, total))
    if variant == "exact":
        return exact
    if b == c and exact == 1.0 and fewer * 2 == total:
        return 1.0
    return exact - math.exp(binomial_log_mass(fewer, total))


def mcnemar_bounds(
    wrong_a: int, wrong_b: int, images: int, variant: str = "exact"
) -> tuple[float, float]:
    """Least and greatest p when two models miss wrong_a and wrong_b of the same images.

    b - c is known; b + c lies between |wrong_a - wrong_b| (one model's misses contain the other's)
    and min(wrong_a + wrong_b, 2 N - wrong_a - wrong_b).
    """
    gap = abs(wrong_a - wrong_b)
    most = min(wrong_a + wrong_b, 2 * images - wrong_a - wrong_b)
    return (
        mcnemar_p(gap, 0, variant),
        mcnemar_p((most + gap) // 2, (most - gap) // 2, variant),
    )


@rule("mcnemar-bounds", 22, "two error counts bound McNemar's p")
def mcnemar(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Two accuracies on the same N images fix b - c and bound b + c, and so McNemar's p.

    Example: 9,500 and 9,530 of 10,000 correct: p lies between 2e-9 and 0.35, so accuracies alone
    leave it undetermined. A gap of five images or fewer never reaches 0.05 in the exact two-sided
    test (uncorrected chi-squared and mid-p do).

    A printed p outside the bounds of every variant that the document's words allow: inconsistent.
    A test that is named without its p: undetermined, with the bounds.

    Assumes: both models on the same test images, one run each, two-sided.
    Source: McNemar 1947.
    """
    for claim in evidence.of("p_value", "test"):
        if claim.metric == "test" and any(c.metric == "p_value" for c in evidence.sentence(claim)):
            continue
        variants = MCNEMAR.get(test_of(claim, evidence))
        pair = _two_accuracies(claim, evidence, facts) if variants else None
        if not variants or pair is None:
            continue
        first, second, images = pair
        bounds = [_bounds(first, second, images.count, v) for v in variants]
        low, high = min(b.low for b in bounds), max(b.high for b in bounds)
        arithmetic = (
            f"b - c = N (A - B), |b - c| <= b + c <= min(e1 + e2, 2N - e1 - e2) with N = "
            f"{images.count:,}: {show(low, 3)} <= p <= {show(high, 3)} ({', '.join(variants)})"
        )
        claims = (claim, first, second)
        assumptions = ("both models on the same images, one run each, two-sided",)
        if claim.number is None:
            if low < 0.05 < high:
                yield Finding(
                    verdict="undetermined",
                    message="the accuracies alone do not decide McNemar's test: p lies between "
                    f"{show(low, 3)} and {show(high, 3)}",
                    arithmetic=arithmetic,
                    claims=claims,
                    assumptions=assumptions,
                    resolve="Print b and c, the images that only one of the two gets right",
                )
            continue
        said = first.sure("dataset", "split") and second.sure("dataset", "split")
        stated = interval(claim.number)
        if stated.high >= low / 2 and stated.low <= high:
            continue
        yield Finding(
            verdict="inconsistent" if images.sure and said else "ambiguous",
            message=f"p {sign(claim.number)} {claim.number.text} is outside what McNemar's test "
            f"can give for {printed(first.number)} and {printed(second.number)}",
            arithmetic=arithmetic,
            claims=claims,
            assumptions=assumptions,
            resolve="Print b and c, the images that only one of the two gets right",
            relies_on=frozenset({"unit"}),
        )


MOST_DISCORDANT = 10**7


@rule("mcnemar-counts", 22, "discordant counts give McNemar's p")
def mcnemar_counts(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """p of McNemar's test from b and c, the images that only one of the two models gets right.

    Example: b = 12 and c = 9 give p = 0.664 (exact), 0.513 (chi-squared); never 0.003.

    Inconsistent if no variant that the document's words allow gives the p, one-sided or two-sided.

    Source: McNemar 1947; Fagerland et al. 2013 for mid-p.
    """
    for claim, number in evidence.figures("p_value"):
        near = evidence.sentence(claim)
        b, c = (
            {
                int(x.number.value): x
                for x in near
                if x.metric == m and x.number is not None and x.number.value < MOST_DISCORDANT
            }
            for m in ("discordant_b", "discordant_c")
        )
        if len(b) != 1 or len(c) != 1:
            continue
        (first, of_b), (second, of_c) = (*b.items(), *c.items())
        variants = MCNEMAR.get(test_of(claim, evidence), MCNEMAR["mcnemar"])
        given = {v: mcnemar_p(first, second, v) for v in variants}
        stated = interval(number)
        if any(stated.low <= p * k <= stated.high for p in given.values() for k in (1, 0.5)):
            continue
        shown = ", ".join(f"{show(p, 3)} ({v})" for v, p in given.items())
        yield Finding(
            verdict="inconsistent"
            if number.exact or number.qualifier == "at most"
            else "ambiguous",
            message=f"p {sign(number)} {number.text} is not what McNemar's test gives for "
            f"b = {first} and c = {second}: {shown}",
            arithmetic=f"b = {first}, c = {second}: {shown}",
            claims=(claim, of_b, of_c),
            assumptions=("p is of these counts",),
            resolve="Check the counts and the p",
            relies_on=frozenset({"metric"}),
        )


def test_of(claim: Claim, evidence: Evidence) -> str:
    """The test a p-value is of: said of it, or the only one named in the same breath."""
    named = {c.word for c in evidence.sentence(claim) if c.metric == "test" and c.word}
    return claim.word or (named.pop() if len(named) == 1 else "")


def sign(number: Number) -> str:
    """The sign before a printed p-value."""
    return {"at most": "<", "at least": ">"}.get(number.qualifier, "=")


def _two_accuracies(
    claim: Claim, evidence: Evidence, facts: Facts
) -> tuple[Claim, Claim, Images] | None:
    found: dict[object, Claim] = {}
    for c in evidence.sentence(claim):
        if c.metric in SHARES[:2] and c.number is not None and c.number.exact:
            found.setdefault((c.metric, key_of(c.number)), c)
    if len(found) != 2:
        return None
    first, second = found.values()
    same = ("dataset", "split")
    if first.metric != second.metric or any(
        first.context.get(k) != second.context.get(k) for k in same
    ):
        return None
    images = images_behind(first, evidence, facts)
    return (first, second, images) if images else None


def _bounds(first: Claim, second: Claim, images: int, variant: str) -> Interval:
    """Bounds of p over all counts that print as the two figures."""
    counts = [_misses(claim, images) for claim in (first, second)]
    (a_low, a_high), (b_low, b_high) = counts
    apart = mcnemar_bounds(*max(((a_low, b_high), (a_high, b_low)), key=_gap), images, variant)
    if a_low <= b_high and b_low <= a_high:
        return Interval(apart[0], 1.0)
    near = (a_low, b_high) if a_low > b_high else (a_high, b_low)
    together = mcnemar_bounds(*near, images, variant)
    return Interval(min(apart[0], together[0]), max(apart[1], together[1]))


def _misses(claim: Claim, images: int) -> tuple[int, int]:
    """Least and greatest number of misses that print as this figure, rounded or cut off."""
    assert claim.number is not None
    number = claim.number.as_fraction()
    near, off = rounded(number), cut(number)
    least = math.ceil(images * min(near.low, off.low) - 1e-6)
    most = max(math.floor(images * near.high + 1e-6), math.ceil(images * off.high - 1e-6) - 1)
    least, most = max(0, min(least, most)), min(images, max(least, most))
    return (least, most) if claim.metric == "error" else (images - most, images - least)


def _gap(pair: tuple[int, int]) -> int:
    return abs(pair[0] - pair[1])


@dataclass(frozen=True)
class Least:
    """The least two-sided p of a test: exact, and by its normal approximation if it has one."""

    exact: float
    approximate: float | None


def least_p(test: str, runs: int) -> Least | None:
    """Least two-sided p of a test on n runs an arm (or n pairs); None where there is no floor.

    permutation: 2 / C(2n, n); Mann-Whitney the same; signed rank and sign test: 2^(1-n). The
    normal approximations of the rank tests go lower; their z at complete separation, without
    continuity correction, gives the floor of that reading.
    """
    if test == "permutation":
        return Least(2 / math.comb(2 * runs, runs), None)
    if test == "mann_whitney":
        z = (runs * runs / 2) / math.sqrt(runs * runs * (2 * runs + 1) / 12)
        return Least(2 / math.comb(2 * runs, runs), math.erfc(z / math.sqrt(2)))
    if test == "wilcoxon_signed_rank":
        z = (runs * (runs + 1) / 4) / math.sqrt(runs * (runs + 1) * (2 * runs + 1) / 24)
        return Least(2.0 ** (1 - runs), math.erfc(z / math.sqrt(2)))
    if test == "sign":
        return Least(2.0 ** (1 - runs), math.erfc(math.sqrt(runs / 2)))
    return None


@rule("smallest-p", 23, "a test on few runs has a smallest p")
def smallest_p(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """With n runs an arm a permutation test cannot go below 2/C(2n, n), with n pairs a signed-rank
    test below 2^(1-n).

    Example: 3 against 3 runs: 0.10 in a permutation test; 5 pairs: 0.0625 in a signed-rank test.

    A smaller p is impossible if a one-sided test (half of it) and the test's normal approximation
    could not give it either; otherwise ambiguous.

    Assumes: the stated number of runs is the number of values in the test.
    Source: counting the arrangements; Wilcoxon 1945, Fisher 1935.
    """
    for claim, number in evidence.figures("p_value"):
        runs = _runs_of(claim, evidence)
        test = test_of(claim, evidence)
        if runs is None or not 2 <= runs <= 500:
            continue
        least = least_p(test, runs)
        if least is None:
            continue
        # "p < 0.05" claims a value below 0.05: it is checked as the greatest such value.
        most = interval(number).high
        if most >= least.exact * (1 - 1e-9):
            continue
        two_sided = TWO_SIDED.search(claim.place.source) is not None
        floor = min(least.exact, least.approximate or 1.0) / (1 if two_sided else 2)
        verdict: Verdict = "impossible" if most < floor * (1 - 1e-9) else "ambiguous"
        others = [] if two_sided else ["a one-sided test"]
        others += ["a normal approximation"] if least.approximate is not None else []
        readings = " or ".join(others)
        yield Finding(
            verdict=verdict,
            message=f"p {sign(number)} {number.text} is below the least two-sided p of a "
            f"{test.replace('_', ' ')} test on {runs} runs, {show(least.exact)}"
            + (f"; {readings} could give it" if verdict == "ambiguous" else ""),
            arithmetic=_least_formula(test, runs, least),
            claims=(claim,),
            assumptions=(f"{runs} values an arm, or {runs} pairs", "no ties among the values"),
            resolve="Name the test, its sides and the number of values in it",
        )


def _least_formula(test: str, runs: int, least: Least) -> str:
    if test in ("permutation", "mann_whitney"):
        return f"2/C({2 * runs}, {runs}) = 2/{math.comb(2 * runs, runs):,} = {show(least.exact)}"
    return f"2^(1 - {runs}) = {show(least.exact)}"


def _runs_of(claim: Claim, evidence: Evidence) -> int | None:
    if claim.runs is not None:
        return claim.runs if "runs" not in claim.doubtful else None
    near = evidence.sentence(claim)
    counts = {
        int(c.number.value)
        for c in near
        if c.metric == "runs" and c.number is not None and c.number.exact and c.sure()
    } | {c.runs for c in near if c.runs is not None}
    return counts.pop() if len(counts) == 1 else None
