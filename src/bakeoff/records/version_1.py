"""Records of schema version 1 as today's: the one place where what they said in words is read.

Version 1 told in a note that values had been tuned, and named the kind of a scaling step by its
rule; version 2 has `Record.tuning` and `ScalingStep.code`.
"""

from __future__ import annotations

import re
from typing import Any

_TUNED = re.compile(r"tuned: (?:.*: )?(?P<how>the best of (?P<trials>\d+) trials [^(]*)"
                    r" \(trial (?P<trial>\d+), (?P<search>[^()]*) search\)")  # fmt: skip


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


def _step(step: Any) -> Any:
    if not isinstance(step, dict) or "code" in step:
        return step
    code = step.get("rule") if step.get("rule") in ("pinned", "tuned") else "scaled"
    if code == "tuned" and str(step.get("source", "")).endswith("(robust: lr)"):
        code = "varied"
    return {**step, "code": code}
