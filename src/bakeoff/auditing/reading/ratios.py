"""A count printed beside its share, in every order: "98.5 % (384/390)", "384 of 390 (98.5 %)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from bakeoff.auditing.reading.patterns import Pattern

_WHOLE = r"(?:\d{1,3}(?:,\d{3}){1,3}|\d{1,9})"
_COUNT = (
    rf"(?P<k>{_WHOLE})\s?(?:/|of|out\sof|in)\s?(?:the\s)?(?P<n>{_WHOLE})"
    r"(?![\d.,]*\d|\s?[/x×]|-)"
)
_WHAT = (
    r"(?:\s(?:test|validation|held-out|images?|samples?|examples?|patients?|cases?|correct(?:ly)?"
    r"|right|wrong|classified|were|are|was|predictions?|instances?|[a-z][a-z-]{2,20})){0,4}"
)
_OTHER_NAMES = _COUNT.replace("?P<k>", "?P<k2>").replace("?P<n>", "?P<n2>")
_AFTER = re.compile(
    rf"\s?[\[(]\s?(?:n\s?=\s?|i\.e\.,?\s)?{_COUNT}{_WHAT}\s?[\])]"
    rf"|\s?(?:=|,|;|—|–|:|\bi\.e\.,?|\bor\b)\s?{_OTHER_NAMES}{_WHAT}(?=\s?[.,;)]?(?:\s|$))",
    re.IGNORECASE,
)
_BEFORE = Pattern(
    rf"(?<![\d.,/\w-]){_COUNT}{_WHAT}\s?(?:[\[(=:≈,]|\bor\b|\bi\.e\.,?|\bis\b|->|→)"
    r"\s?(?:i\.e\.,?\s|=\s?|or\s)?$",
    re.IGNORECASE,
)
_LOOSE = Pattern(
    rf"(?<![\d.,/\w-]){_COUNT}{_WHAT}\s?[\[(]\s?(?P<p>\d{{1,3}}(?:\.\d{{1,6}})?)\s?\\?%\s?[\])]",
    re.IGNORECASE,
)
_INVERTED = Pattern(
    rf"\bof\s(?:the\s|all\s|our\s|these\s)?(?P<n>{_WHOLE})\s(?:[a-z-]{{2,20}}\s){{0,3}}?"
    rf"[a-z-]{{2,20}},?\s(?:only\s)?(?P<k>{_WHOLE})\s(?:were|was|are|is|have\sbeen)\s(?:[a-z]+ly\s)?"
    r"(?:found|detected|recogni[sz]ed|identified|retrieved|classified\scorrectly|correct\w{0,2}|right)\b",
    re.IGNORECASE,
)
_BACK = 90
LEAST_WHOLE = 10


@dataclass(frozen=True, slots=True)
class Ratio:
    """k of n, from start to end of the text."""

    k: int
    n: int
    start: int
    end: int


def beside(s: str, start: int, end: int) -> Ratio | None:
    """The count right after or right before the share that stands from start to end."""
    if match := _AFTER.match(s, end):
        one = match.group("k") or match.group("k2"), match.group("n") or match.group("n2")
        return _ratio(*one, match.start(), match.end())
    if match := _BEFORE.search(s, max(0, start - _BACK), start):
        return _ratio(match.group("k"), match.group("n"), match.start(), match.end())
    return None


def loose(s: str) -> Iterator[tuple[Ratio, int, int]]:
    """Every "k/n (p %)" with the extent of p, whatever it is a share of."""
    for match in _LOOSE.finditer(s):
        found = _ratio(match.group("k"), match.group("n"), match.start(), match.end())
        if found is not None and found.n >= LEAST_WHOLE:
            yield found, match.start("p"), match.end("p")


def inverted(s: str) -> Ratio | None:
    """ "Of 250 tumours 215 are found": the one such count of a sentence."""
    found = [
        r
        for m in _INVERTED.finditer(s)
        if (r := _ratio(m.group("k"), m.group("n"), m.start(), m.end())) is not None
    ]
    return found[0] if len(found) == 1 and found[0].n >= LEAST_WHOLE else None


def _ratio(k: str, n: str, start: int, end: int) -> Ratio | None:
    part, whole = int(k.replace(",", "")), int(n.replace(",", ""))
    return Ratio(part, whole, start, end) if 0 <= part <= whole and whole > 1 else None
