"""Welch or ranks, calibrated together: a test that one collapsed run does not blind."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import TooFewSeeds
from bakeoff.statistics.arrays import Values, finite
from bakeoff.statistics.look_simulation import FEWEST_FOR_RANKS, RANK_PRICE
from bakeoff.statistics.means import welch
from bakeoff.statistics.ranks import rank_p
from bakeoff.statistics.tabled import Levels, stored

UNEQUAL_PRICE = 1 + 1 / RANK_PRICE
"""Bonferroni's for the two tests, weighted 2 : 1; where no simulation was stored."""


@dataclass(frozen=True, slots=True)
class JointTest:
    """p: of the joint test. welch, rank: of the two alone. decided_by: where p comes from."""

    p: float
    welch: float
    rank: float
    decided_by: Literal["Welch", "ranks"]


def welch_or_ranks(a: Values, b: Values) -> JointTest:
    """Two-sided p of "A and B do not differ", by Welch's t or by ranks, whichever says more.

    m = min(p of Welch, 2·p of Mann-Whitney); p is how often equal arms give so small an m, the
    worst of normal runs with spreads from 1 : 1 to 1 : 3 (1.1 times as often at 1 : 5), simulated
    and stored for equal numbers of runs. Unequal numbers pay Bonferroni's 1.5·m. One collapsed run
    makes a mean's spread so large that Welch sees nothing; ranks hardly notice.

    a, b: shape (n_runs,), n >= 5 each, else TooFewSeeds: with four, ranks cannot reach the level.
    Source: Mann & Whitney 1947 and Welch 1947; the minimum of p values calibrated jointly is
    Tippett's (1931) for dependent tests.
    """
    x, y = finite(a, 1, "a joint test"), finite(b, 1, "a joint test")
    if min(len(x), len(y)) < FEWEST_FOR_RANKS:
        raise TooFewSeeds(
            f"ranks of {len(x)} against {len(y)} runs cannot reach the level",
            f"Run at least {FEWEST_FOR_RANKS} seeds of each",
        )
    by_welch, by_rank = welch(x, y).p, rank_p(x, y)
    return joint_p(by_welch, by_rank, len(x), len(y))


def joint_p(by_welch: float, by_rank: float, n_a: int, n_b: int) -> JointTest:
    """`welch_or_ranks` from the two p values."""
    p, welch_decides = joint_ps(np.array([by_welch]), np.array([by_rank]), n_a, n_b)
    decided: Literal["Welch", "ranks"] = "Welch" if welch_decides[0] else "ranks"
    return JointTest(float(p[0]), by_welch, by_rank, decided)


def joint_ps(
    by_welch: NDArray[np.float64], by_rank: NDArray[np.float64], n_a: int, n_b: int
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """(p, whether Welch's decides) of many pairs of arms; arrays of shape (m,)."""
    m = np.minimum(by_welch, RANK_PRICE * by_rank)
    price = UNEQUAL_PRICE * m
    if n_a == n_b and (table := _table(n_a)) is not None:
        lowest = table.at[0]
        price = np.where(m >= lowest, table.level_at(m), m * table.levels[0] / lowest)
    return np.minimum(1.0, np.maximum(price, m)), by_welch <= RANK_PRICE * by_rank


@lru_cache
def _table(n: int) -> Levels | None:
    """The stored levels for n runs each: of n, or the worse of its neighbours; None beyond."""
    tables = {int(k): v for k, v in stored()["joint"]["at"].items()}
    levels: Sequence[float] = stored()["joint"]["levels"]
    below = max((k for k in tables if k <= n), default=None)
    above = min((k for k in tables if k >= n), default=None)
    if below is None or above is None:
        return None
    worse = np.minimum(tables[below], tables[above])
    return Levels(tuple(levels), tuple(float(v) for v in worse))


def welch_alpha(n: int, alpha: float) -> float:
    """The level that Welch's test alone is left with inside the joint test, for planning."""
    table = _table(n) if n >= FEWEST_FOR_RANKS else None
    if n < FEWEST_FOR_RANKS:
        return alpha
    value = table.value(alpha) if table is not None else alpha / UNEQUAL_PRICE
    return value if math.isfinite(value) else alpha
