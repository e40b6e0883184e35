"""Columns by the names that comparing knows: what a table calls them, told from each other."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from bakeoff.errors import UsageError

Columns = Mapping[str, Sequence[Any]]
Values = TypeVar("Values")

ADVICE = "Keep the one that is to be compared, and leave the other out or rename it"


def plain(name: Any) -> str:
    """A column's name in lower case, with underscores."""
    return str(name).strip().lower().replace(" ", "_").replace("-", "_")


def by_plain_name(columns: Iterable[tuple[Any, Any]], meant: Collection[str]) -> dict[str, Any]:
    """Values by plain name. meant: names that are read. Raises UsageError where two columns have
    one of these; of others the first counts."""
    found: dict[str, Any] = {}
    for given, values in columns:
        name = plain(given)
        if name in found and name in meant:
            raise UsageError(f"two columns are called {name}", ADVICE)
        found.setdefault(name, values)
    return found


def renamed(
    columns: Mapping[str, Values], aliases: Mapping[str, str], own_name_first: Collection[str] = ()
) -> dict[str, Values]:
    """Columns by what they mean. aliases: meaning by name.

    own_name_first: meanings of which several columns may speak: the one of that very name counts,
    else the first in `aliases`. Raises UsageError where two columns mean the same otherwise and
    hold different values, since only the user knows which of them is meant.
    """
    meanings = {name: aliases.get(name, name) for name in columns}
    if len(set(meanings.values())) == len(meanings):
        return {meanings[name]: values for name, values in columns.items()}
    order = {name: place for place, name in enumerate((*aliases.values(), *aliases))}
    found: dict[str, str] = {}
    for name in sorted(columns, key=lambda name: order.get(name, 0)):
        meaning = meanings[name]
        first = found.setdefault(meaning, name)
        if first == name or meaning in own_name_first or _alike(columns[first], columns[name]):
            continue
        said = meaning.replace("_", " ")
        raise UsageError(f"the columns {first} and {name} both mean {said}, and differ", ADVICE)
    return {meaning: columns[name] for meaning, name in found.items()}


def as_text(value: Any) -> str:
    """A cell as text: empty for a missing value, a number without a needless .0."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value).strip()


def _alike(a: Any, b: Any) -> bool:
    return len(a) == len(b) and all(map(_same, a, b))


def _same(x: Any, y: Any) -> bool:
    try:
        return bool(x == y) or str(x) == str(y)
    except (TypeError, ValueError):  # such as a missing value of pandas
        return str(x) == str(y)
