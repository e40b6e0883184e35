"""SARIF 2.1.0, for code scanning services.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import PurePath, PureWindowsPath
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from bakeoff.auditing.checks import find_rule
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.telling.inert import line, visible
from bakeoff.version import __version__

if TYPE_CHECKING:
    from bakeoff.auditing.claims import Place
    from bakeoff.auditing.result import Audited

LEVELS = {
    "impossible": "error",
    "inconsistent": "error",
    "implausible": "warning",
    "ambiguous": "note",
    "undetermined": "note",
    "note": "note",
}
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"


def tell(audit: Audited) -> str:
    """One run with the rules that found something, and a result a finding."""
    used = sorted({f.rule for f in audit.everything})
    run = {
        "tool": {
            "driver": {
                "name": "bakeoff audit",
                "semanticVersion": __version__,
                "rules": [_rule(id) for id in used],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [_result(f, used.index(f.rule)) for f in audit.everything],
        "invocations": [
            {
                "executionSuccessful": True,
                "toolExecutionNotifications": [
                    {
                        "level": "warning",
                        "message": {"text": line(p.message)},
                        "locations": [_location(p.place)],
                    }
                    for p in audit.problems
                ],
            }
        ],
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return json.dumps(log, indent=2, ensure_ascii=True) + "\n"


def _rule(id: str) -> dict[str, Any]:
    known = find_rule(id)
    return {
        "id": id,
        "shortDescription": {"text": known.about},
        "fullDescription": {"text": known.explanation},
        "help": {"text": known.explanation},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    parts = [finding.message, f"Arithmetic: {finding.arithmetic}"]
    parts += [f"Assumes: {'; '.join(finding.assumptions)}"] if finding.assumptions else []
    parts += [f"Likely cause: {finding.cause}"] if finding.cause else []
    parts += [f"Would resolve it: {finding.resolve}"] if finding.resolve else []
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": index,
        "level": LEVELS[finding.verdict],
        "message": {"text": visible(". ".join(parts)).replace("[", "\\[")},
        "locations": [_location(finding.place)],
        "relatedLocations": [
            {**_location(c.place), "id": n, "message": {"text": line(c.text, 200)}}
            for n, c in enumerate(finding.claims[1:20])
        ],
        "partialFingerprints": {"bakeoffAudit/v1": _fingerprint(finding)},
        "properties": {"verdict": finding.verdict},
    }
    if finding.suppressed:
        result["suppressions"] = [
            {"kind": "inSource", "justification": visible(finding.suppressed)}
        ]
    return result


def _location(place: Place) -> dict[str, Any]:
    file, number = place.named
    if place.spot is not None and place.spot.page:
        # Pages are no lines of a text file, so a region would point to the wrong place.
        uri = {"artifactLocation": {"uri": _uri(file)}}
        return {"physicalLocation": uri, "message": {"text": place.said}}
    region: dict[str, Any] = {"startLine": max(1, number), "startColumn": max(1, place.column)}
    if place.length:
        region["endColumn"] = region["startColumn"] + place.length
    return {
        "physicalLocation": {
            "artifactLocation": {"uri": _uri(file)},
            "region": region,
        }
    }


def _uri(file: str) -> str:
    """A relative reference, or a file URI for an absolute path."""
    path = PurePath(file)
    if path.is_absolute():
        return path.as_uri()
    return quote(PureWindowsPath(file).as_posix() if "\\" in file else file) or "text"


def _fingerprint(finding: Finding) -> str:
    """Stays the same when lines are added above."""
    figures = [(c.metric, c.number.text if c.number else c.word) for c in finding.claims]
    seen = json.dumps([finding.rule, finding.place.file, figures])
    return hashlib.sha256(seen.encode()).hexdigest()[:32]
