"""Arguments for another tool's train.py, collected with what they cannot say."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Writer:
    """Collects arguments, and what cannot be said with them."""

    arguments: list[str] = field(default_factory=list)
    not_expressed: list[str] = field(default_factory=list)

    def add(self, flag: str, *values: Any) -> None:
        """A flag with its values; floats as short as they stay exact."""
        self.arguments += [flag, *(_plain(value) for value in values)]

    def whole(self, flag: str, value: float, what: str) -> None:
        """A flag that takes a whole number only."""
        self.add(flag, max(0, round(value)))
        if value != round(value):
            self.cannot(
                f"{what} of {value:g}: {flag} takes a whole number, {round(value)} is given"
            )

    def cannot(self, what: str) -> None:
        """Something the tool has no argument for."""
        self.not_expressed.append(what)


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e9:
        return str(int(value))
    return repr(value) if isinstance(value, float) else str(value)
