"""A fact beside a verdict: its code is part of the JSON, its words are made elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from bakeoff.comparison.comparability import Difference
from bakeoff.statistics.arrays import Interval


@dataclass(frozen=True, slots=True)
class Reason:
    """A fact beside a verdict. remark: whether the verdict's own sentence states it too."""

    code: ClassVar[str]
    remark: ClassVar[bool] = False

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready: the code and the fact's own values, numbers as numbers."""
        return {"code": self.code} | {f.name: _plain(getattr(self, f.name)) for f in fields(self)}


def codes(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """The codes, in order."""
    return tuple(reason.code for reason in reasons)


def _plain(value: Any) -> Any:
    if isinstance(value, Interval):
        return [value.low, value.high]
    if isinstance(value, Difference):
        return {name: getattr(value, name) for name in ("condition", "a", "b")}
    return [_plain(item) for item in value] if isinstance(value, tuple) else value
