"""What these runs could have shown, and how many more seeds would show what they leave open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import numpy as np

from bakeoff.comparison.measured import Measured
from bakeoff.errors import UsageError
from bakeoff.statistics import pairs_needed, welch_alpha
from bakeoff.statistics.power import detectable_differences, seeds_needed_each

POWER = 0.8
MOST_MORE_SEEDS = 1_000


class MoreSeeds(NamedTuple):
    """seeds: further ones of each arm that would show a difference of `gap` with 80 % power; None
    where that is too many. gap: None where nothing is planned for."""

    seeds: int | None
    gap: float | None


NOT_PLANNED = MoreSeeds(None, None)


class Ahead:
    """Of all pairs in one metric, by their places: worked out together, when it is asked for.

    undecided: of which more seeds are to be planned; the others take none.
    """

    def __init__(
        self,
        measured: Sequence[Measured],
        undecided: Sequence[int],
        alpha: float,
        margin: float | None,
    ) -> None:
        self._measured, self._undecided = measured, undecided
        self._alpha, self._margin = alpha, margin

    @cached_property
    def detectable(self) -> list[float | None]:
        return _detectable(self._measured, self._alpha)

    @cached_property
    def more_seeds(self) -> list[MoreSeeds]:
        found = [NOT_PLANNED] * len(self._measured)
        undecided = [self._measured[at] for at in self._undecided]
        planned = _more_seeds(undecided, self._alpha, self._margin)
        for at, more in zip(self._undecided, planned, strict=True):
            found[at] = more
        return found


def _detectable(measured: Sequence[Measured], alpha: float) -> list[float | None]:
    """Of each pair the smallest true difference that its test would have seen with 80 % power."""
    found: list[float | None] = [None] * len(measured)
    alike: dict[tuple[int, int, float], list[int]] = {}
    for at, m in enumerate(measured):
        if m.scope == "recipes" and m.interval is not None:
            if m.test == "Welch or ranks":
                left = welch_alpha(min(m.a.n, m.b.n), alpha)
                alike.setdefault((m.a.n, m.b.n, left), []).append(at)
            elif m.test == "Welch":
                alike.setdefault((m.a.n, m.b.n, alpha), []).append(at)
    for (n_a, n_b, left), places in alike.items():
        sd_a = np.array([measured[at].a.sd for at in places])
        sd_b = np.array([measured[at].b.sd for at in places])
        shown = detectable_differences(sd_a, n_a, sd_b, n_b, power=POWER, alpha=left)
        for at, difference in zip(places, shown.tolist(), strict=True):
            found[at] = difference
    return found


def _more_seeds(
    measured: Sequence[Measured], alpha: float, margin: float | None
) -> list[MoreSeeds]:
    """Of each pair that is not decided: seeds for the margin, or else for its own difference."""
    found = [NOT_PLANNED] * len(measured)
    waiting = [at for at, m in enumerate(measured) if _can_be_planned(m)]
    gaps = [
        dict.fromkeys(waiting, margin or 0.0),
        {at: abs(measured[at].difference or 0.0) for at in waiting},
    ]
    for gap in gaps:
        places = [at for at in waiting if gap[at]]
        needed = _needed([measured[at] for at in places], [gap[at] for at in places], alpha)
        for at, seeds in zip(places, needed, strict=True):
            m = measured[at]
            more = seeds - min(m.a.n, m.b.n)
            if seeds == 0 or more > MOST_MORE_SEEDS:
                found[at] = MoreSeeds(None, gap[at])
            elif more > 0:
                found[at] = MoreSeeds(more, gap[at])
        waiting = [at for at in waiting if found[at] is NOT_PLANNED]
    return found


def _can_be_planned(m: Measured) -> bool:
    if m.estimate is None or m.interval is None or m.scope != "recipes" or m.difference is None:
        return False
    return not m.a.folds  # more folds are no more data


def _needed(measured: Sequence[Measured], gaps: Sequence[float], alpha: float) -> list[int]:
    """Seeds of each arm; 0 where they are more than can be planned."""
    needed = [0] * len(measured)
    unpaired = [at for at, m in enumerate(measured) if not m.paired]
    if unpaired:
        sd_a, sd_b = (
            np.array([getattr(measured[at], arm).sd for at in unpaired]) for arm in ("a", "b")
        )
        found = seeds_needed_each(
            np.array([gaps[at] for at in unpaired]), sd_a, sd_b, power=POWER, alpha=alpha
        )
        for at, seeds in zip(unpaired, found.tolist(), strict=True):
            needed[at] = seeds
    for at, m in enumerate(measured):
        if m.paired:
            # What the pairs share is in both arms' spread and in none of the differences.
            assert m.estimate is not None
            spread = m.estimate.standard_error * math.sqrt(m.estimate.degrees_of_freedom + 1)
            try:
                needed[at] = pairs_needed(gaps[at], spread, power=POWER, alpha=alpha)
            except UsageError:
                needed[at] = 0
    return needed
