"""One line that a program printed, as keys and values: "val_loss: 0.0411 - val_acc: 0.9887".

Keras' and PyTorch's epoch lines, PyTorch's MNIST example, timm's and torchvision's meters, printed
dictionaries. A key is bound to the value that follows it and to no other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache

from bakeoff.auditing.claims import Number, Unit
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.labels import Label, read_label
from bakeoff.auditing.reading.numbers import printed
from bakeoff.auditing.reading.patterns import Pattern

LONGEST = 1_000
_NUMBER = re.compile(
    r"(?<![\w.@/])(?P<sign>[-+−])?(?P<n>\d{1,12}(?:\.\d{1,25})?(?:[eE][-+]?\d{1,3})?)(?P<pct>\s?%)?"
    r"(?P<tail>\s?(?:/|of|out of)\s?(?P<all>\d{1,9})(?![\d.]))?(?![\w@]|\.\d)"
)
_PAREN = re.compile(
    r"\s{0,3}\(\s{0,6}(?P<a>\d{1,12}(?:\.\d{1,12})?(?:[eE][-+]?\d{1,3})?)\s{0,2}(?P<pct>%)?"
    r"(?:\s?/\s?(?P<all>\d{1,9}))?\s{0,2}(?P<after>%)?\s?\)"
)
_KEY = re.compile(
    r"(?P<key>[A-Za-z][\w@+\-]{0,40}(?:[ ./](?![-=])[A-Za-z@(][\w@)+\-]{0,30}){0,4}(?:@\d)?)[\"']?"
    r"(?P<sep>\s{0,4}[:=]\s{0,4}\[?|\s{1,4}\(%\)\s?[:=]?\s{0,3}|\s{1,4}(?:is\s|of\s)?)$"
)
_EPOCH = Pattern(
    r"\b(?:epochs?|ep)\b[\s_:#=\[]{0,4}(\d{1,6})(?:\s?\]?\s?(?:/|of)\s?\[?\d{1,6})?\]?", re.I
)
_NOISE = re.compile(
    r"\[[=>.\-━ ]{3,}\]|[━█▏▎▍▌▋▊▉]{2,}|\[\s{0,6}\d{1,9}\s?/\s?\d{1,9}[^\]]{0,40}\]"
    r"|\b\d{1,9}/\d{1,9}\s(?=\[|[━█|])|\b\d{1,6}(?:\.\d{1,3})?\s?(?:ms|us|µs|s|m|h)/(?:step|epoch"
    r"|sample|it|batch)\b|\b\d{1,3}:\d\d(?::\d\d)?(?:[.,]\d{1,4})?\b|\beta:?\s\S{1,20}"
    r"|\b(?:19|20)\d\d-\d\d-\d\d\b|\d{1,3}%\|[^|]{0,60}\|(?:\s?\d{1,9}/\d{1,9})?"
    r"|\b\d{1,7}/\d{1,7}(?=\s?\[|\s{1,3}[-–]\s)|\s-\s\d{1,6}s\b|\[[\d: .,]{1,30}<[^\]]{0,40}\]"
)
_SPLITS = (
    ("train", re.compile(r"^(?:train|training|trn)$", re.I)),
    ("validation", re.compile(r"^(?:val|valid|validation|dev|eval|evaluation)$", re.I)),
    ("test", re.compile(r"^(?:test|testing|test set|tst)$", re.I)),
)
_SECTION = Pattern(
    r"(?:^|[|,;\s\[({\"'*>-])\W{0,2}(?P<split>train(?:ing)?|val(?:id(?:ation)?)?|dev|test(?:ing)?"
    r"|eval(?:uation)?)(?:[ _](?:set|epoch|results?|phase|metrics|stage|summary))?[\"']?"
    r"(?:\s?(?:\(\s?epoch\s\d{1,5}\s?\)))?\s?(?::|=>|->|-\s|\|\s|\]|(?=\s(?:average|avg)\b|\s{1,3}"
    r"(?:loss|acc)\w{0,12}\s?[:=]))",
    re.I,
)
_DIGIT = re.compile(r"\d")
_FIGURE = re.compile(
    r"(?<![\w@.])(?:(?P<date>(?:19|20)\d\d-\d\d-\d\d)|\d+\.\d+|\d{3,}"
    r"|(?:(?<=poch )|(?<![A-Za-z][ -]))\d{1,2}(?!\s?[A-Za-z\d.]))"
)
"""Figures of a line that may be any other without its meaning more or less: not the 5 of "top-5",
nor the 10 of "10 ms"."""
_DIGITS = str.maketrans(dict.fromkeys("0123456789", "1"))
Span = tuple[int, int]
_HOLDS_SCORES = {"share", "loss", "score"}
_COUNTS = frozenset({"tp", "fp", "tn", "fn"})
_ALWAYS_PERCENT = Pattern(r"@\s?[15]\b|\bprec@|\bacc[15]\b|\btop[-_ ]?[15]\b", re.I)
_KERAS = Pattern(r"\d+(?:\.\d+)?m?s/(?:step|epoch|sample)|\[=+>?\.*\]|━{4,}|\b\d+/\d+ - \d+m?s\b")
_PYTORCH_EXAMPLE = Pattern(
    r"\bset: average loss: \d[\d.]{0,24}, accuracy: \d{1,9}/\d{1,9} \(", re.I
)


@dataclass(slots=True, unsafe_hash=True)
class Entry:
    """One key with its value. start, end: of key and value in the line; split: said by the line or
    the key; ratio: the count printed beside it; pair: the value in parentheses after it."""

    start: int
    end: int
    label: Label
    number: Number
    split: str
    ratio: tuple[int, int] | None = None
    pair: Number | None = None
    always_percent: bool = False


@dataclass(slots=True, unsafe_hash=True)
class LogLine:
    """The entries of a line. program: "keras", "pytorch-example", "" where it is not known; meter:
    values come as "batch (running mean)". complete: nothing else stands in the line."""

    entries: tuple[Entry, ...]
    epoch: str = ""
    program: str = ""
    meter: bool = False
    complete: bool = False


@dataclass(slots=True, unsafe_hash=True)
class _Slot:
    """Where an entry stands in every line of one shape: spans of its figure, of the whole that it
    is printed as a part of, and of what stands in parentheses after it."""

    at: int
    end: int
    label: Label
    split: str
    always: bool
    figure: Span
    percent: bool
    whole: Span | None
    paren: _Paren | None


@dataclass(slots=True, unsafe_hash=True)
class _Paren:
    figure: Span
    whole: Span | None
    percent: bool
    after: bool
    end: int


@dataclass(slots=True, unsafe_hash=True)
class _Shape:
    """What lines have in common that differ in their figures only. complete: by the spans of the
    entries, whether nothing else stands in the line."""

    slots: tuple[_Slot, ...]
    masked: str
    epoch: Span | None
    program: str
    meter: bool
    complete: dict[tuple[Span, ...], bool]


def read_line(s: str) -> LogLine | None:
    """The keys and values of a line, None if it names no metric with a value right after it."""
    if len(s) > LONGEST or not _DIGIT.search(s):
        return None
    shape = _shape(_FIGURE.sub(_ones, s))
    if shape is None:
        return None
    found = [e for slot in shape.slots if (e := _entry(s, slot, shape.meter)) is not None]
    if not any(METRICS[e.label.metric].kind in _HOLDS_SCORES for e in found):
        return None
    spans = tuple((e.start, e.end) for e in found)
    if spans not in shape.complete:
        shape.complete[spans] = len(found) > 1 and _nothing_left(shape.masked, spans)
    epoch = s[slice(*shape.epoch)] if shape.epoch else ""
    return LogLine(tuple(found), epoch, shape.program, shape.meter, shape.complete[spans])


def _ones(match: re.Match[str]) -> str:
    """A figure with its digits made alike; a date stays one."""
    said = match[0]
    return "2011" + said[4:] if match.lastgroup else said.translate(_DIGITS)


@lru_cache(maxsize=8192)
def _shape(s: str) -> _Shape | None:
    """The shape of a line whose figures are all alike."""
    masked = _NOISE.sub(lambda m: " " * len(m.group()), s)
    epoch = _EPOCH.search(masked)
    if epoch:
        masked = (
            masked[: epoch.start()] + " " * (epoch.end() - epoch.start()) + masked[epoch.end() :]
        )
    meter = masked != s and len(_PAREN.findall(masked)) > 1
    said = [(m.start(), _split(m.group("split"))) for m in _SECTION.finditer(masked)]
    slots: list[_Slot] = []
    position = 0
    for match in _NUMBER.finditer(masked):
        if match.start() < position:
            continue
        paren = _PAREN.match(masked, match.end())
        slot = _slot(masked, match, paren, position, said)
        position = paren.end() if paren else match.end()
        if slot is not None:
            slots.append(slot)
    if not slots:
        return None
    program = "keras" if _KERAS.search(s) else ""
    program = "pytorch-example" if _PYTORCH_EXAMPLE.search(s) else program
    return _Shape(tuple(slots), masked, epoch.span(1) if epoch else None, program, meter, {})


def _nothing_left(masked: str, spans: Iterable[Span]) -> bool:
    left = masked
    for start, end in (*spans, *(m.span() for m in _SECTION.finditer(masked))):
        left = left[:start] + " " * (end - start) + left[end:]
    return re.search(r"[A-Za-z0-9]", left) is None


def _split(word: str) -> str:
    return next((name for name, pattern in _SPLITS if pattern.match(word)), "")


def _slot(
    masked: str, match: re.Match[str], paren: re.Match[str] | None, since: int,
    said: list[tuple[int, str]],
) -> _Slot | None:  # fmt: skip
    start = match.start("sign") if match.group("sign") else match.start()
    key = _KEY.search(masked[max(since, start - 90) : start])
    if key is None:
        return None
    at = max(since, start - 90) + key.start("key")
    text = key.group("key").strip()
    spelled = any(c in key.group("sep") for c in ":=")
    label = _label(text)
    while not label.metric or label.doubtful:
        head, _, rest = text.partition(" ")
        if not rest or label.other:
            return None
        at += len(head) + 1
        text, label = rest, _label(rest)
    kind = METRICS[label.metric].kind
    if kind not in _HOLDS_SCORES and label.metric not in _COUNTS:
        return None
    if not spelled and (label.doubtful or kind == "score"):
        return None
    if match.group("sign") and kind in {"share", "loss"}:
        return None
    if match.group("all") and kind != "share":
        return None
    whose = [split for offset, split in said if offset <= at]
    inside = None
    if paren is not None:
        inside = _Paren(
            paren.span("a"), _span(paren, "all"), bool(paren.group("pct")),
            bool(paren.group("after")), paren.end(),
        )  # fmt: skip
    return _Slot(
        at,
        match.end(),
        label,
        label.split or (whose[-1] if whose else ""),
        bool(_ALWAYS_PERCENT.search(text)),
        match.span("n"),
        bool(match.group("pct")),
        _span(match, "all"),
        inside,
    )


def _span(match: re.Match[str], group: str) -> Span | None:
    return match.span(group) if match.group(group) else None


def _counted(part: str, whole: str) -> tuple[int, int] | None:
    """ "9887" of "10000" as a count, None if it is none."""
    k, n = int(part), int(whole)
    return (k, n) if 0 <= k <= n and n > 0 else None


def _entry(s: str, slot: _Slot, meter: bool) -> Entry | None:
    """The entry of a slot in a line."""
    shown = s[slice(*slot.figure)]
    number = printed(shown, "%" if slot.percent else "")
    if number is None:
        return None
    ratio = None
    if slot.whole:
        ratio = _counted(shown, s[slice(*slot.whole)]) if shown.isdecimal() else None
        if ratio is None:
            return None
    entry = Entry(
        slot.at, slot.end, slot.label, number, slot.split, ratio, always_percent=slot.always
    )
    return entry if slot.paren is None else _with_paren(entry, s, slot.paren, meter)


def _label(text: str) -> Label:
    return read_label(
        re.sub(r"^(?:average|avg|mean|final|overall)\s(?=loss|acc)", "", text, flags=re.I)
    )


def _with_paren(entry: Entry, s: str, paren: _Paren, meter: bool) -> Entry:
    """ "9887/10000 (98.87%)", "98.87% (9887/10000)", "0.0311 (0.0402)" of a meter."""
    share = METRICS[entry.label.metric].kind == "share"
    inside = s[slice(*paren.figure)]
    if paren.whole and share and inside.isdecimal() and not paren.percent:
        counted = _counted(inside, s[slice(*paren.whole)])
        return replace(entry, ratio=counted, end=paren.end) if counted else entry
    number = printed(inside)
    if number is None:
        return entry
    if entry.ratio is not None and share:
        signed = paren.percent or paren.after
        unit: Unit = "percent" if signed or number.value > 1 else ""
        text = inside + ("%" if signed else "")
        return replace(entry, number=replace(number, text=text, unit=unit), end=paren.end)
    return replace(entry, pair=number, end=paren.end) if meter or share else entry
