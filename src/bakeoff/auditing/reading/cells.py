"""One table cell as a number: "95.2 ± 0.3", "**76.1**", "76.1 (+0.3)", "25.6M", "99,87", "224²"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from bakeoff.auditing.claims import Number, Unit
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.labels import Label
from bakeoff.auditing.reading.numbers import Figure, figures, plain
from bakeoff.auditing.reading.ratios import beside

LONGEST = 160
_FOOTNOTE = re.compile(
    r"\[[\w,; -]{1,20}\]|\^?\{?(?:\\dagger|\\ddagger|\\ast|\\star)\}?|[*†‡§¶⋆★✝]"
    r"|\\textsuperscript\{\w{0,3}\}|\^\{?[a-z*]{1,2}\}?"
)
_PICTURES = re.compile(
    r"[\u2600-\u27BF\u2B00-\u2BFF\U0001F000-\U0001FAFF\uFE0F\u200d]|:[a-z_]{2,30}:"
)
_CHANGE = re.compile(
    r"\s?[(\[{]?\s?[-+−–±↑↓▲▼]\s?\d{1,6}(?:[.,]\d{1,6})?\s?(?:%|pp|pts?)?\s?[)\]}]?\s?$"
)
_RUNS = re.compile(
    r"\(\s?n\s?=\s?(\d{1,4})\s?\)\s?$"
    r"|\(\s?(?:(?P<statistic>median|mean|average|best|worst)\s(?:of|over)\s)?(\d{1,4})\s(?:runs?"
    r"|seeds?|trials?)\s?\)\s?$",
    re.IGNORECASE,
)
_STATISTICS = {"average": "mean"}
_PARENTHESIS = re.compile(r"^\s?\(\s?(?:±\s?)?(\d{1,6}(?:\.\d{1,8})?)\s?%?\s?\)$")
_INTERVAL = re.compile(
    r"^\s?[(\[]\s?(\d{1,6}(?:\.\d{1,8})?)\s?%?\s?(?:,|–|-|—|to"
    r"|;)\s?(\d{1,6}(?:\.\d{1,8})?)\s?%?\s?[)\]]$"
)
_SIDE = re.compile(
    r"^\s?(\d{2,5})\s?(?:[x×*]\s?\d{2,5}(?:\s?[x×]\s?\d)?|²|\^\{?2\}?|px|pixels)?\s?(?:px"
    r"|pixels)?\s?$"
)
_TIME = re.compile(
    r"^\s?(\d{1,6}(?:\.\d{1,4})?)\s?(ms|s|sec|secs|seconds?|m|min|mins|minutes?|h|hr|hrs|hours?|d"
    r"|days?|weeks?)\.?\s?$",
    re.IGNORECASE,
)
_TIME_UNITS = {"ms": "0.001", "s": "1", "m": "60", "h": "3600", "d": "86400", "w": "604800"}


@dataclass(slots=True, unsafe_hash=True)
class Reading:
    """What a cell says as a number. doubtful: keys for the claim's `doubtful`."""

    number: Number
    spread: Number | None = None
    interval: tuple[Number, Number] | None = None
    runs: int | None = None
    doubtful: frozenset[str] = frozenset()
    statistic: str = ""
    ratio: tuple[int, int] | None = None
    misses: bool = False


def read_cell(text: str, of_interval: bool = False) -> Reading | None:
    """The one number of a cell, None if it holds none or more than one.

    of_interval: the table says that the brackets hold an interval, so they need not look so.
    """
    if (number := plain(text)) is not None:
        return Reading(number)
    got = _read(text)
    return None if got is None or (got.misses and not of_interval) else got


@lru_cache(maxsize=8192)
def _read(text: str) -> Reading | None:
    if len(text) > LONGEST or not any(c.isdigit() for c in text):
        return None
    rest = _FOOTNOTE.sub(" ", text) if not _INTERVAL.search(text[text.find("[") :]) else text
    rest = rest.replace("$", " ").replace("{", " ").replace("}", " ")
    rest = _PICTURES.sub(" ", rest).strip()
    if (counted := _with_ratio(rest)) is not None:
        return counted
    runs, statistic = None, ""
    if match := _RUNS.search(rest):
        runs, rest = int(match.group(1) or match.group(3)), rest[: match.start()].rstrip()
        said = (match.group("statistic") or "").lower()
        statistic = _STATISTICS.get(said, said)
    figure = next(figures(rest), None)
    if figure is None or rest[: figure.start].strip(" ~≈<>≤≥=\\simaproxlegq"):
        return None
    tail = rest[figure.end :].strip()
    alone = replace(figure.number, text=figure.number.text.strip())
    if not tail:
        return Reading(alone, figure.spread, runs=runs, statistic=statistic)
    if match := _INTERVAL.match(tail):
        ends = tuple(_plain(part, alone.unit) for part in match.groups())
        misses = not ends[0].value <= alone.value <= ends[1].value
        return Reading(alone, figure.spread, (ends[0], ends[1]), runs, misses=misses)
    if match := _PARENTHESIS.match(tail):
        spread = _plain(match.group(1), alone.unit)
        # "95.2 (0.3)" is usually a standard deviation; "76.1 (92.9)" is another figure.
        if spread.value * 5 < alone.value:
            return Reading(alone, spread, runs=runs, doubtful=frozenset({"spread"}))
        return None
    if _CHANGE.fullmatch(tail) and figure.spread is None:
        return Reading(alone, runs=runs, statistic=statistic)
    return None


def _with_ratio(text: str) -> Reading | None:
    """ "0.985 (384/390)", "384/390 (98.5 %)", "98.5 % = 384/390"; None for anything else."""
    for figure in figures(text):
        found = beside(text, figure.start, figure.end)
        if found is None or ("." not in figure.number.text and figure.number.unit != "percent"):
            continue
        rest = text[: min(found.start, figure.start)] + text[max(found.end, figure.end) :]
        if rest.strip(" )]"):
            return None
        number = replace(figure.number, text=figure.number.text.strip())
        return Reading(number, figure.spread, ratio=(found.k, found.n))
    return None


def _plain(text: str, unit: Unit) -> Number:
    figure = next(figures(text))
    return replace(figure.number, unit=unit)


def read_side(text: str) -> Number | None:
    """An image side in pixels: "224", "224x224", "224²"."""
    match = _SIDE.match(text.replace("$", " ").replace("\\times", "×").strip())
    return _plain(match.group(1), "pixels") if match else None


def read_time(text: str, seconds_per_unit: int) -> Number | None:
    """A duration as seconds; a bare number counts `seconds_per_unit` (0: unknown) each."""
    from decimal import Decimal

    match = _TIME.match(text.strip())
    figure = next(figures(match.group(1) if match else text.strip()), None)
    if figure is None:
        return None
    if match:
        factor = Decimal(
            _TIME_UNITS[
                match.group(2)[:2].lower() if match.group(2) == "ms" else match.group(2)[0].lower()
            ]
        )
    elif seconds_per_unit < 0:
        factor = 1 / Decimal(-seconds_per_unit)
    else:
        factor = Decimal(seconds_per_unit)
    if not factor or figure.number.unit:
        return None
    return replace(
        figure.number,
        text=text.strip(),
        value=figure.number.value * factor,
        half=figure.number.half * factor,
        unit="seconds",
    )


def pair(text: str) -> tuple[Figure, Figure] | None:
    """ "76.1/92.9" as two figures."""
    found = list(figures(text))
    if len(found) != 2 or text[found[0].end : found[1].start].strip() not in {"/", "|", "//"}:
        return None
    return (
        (found[0], found[1])
        if not text[: found[0].start].strip() and not text[found[1].end :].strip()
        else None
    )


def with_unit(number: Number, label: Label, share_unit: Unit) -> Number:
    """A cell's number with the unit and scale that its column says.

    share_unit: what bare numbers of a share metric are in this column, "" if that is open.
    """
    kind = METRICS[label.metric].kind if label.metric else ""
    if kind == "share" and not number.unit:
        return number.of(share_unit) if share_unit else number
    if kind == "count" and not number.unit:
        power = label.scale if abs(number.value) < 10**5 else 0
        return replace(
            number, value=number.value.scaleb(power), half=number.half.scaleb(power), unit="count"
        )
    if kind == "loss" and not number.unit:
        return number.of(label.unit if label.unit in {"bits", "nats"} else "nats")
    if kind == "rate" and not number.unit:
        return number.of("per_second")
    return number
