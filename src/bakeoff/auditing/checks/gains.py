"""Stated differences against the two figures they are of."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.tables import as_claim, small_tables
from bakeoff.auditing.claims import Cell, Number, Table
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

    A column of gains is held against the column of scores beside it where two gains or more are
    those over one row, the base; one that is over no row is inconsistent.

    Source: the definitions.
    """
    yield from _gains_of_columns(evidence)
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


Line = tuple[Cell, Cell]
"""A score of a row, and what stands in the column of gains."""


def _gains_of_columns(evidence: Evidence) -> Iterator[Finding]:
    for _, table in small_tables(evidence):
        for n, column in enumerate(table.columns):
            score = _scores_of(table)
            if column.metric != "gain" or score is None:
                continue
            rows = [r for r in table.rows if r.role == "data" and r.cells[score].number is not None]
            lines = [(r.cells[score], r.cells[n]) for r in rows]
            yield from _judged(table, lines)


def _scores_of(table: Table) -> int | None:
    """The column of scores that a column of gains is of: the only one of the table."""
    found = [
        n
        for n, c in enumerate(table.columns)
        if c.metric and c.metric != "spread" and METRICS[c.metric].kind in ("share", "score")
    ]
    return found[0] if len(found) == 1 and not table.transposed else None


def _judged(table: Table, lines: list[Line]) -> Iterator[Finding]:
    bases = [n for n, (_, gain) in enumerate(lines) if gain.number is None or not gain.number.value]
    told = [n for n in range(len(lines)) if n not in bases]
    if len(bases) != 1 or len(told) < 3:
        return
    base = bases[0]
    right = [n for n in told if _fits(lines[base][0], lines[n])]
    for n in told:
        score, gain = lines[n]
        if n in right or any(_fits(other, lines[n], every=True) for other, _ in lines):
            continue
        if len(right) < 2 or len(right) < len(told) - 1:
            return
        first = lines[base][0]
        assert score.number is not None
        assert first.number is not None
        difference = interval(score.number) - interval(first.number)
        yield Finding(
            verdict="inconsistent",
            message=f"{gain.text.strip()} is not the gain of {score.text.strip()} over "
            f"{first.text.strip()}, nor over any other row",
            arithmetic=f"{score.number.text} - {first.number.text} lies between "
            f"{show(difference.low, 3)} and {show(difference.high, 3)}",
            claims=(as_claim(gain, "gain", table), as_claim(score, "", table)),
            assumptions=(
                f"a gain over the row of {first.text.strip()}, as are {len(right)} others",
            ),
            resolve="Say over which row the gain is",
        )


def _fits(base: Cell, line: Line, *, every: bool = False) -> bool:
    """True if a gain is that of a score over a base: in points, or, with `every`, in any reading,
    means of differences that were rounded before included."""
    score, gain = (cell.number for cell in line)
    if base.number is None or score is None or gain is None:
        return False
    stated = interval(gain).magnitude()
    before, after = interval(base.number), interval(score)
    scales = (1.0, 100.0) if abs(score.value) <= 1 else (1.0,)
    if any(stated.meets((after - before).magnitude().scaled(k)) for k in scales):
        return True
    if not every:
        return False
    readings = gain_readings(share(base.number), share(score), True)
    return any(stated.meets(reading) for reading in readings.values())
