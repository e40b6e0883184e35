"""Columns by the names that comparing knows: what a table calls them, told from each other."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bakeoff.errors import UsageError
from bakeoff.importing.runs import ImportedRun

Columns = Mapping[str, Sequence[Any]]
Values = TypeVar("Values")

ADVICE = "Keep the one that is to be compared, and leave the other out or rename it"


@dataclass(frozen=True, slots=True)
class Table:
    """Columns by plain name, all of one length; called: how each is written; path: the file.
    origin: what a column was called before it was said, or found, to be the arm, the seed …
    runs: of another tool, a row each."""

    columns: dict[str, Sequence[Any]]
    called: dict[str, str]
    path: Path | None = None
    origin: dict[str, str] = field(default_factory=dict)
    runs: Sequence[ImportedRun] = ()

    @property
    def name(self) -> str:
        return self.path.name if self.path is not None else "the table"

    def told(self, name: str) -> str:
        """What the reader knows this column as."""
        return self.origin.get(name, self.called[name])


def plain(name: Any) -> str:
    """A column's name in lower case, with underscores; composed as Unicode has it."""
    text = unicodedata.normalize("NFC", str(name))
    return text.strip().lower().replace(" ", "_").replace("-", "_")


def as_table(
    columns: Iterable[tuple[Any, Any]], meant: Callable[[str], bool], path: Path | None = None
) -> Table:
    """A table of (name, values). meant: whether a name is read. Raises UsageError where two
    columns have one that is; of others the first counts."""
    found: dict[str, Any] = {}
    called: dict[str, str] = {}
    for given, values in columns:
        name = plain(given)
        if name in found and meant(str(given)):
            raise UsageError(f"two columns are called {name}", ADVICE)
        found.setdefault(name, values)
        called.setdefault(name, shown(given))
    return Table(found, called, path)


def shown(name: Any) -> str:
    """A stranger's name fit for a line of text: composed, printable, on one line."""
    text = unicodedata.normalize("NFC", " ".join(str(name).split()))
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


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
        if first == name or meaning in own_name_first or alike(columns[first], columns[name]):
            continue
        said = meaning.replace("_", " ")
        raise UsageError(f"the columns {first} and {name} both mean {said}, and differ", ADVICE)
    return {meaning: columns[name] for meaning, name in found.items()}


def as_text(value: Any) -> str:
    """A cell as text, composed as Unicode has it: empty for a missing value, a number without a
    needless .0."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    return (
        f"{value:g}"
        if isinstance(value, float)
        else (unicodedata.normalize("NFC", str(value)).strip())
    )


def alike(a: Any, b: Any) -> bool:
    return len(a) == len(b) and all(map(_same, a, b))


def _same(x: Any, y: Any) -> bool:
    try:
        return bool(x == y) or str(x) == str(y)
    except (TypeError, ValueError):  # such as a missing value of pandas
        return str(x) == str(y)
