"""Differences in prose: "improves by 1.3 points", "1.4% relative", "cuts the error by 19%"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bakeoff.auditing.reading.numbers import Figure
from bakeoff.auditing.reading.patterns import Pattern

_I = re.IGNORECASE
_UP = (
    r"(?:improv\w{0,6}|increas\w{1,3}|gain\w{0,3}|rais\w{1,3}|rises?|rose|boost\w{0,3}"
    r"|outperform\w{0,3}|exceed\w{0,3}|surpass\w{0,3}|beats?|better|higher|ahead|leads?|grew|up)"
)
_DOWN = (
    r"(?:reduc\w{1,4}|cuts?|cutting|lower\w{0,3}|decreas\w{1,3}|drop\w{0,4}"
    r"|falls?|fell|declin\w{1,3}|degrad\w{1,3}|los(?:es?|t|ing)|worse|hurts?|behind|down)"
)
_BY = Pattern(
    rf"\b(?:(?P<up>{_UP})|(?P<down>{_DOWN}))\b[^.;]{{0,70}}\bby\s(?:a\s(?:further\s)?"
    rf"|an\s(?:additional\s)?|only\s|just\s|up\sto\s|about\s|around\s|over\s|more\sthan\s"
    rf"|~){{0,2}}$",
    _I,
)
_OF = Pattern(
    r"\b(?:(?P<up>improvements?|increases?|gains?|boosts?|margins?|advantage|lead|differences?)"
    r"|(?P<down>drops?|decreases?|reductions?|degradations?|loss|gap))\sof\s(?:about\s|only\s"
    r"|over\s|~|up\sto\s){0,2}$",
    _I,
)
_THEN = re.compile(
    r"\s(?:\(?(?:absolute|relative|abs\.?|rel\.?)\)?\s)?(?:(?P<up>improvements?|increase|gains?"
    r"|boost|higher|better|more\saccurate|above|over\sthe\sbaseline)|(?P<down>drop|decrease"
    r"|reduction|lower|worse|below|less\saccurate))\b",
    _I,
)
_RELATIVE = Pattern(r"\brelative(?:ly)?\b(?!\sto\b)|\brel\.", _I)
_ABSOLUTE = Pattern(r"\babsolute(?:ly)?\b|\babs\.", _I)
_ERROR = Pattern(r"\berrors?\b", _I)


@dataclass(frozen=True, slots=True)
class Gain:
    """A figure that is a difference. word, falls: see "gain" in `audit.claims`."""

    figure: Figure
    word: str
    falls: bool


def gain_of(s: str, figure: Figure, first: int, last: int) -> Gain | None:
    """The figure as a difference, None if nothing says that it is one.

    first, last: the bounds of its sentence in `s`.
    """
    before, after = (
        s[max(first, figure.start - 110) : figure.start],
        s[figure.end : min(last, figure.end + 45)],
    )
    unit = figure.number.unit
    match = _BY.search(before) or _OF.search(before) or _THEN.match(after)
    signed = figure.signed and figure.number.text[0] in "+-−" and unit in {"points", "percent"}
    if match is None and unit != "points" and not signed:
        return None
    if unit not in {"points", "percent", ""} or (unit == "" and "." not in figure.number.text):
        return None
    if match is not None and match.groupdict().get("down", "") == "loss" and unit == "":
        return None  # "a test loss of 0.49" is the loss itself
    falls = bool(match and match.groupdict().get("down")) or (
        match is None and figure.number.value < 0
    )
    near = s[max(first, figure.start - 60) : min(last, figure.end + 30)]
    if unit == "points" or _ABSOLUTE.search(near):
        word = "points"
    elif falls and _ERROR.search(before) and unit == "percent":
        word = "error_reduction" if _RELATIVE.search(near) else ""
    else:
        word = "relative" if _RELATIVE.search(near) else ""
    return Gain(figure, word, falls)
