"""Stated intervals against the standard deviation and the number of runs beside them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.spread import MOST_RUNS, student_t
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import Interval, interval, show


def half_width(ends: tuple[Number, Number]) -> Interval:
    """Half the length of a stated interval."""
    whole = interval(ends[1]) - interval(ends[0])
    return Interval(max(0.0, whole.low / 2), whole.high / 2)


@rule("interval-width", 12, "an interval's half-width is t s/sqrt(n)")
def interval_width(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A t interval for a mean of n runs with sample sd s has half-width t(n-1) s/sqrt(n).

    Example: n = 5 and s = 0.30: 2.776 x 0.30/sqrt(5) = 0.372. A half-width of 0.26 used
    z = 1.96, which is too narrow for five runs: ambiguous, true of a z interval only.

    Also read with ddof 0 and as a bootstrap interval, which stays within the runs and so is no
    wider than half their range, at most s sqrt(2(n-1))/2. Wider than all of them: inconsistent.

    Assumes: the interval is for the mean over the same runs.
    Source: Student 1908.
    """
    for claim in evidence.claims:
        ends = claim.interval
        runs = claim.runs
        if ends is None or claim.spread is None or runs is None or not 2 <= runs <= MOST_RUNS:
            continue
        if claim.spread_kind not in ("sd", "unknown"):
            continue
        yield from _compare(claim, claim.spread, half_width(ends), runs)


def _compare(claim: Claim, spread: Number, width: Interval, runs: int) -> Iterator[Finding]:
    level = _level(claim.level)
    sd = interval(spread)
    root = math.sqrt(runs)
    t, z = student_t(runs - 1, level), student_t(10**9, level)
    ddof_0 = math.sqrt(runs / (runs - 1))
    by_t = Interval(sd.low * t / root, sd.high * t * ddof_0 / root)
    exact_t = sd.scaled(t / root)
    if width.meets(exact_t) or width.meets(sd.scaled(t * ddof_0 / root)):
        return
    by_z = sd.scaled(z / root)
    used_z = width.meets(by_z) or width.meets(by_z.scaled(ddof_0))
    widest = max(by_t.high, sd.high * ddof_0 * math.sqrt(2 * (runs - 1)) / 2)
    too_wide = width.low > widest * (1 + 1e-9)
    strict = too_wide and claim.spread_kind == "sd" and bool(claim.level)
    nominal = float(spread.value) * t / root
    shown = show((width.low + width.high) / 2, 3)
    if used_z:
        told = f"used z = {z:.2f} where {runs} runs need t = {t:.3f}: it is too narrow"
    elif too_wide:
        told = "is wider than any t, z or bootstrap interval of these runs"
    else:
        told = "is neither a t nor a z interval; a bootstrap one is possible"
    yield Finding(
        verdict="inconsistent" if strict else "ambiguous",
        message=f"the interval's half-width {shown} {told}; t gives {show(nominal, 3)}",
        arithmetic=f"t s/sqrt(n) = {t:.3f} x {spread.text}/sqrt({runs}) = {show(nominal, 3)}; "
        f"z s/sqrt(n) = {show(float(spread.value) * z / root, 3)}; printed {shown}",
        claims=(claim,),
        assumptions=(f"a {100 * level:g} % interval for the mean of {runs} runs",),
        resolve="Say how the interval was computed",
        relies_on=frozenset({"spread", "runs"}),
    )


def _level(text: str) -> float:
    try:
        level = float(text)
    except ValueError:
        return 0.95
    level = level / 100 if level > 1 else level
    return level if 0 < level < 1 else 0.95
