"""JSON as `json.dumps(…, indent=2)` writes it, in a fraction of the time.

With an indent the standard library writes by Python's generators: two seconds for all pairs of a
hundred arms.
"""

from __future__ import annotations

import math
from json.encoder import encode_basestring as quoted
from typing import Any


def indented(value: Any, line: str = "\n") -> str:
    """Strict JSON; objects that it does not know become text. line: the end of the line before and
    the indent of this value's. Raises ValueError for what is no finite number."""
    if isinstance(value, str):
        return quoted(value)
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, int):
        return int.__repr__(value)
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError(f"{value} is not in JSON")
        return float.__repr__(value)
    inside = f"{line}  "
    if isinstance(value, dict):
        parts = [f"{inside}{quoted(str(key))}: {indented(of, inside)}" for key, of in value.items()]
        return f"{{{','.join(parts)}{line}}}" if parts else "{}"
    if isinstance(value, (list, tuple)):
        parts = [f"{inside}{indented(item, inside)}" for item in value]
        return f"[{','.join(parts)}{line}]" if parts else "[]"
    return quoted(str(value))
