"""Records of schema version 1 as today's: the one place where what they said in words is read.

Version 1 told in a note that values had been tuned, and named the kind of a scaling step by its
rule; version 2 has `Record.tuning` and `ScalingStep.code`. A manifest told in a notice that an arm
had been skipped; today's has `Manifest.skipped`.
"""

from __future__ import annotations

import re
from typing import Any

_TUNED = re.compile(r"tuned: (?:.*: )?(?P<how>the best of (?P<trials>\d+) trials [^(]*)"
                    r" \(trial (?P<trial>\d+), (?P<search>[^()]*) search\)")  # fmt: skip

_SKIPPED = re.compile(r"Arm (?P<arm>\S+) was left out: (?P<message>.+)\.")


def upgraded(raw: dict[str, Any]) -> dict[str, Any]:
    """A version 1 record's content in the shape of version 2; what is damaged stays so."""
    steps = raw.get("scaling")
    record = {**raw, "schema_version": 2}
    if isinstance(steps, list):
        record["scaling"] = [_step(step) for step in steps]
    notes = raw.get("notes")
    for note in notes if isinstance(notes, list) else ():
        told = _TUNED.fullmatch(note) if isinstance(note, str) else None
        if told is not None:
            record["tuning"] = {
                "values": {
                    step["key"]: step["used"]
                    for step in record.get("scaling", ())
                    if isinstance(step, dict) and step.get("code") == "tuned"
                },
                "trial": int(told["trial"]),
                "trials": int(told["trials"]),
                "search": told["search"],
                "how": told["how"],
            }
    return record


def with_skipped_arms(raw: Any) -> Any:
    """A manifest's content whose skipped arms stand where today's do, not among its notices."""
    if not isinstance(raw, dict) or not isinstance(notices := raw.get("notices"), list):
        return raw
    found = {n: _SKIPPED.fullmatch(n) for n in notices if isinstance(n, str)}
    skipped = [{"arm": m["arm"], "message": m["message"]} for m in found.values() if m]
    if not skipped:
        return raw
    return {**raw, "skipped": skipped, "notices": [n for n in notices if not found.get(n)]}


def _step(step: Any) -> Any:
    if not isinstance(step, dict) or "code" in step:
        return step
    code = step.get("rule") if step.get("rule") in ("pinned", "tuned") else "scaled"
    if code == "tuned" and str(step.get("source", "")).endswith("(robust: lr)"):
        code = "varied"
    return {**step, "code": code}
