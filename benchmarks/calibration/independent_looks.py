"""The promises of planned looks, checked by other means than those that made the boundaries.

    python benchmarks/calibration/independent_looks.py      prints the table (two minutes, one core)

Only the boundaries are the product's: Welch's p is scipy's, the rank test's is counted over every
labelling of the runs, and the stopping is written again. 40,000 experiments a figure.
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from bakeoff.statistics import Design, design

MANY = 40_000
PLANS = ((3, 5, 7, 10), (3, 5, 6, 7, 8, 9, 12))

Array = NDArray[np.float64]


def exact_rank_p(n: int) -> Array:
    """Two-sided p by the rank sum above its least, n runs against n, by listing all labellings."""
    sums = np.fromiter(map(sum, itertools.combinations(range(2 * n), n)), dtype=np.int64)
    chance = np.bincount(sums - n * (n - 1) // 2, minlength=n * n + 1) / len(sums)
    below, above = np.cumsum(chance), np.cumsum(chance[::-1])[::-1]
    return np.minimum(1.0, 2 * np.minimum(below, above))


def p_of(a: Array, b: Array, tables: dict[int, Array]) -> Array:
    n = a.shape[1]
    p = np.asarray(stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue)
    if n not in tables:
        return p
    ranks = stats.rankdata(np.concatenate([a, b], axis=1), axis=1)[:, :n].sum(axis=1)
    by_rank = tables[n][(ranks - n * (n + 1) / 2).astype(int)]
    return np.minimum(p, 2 * by_rank)


def followed(
    plan: Design, gap: float, ratio: float, g: np.random.Generator, tables: dict[int, Array]
) -> tuple[float, float]:
    """(share of pairs that were decided, mean seeds of each arm)."""
    most = plan.looks[-1]
    a, b = g.normal(gap, 1, (MANY, most)), g.normal(0, ratio, (MANY, most))
    open_, won, runs = np.ones(MANY, bool), np.zeros(MANY, bool), np.zeros(MANY)
    for k, n in enumerate(plan.looks):
        runs[open_] = n
        p = p_of(a[:, :n], b[:, :n], tables)
        won |= open_ & (p <= plan.bound(k))
        open_ &= ~won & (p <= plan.gives_up_above(k))
    return float(won.mean()), float(runs.mean())


def main() -> None:
    g = np.random.default_rng(77)
    tables = {n: exact_rank_p(n) for n in (5, 6, 7, 8, 9, 10, 12)}
    gaps = (1.0, 1.5, 2.0, 3.0, 4.0)
    heads = ["equal, 1 : 1", "1 : 2", "1 : 3", "1 : 5", *(f"{gap:g} sd" for gap in gaps)]
    print("| | " + " | ".join(heads) + " |")
    print("|---|" + "---:|" * len(heads))
    for looks in PLANS:
        plan = design(looks)
        found = [followed(plan, 0, ratio, g, tables) for ratio in (1, 2, 3, 5)]
        found += [followed(plan, gap, 1, g, tables) for gap in gaps]
        name = "looks at " + ", ".join(map(str, looks))
        print(f"| {name}: a winner | " + " | ".join(f"{100 * w:.1f}" for w, _ in found) + " |")
        saved = " | ".join(f"{100 - 10 * r:.0f} %" for _, r in found)
        print(f"| – fewer seeds than ten | {saved} |")


if __name__ == "__main__":
    main()
