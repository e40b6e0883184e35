"""What all looks taken so far say of every pair of arms, and which arms still need runs."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.statistics.arrays import moments
from bakeoff.statistics.look_simulation import FEWEST_FOR_RANKS, RANK_PRICE, Test
from bakeoff.statistics.means import paired_t, welch_from
from bakeoff.statistics.multiplicity import holm
from bakeoff.statistics.ranks import p_superiority, rank_p
from bakeoff.statistics.sequential import Design, Stop

SAME_RANKS = 0.5
UNPLANNED_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class PairLook:
    """One pair at one look. n: runs of each arm. p: of the test alone. bound: the p that it needed,
    corrected for all pairs. ahead: the arm whose runs were higher, empty for neither."""

    n: int
    p: float
    bound: float
    ahead: str


@dataclass(frozen=True, slots=True)
class PairPath:
    """One pair through all looks. p: repeated p value; p_adjusted: Holm over all pairs. winner: the
    arm that was ahead when the boundary was crossed, empty before."""

    a: str
    b: str
    looks: tuple[PairLook, ...]
    stop: Stop
    p: float
    p_adjusted: float
    winner: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """looks: how many were taken. runs: of each arm at the last one. running: arms that need more
    runs; empty when all is settled."""

    looks: int
    runs: int
    pairs: tuple[PairPath, ...]
    running: tuple[str, ...]

    def pair(self, a: str, b: str) -> PairPath:
        """The path of two arms, in either order. KeyError where there is none."""
        for path in self.pairs:
            if {path.a, path.b} == {a, b}:
                return path
        raise KeyError((a, b))


def take_looks(
    arms: Mapping[str, Sequence[float]], plan: Design, *, alpha: float = 0.05, race: bool = False
) -> Taken:
    """Follow every pair of arms through the looks for which the runs are there.

    arms: runs of each in the order of their seeds, higher is better, −inf for a failed run. A look
    is taken when every arm that is still running has its runs. Pairs are corrected together: Holm
    over the repeated p values (Maurer & Bretz 2013). An arm runs on while one of its pairs is
    neither decided nor given up; with `race` only until it is beaten.
    """
    names = list(arms)
    pairs = list(itertools.combinations(names, 2))
    ps: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    ahead: dict[tuple[str, str], list[str]] = {pair: [] for pair in pairs}
    winner = dict.fromkeys(pairs, "")
    given_up: set[tuple[str, str]] = set()
    adjusted = dict.fromkeys(pairs, 1.0)
    bounds: dict[tuple[str, str], list[float]] = {pair: [] for pair in pairs}
    running, taken = list(names), 0
    for k, n in enumerate(plan.looks):
        if not running or any(len(arms[arm]) < n for arm in running):
            break
        taken = k + 1
        left = sum(not winner[pair] for pair in pairs)
        for pair in pairs:
            a, b = pair
            if winner[pair] or pair in given_up or not {a, b} <= set(running):
                continue
            x, y = (np.asarray(arms[arm][:n], dtype=np.float64) for arm in pair)
            p, sign = pair_p(x, y, plan.test)
            ps[pair].append(p)
            ahead[pair].append(a if sign > 0 else b if sign < 0 else "")
            bounds[pair].append(plan.bound(k, alpha / max(1, left)))
            if p > plan.gives_up_above(k):
                given_up.add(pair)
        corrected = holm([plan.follow(ps[pair]).p for pair in pairs])
        for pair, p in zip(pairs, corrected.tolist(), strict=True):
            adjusted[pair] = p
            if p <= alpha and not winner[pair] and ahead[pair]:
                # The side that was ahead when it crossed; Holm may let it cross a look later.
                winner[pair] = ahead[pair][-1]
        running = _still_running(running, pairs, winner, given_up, race)
    last = taken == len(plan.looks)
    if last:
        running = []
    return Taken(
        taken,
        plan.looks[taken - 1] if taken else 0,
        tuple(
            PairPath(
                a=pair[0],
                b=pair[1],
                looks=tuple(
                    PairLook(n, p, bound, side)
                    for n, p, bound, side in zip(
                        plan.looks, ps[pair], bounds[pair], ahead[pair], strict=False
                    )
                ),
                stop=_stop(bool(winner[pair]), pair in given_up, not set(pair) <= set(running)),
                p=plan.follow(ps[pair]).p,
                p_adjusted=adjusted[pair],
                winner=winner[pair],
            )
            for pair in pairs
        ),
        tuple(running),
    )


def pair_p(a: NDArray[np.float64], b: NDArray[np.float64], test: Test) -> tuple[float, float]:
    """(p of one pair at one look, sign of a's lead). a, b: (n,) runs, −inf for a failed one.

    Uncalibrated, as `look_simulation.look_p`: the boundary is what was calibrated. Where runs
    failed, ranks decide, failed runs last; an arm with failures must also win by its finished ones.
    """
    finished = np.isfinite(a), np.isfinite(b)
    if finished[0].all() and finished[1].all():
        found = paired_t(a, b) if test == "paired" else welch_from(moments(a), moments(b))
        if found.standard_error == 0:
            return 1.0, 0.0
        by_rank = p_superiority(a, b) - SAME_RANKS
        if test != "joint" or len(a) < FEWEST_FOR_RANKS:
            return found.p, found.value
        ranks = min(1.0, RANK_PRICE * rank_p(a, b))
        return (found.p, found.value) if found.p <= ranks else (ranks, by_rank)
    lead = p_superiority(a, b) - SAME_RANKS
    p = rank_p(a, b)
    ahead, its = (a, finished[0]) if lead > 0 else (b, finished[1])
    other, others = (b, finished[1]) if lead > 0 else (a, finished[0])
    if not its.all():
        if min(its.sum(), others.sum()) < 3:
            return 1.0, lead
        found = welch_from(moments(ahead[its]), moments(other[others]))
        p = max(p, found.p) if found.value > 0 else 1.0
    return p, lead


def unplanned_alpha(look: int, alpha: float = 0.05) -> float:
    """What is left of alpha for a look that nobody planned; look: 1 for the first, 2 for the next.

    The first one took alpha; a fifth of it is left for the second, and half of the one before for
    each later one. Equal arms then have a winner at some look in 3.8 to 5.2 % at equal spreads, to
    6.1 % at 1 : 3, where repeated tests at 5 % reach 18 % (docs/calibration.md).
    """
    return alpha if look <= 1 else alpha * UNPLANNED_SHARE * 0.5 ** (look - 2)


def _still_running(
    running: Sequence[str],
    pairs: Sequence[tuple[str, str]],
    winner: Mapping[tuple[str, str], str],
    given_up: set[tuple[str, str]],
    race: bool,
) -> list[str]:
    left = []
    for arm in running:
        its = [pair for pair in pairs if arm in pair]
        beaten = any(winner[pair] not in ("", arm) for pair in its)
        settled = all(winner[pair] or pair in given_up for pair in its)
        if not settled and not (race and beaten):
            left.append(arm)
    # Nobody is left to be compared with.
    return left if len(left) > 1 else []


def _stop(decided: bool, given_up: bool, over: bool) -> Stop:
    if decided:
        return "decided"
    if given_up:
        return "given up"
    return "undecided" if over else "open"
