"""One set's classes found among another's."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence


def composed(name: str) -> str:
    """A file's or class's name in composed Unicode: macOS keeps é as two characters."""
    return unicodedata.normalize("NFC", name)


def by_name(names: Sequence[str], there: Sequence[str]) -> tuple[tuple[int, ...], str | None]:
    """The place among `names` of each class that is `there`, and the first that is none of them."""
    place = {composed(name): at for at, name in enumerate(names)}
    stranger = next((name for name in there if composed(name) not in place), None)
    return tuple(place.get(composed(name), 0) for name in there), stranger


def as_numbers(names: Sequence[str]) -> tuple[int, ...] | None:
    """The classes as numbers 0 to n - 1; None where they are not that."""
    if not all(re.fullmatch(r"\d{1,6}", name) for name in names):
        return None
    numbers = tuple(int(name) for name in names)
    return numbers if sorted(numbers) == list(range(len(names))) else None


def are_imagenets(names: Sequence[str]) -> bool:
    """Whether classes are called by WordNet ids, as ImageNet's are."""
    return all(re.fullmatch(r"n\d{8}", name) for name in names)


def imagenets_by_number(names: Sequence[str], there: Sequence[str]) -> tuple[int, ...] | None:
    """Numbered classes as ImageNet's, in the order of the ids (as ImageNet-V2); None for others."""
    return as_numbers(there) if are_imagenets(names) else None
