"""What a caller may ask of a bake-off, by command line or Python, as one value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """The arguments that `bakeoff.run` and `bakeoff.dry_run` share; they explain each.

    The command line's options of `run` bear these names too (tests/cli/test_options_agree.py).
    """

    budget: str | None = None
    budgets: Sequence[str] | None = None
    seeds: int | Sequence[int] | None = None
    until_decided: bool = False
    out: Path | str | None = None
    device: str | None = None
    retry: bool = False
    workers: int = 1
    precision: str | None = None
    track: Sequence[str] = ()

    @classmethod
    def among(cls, arguments: Mapping[str, Any]) -> RunOptions:
        """Those among a function's arguments, which must have each by its name."""
        return cls(**{field.name: arguments[field.name] for field in fields(cls)})

    def overrides(self) -> dict[str, Any]:
        """What goes before a bake-off file's own keys: arguments of `read_spec`."""
        return {
            "budget": self.budget,
            "budgets": self.budgets,
            "seeds": self.seeds,
            "track": self.track,
            "precision": self.precision,
            "decided": self.until_decided,
        }

    def folder(self, name: str) -> Path | str:
        """Where the records of the bake-off called `name` go."""
        return self.out if self.out is not None else Path("runs") / name
