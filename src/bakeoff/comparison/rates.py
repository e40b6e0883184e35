"""Does a verdict survive another learning rate? Arms run at × ½ and × 2 beside the arm itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from bakeoff.comparison.outcome import Outcome

RATE_ARM = re.compile(r"(?P<arm>.+)\+lr(?P<factor>\d+(?:\.\d+)?)")

Arms = Mapping[str, Sequence[Outcome]]


def variant_name(arm: str, factor: float) -> str:
    """The name of an arm run at another learning rate: standard+lr0.5."""
    return f"{arm}+lr{factor:g}"


def split_rates(
    arms: Mapping[str, list[Outcome]],
) -> tuple[dict[str, list[Outcome]], dict[float, dict[str, list[Outcome]]]]:
    """(arms, {factor: {arm: its runs at that factor}}): variants are taken from the ranking.

    A variant whose own arm is not there stays an arm like any other.
    """
    kept: dict[str, list[Outcome]] = {}
    variants: dict[float, dict[str, list[Outcome]]] = {}
    for name, runs in arms.items():
        match = RATE_ARM.fullmatch(name)
        if match and match["arm"] in arms:
            variants.setdefault(float(match["factor"]), {})[match["arm"]] = runs
        else:
            kept[name] = runs
    return kept, variants
