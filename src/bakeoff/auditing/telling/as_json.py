"""JSON: the shape that programs may rely on."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from bakeoff.auditing.findings import Finding

if TYPE_CHECKING:
    from bakeoff.auditing.claims import Claim, Place
    from bakeoff.auditing.result import Audited


def to_dict(audit: Audited) -> dict[str, Any]:
    """files, claims and figures (their numbers), findings, suppressed, problems."""
    return {
        "files": list(audit.files),
        "claims": len(audit.claims),
        "figures": audit.figures,
        "coverage": [
            {"file": c.file, "seen": c.seen, "bound": c.bound, "left_alone": c.left_alone}
            for c in audit.coverage
        ],
        "findings": [finding(f) for f in audit.findings],
        "suppressed": [{**finding(f), "reason": f.suppressed} for f in audit.suppressed],
        "unused_suppressions": [place(p) for p in audit.unused_suppressions],
        "problems": [{**place(p.place), "message": p.message} for p in audit.problems],
    }


def finding(found: Finding) -> dict[str, Any]:
    """One finding."""
    return {
        "rule": found.rule,
        "verdict": found.verdict,
        "message": found.message,
        "arithmetic": found.arithmetic,
        "assumptions": list(found.assumptions),
        "resolve": found.resolve,
        "cause": found.cause,
        "claims": [claim(c) for c in found.claims],
        "places": [place(p) for p in found.places],
    }


def claim(said: Claim) -> dict[str, Any]:
    """One claim: where it stands, its text, value and metric."""
    value = None if said.number is None else float(said.number.value)
    return {
        **place(said.place),
        "text": said.text,
        "value": value if value is None or math.isfinite(value) else None,
        "printed": "" if said.number is None else said.number.text,
        "unit": "" if said.number is None else said.number.unit,
        "metric": said.metric,
        "context": dict(said.context),
    }


def place(where: Place) -> dict[str, Any]:
    """File, line and column, counted from 1; in a PDF the page, and where on it the line begins."""
    file, line = where.named
    told: dict[str, Any] = {"file": file, "line": line, "column": where.column}
    if where.spot is not None and where.spot.page:
        told |= {"page": where.spot.page, "x": where.spot.x, "y": where.spot.y}
    return told


def tell(audit: Audited) -> str:
    """Indented JSON; ASCII only, so that no text of the document acts on a terminal."""
    return json.dumps(to_dict(audit), indent=2, ensure_ascii=True) + "\n"
