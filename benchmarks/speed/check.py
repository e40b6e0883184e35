"""The regression guard: ratios against the committed ones. No clock is read here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ALLOWED_FALL = 0.15


def fallen(committed: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """A line for each ratio that is more than 15 % below the committed one; [] if none is.

    Ratios of one session are compared with ratios of another, so the machine's speed cancels;
    rows that only one of the two has are passed over.
    """
    before, after = dict(named_ratios(committed)), dict(named_ratios(now))
    return [
        f"{name}: {after[name]:.2f} × where {before[name]:.2f} × was committed "
        f"({1 - after[name] / before[name]:.0%} less)"
        for name in before
        if name in after and after[name] < before[name] * (1 - ALLOWED_FALL)
    ]


def named_ratios(results: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """Every ratio that is guarded, by a name a reader can find in the table."""
    for work, row in results.get("works", {}).items():
        for part in ("epoch", "resident", "evaluate"):
            for rival, ratio in row["ratios"][part].items():
                yield f"{work}, {part}, against {rival}", ratio
    for row in results.get("augmentation", {}).values():
        for rival, ratio in row["ratios"].items():
            yield f"{row['title']}, against {rival}", ratio
