"""Numbers in text, read as strings: the interval comes from the last printed digit.

Every pattern has bounded repetition and is matched at a given position, so reading is linear in
the text. What may be a version, a date, a citation, a name or a list is not a number here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from bakeoff.auditing.claims import Number, Qualifier, Unit

_CORE = re.compile(
    r"[1-9]\d{0,2}(?:,\d{3}){1,5}(?:\.\d{1,20})?(?!\d|,\d|\s?\\?%)"  # 60,000
    r"|[1-9]\d{0,2}(?:[\u00a0\u2009\u202f' ]\d{3}){1,5}(?!\d|'|[.,]\d)"  # 60 000
    r"|\d{1,3},\d{1,6}(?=\s?\\?%)"  # 99,87 %
    r"|0,\d{1,6}(?!\d|,\d)|\d{2},\d{2}(?!\d|,|\.\d)"  # 0,9887 and 99,87
    r"|\d{1,25}(?:\.\d{1,25})?|\.\d{1,25}",
)
_DECIMAL_COMMA = re.compile(r"\d{1,3},\d{1,6}")
_THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:,\d{3}){1,5}")
_GROUPING = re.compile(r"[\u00a0\u2009\u202f' ]")
_EXPONENT = re.compile(
    r"[eE]([-+]?\d{1,3})(?![\w.])|\s?(?:[×x·*]|\\times)\s?10\s?\^?\s?\{?([-−+]?\d{1,3})\}?"
)
_SCALE = re.compile(
    r"\s?([kKMBGT])(?![\w/])|\s?-?(thousand|million|billion|trillion)\b"
    r"|\s?([MGTPE])(?=\s?(?:params?|parameters|FLOPs?|flops?|MACs?|images|FLOPS)\b)"
)
_PERCENT = re.compile(
    r"\s?\\?%(?!-?\s?p(?:oints?|p)\b)|\s?(?:percent|per\s?cent)\b(?!age|\s+points?)"
)
_POINTS = re.compile(
    r"\s?(?:%-?\s?points?|percentage[\s-]points?|percent[\s-]points?|points?|pp|p\.p\.|pts?)(?!\w)"
)
_PLUS_MINUS = re.compile(r"\s?\\?%?\s{0,6}(?:±|\+/-|\+-|\\pm\b|&plusmn;|∓)\s{0,6}")
_RANGE = re.compile(r"\s?\\?%?\s?(?:–|—|--|-|−|\bto\b|\.\.)\s?(?=\d)")
_PLACEHOLDER = re.compile(r"\.?[xX]{1,3}\b|\.\d{0,3}[xX]\b")
_BAD_AFTER = re.compile(r"[^\W\d_]|\.\d|_")
_HEDGE = re.compile(
    r"(?:(?P<about>[~≈∼≃]|\\sim|\\approx|\b(?:about|around|approximately|approx\.?|roughly|nearly"
    r"|almost|circa|ca\.|some|up to))"
    r"|(?P<least>[>≥⩾]=?|\\geq?|\b(?:over|more than|above|at least|exceed(?:s|ing)?|greater than"
    r"|beyond|higher than))"
    r"|(?P<most>[<≤⩽]=?|\\leq?|\b(?:under|less than|below|at most|fewer than|lower than"
    r"|no more than)))\s{0,3}\$?$",
    re.IGNORECASE,
)
_HEDGING = frozenset({
    "about", "around", "approximately", "approx", "roughly", "nearly", "almost", "circa", "some",
    "to", "over", "than", "above", "least", "exceed", "exceeds", "exceeding", "beyond", "under",
    "below", "most",
})  # fmt: skip
"""Last words of a hedge: after any other word there is none."""
_SCALES = {
    "k": 3,
    "m": 6,
    "b": 9,
    "g": 9,
    "t": 12,
    "p": 15,
    "e": 18,
    "thousand": 3,
    "million": 6,
    "billion": 9,
    "trillion": 12,
}
_COUNTED = re.compile(r"(?:params?|parameters|FLOPs?|FLOPS|flops?|MACs?|images)\b")
_FROM = re.compile(r"\bfrom\s$", re.IGNORECASE)
_AND_MORE = re.compile(r"\+(?![\d/-])")
MAX_DIGITS = 25
SINGLE_DIGITS = 8
_DASHES = "-−–"


@dataclass(slots=True, unsafe_hash=True)
class Figure:
    """One number in a text with what is attached to it. start, end: offsets of all of it.

    signed: a plus or minus sign is printed (a difference more often than a value).
    """

    start: int
    end: int
    number: Number
    spread: Number | None = None
    signed: bool = False

    @property
    def whole(self) -> bool:
        """True if printed as a whole number without a unit."""
        return "." not in self.number.text and self.number.unit == "" and self.number.half <= 1


def half_of(text: str) -> Decimal:
    """Half a unit of the last printed digit of plain decimal text: "99.0" gives 0.05."""
    return _half_of_digits(len(text.partition(".")[2]))


@lru_cache(maxsize=64)
def _half_of_digits(digits: int) -> Decimal:
    return Decimal(1).scaleb(-digits) / 2


_PLAIN = re.compile(r"(?:0|[1-9]\d{0,9})(?:\.(\d{1,7}))?(%)?")


def plain(text: str) -> Number | None:
    """What nearly every cell of a table of results holds: digits, a point, a percent sign.

    As `figures` reads it, for a tenth of the time; None for anything else.
    """
    match = _PLAIN.fullmatch(text)
    if match is None:
        return None
    digits, sign = match.groups()
    bare = text[:-1] if sign else text
    value, places = Decimal(bare), len(digits) if digits else 0
    half = _half_of_digits(places)
    if places > SINGLE_DIGITS - 4:
        half = max(half, _computed(value, bare))
    return Number(text, value, half, "percent" if sign else "")


def number(text: str, unit: Unit = "") -> Number | None:
    """A string that is one number and nothing else, with what is attached; None if it is not."""
    stripped = text.strip()
    figure = next(figures(stripped), None)
    if figure is None or figure.start != 0 or figure.end != len(stripped) or figure.spread:
        return None
    return replace(figure.number, unit=unit) if unit and not figure.number.unit else figure.number


def printed(text: str, sign: str = "") -> Number | None:
    """What a program printed: digits, a point, an exponent; None for "007" and the like.

    sign: "%" where it stands after the figure.
    """
    mantissa, _, power = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or _leading_zeros(mantissa):
        return None
    value = Decimal(mantissa)
    half = max(half_of(mantissa), _computed(value, mantissa))
    if power:
        value, half = value.scaleb(int(power)), half.scaleb(int(power))
    return Number(text + sign, value, half, "percent" if sign else "")


def figures(s: str, start: int = 0, end: int | None = None) -> Iterator[Figure]:
    """The numbers of `s` in order, each with sign, exponent, scale, unit, hedge and ±."""
    stop = len(s) if end is None else end
    position = start
    while match := _CORE.search(s, position, stop):
        figure = _figure(s, match, stop)
        if figure is None:
            position = _skip(s, match.end(), stop)
            continue
        yield figure
        position = figure.end


def _skip(s: str, position: int, stop: int) -> int:
    """Past the rest of a word that a rejected number is part of ("v1.2.3", "98.xx", "3D")."""
    while position < stop and (s[position].isalnum() or s[position] in "_.@"):
        if s[position] == "." and not (position + 1 < stop and s[position + 1].isalnum()):
            break
        position += 1
    return position


def _figure(s: str, match: re.Match[str], stop: int) -> Figure | None:
    start, position = match.span()
    raw = match.group()
    sign_start = _sign(s, start)
    if sign_start is None or len(raw) > MAX_DIGITS or _leading_zeros(raw):
        return None
    if _PLACEHOLDER.match(s, position, stop):
        return None
    negative = sign_start < start and s[sign_start] in _DASHES
    value, half = _value(raw, bool(_PERCENT.match(s, position, stop)))
    position, value, half = _scaled(s, position, stop, value, half)
    unit, position = _unit(s, position, stop)
    if unit == "" and _BAD_AFTER.match(s, position, stop) and not _COUNTED.match(s, position, stop):
        return None
    printed = s[sign_start:position].strip()
    if negative:
        value = -value
    result = Number(printed, value, half, unit)
    spread, position = _concise(s, position, stop, raw, result)
    if spread is None:
        spread, position = _spread(s, position, stop, result)
    if spread is not None:
        result = _adopt(result, spread)
        spread = _adopt(spread, result)
    elif not _FROM.search(s[max(0, sign_start - 6) : sign_start]):
        result, position = _ranged(s, position, stop, result)
    hedge: Qualifier = "about" if " " in raw else _hedge(s, sign_start)
    if _AND_MORE.match(s, position, stop):
        position, hedge = position + 1, "at least"
    if hedge and not result.qualifier:
        result = replace(result, qualifier=hedge)
    return Figure(sign_start, position, result, spread, sign_start < start)


def _leading_zeros(raw: str) -> bool:
    return len(raw) > 1 and raw[0] == "0" and raw[1].isdigit()


def _sign(s: str, start: int) -> int | None:
    """Where the number begins with its sign, or None if it is part of a word."""
    if start == 0:
        return 0
    before = s[start - 1]
    if before.isalnum() or before in "_.,@#^\\":
        # "of 5,99.8" and "a.5" are no numbers; a comma after a blank-separated list is.
        return None
    if before in _DASHES or before == "+":
        ahead = s[start - 2] if start > 1 else " "
        if before in "–—" and (ahead.isdigit() or ahead.isspace()):
            return start
        return start - 1 if ahead.isspace() or ahead in "([{:=|$,;/↑↓" else None
    return start


def _value(raw: str, percent: bool) -> tuple[Decimal, Decimal]:
    grouped = _THOUSANDS.fullmatch(raw.partition(".")[0]) and not percent
    plain = raw.replace(",", "" if grouped else ".")
    plain = _GROUPING.sub("", plain)
    value = Decimal(plain)
    return value, max(half_of(plain), _computed(value, plain))


def _computed(value: Decimal, plain: str) -> Decimal:
    """The error of a number that a program printed in full: 0.9886999726295471 is 0.9887 in single
    precision (IEEE 754: relative error up to 2^-24), and no one rounded it."""
    digits, places = len(plain.replace(".", "").lstrip("0")), len(plain.partition(".")[2])
    computed = digits >= SINGLE_DIGITS and places > SINGLE_DIGITS - 4
    return abs(value) * Decimal("6e-8") if computed else Decimal(0)


def _scaled(
    s: str, position: int, stop: int, value: Decimal, half: Decimal
) -> tuple[int, Decimal, Decimal]:
    power = 0
    if match := _EXPONENT.match(s, position, stop):
        power = int((match.group(1) or match.group(2)).replace("−", "-"))
        position = match.end()
    elif match := _SCALE.match(s, position, stop):
        power = _SCALES[(match.group(1) or match.group(2) or match.group(3)).lower()]
        position = match.end()
    return position, value.scaleb(power), half.scaleb(power)


def _unit(s: str, position: int, stop: int) -> tuple[Unit, int]:
    if match := _PERCENT.match(s, position, stop):
        return "percent", match.end()
    if match := _POINTS.match(s, position, stop):
        return "points", match.end()
    return "", position


_CONCISE = re.compile(r"\((\d{2})\)(?![\w(])")
"""98.20(12) is 98.20 ± 0.12 (JCGM 100:2008, 7.2.2). One digit may be a footnote."""


def _concise(s: str, position: int, stop: int, raw: str, of: Number) -> tuple[Number | None, int]:
    match = _CONCISE.match(s, position, stop)
    digits = len(raw.partition(".")[2])
    if match is None or digits < 2 or of.unit or "e" in of.text.lower():
        return None, position
    value = Decimal(match.group(1)).scaleb(-digits)
    text = f"{value:f}"
    unit, end = _unit(s, match.end(), stop)
    return Number(text, value, half_of(text), unit), end


def _spread(s: str, position: int, stop: int, of: Number) -> tuple[Number | None, int]:
    joint = _PLUS_MINUS.match(s, position, stop)
    core = joint and _CORE.match(s, joint.end(), stop)
    if not joint or not core or len(core.group()) > MAX_DIGITS:
        return None, position
    value, half = _value(core.group(), bool(_PERCENT.match(s, core.end(), stop)))
    end, value, half = _scaled(s, core.end(), stop, value, half)
    unit, end = _unit(s, end, stop)
    return Number(core.group(), value, half, unit or of.unit), end


def _adopt(number: Number, other: Number) -> Number:
    """ "95.2 ± 0.3%": the unit belongs to both."""
    return number if number.unit or not other.unit else replace(number, unit=other.unit)


def _ranged(s: str, position: int, stop: int, low: Number) -> tuple[Number, int]:
    """ "19.6–21.9" as one number with qualifier "range"; needs the second to be the greater."""
    joint = _RANGE.match(s, position, stop)
    core = joint and _CORE.match(s, joint.end(), stop)
    if not joint or not core or len(core.group()) > MAX_DIGITS:
        return low, position
    value, half = _value(core.group(), bool(_PERCENT.match(s, core.end(), stop)))
    end, value, half = _scaled(s, core.end(), stop, value, half)
    unit, end = _unit(s, end, stop)
    if value <= low.value or (unit == "" and _BAD_AFTER.match(s, end, stop)):
        return low, position
    whole = s[position - len(low.text) : end].strip() if low.text else ""
    unit = unit or low.unit
    return Number(whole, low.value, max(half, low.half), unit, "range", value), end


def _hedge(s: str, start: int) -> Qualifier:
    before = s[max(0, start - 24) : start]
    words = before.rsplit(None, 1)
    last = words[-1].lower() if words else ""
    if last not in _HEDGING and (last.isalpha() or not last):
        return ""
    match = _HEDGE.search(before)
    if not match:
        return ""
    if match.group("about"):
        return "about"
    return "at least" if match.group("least") else "at most"
