"""GitHub annotations: workflow commands that mark lines of a pull request.

Source: GitHub Docs, Workflow commands for GitHub Actions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bakeoff.auditing.findings import Finding
from bakeoff.auditing.telling.as_text import summary
from bakeoff.auditing.telling.inert import line, visible

if TYPE_CHECKING:
    from bakeoff.auditing.result import Audited

LEVELS = {
    "impossible": "error",
    "inconsistent": "error",
    "implausible": "warning",
    "ambiguous": "notice",
    "undetermined": "notice",
    "note": "notice",
}


def tell(audit: Audited) -> str:
    """One workflow command a finding, then the summary."""
    return "".join(f"{_command(f)}\n" for f in audit.findings) + summary(audit)


def _command(finding: Finding) -> str:
    place = finding.place
    parts = [finding.message, f"arithmetic: {finding.arithmetic}"]
    parts += [f"assumes: {'; '.join(finding.assumptions)}"] if finding.assumptions else []
    parts += [f"likely cause: {finding.cause}"] if finding.cause else []
    parts += [f"would resolve it: {finding.resolve}"] if finding.resolve else []
    paged = place.spot is not None and place.spot.page > 0
    parts = [f"{place.said}: {parts[0]}", *parts[1:]] if paged else parts
    text = data("\n".join(visible(part) for part in parts))
    file, number = place.named
    where = f"file={value(file)}" + ("" if paged else f",line={number},col={place.column}")
    title = value(f"{finding.verdict} ({finding.rule})")
    return f"::{LEVELS[finding.verdict]} {where},title={title}::{text}"


def data(text: str) -> str:
    """Text after the second pair of colons: percent signs and line ends escaped."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def value(text: str) -> str:
    """The value of a property: colons and commas escaped as well."""
    return data(line(text, 1_000)).replace(":", "%3A").replace(",", "%2C")
