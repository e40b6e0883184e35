"""Were the arms tuned alike, and does a verdict survive another learning rate?"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence

from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.reasons import (
    Reason,
    TunedAlike,
    TunedOtherwise,
    TunedUnequally,
    Untuned,
)

RATE_ARM = re.compile(r"(?P<arm>.+)\+lr(?P<factor>\d+(?:\.\d+)?)(?P<on> (?:on|at) .+)?")
"""On several data sets an arm is named with its own, as "standard+lr2 on MNIST"; so at budgets."""


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
        variant = rate_of(name, arms)
        if variant is None:
            kept[name] = runs
        else:
            arm, factor = variant
            variants.setdefault(factor, {})[arm] = runs
    # In the arms' order, so that a pair is the same pair at every rate.
    ordered = {f: {arm: runs[arm] for arm in kept if arm in runs} for f, runs in variants.items()}
    return kept, ordered


def rate_of(name: str, arms: Container[str]) -> tuple[str, float] | None:
    """(arm, factor) of a variant whose own arm is among `arms`; None for any other arm."""
    match = RATE_ARM.fullmatch(name)
    if match is None:
        return None
    arm = match["arm"] + (match["on"] or "")
    return (arm, float(match["factor"])) if arm in arms else None


def tuning_of(a: Sequence[Outcome], b: Sequence[Outcome], *, rate_checked: bool) -> Reason | None:
    """How two arms were tuned, by their runs; None where it is not known."""
    first, second = a[0], b[0]
    if first.tuned is None or second.tuned is None:
        return None
    if first.tuned != second.tuned:
        tuned, untuned = (a, b) if first.tuned else (b, a)
        return TunedUnequally(tuned[0].arm, untuned[0].arm, _by_seed(tuned))
    if not first.tuned:
        return Untuned(rate_checked)
    if _by_seed(a) != _by_seed(b):
        by_seed, once = (a, b) if _by_seed(a) else (b, a)
        return TunedOtherwise(by_seed[0].arm, once[0].arm)
    return TunedAlike(_by_seed(a))


def _by_seed(runs: Sequence[Outcome]) -> bool:
    """Whether several seeds had a search each; one seed's is one search."""
    return runs[0].tuned_by_seed and len(runs) > 1
