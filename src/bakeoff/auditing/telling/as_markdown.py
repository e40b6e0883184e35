"""Markdown, for a review or an issue."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from bakeoff.auditing.findings import Finding
from bakeoff.auditing.telling.as_text import summary
from bakeoff.auditing.telling.inert import line

if TYPE_CHECKING:
    from bakeoff.auditing.claims import Place
    from bakeoff.auditing.result import Audited

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>()#+!|~^$&@:/.-])")


def tell(audit: Audited) -> str:
    """A heading, a section a finding, then what was suppressed and what was not read."""
    parts = ["# Audit\n", f"{escaped(summary(audit))}\n"]
    parts += [_finding(f) for f in audit.findings]
    if audit.suppressed:
        parts.append("## Suppressed\n")
        parts += [
            f"- {_place(f)} `{f.rule}` ({f.verdict}): {escaped(f.suppressed)}\n"
            for f in audit.suppressed
        ]
    if audit.problems:
        parts.append("## Not read\n")
        parts += [f"- {_where(p.place)}: {escaped(p.message)}\n" for p in audit.problems]
    return "\n".join(parts)


def escaped(text: str) -> str:
    """A document's text on one line, with nothing that Markdown or HTML would act on."""
    return _SPECIAL.sub(r"\\\1", line(text, 2_000))


def _place(finding: Finding) -> str:
    return _where(finding.place)


def _where(place: Place) -> str:
    return f"{escaped(place.named[0])}, {place.said}"


def _code(text: str) -> str:
    shown = line(text)
    fence = "`" * (max((len(run) for run in re.findall(r"`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _finding(finding: Finding) -> str:
    lines = [f"## {finding.verdict.capitalize()}: {_place(finding)} (`{finding.rule}`)\n"]
    lines += [f"> {_code(finding.place.source)}\n"] if finding.place.source.strip() else []
    lines += [f"{escaped(finding.message)}\n", f"- Arithmetic: {escaped(finding.arithmetic)}"]
    if finding.assumptions:
        lines.append(f"- Assumes: {escaped('; '.join(finding.assumptions))}")
    if finding.cause:
        lines.append(f"- Likely cause: {escaped(finding.cause)}")
    if finding.resolve:
        lines.append(f"- Would resolve it: {escaped(finding.resolve)}")
    places = list(dict.fromkeys(p.said for p in finding.places))
    if len(places) > 1:
        lines.append(f"- At: {', '.join(places[:50])}")
    return "\n".join(lines) + "\n"
