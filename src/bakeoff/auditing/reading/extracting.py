"""A document as read, written as `claims.yaml` for a person to correct."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from bakeoff.auditing.claims import Claim, Document, Number
from bakeoff.auditing.reading.claims_file import LABELS, LAST_LINE, default_unit
from bakeoff.auditing.reading.numbers import figures

_HEADER = """\
# What bakeoff read in {file}, and took it to mean. Correct it and audit this file.
# Keys under `doubtful` were guessed; take one out to vouch for it. Numbers stay as printed.
"""
_BARE = re.compile(r"[A-Za-z][\w./ -]{0,60}\w|\d{1,12}(?:\.\d{1,20})?(?: %|%)?|[A-Za-z]")
_WORDS = {"true", "false", "null", "yes", "no", "on", "off", "y", "n"}
_FILE_KEY = {own: name for name, own in LABELS.items()}


def extract(document: Document) -> str:
    """The claims and suppressions of a document as a claims file, which reads back to the same."""
    lines = [
        _HEADER.format(file=_one_line(document.file)) + "bakeoff: claims",
        f"source: {_scalar(document.file)}",
    ]
    if document.title:
        lines.append(f"title: {_scalar(document.title)}")
    lines.append("claims:" if document.claims else "claims: []")
    for claim in document.claims:
        entry = [f"{key}: {value}" for key, value in _entry(claim)]
        lines.append("  - " + "\n    ".join(entry))
    if document.suppressions:
        lines.append("suppress:")
    for s in document.suppressions:
        span = "" if (s.first, s.last) == (1, LAST_LINE) else f", lines: [{s.first}, {s.last}]"
        lines.append(f"  - {{rule: {_scalar(s.rule)}, because: {_scalar(s.reason)}{span}}}")
    return "\n".join(lines) + "\n"


def _entry(claim: Claim) -> Iterator[tuple[str, str]]:
    yield "metric", claim.metric
    if claim.number is not None:
        yield from _number(claim.metric, claim.number)
    if claim.word:
        yield "word", _scalar(claim.word)
    if claim.negated:
        yield "negated", "true"
    if claim.spread is not None:
        yield "spread", _scalar(claim.spread.text)
    if claim.spread_kind != "unknown":
        yield "spread_kind", claim.spread_kind
    if claim.interval is not None:
        yield "interval", _list([n.text for n in claim.interval])
    if claim.level:
        yield "level", claim.level
    if claim.runs is not None:
        yield "runs", str(claim.runs)
    if claim.operands:
        yield "operands", _list([n.text for n in claim.operands])
    for key, value in claim.context.items():
        yield _FILE_KEY.get(key, key), _scalar(value)
    if claim.inherited:
        yield "inherited", _list(sorted(claim.inherited))
    if claim.doubtful:
        yield "doubtful", _list(sorted(claim.doubtful))
    if claim.section:
        yield "section", _list(list(claim.section))
    if claim.group:
        yield "group", _scalar(claim.group)
    if claim.cell is not None:
        yield "cell", f"[{claim.cell[0]}, {claim.cell[1]}, {claim.cell[2]}]"
    if claim.bound != "structure":
        yield "bound", claim.bound
    if claim.ratio is not None:
        yield "ratio", f"[{claim.ratio[0]}, {claim.ratio[1]}]"
    if claim.bold:
        yield "bold", "true"
    yield "text", _scalar(claim.text)
    yield "line", str(claim.place.line)
    yield "column", str(claim.place.column)


def _number(metric: str, number: Number) -> Iterator[tuple[str, str]]:
    yield "number", _scalar(number.text)
    read = next(figures(number.text.strip()), None)
    again = read.number if read is not None and read.end == len(number.text.strip()) else None
    same = again is not None and (again.value, again.half, again.upper) == (
        number.value,
        number.half,
        number.upper,
    )
    if not same:
        yield "value", f"{number.value:f}"
        yield "half", f"{number.half:f}"
        if number.upper is not None:
            yield "upper", f"{number.upper:f}"
    assumed = (
        again is not None and same and number.unit == (again.unit or default_unit(metric, again))
    )
    if not assumed:
        yield "unit", number.unit or '""'
    if number.qualifier and not (
        same and again is not None and again.qualifier == number.qualifier
    ):
        yield "qualifier", number.qualifier


def _scalar(text: str) -> str:
    """A YAML scalar that reads back to the same string; quoted as JSON unless plainly a word."""
    if _BARE.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(text, ensure_ascii=True)


def _list(texts: list[str]) -> str:
    return "[" + ", ".join(_scalar(t) for t in texts) + "]"


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)
