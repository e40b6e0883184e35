"""How often the interval of a crossing between budgets holds the true one.

    python benchmarks/calibration/crossing_budgets.py            prints the section
    python benchmarks/calibration/crossing_budgets.py --write    writes it into docs/calibration.md

4,000 experiments a figure; Welch's test at each budget, corrected over budgets (Holm), then the
product's own `crossings`. Half a minute on one core.
"""

# ruff: noqa: E501 — the section's own lines are longer than code
from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from looks import percent, table
from numpy.typing import NDArray
from scipy import special
from writing import print_or_write

from bakeoff.statistics import Interval, crossings, holm

BEGIN, END = "<!-- crossings -->", "<!-- /crossings -->"
MANY = 4_000

Array = NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """budgets: of the bake-off, in epochs. gaps: the true a − b at each, in sd over seeds. at: the
    true crossing. shared: correlation of one seed's luck at two budgets. spread: sd of B's runs."""

    name: str
    budgets: tuple[float, ...]
    gaps: tuple[float, ...]
    at: float
    shared: float = 0.0
    spread: float = 1.0


def straight(name: str, budgets: tuple[float, ...], most: float, at: float, **more: float) -> World:
    """A difference that is linear in the logarithm of the budget, `most` sd at the shortest."""
    x = np.log(np.array(budgets) / at)
    return World(name, budgets, tuple(most * x / x[0]), at, **more)  # type: ignore[arg-type]


def laws(name: str, budgets: tuple[float, ...], most: float, at: float) -> World:
    """The difference of two power laws of the error, which is curved between budgets."""
    x = np.array(budgets) / at
    d = x**-0.2 - x**-0.8
    return World(name, budgets, tuple(most * d / d[0]), at)


THREE, FOUR = (1.0, 3.0, 9.0), (1.0, 3.0, 9.0, 27.0)
WORLDS = (
    straight("three budgets, 4 sd apart at the ends, crossing at the middle one", THREE, 4, 3),
    straight("the same, crossing between two budgets", THREE, 4, 4.5),
    straight("four budgets, 6 sd", FOUR, 6, 5),
    straight(
        "four budgets, 6 sd, seeds share half their luck at all budgets", FOUR, 6, 5, shared=0.5
    ),
    straight("four budgets, 6 sd, spread 1 : 3", FOUR, 6, 5, spread=3),
    laws("four budgets, power laws (curved), 6 sd", FOUR, 6, 5),
)


def runs(g: np.random.Generator, world: World, n: int, spread: float) -> Array:
    """(MANY, budgets, n) of an arm's luck."""
    k = len(world.budgets)
    common = g.standard_normal((MANY, 1, n))
    own = g.standard_normal((MANY, k, n))
    return spread * (world.shared**0.5 * common + (1 - world.shared) ** 0.5 * own)


def measured(g: np.random.Generator, world: World, n: int) -> tuple[float, float, float]:
    """(share with a crossing, share of those whose interval holds it, median width as a factor)."""
    a = np.array(world.gaps)[None, :, None] + runs(g, world, n, 1.0)
    b = runs(g, world, n, world.spread)
    u, v = a.var(axis=2, ddof=1) / n, b.var(axis=2, ddof=1) / n
    freedom = (u + v) ** 2 / (u**2 + v**2) * (n - 1)
    d, error = a.mean(axis=2) - b.mean(axis=2), np.sqrt(u + v)
    p = 2 * special.stdtr(freedom, -np.abs(d) / error)
    half = special.stdtrit(freedom, 0.975) * error
    found, held, widths = 0, 0, []
    for at in range(MANY):
        won = np.where(holm(p[at]) < 0.05, np.sign(d[at]), 0).astype(int).tolist()
        intervals = [Interval(x - h, x + h) for x, h in zip(d[at], half[at], strict=True)]
        crossed = crossings(world.budgets, d[at], intervals, won)
        if crossed:
            found += 1
            held += any(one.interval.contains(world.at) for one in crossed)
            widths.append(crossed[0].interval.high / crossed[0].interval.low)
    return (
        found / MANY,
        held / found if found else float("nan"),
        float(np.median(widths or [np.nan])),
    )


def false(g: np.random.Generator, n: int) -> float:
    """How often arms that are equal at four budgets are said to cross."""
    return measured(g, World("", FOUR, (0.0,) * 4, 5), n)[0]


def section() -> str:
    g = np.random.default_rng(20261130)
    rows = []
    for world in WORLDS:
        cells = []
        for n in (3, 5, 10):
            found, held, width = measured(g, world, n)
            cells += [percent(found), percent(held), f"{width:.1f}"]
        rows.append((world.name, cells))
    none = ", ".join(f"{percent(false(g, n))} % ({n} seeds)" for n in (3, 5, 10))
    heads = ["a − b changes its sign"]
    for n in (3, 5, 10):
        heads += [f"{n} seeds: found", "holds it", "× wide"]
    return f"""{BEGIN}
## Where two recipes cross

Measured by `python benchmarks/calibration/crossing_budgets.py`, {MANY:,} experiments a figure (±0.7 at 95 %). A crossing is
claimed between two budgets that are decided opposite ways; counted is how often it is found, how often the interval
then holds the true budget, in percent, and the interval's median upper end as a multiple of its lower one:

{table(heads, rows)}

Equal arms at four budgets are said to cross in {none}. The interval
holds at least what it promises, and mostly more, because it allows any dependence between budgets. Differences that are
curved between budgets are taken as straight there, which did not show in power laws; a budget between two others makes the
interval narrower.
{END}"""


def main() -> None:
    print_or_write(__doc__, section, "crossing_budgets")


if __name__ == "__main__":
    main()
