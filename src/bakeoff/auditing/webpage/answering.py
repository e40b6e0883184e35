"""What the page asks: a document in, its lines and the findings beside them out."""

from __future__ import annotations

import json
from typing import Any

from bakeoff.auditing.api import examine_documents
from bakeoff.auditing.claims import Document, Place
from bakeoff.auditing.findings import VERDICTS, Finding
from bakeoff.auditing.reading.formats import read_content
from bakeoff.auditing.telling.as_text import span, summary
from bakeoff.errors import BakeoffError

MAX_LINES = 20_000
"""Lines that are sent to be shown; a longer document is shown around its findings."""
SHOWN = 2_000
"""Characters of a line that are shown."""


def answer(content: bytes, name: str) -> str:
    """The audit of a document as JSON.

    {"error": …} for what cannot be read, else {"summary", "empty", "lines": [[number, said, text],
    …], "findings": [{"verdict", "rule", "message", "details": [[title, text], …], "line", "start",
    "length"}], "problems": […]}. line: the number of the line under which a finding is shown;
    start and length: what to mark in it. Lines are numbered as they were read; `said` is how a
    person would call the line.
    """
    try:
        document = read_content(content, name)
        audit = examine_documents([document])
    except BakeoffError as error:
        return json.dumps({"error": str(error)})
    findings = sorted(audit.findings, key=lambda f: (f.place.line, f.severity))
    told: dict[str, Any] = {
        "summary": summary(audit).strip(),
        "empty": audit.empty,
        "verdicts": list(VERDICTS),
        "format": document.format,
        "lines": _lines(content, document, findings),
        "findings": [_finding(f) for f in findings],
        "problems": [f"{p.place.said}: {p.message}" for p in audit.problems],
    }
    return json.dumps(told)


def _lines(
    content: bytes, document: Document, findings: list[Finding]
) -> list[tuple[int, str, str]]:
    places: dict[int, Place] = {}
    for finding in findings:
        for claim in finding.claims:
            places.setdefault(claim.place.line, claim.place)
    if document.format in ("pdf", "docx") or any(p.spot for p in places.values()):
        return [(n, p.said, p.source[:SHOWN]) for n, p in sorted(places.items())]
    text = content.decode("utf-8", "replace").removeprefix("\ufeff")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return [
        (n, str(n), line[:SHOWN])
        for n, line in enumerate(lines, start=1)
        if len(lines) <= MAX_LINES or any(abs(n - at) < 4 for at in places)
    ]


def _finding(finding: Finding) -> dict[str, Any]:
    start, length = span(finding.claims[0])
    others = [p.said for p in finding.places if p.line != finding.place.line][:20]
    details = [
        ("Arithmetic", finding.arithmetic),
        ("Assumes", "; ".join(finding.assumptions)),
        ("Likely cause", finding.cause),
        ("Would resolve it", finding.resolve),
        ("Also at", ", ".join(dict.fromkeys(others))),
    ]
    return {
        "verdict": finding.verdict,
        "rule": finding.rule,
        "message": finding.message,
        "details": [(title, text) for title, text in details if text],
        "line": finding.place.line,
        "said": finding.place.said,
        "start": start,
        "length": length,
    }
