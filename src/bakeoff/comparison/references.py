"""Which arm the others are held against where there is no room for all pairs."""

from __future__ import annotations

from bakeoff.comparison.data_sets import Arms, arms_by_set
from bakeoff.errors import UnknownName


def references(arms: Arms, asked: str | None) -> tuple[str, ...]:
    """One arm a data set: the one asked for, else the one that the bake-off's file names.

    On several data sets `asked` is an arm's own name, or that of the arm on one of them. Raises
    UnknownName for an arm that is on none.
    """
    found = []
    for alike in arms_by_set(arms):
        named = [
            arm
            for arm, runs in alike.items()
            if (runs[0].reference if asked is None else asked in (arm, _planned(arm, runs[0].data)))
        ]
        found += named[:1]
    if asked is not None and not found:
        raise UnknownName("arm of this comparison", asked, arms)
    return tuple(found)


def _planned(arm: str, data: str) -> str:
    """An arm's own name, where it has that of its data set after it."""
    return arm.removesuffix(f" on {data}")
