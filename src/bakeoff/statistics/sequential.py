"""Looking more than once: a plan of looks whose chance of any false winner is one error rate."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import UsageError
from bakeoff.statistics.look_simulation import Array, Test, paths
from bakeoff.statistics.tabled import Levels, stored

SHAPE = 0.3
"""Wang & Tsiatis' Δ: 0 spends nearly all at the end (O'Brien & Fleming), 0.5 alike at every look
(Pocock)."""
GIVE_UP_ABOVE = 1.1
"""A pair is given up at a look after n of N runs where its p is above 1.1 − n/N."""
RATIOS = (1.0, 1.5, 2.0, 3.0)
WIDE_RATIO, WIDE_ALLOWANCE = 5.0, 1.1
"""Up to a spread ratio of 1 : 3 the level is kept; at 1 : 5 a tenth more is allowed."""
FEWEST_RUNS = 3
MOST_RUNS = 40
_CHOSEN = {10: (3, 5, 7, 10), 12: (3, 5, 6, 7, 8, 9, 12)}
_LADDER = (3, 4, 5, 7, 9, 12, 16, 21, 28)
ON_THE_SPOT = 60_000

Stop = Literal["decided", "given up", "open", "undecided"]
"""decided: a boundary was crossed. given up: too little seen for the rest to be worth while. open:
looks are left. undecided: the last look was taken, no boundary crossed."""


def default_looks(at_most: int) -> tuple[int, ...]:
    """After how many runs of each arm to look, ending at `at_most`: 3, 5, 7, 10 for ten runs.

    Twelve have looks of their own: of all rising ones from 3 to 12 those that save a third of ten
    runs at 2 sd, half at 4 sd, and lose at most 3 points of ten runs' power from 1.5 sd on.
    """
    _check_looks((at_most,))
    if at_most in _CHOSEN:
        return _CHOSEN[at_most]
    # A look one run before the last one costs level and saves nothing.
    return (*(n for n in _LADDER if n < at_most - 1), at_most)


@dataclass(frozen=True, slots=True)
class Look:
    """n: runs of each arm. p: of the test at this look alone. bound: the p that it had to reach."""

    n: int
    p: float
    bound: float


@dataclass(frozen=True, slots=True)
class Path:
    """One pair's way through the looks. p: repeated p value, the error rate at which the path
    crosses; what correction over pairs takes. Looks after a pair was given up do not count."""

    looks: tuple[Look, ...]
    stop: Stop
    p: float


@dataclass(frozen=True, slots=True)
class Design:
    """A plan of looks, with the boundary for every error rate.

    At the look after n of N runs a pair is decided where its p is at most
    2·Φ(−c·(n/N)^(Δ−1/2)), Δ = 0.3. crossing: c by error rate with the pairs that are given up
    counted as such; never_giving_up: c where all go on, which intervals need. Source: Wang &
    Tsiatis 1987; the p of a t test instead of a z value: Jennison & Turnbull 2000, section 4.4. c
    is simulated, because that is not exact with few degrees of freedom.
    """

    looks: tuple[int, ...]
    test: Test
    give_up: bool
    crossing: Levels
    never_giving_up: Levels
    simulated: int

    def bound(self, look: int, alpha: float = 0.05) -> float:
        """The p that the look with index `look` needs at error rate alpha."""
        return _nominal(self._levels.value(alpha), self._scale(look))

    def gives_up_above(self, look: int) -> float:
        """The p above which a pair is given up at this look; 1 where it never is."""
        last = look == len(self.looks) - 1
        if not self.give_up or last:
            return 1.0
        return min(1.0, GIVE_UP_ABOVE - self.looks[look] / self.looks[-1])

    def follow(self, ps: Sequence[float], alpha: float = 0.05) -> Path:
        """One pair's path. ps: p of the test at each look taken so far, in order.

        alpha: what is left for this pair where several are tested. Raises UsageError for more p
        values than looks.
        """
        if len(ps) > len(self.looks):
            raise UsageError(
                f"{len(ps)} looks were taken where {len(self.looks)} were planned",
                "Plan all looks before the first one",
            )
        taken: list[Look] = []
        reached, stop = -np.inf, "open"
        for k, p in enumerate(ps):
            taken.append(Look(self.looks[k], p, self.bound(k, alpha)))
            reached = max(reached, float(_z(np.float64(p))) / self._scale(k))
            if p > self.gives_up_above(k):
                stop = "given up"
                break
        p_all = self._levels.level(reached) if taken else 1.0
        if p_all <= alpha:
            stop = "decided"
        elif stop == "open" and len(taken) == len(self.looks):
            stop = "undecided"
        return Path(tuple(taken), stop, p_all)  # type: ignore[arg-type]

    def repeated_p(self, p: Array, look: int) -> Array:
        """The error rates at which p values at one look cross; any shape."""
        reached = _z(p) / self._scale(look)
        levels = self._levels
        at, logs = np.array(levels.at[::-1]), np.log(levels.levels[::-1])
        return np.asarray(np.exp(np.interp(reached, at, logs)))

    def interval_level(self, look: int, level: float = 0.95) -> float:
        """The level at which a t interval after this look holds `level` over all looks together.

        A repeated confidence interval: it may be read at every look, whatever made one stop.
        Source: Jennison & Turnbull 1989.
        """
        return 1 - _nominal(self.never_giving_up.value(1 - level), self._scale(look))

    @property
    def _levels(self) -> Levels:
        return self.crossing if self.give_up else self.never_giving_up

    def _scale(self, look: int) -> float:
        return _scales(self.looks)[look]


def design(looks: Sequence[int], *, test: Test = "joint", give_up: bool = True) -> Design:
    """The plan of looks after `looks` runs of each arm.

    Common plans are stored; another one is simulated here, with a fixed seed, in a few seconds.
    Raises UsageError unless looks rise from 3 runs to 40 at most.
    """
    return _design(_check_looks(looks), test, give_up)


@lru_cache(maxsize=32)
def _design(looks: tuple[int, ...], test: Test, give_up: bool) -> Design:
    for plan in stored()["plans"]:
        if tuple(plan["looks"]) == looks and plan["test"] == test:
            levels = tuple(plan["levels"])
            return Design(
                looks,
                test,
                give_up,
                Levels(levels, tuple(plan["crossing"])),
                Levels(levels, tuple(plan["never_giving_up"])),
                plan["experiments"],
            )
    generator = np.random.default_rng([2024, *looks])
    levels = tuple(level for level in LEVELS if level >= 1e-3)
    crossing, never = calibrated(looks, test, levels, ON_THE_SPOT, generator)
    return Design(looks, test, give_up, crossing, never, ON_THE_SPOT)


LEVELS = tuple(
    float(f"{level:.6g}")
    for level in (
        *(10.0 ** np.arange(-4, -1.4, 0.125)),
        0.05,
        *(0.06, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0),
    )
)


def calibrated(
    looks: tuple[int, ...],
    test: Test,
    levels: tuple[float, ...],
    experiments: int,
    generator: np.random.Generator,
) -> tuple[Levels, Levels]:
    """(with pairs given up, without): c by error rate, from `experiments` paths a spread ratio.

    The largest c that any spread ratio up to 1 : 3 asks for, and 1 : 5 at 1.1 times the rate.
    """
    scale = np.array(_scales(looks))
    share = np.array(looks) / looks[-1]
    limit = np.minimum(1.0, GIVE_UP_ABOVE - share)
    limit[-1] = 1.0
    # Pairs are differences, whatever the arms' spreads are.
    ratios = RATIOS[:1] if test == "paired" else (*RATIOS, WIDE_RATIO)
    found: tuple[list[Array], list[Array]] = ([], [])
    asked = np.array(levels)
    for ratio in ratios:
        p = paths(looks, test, generator, experiments=experiments, ratio=ratio)
        reached = _z(p) / scale
        gone_on = np.ones_like(p, dtype=bool)
        gone_on[:, 1:] = np.logical_and.accumulate(p <= limit, axis=1)[:, :-1]
        rate = asked if ratio != WIDE_RATIO else np.minimum(1.0, WIDE_ALLOWANCE * asked)
        for into, seen in zip(found, (np.where(gone_on, reached, -np.inf), reached), strict=True):
            into.append(np.quantile(seen.max(axis=1), 1 - rate, method="higher"))
    both = [np.maximum.accumulate(np.max(c, axis=0)[::-1])[::-1] for c in found]
    first, second = (Levels(levels, tuple(float(f"{v:.5f}") for v in c)) for c in both)
    return first, second


def _z(p: NDArray[np.float64] | np.float64) -> Array:
    return np.asarray(-special.ndtri(np.clip(p, 1e-300, 1.0) / 2))


def _nominal(c: float, scale: float) -> float:
    return float(2 * special.ndtr(-c * scale))


def _scales(looks: Sequence[int]) -> list[float]:
    """(n/N)^(Δ−1/2): how many times c a look's z must reach."""
    return [(n / looks[-1]) ** (SHAPE - 0.5) for n in looks]


def _check_looks(looks: Sequence[int]) -> tuple[int, ...]:
    taken = tuple(int(n) for n in looks)
    rising = all(a < b for a, b in itertools.pairwise(taken))
    if len(taken) < 1 or not rising or taken[0] < 2 or taken[-1] > MOST_RUNS:
        raise UsageError(
            f"looks after {', '.join(map(str, taken)) or 'no'} runs cannot be planned",
            f"Give rising numbers of runs of each arm, from 2 to {MOST_RUNS}, as 3,5,10",
        )
    return taken
