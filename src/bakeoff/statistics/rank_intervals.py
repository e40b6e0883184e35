"""Which ranks an arm may truly have, all arms at once."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import UsageError


class RankInterval(NamedTuple):
    """The best and the worst rank that the verdicts leave open; 1 is the best of all."""

    best: int
    worst: int


def rank_intervals(better: NDArray[np.bool_]) -> list[RankInterval]:
    """Ranks that hold for all arms at once, from which arms are better than which.

    better: (k, k), better[i, j] where arm i was found better than arm j by tests that together
    make any false claim with a chance of α at most; then all k intervals hold together with
    1 − α. An arm is behind every arm that beat it, and whatever beat that one: best = 1 + arms
    ahead, worst = k − arms behind. Source: Mogstad, Romano, Shaikh & Wilhelm 2024, section 3;
    Al Mohamad, Goeman & van Zwet 2022. Raises UsageError for claims that contradict each other.
    """
    arms = len(better)
    if better.shape != (arms, arms):
        raise UsageError(f"{better.shape} is not a square of arms", "Give an array (arms, arms)")
    ahead = better.astype(bool)
    for middle in range(arms):
        ahead = ahead | (ahead[:, middle, None] & ahead[None, middle, :])
    if (ahead & ahead.T).any():
        raise UsageError(
            "arms are each better than the other, which cannot be ranked",
            "Give one test's verdicts of all pairs",
        )
    return [
        RankInterval(1 + int(behind), arms - int(front))
        for behind, front in zip(ahead.sum(axis=0), ahead.sum(axis=1), strict=True)
    ]
