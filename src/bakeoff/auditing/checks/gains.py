"""Stated differences against the two figures they are of."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Number
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, interval, share, show
from bakeoff.auditing.metrics import METRICS

NAMES = {
    "points": "points (B - A)",
    "relative": "relative ((B - A)/A)",
    "error_reduction": "errors cut ((E_A - E_B)/E_A)",
}


def ratio(top: Interval, bottom: Interval) -> Interval | None:
    """top / bottom for a positive bottom and a top of at least 0; None if bottom may be 0."""
    if bottom.low <= 0:
        return None
    return Interval(top.low / bottom.high, top.high / bottom.low)


def gain_readings(
    before: Interval, after: Interval, is_share: bool, is_error: bool = False
) -> dict[str, Interval]:
    """What a gain from one figure to another may be called, in percent or points, sign left aside.

    before, after: fractions if is_share. points: B - A; relative: (B - A)/A; error_reduction:
    (E_A - E_B)/E_A with E = 1 - A; of figures that are errors (is_error) the same as relative.
    """
    change = (after - before).magnitude()
    found = {"points": change.scaled(100 if is_share else 1)}
    if (relative := ratio(change, before)) is not None:
        found["relative"] = relative.scaled(100)
    if is_share and not is_error and (cut := ratio(change, before.complement())) is not None:
        found["error_reduction"] = cut.scaled(100)
    return found


@rule("gain", 18, "a gain is points, relative, or errors cut")
def gain(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Points B - A, relative (B - A)/A, errors cut (E_A - E_B)/E_A: which one was meant?

    Example: 93.2 to 94.5 is 1.3 points, 1.39 % relative, and 19.1 % of the errors.

    Inconsistent if the gain fits none of the readings that its words allow; ambiguous if it fits
    only as a share of errors cut and the document does not say so.

    Source: the definitions.
    """
    for claim, number in evidence.figures("gain"):
        if len(claim.operands) != 2:
            continue
        before, after = claim.operands
        of = METRICS.get(claim.context.get("of", "accuracy"))
        is_share = of is None or of.kind == "share"
        told = claim.word or ("points" if number.unit == "points" else "")
        # The relative change of an error is the share of errors cut; and what is cut falls, so two
        # figures that fall, said of a cut in errors, are the errors themselves.
        falls = told == "error_reduction" and before.value > after.value
        of_error = falls or (of is not None and of.name in ("error", "top5_error"))
        if of_error and told == "error_reduction":
            told = "relative"
        readings = gain_readings(
            _value(before, is_share), _value(after, is_share), is_share, of_error
        )
        stated = _stated(number, is_share)
        fits = [name for name, value in readings.items() if any(value.meets(s) for s in stated)]
        expected = [told] if told else ["points", "relative"]
        if any(name in fits for name in expected):
            continue
        verdict: Verdict = "inconsistent"
        if not told and fits:
            verdict = "ambiguous"
        called = NAMES.get(told, "points or relative")
        yield Finding(
            verdict=verdict,
            message=f"from {printed(before)} to {printed(after)} is not a gain of "
            f"{printed(number)} in {called}" + (f"; it fits as {NAMES[fits[0]]}" if fits else ""),
            arithmetic="; ".join(
                f"{NAMES[name]}: {show(v.low, 3)} to {show(v.high, 3)}"
                for name, v in readings.items()
            ),
            claims=(claim,),
            assumptions=("the two figures in the sentence are the ones compared",),
            resolve="Say points, percent relative, or share of errors",
            cause=_cause(told, fits),
        )


def _cause(told: str, fits: list[str]) -> str:
    if told == "points" and fits:
        return "perhaps a percentage was printed as points"
    if told == "relative" and "points" in fits:
        return "perhaps points were printed as a relative change"
    return ""


def _value(number: Number, is_share: bool) -> Interval:
    return share(number) if is_share else interval(number)


def _stated(number: Number, is_share: bool) -> list[Interval]:
    """The gain in percent or points; a bare number up to 1 may be a fraction."""
    found = interval(number).magnitude()
    if number.unit == "fraction":
        return [found.scaled(100)]
    if number.unit == "" and is_share and abs(number.value) <= 1:
        return [found, found.scaled(100)]
    return [found]
