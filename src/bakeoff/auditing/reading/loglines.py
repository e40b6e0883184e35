"""One line that a program printed, as keys and values: "val_loss: 0.0411 - val_acc: 0.9887".

Keras' and PyTorch's epoch lines, PyTorch's MNIST example, timm's and torchvision's meters, printed
dictionaries. A key is bound to the value that follows it and to no other.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bakeoff.auditing.claims import Number, Unit
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.labels import Label, read_label
from bakeoff.auditing.reading.numbers import figures
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
_HOLDS_SCORES = {"share", "loss", "score"}
_COUNTS = frozenset({"tp", "fp", "tn", "fn"})
_ALWAYS_PERCENT = Pattern(r"@\s?[15]\b|\bprec@|\bacc[15]\b|\btop[-_ ]?[15]\b", re.I)
_KERAS = Pattern(r"\d+(?:\.\d+)?m?s/(?:step|epoch|sample)|\[=+>?\.*\]|━{4,}|\b\d+/\d+ - \d+m?s\b")
_PYTORCH_EXAMPLE = Pattern(
    r"\bset: average loss: \d[\d.]{0,24}, accuracy: \d{1,9}/\d{1,9} \(", re.I
)


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class LogLine:
    """The entries of a line. program: "keras", "pytorch-example", "" where it is not known; meter:
    values come as "batch (running mean)". complete: nothing else stands in the line."""

    entries: tuple[Entry, ...]
    epoch: str = ""
    program: str = ""
    meter: bool = False
    complete: bool = False


def read_line(s: str) -> LogLine | None:
    """The keys and values of a line, None if it names no metric with a value right after it."""
    if len(s) > LONGEST or not any(c.isdigit() for c in s):
        return None
    masked = _NOISE.sub(lambda m: " " * len(m.group()), s)
    epoch = _EPOCH.search(masked)
    if epoch:
        masked = (
            masked[: epoch.start()] + " " * (epoch.end() - epoch.start()) + masked[epoch.end() :]
        )
    meter = masked != s and len(_PAREN.findall(masked)) > 1
    said = [(m.start(), _split(m.group("split"))) for m in _SECTION.finditer(masked)]
    found: list[Entry] = []
    position = 0
    for match in _NUMBER.finditer(masked):
        if match.start() < position:
            continue
        entry = _entry(s, masked, match, position, said)
        position = match.end()
        if paren := _PAREN.match(masked, match.end()):
            position = paren.end()
            entry = None if entry is None else _with_paren(entry, paren, meter)
        if entry is not None:
            found.append(entry)
    if not any(METRICS[e.label.metric].kind in _HOLDS_SCORES for e in found):
        return None
    left = masked
    for entry in found:
        left = left[: entry.start] + " " * (entry.end - entry.start) + left[entry.end :]
    for match in _SECTION.finditer(masked):
        left = left[: match.start()] + " " * (match.end() - match.start()) + left[match.end() :]
    complete = len(found) > 1 and not re.search(r"[A-Za-z0-9]", left)
    program = "keras" if _KERAS.search(s) else ""
    program = "pytorch-example" if _PYTORCH_EXAMPLE.search(s) else program
    return LogLine(tuple(found), epoch.group(1) if epoch else "", program, meter, complete)


def _split(word: str) -> str:
    return next((name for name, pattern in _SPLITS if pattern.match(word)), "")


def _entry(
    s: str, masked: str, match: re.Match[str], since: int, said: list[tuple[int, str]]
) -> Entry | None:
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
    if METRICS[label.metric].kind not in _HOLDS_SCORES and label.metric not in _COUNTS:
        return None
    if not spelled and (label.doubtful or METRICS[label.metric].kind == "score"):
        return None
    if match.group("sign") and METRICS[label.metric].kind in {"share", "loss"}:
        return None
    shown = match.group("n")
    figure = next(figures(shown + ("%" if match.group("pct") else "")), None)
    if figure is None:
        return None
    number = replace(figure.number, text=s[match.start("n") : match.end("n")])
    if match.group("pct"):
        number = replace(number, text=number.text + "%")
    whose = [split for offset, split in said if offset <= at]
    split = label.split or (whose[-1] if whose else "")
    ratio = None
    if match.group("all"):
        if not shown.isdecimal() or METRICS[label.metric].kind != "share":
            return None
        ratio = (int(shown), int(match.group("all")))
        if not 0 <= ratio[0] <= ratio[1] or ratio[1] == 0:
            return None
    always = bool(_ALWAYS_PERCENT.search(text))
    return Entry(at, match.end(), label, number, split, ratio, always_percent=always)


def _label(text: str) -> Label:
    return read_label(
        re.sub(r"^(?:average|avg|mean|final|overall)\s(?=loss|acc)", "", text, flags=re.I)
    )


def _with_paren(entry: Entry, paren: re.Match[str], meter: bool) -> Entry | None:
    """ "9887/10000 (98.87%)", "98.87% (9887/10000)", "0.0311 (0.0402)" of a meter."""
    share = METRICS[entry.label.metric].kind == "share"
    printed, whole = paren.group("a"), paren.group("all")
    if whole and share and printed.isdecimal() and not paren.group("pct"):
        counted = (int(printed), int(whole))
        sound = 0 <= counted[0] <= counted[1] and counted[1] > 0
        return replace(entry, ratio=counted, end=paren.end()) if sound else entry
    figure = next(figures(printed), None)
    if figure is None:
        return entry
    if entry.ratio is not None and share:
        percent = paren.group("pct") or paren.group("after") or figure.number.value > 1
        unit: Unit = "percent" if percent else ""
        text = printed + ("%" if paren.group("pct") or paren.group("after") else "")
        return replace(entry, number=replace(figure.number, text=text, unit=unit), end=paren.end())
    return replace(entry, pair=figure.number, end=paren.end()) if meter or share else entry
