"""Figures that no metric stands beside: runs in a list, spreads and intervals in words.

"The 3 seeds gave 95.1%, 95.4% and 95.6% accuracy: 95.37 ± 0.25", "93.3% (standard deviation 0.22,
n = 4), 95% CI 92.9–93.7", "94.8 and ours 95.2 accuracy".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from bakeoff.auditing.claims import Claim, Number, SpreadKind
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading import ratios
from bakeoff.auditing.reading.binding import Bond
from bakeoff.auditing.reading.lexicon import splits
from bakeoff.auditing.reading.numbers import Figure, number
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.phrases import Mention, Runs

_NUMBER = r"(\d{1,3}(?:\.\d{1,6})?)"
_INTERVAL = Pattern(
    rf"\b(?:CIs?|confidence\sintervals?)\b[\s:=of]{{0,6}}[\[(]?\s?{_NUMBER}\s?\\?%?\s?(?:,|–|—|-"
    rf"|to)\s?{_NUMBER}\s?\\?%?",
    re.IGNORECASE,
)
_SPREADS: tuple[tuple[SpreadKind, re.Pattern[str]], ...] = (
    ("sd", re.compile(rf"\b(?:standard\sdeviations?|std\.?(?:\s?dev\.?)?|s\.?d\.?)\s?(?:of|is|was"
        rf"|=|:)?\s?{_NUMBER}(?![\d.]*\s?(?:runs|seeds))", re.IGNORECASE)),
    ("se", re.compile(rf"\b(?:standard\serrors?|s\.?e\.?m\.?)\s?(?:of|is|was|=|:)?\s?{_NUMBER}",
        re.IGNORECASE)),
)  # fmt: skip
_COMMA = re.compile(r"\s?(?:,|;|/|and|,\sand|&)\s?(?:and\s)?")
_OTHER_ARM = re.compile(
    r"\s?(?:,|and|,\sand|vs\.?|versus|against|while)\s(?:the\s)?[\w.+/-]{1,24}(?:\s(?:at|reaches"
    r"|gets|has|scores|obtains|achieves|one))?\s"
)


_BEFORE_RUNS = Pattern(
    r"\b(?:over|across|of|for|from|with|in|averaged|per)\s\W{0,2}$", re.IGNORECASE
)
_GAVE = re.compile(
    r"\s(?:gave|give|reach(?:ed)?|got|get|achieved?|scored?|obtain(?:ed)?|yield(?:ed)?|have|had|are"
    r"|were)\s|:\s",
    re.IGNORECASE,
)
_END = re.compile(
    r"\b(?:(?P<worst>min(?:imum)?|worst|lowest)|(?P<best>max(?:imum)?|best|highest))\.?"
    r"(?:\s(?:seed|run|fold|trial|one|value|result))?\s?(?:is|was|has|had|of|with|:|=)?\s?$",
    re.IGNORECASE,
)
_AS_MEAN = re.compile(
    r"\s?(?:on|in|an)\s(?:the\s)?(?:average|mean)\b"
    r"|\s(?:(?:is|being|as)\s)?(?:the|their)\s(?:mean|average)\b",
    re.IGNORECASE,
)
_IS_MEAN = Pattern(r"\b(?:mean|average)\s?(?:of|is|was|:|=)?\s?$", re.IGNORECASE)


def all_bonds(
    s: str,
    mentions: Sequence[Mention],
    free: Sequence[Figure],
    bonds: Sequence[Bond],
    runs: Sequence[Runs],
) -> list[Bond]:
    """The bonds, and those of figures left over where only one share metric is spoken of.

    runs: the numbers of runs that the sentence states.
    """
    spoken = [m for m in mentions if m.metric and METRICS[m.metric].kind == "share"]
    if not spoken or len({m.metric for m in spoken}) != 1:
        return list(bonds)
    counts = {r.count for r in runs}
    count = counts.pop() if len(counts) == 1 else 0
    mention = spoken[0]
    if count > 2 and not any(b.run for b in bonds) and (row := _given(s, free, runs[0])):
        plain = replace(mention, statistic="")
        inside = {f.start for f in row}
        bonds = [b for b in bonds if b.figure.start not in inside]
        bonds += [Bond(plain, f, shared=True, run=str(i)) for i, f in enumerate(row, start=1)]
    return [*bonds, *_more_bonds(s, mention, free, bonds, count)]


def _given(s: str, free: Sequence[Figure], runs: Runs) -> list[Figure]:
    """ "Five seeds gave 95.1, 95.3, 95.2, 95.4 and 95.0 %": the last one's unit is that of all."""
    after = [f for f in free if f.start >= runs.end][: runs.count + 1]
    row = after[: runs.count]
    if len(row) != runs.count or not _GAVE.fullmatch(s, runs.end, row[0].start):
        return []
    if _BEFORE_RUNS.search(s[: runs.start]) or row[-1].number.unit != "percent":
        return []
    if not all(_COMMA.fullmatch(s, a.end, b.start) for a, b in pairwise(row)):
        return []
    if len(after) > len(row) and _COMMA.fullmatch(s, row[-1].end, after[-1].start):
        return []
    alike = all(f.number.half == row[-1].number.half and f.spread is None for f in row)
    if not alike or any(f.number.unit not in {"percent", ""} for f in row):
        return []
    return [replace(f, number=replace(f.number, unit="percent")) for f in row]


def _more_bonds(
    s: str, mention: Mention, free: Sequence[Figure], bonds: Sequence[Bond], runs: int
) -> list[Bond]:
    taken = {b.figure.start for b in bonds}
    left = [f for f in free if f.start not in taken and f.number.unit in {"percent", ""}]
    found: list[Bond] = []
    if runs > 1 and len(row := _row(s, left, runs)) == runs:
        plain = replace(mention, statistic="")
        found += [Bond(plain, f, shared=True, run=str(i)) for i, f in enumerate(row, start=1)]
    mean = replace(mention, statistic="mean")
    if found or any(b.run for b in bonds):
        rest = [f for f in left if runs > 1 and f.spread is not None]
        rest = rest or [
            f
            for f in left
            if _IS_MEAN.search(s[max(0, f.start - 24) : f.start]) or _AS_MEAN.match(s, f.end)
        ]
        if len(rest) == 1:
            found.append(Bond(mean, rest[0], shared=True))
    found += _ends(s, mention, [f for f in left if f not in [b.figure for b in found]], bonds)
    return found or [_like(b, f) for f in left for b in bonds if _side_by_side(s, f, b.figure)]


def _ends(s: str, mention: Mention, left: Sequence[Figure], bonds: Sequence[Bond]) -> list[Bond]:
    """ "(minimum 91.0 %, maximum 92.1 %)" behind a figure of the metric: both of them, or none."""
    said = [(f, m) for f in left if (m := _END.search(s[max(0, f.start - 30) : f.start]))]
    whose = [b.figure.end for b in bonds if b.mention.metric == mention.metric]
    if [m.lastgroup for _, m in said] not in (["worst", "best"], ["best", "worst"]) or not whose:
        return []
    if METRICS[mention.metric].better != "up" or min(whose) > said[0][0].start:
        return []
    return [Bond(replace(mention, statistic=m.lastgroup or ""), f, shared=True) for f, m in said]


def _like(bond: Bond, figure: Figure) -> Bond:
    return replace(bond, figure=figure, shared=True)


def _row(s: str, left: Sequence[Figure], runs: int) -> list[Figure]:
    """The first figures that follow each other with only commas between, if there are `runs`."""
    row: list[Figure] = []
    for figure in left:
        if figure.spread is not None or figure.number.unit != "percent":
            continue
        if row and not _COMMA.fullmatch(s, row[-1].end, figure.start):
            if len(row) == runs:
                break
            row = []
        row.append(figure)
    return row


def _side_by_side(s: str, a: Figure, b: Figure) -> bool:
    """ "94.8 and ours 95.2": the same unit, both with a spread or neither, only a name between."""
    if a.number.unit != b.number.unit or (a.spread is None) != (b.spread is None):
        return False
    if a.number.half != b.number.half:
        return False
    first, second = (a, b) if a.start < b.start else (b, a)
    return bool(_OTHER_ARM.fullmatch(s, first.end, second.start))


def with_words(claim: Claim, s: str) -> Claim:
    """The claim with a spread and an interval that the sentence tells in words."""
    unit = claim.number.unit if claim.number is not None else ""
    for kind, pattern in _SPREADS:
        match = pattern.search(s)
        if match and claim.spread is None and (spread := number(match.group(1), unit)):
            claim = replace(claim, spread=spread, spread_kind=kind)
    if claim.interval is None and (match := _INTERVAL.search(s)):
        low, high = number(match.group(1), unit), number(match.group(2), unit)
        beside = re.compile(
            rf"{re.escape(claim.number.text.strip())}\s?\\?%?\s?[(\[,;]?\s?(?:\d\d(?:\.\d)?\s?\\?%\s?)?$"
            if claim.number
            else r"(?!)"
        ).search(s[: match.start()])
        if low and high and claim.number and (beside or _encloses(low, claim.number, high)):
            claim = replace(claim, interval=(low, high))
    return claim


def _encloses(low: Number, middle: Number, high: Number) -> bool:
    return low.value <= middle.value <= high.value


def count_said_first(claims: list[Claim], scored: Sequence[int], s: str) -> None:
    """ "Of 250 tumours 215 are found, a recall of 0.86": the count is put on the only share.

    scored: indices of the claims that are scores.
    """
    shares = [i for i in scored if claims[i].metric in {"accuracy", "recall"}]
    alone = len(shares) == len(scored) == 1 and claims[shares[0]].ratio is None
    counted = ratios.inverted(s) if alone else None
    if counted is not None:
        claims[shares[0]] = replace(claims[shares[0]], ratio=(counted.k, counted.n))


def split_said_once(claims: list[Claim], scored: Sequence[int], s: str) -> None:
    """ "The test loss is 0.08 at an accuracy of 97.2 %": the accuracy is of the test set too."""
    said = {claims[i].context.get("split", "") for i in scored} - {""}
    if len(said) != 1 or said != {name for _, _, name in splits(s)} or "train" in said:
        return
    for i in scored:
        claim = claims[i]
        if "split" not in claim.context and METRICS[claim.metric].kind == "share":
            context = claim.context | {"split": next(iter(said))}
            claims[i] = replace(claim, context=context, inherited=claim.inherited | {"split"})
