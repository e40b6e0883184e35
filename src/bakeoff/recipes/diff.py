"""What differs between two recipes, and who says so."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from bakeoff.recipes.loading import NOT_SET, LoadedRecipe
from bakeoff.recipes.values import effective_values


@dataclass(frozen=True, slots=True)
class Difference:
    """A value that differs. None: that recipe has none, and its source says why if it does."""

    key: str
    a: Any
    b: Any
    a_source: str
    b_source: str


def diff(a: LoadedRecipe, b: LoadedRecipe) -> list[Difference]:
    """Rows for the values that differ, in the recipe's order; values without effect are ignored."""
    left, right = _expanded(a, b), _expanded(b, a)
    keys = [*left, *(key for key in right if key not in left)]
    return [
        Difference(key, left.get(key), right.get(key), _source(a, key), _source(b, key))
        for key in sorted(keys, key=_order(a, b).index)
        if left.get(key) != right.get(key)
    ]


def diff_json(a: LoadedRecipe, b: LoadedRecipe) -> dict[str, Any]:
    """`{"a", "b", "differences": [{"key", "a", "b", "a_source", "b_source"}]}`."""
    rows = [asdict(row) for row in diff(a, b)]
    return {"a": a.recipe.name, "b": b.recipe.name, "differences": rows}


def _expanded(one: LoadedRecipe, other: LoadedRecipe) -> dict[str, Any]:
    """Effective values, less those that only restate an absence.

    A part that only the other recipe has is left to the other's keys, and a default that nobody
    wrote and that the other has no use for is no difference.
    """
    mine, theirs = effective_values(one.recipe), effective_values(other.recipe)
    return {
        key: value
        for key, value in mine.items()
        if not (value is None and any(k.startswith(f"{key}.") for k in theirs))
        and not (one.sources[key] == NOT_SET and key not in theirs)
    }


def _order(a: LoadedRecipe, b: LoadedRecipe) -> list[str]:
    order = list(a.sources)
    for index, key in enumerate(b.sources):
        if key not in order:
            before = list(b.sources)[index - 1] if index else None
            order.insert(order.index(before) + 1 if before in order else 0, key)
    return order


def _source(loaded: LoadedRecipe, key: str) -> str:
    """Where the value, or the absence of the part it belongs to, comes from."""
    parts = key.split(".")
    for length in range(len(parts), 0, -1):
        found = loaded.sources.get(".".join(parts[:length]))
        if found is not None:
            return found
    return ""
