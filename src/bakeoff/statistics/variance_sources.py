"""Where the spread between runs comes from: initial weights, order, augmentation, split."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import TooFewSeeds, UsageError
from bakeoff.statistics.arrays import Interval, Values, check_level, finite


@dataclass(frozen=True, slots=True)
class Source:
    """One source's variance, in the square of the values' unit. share: of all parts' sum, 0 to 1.

    interval: of the variance, from 0 up; upper end infinite where two levels say too little.
    """

    name: str
    variance: float
    share: float
    interval: Interval


REST = "rest"


def variance_sources(
    values: Values, levels: Mapping[str, Sequence[int]], level: float = 0.95
) -> list[Source]:
    """What each source adds to the spread, from a balanced design with one run a cell.

    values: (N,). levels: for each source the level (any integers) of each run, (N,); every level
    of a source must meet every level of another equally often, as in a full crossing or an
    orthogonal array. The last entry, "rest", is what sources together and chance leave.

    Random-effects analysis of variance: σ²_f = max(0, (MS_f − MS_rest)·L_f/N); the interval from
    F-quantiles of MS_f/MS_rest. Source: Searle, Casella & McCulloch 1992, chapter 4; Montgomery
    2017, section 13.1 (the interval); the question is Bouthillier et al. 2021. Raises TooFewSeeds
    where nothing is left to measure the rest by, UsageError for a design out of balance.
    """
    check_level(level)
    x = finite(values, 4, "a division of the spread")
    design = {
        name: np.unique(np.asarray(of), return_inverse=True)[1] for name, of in levels.items()
    }
    _check_balance(design, len(x))
    total = float(((x - x.mean()) ** 2).sum())
    squares, freedom = {}, {}
    for name, at in design.items():
        counts = np.bincount(at)
        means = np.bincount(at, weights=x) / counts
        squares[name] = float(counts @ (means - x.mean()) ** 2)
        freedom[name] = len(counts) - 1
    rest_freedom = len(x) - 1 - sum(freedom.values())
    if rest_freedom < 1:
        raise TooFewSeeds(
            "the design has no run left over to measure chance by",
            "Run more levels of each source, or leave one source out",
        )
    rest = max(0.0, total - sum(squares.values())) / rest_freedom
    parts, intervals = {}, {}
    for name, at in design.items():
        each = len(x) / (int(at.max()) + 1)
        mean_square = squares[name] / freedom[name]
        parts[name] = max(0.0, (mean_square - rest) / each)
        intervals[name] = _interval(mean_square, rest, freedom[name], rest_freedom, each, level)
    parts[REST] = rest
    half = (1 - level) / 2
    ends = special.chdtri(rest_freedom, [half, 1 - half])  # upper quantiles: the larger one first
    intervals[REST] = Interval(rest * rest_freedom / ends[0], rest * rest_freedom / ends[1])
    whole = sum(parts.values())
    return [
        Source(name, part, part / whole if whole > 0 else 0.0, intervals[name])
        for name, part in parts.items()
    ]


def orthogonal_runs(sources: int, levels: int) -> NDArray[np.int64]:
    """The fewest runs in which `sources` sources meet in balance: (levels², sources) of levels.

    Column 0 is i, column 1 is j, column c is i·(c−1) + j modulo `levels`, which must be prime and
    at least sources − 1: any two columns then show every pair once. Source: Bose & Bush 1952.
    Raises UsageError where no such design exists.
    """
    prime = levels > 1 and all(levels % k for k in range(2, int(levels**0.5) + 1))
    if not prime or not 2 <= sources <= levels + 1:
        raise UsageError(
            f"{sources} sources cannot be crossed in balance at {levels} levels each",
            "Give two sources or more, and a prime number of levels at least as large",
        )
    i, j = np.divmod(np.arange(levels**2), levels)
    columns = [i, j] + [(i * c + j) % levels for c in range(1, sources - 1)]
    return np.stack(columns[:sources], axis=1).astype(np.int64)


def _check_balance(design: Mapping[str, NDArray[np.int64]], runs: int) -> None:
    if not design:
        raise UsageError("no source was varied", "Name at least one, as init")
    for name, at in design.items():
        if len(at) != runs:
            raise UsageError(
                f"{len(at)} levels of {name} for {runs} runs", "Give the level of every run"
            )
        if at.max() < 1:
            raise UsageError(f"{name} was the same in every run", "Give it two levels or more")
        if len(set(np.bincount(at))) > 1:
            raise UsageError(
                f"the levels of {name} were not run equally often",
                "Run the missing ones, or leave the source out",
            )
    names = list(design)
    for first, a in enumerate(names):
        for b in names[first + 1 :]:
            wide = int(design[b].max()) + 1
            cells = (int(design[a].max()) + 1) * wide
            met = np.bincount(design[a] * wide + design[b], minlength=cells)
            if len(set(met)) > 1:
                raise UsageError(
                    f"{a} and {b} were not crossed in balance",
                    "Run every level of the one with every level of the other equally often",
                )


def _interval(
    mean_square: float, rest: float, df: int, rest_df: int, each: float, level: float
) -> Interval:
    half = (1 - level) / 2
    if rest == 0:
        return Interval(mean_square / each, mean_square / each)
    # Satterthwaite would fail near zero; the ratio's F-quantiles do not, at the measured rest.
    low = mean_square / float(special.fdtri(df, rest_df, 1 - half)) - rest
    lower_quantile = float(special.fdtri(df, rest_df, half))
    high = mean_square / lower_quantile - rest if lower_quantile > 0 else float("inf")
    return Interval(max(0.0, low / each), max(0.0, high / each))
