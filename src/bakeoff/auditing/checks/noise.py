"""Differences between arms against their spread over runs."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.granularity import SHARES
from bakeoff.auditing.checks.significance import sign, test_of
from bakeoff.auditing.checks.spread import MOST_RUNS
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import key_of, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import Interval, interval, show
from bakeoff.distributions import t_tail


def welch_p(a: tuple[float, float, int], b: tuple[float, float, int]) -> float:
    """Two-sided p of Welch's t test from (mean, sample sd, n) of two arms.

    Source: Welch 1947; scipy.stats.ttest_ind_from_stats(equal_var=False).
    """
    va, vb = a[1] ** 2 / a[2], b[1] ** 2 / b[2]
    if va + vb == 0:
        return 1.0 if a[0] == b[0] else 0.0
    t = abs(a[0] - b[0]) / math.sqrt(va + vb)
    degrees = (va + vb) ** 2 / (va**2 / (a[2] - 1) + vb**2 / (b[2] - 1))
    return 2 * t_tail(degrees, t)


@rule("noise", 26, "a difference against the spread over runs")
def noise(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Welch's t test from two means, spreads and numbers of runs.

    Example: 95.1 ± 0.2 against 95.4 ± 0.3 with n = 3: p = 0.23, within the noise.

    A note where two arms in one sentence differ by no more than their noise (p > 0.05, ± read as
    sd); inconsistent where a p-value of a Welch or t test stands beside them and no reading of ±
    (sd or standard error), of rounding and of sides gives it.

    Assumes: independent runs, no seeds shared between the arms.
    Source: Welch 1947.
    """
    yield from _columns(evidence)
    for members in evidence.groups.values():
        arms: dict[object, Claim] = {}
        for c in members:
            if c.metric in SHARES and c.spread is not None and c.number is not None:
                arms.setdefault((c.metric, key_of(c.number), key_of(c.spread)), c)
        if len(arms) != 2:
            continue
        first, second = arms.values()
        if first.metric != second.metric or not _same_test(first, second):
            continue
        runs = [_arm_runs(c, members) for c in (first, second)]
        if any(n is None or not 2 <= n <= MOST_RUNS for n in runs):
            continue
        n_a, n_b = (n for n in runs if n is not None)
        p_values = [c for c in members if c.metric == "p_value" and c.number is not None]
        nominal = welch_p(_arm(first, n_a), _arm(second, n_b))
        arithmetic = (
            f"t = |{first.number.text if first.number else ''} - "  # both have numbers
            f"{second.number.text if second.number else ''}| / "
            f"sqrt(s1^2/{n_a} + s2^2/{n_b}), Welch p = {show(nominal, 2)}"
        )
        if not p_values and nominal > 0.05:
            yield _within_noise(first, second, nominal, arithmetic)
        for claim in p_values[:1]:
            assert claim.number is not None
            if test_of(claim, evidence) not in ("welch", "t"):
                continue
            possible = _p_range(first, second, n_a, n_b)
            if interval(claim.number).meets(possible):
                continue
            yield Finding(
                verdict="inconsistent",
                message=f"p {sign(claim.number)} {claim.number.text} does not follow from the "
                f"two means and spreads: Welch p = {show(nominal, 2)}",
                arithmetic=f"{arithmetic}; over all readings {show(possible.low, 3)} to "
                f"{show(possible.high, 3)}",
                claims=(claim, first, second),
                assumptions=("independent runs, an unpaired test",),
                resolve="Say which test, and what ± is",
            )


def _columns(evidence: Evidence) -> Iterator[Finding]:
    """Best and second of a column of a table, where both have a spread and a number of runs."""
    columns: dict[object, list[Claim]] = defaultdict(list)
    for claim, _ in evidence.figures(*SHARES):
        if claim.cell is not None and claim.spread is not None and (claim.runs or 0) > 1:
            where = (claim.place.file, claim.cell[0], claim.cell[2], claim.metric)
            columns[where, claim.context.get("dataset"), claim.context.get("split")].append(claim)
    for claims in columns.values():
        up = not claims[0].metric.endswith("error")
        ranked = sorted(claims, key=lambda c: _arm(c, 2)[0], reverse=up)
        if (
            len(ranked) < 2
            or (ranked[0].runs or 0) > MOST_RUNS
            or (ranked[1].runs or 0) > MOST_RUNS
        ):
            continue
        first, second = ranked[0], ranked[1]
        p = welch_p(_arm(first, first.runs or 2), _arm(second, second.runs or 2))
        if p > 0.05:
            yield _within_noise(
                first, second, p, f"Welch p = {show(p, 2)} (n = {first.runs}, {second.runs})"
            )


def _within_noise(first: Claim, second: Claim, p: float, arithmetic: str) -> Finding:
    return Finding(
        verdict="note",
        message=f"the difference of {printed(first.number)} and {printed(second.number)} "
        f"is within the noise over runs: Welch p = {show(p, 2)}",
        arithmetic=arithmetic,
        claims=(first, second),
        assumptions=("± is a standard deviation", "no seeds shared between the arms"),
        resolve="Run more seeds",
    )


def _same_test(first: Claim, second: Claim) -> bool:
    return all(first.context.get(k) == second.context.get(k) for k in ("dataset", "split", "class"))


def _arm_runs(claim: Claim, members: list[Claim]) -> int | None:
    if claim.runs is not None:
        return claim.runs
    counts = {c.runs for c in members if c.runs is not None} | {
        int(c.number.value) for c in members if c.metric == "runs" and c.number is not None
    }
    return counts.pop() if len(counts) == 1 else None


def _arm(claim: Claim, runs: int) -> tuple[float, float, int]:
    assert claim.number is not None
    assert claim.spread is not None
    return float(claim.number.value), float(claim.spread.value), runs


def _p_range(first: Claim, second: Claim, n_a: int, n_b: int) -> Interval:
    """Least and greatest p over rounding, sd or standard error, Welch or pooled, and sides."""
    assert first.number is not None
    assert second.number is not None
    assert first.spread is not None
    assert second.spread is not None
    gap = (interval(first.number) - interval(second.number)).magnitude()
    sds = [interval(first.spread), interval(second.spread)]
    as_error = [
        sd if claim.spread_kind == "sd" else sd.scaled(math.sqrt(n))
        for claim, sd, n in zip((first, second), sds, (n_a, n_b), strict=True)
    ]
    most = welch_p((gap.low, as_error[0].high, n_a), (0.0, as_error[1].high, n_b))
    # Pooled degrees of freedom are the most a t test can have, so they give the least p.
    va, vb = (max(s.low, 0.0) ** 2 / n for s, n in zip(sds, (n_a, n_b), strict=True))
    if va + vb == 0:
        return Interval(0.0, most)
    pooled = ((n_a - 1) * n_a * va + (n_b - 1) * n_b * vb) / (n_a + n_b - 2)
    error = math.sqrt(min(va + vb, pooled * (1 / n_a + 1 / n_b)))
    least = t_tail(n_a + n_b - 2, gap.high / error) if error else 0.0
    return Interval(least, most)
