"""How looks, collapses, clusters of images and several data sets keep their promise.

    python benchmarks/calibration/looks.py            prints the section
    python benchmarks/calibration/looks.py --write    writes it, into docs/calibration.md as well

40,000 experiments a figure with two arms, 4,000 with more; the product's own functions. About two
minutes on one core.
"""

# ruff: noqa: E501 — the section's own lines are longer than code
from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from scipy import special, stats
from writing import print_or_write

from bakeoff.statistics import (
    ClusterSums,
    cluster_interval,
    clustered_mcnemar,
    design,
    holm,
    looks_ahead,
    mcnemar_exact,
    over_data_sets,
)
from bakeoff.statistics.joint import _table
from bakeoff.statistics.look_simulation import look_p, paths
from bakeoff.statistics.looks_taken import unplanned_alpha

BEGIN, END = "<!-- looks -->", "<!-- /looks -->"
MANY, FEW = 40_000, 4_000
PLANS = ((3, 5, 7, 10), (3, 5, 6, 7, 8, 9, 12))


def table(heads: Iterable[object], rows: Iterable[tuple[str, Iterable[object]]]) -> str:
    heads = list(heads)
    lines = ["| " + " | ".join(map(str, heads)) + " |", "|---|" + "---:|" * (len(heads) - 1)]
    lines += [f"| {name} | " + " | ".join(map(str, cells)) + " |" for name, cells in rows]
    return "\n".join(lines)


def percent(rate: float) -> str:
    return f"{100 * rate:.1f}"


def named(looks: tuple[int, ...]) -> str:
    return "looks at " + ", ".join(map(str, looks))


def bounds() -> str:
    rows = []
    for looks in PLANS:
        for test, what in (("joint", "Welch or ranks"), ("paired", "declared pairs")):
            plan = design(looks, test=test)  # type: ignore[arg-type]
            needed = ", ".join(f"{plan.bound(k):.2g}" for k in range(len(looks)))
            above = ", ".join(f"{plan.gives_up_above(k):.2g}" for k in range(len(looks) - 1))
            rows.append((f"{named(looks)}: {what}", (needed, above)))
    return table(("", "p needed at each look", "given up above"), rows)


def equal_arms(g: np.random.Generator) -> str:
    rows = []
    for looks in PLANS:
        plan = design(looks)
        cells = [
            percent(looks_ahead(plan, [0, 0], g, spreads=[1, r], experiments=MANY).false)
            for r in (1, 2, 3, 5)
        ]
        several = [looks_ahead(plan, [0] * k, g, experiments=FEW) for k in (3, 6)]
        rows.append((named(looks), (*cells, *(percent(found.false) for found in several))))
    heads = ("equal arms", "2, 1 : 1", "2, 1 : 2", "2, 1 : 3", "2, 1 : 5", "3 arms", "6 arms")
    return table(heads, rows)


def savings(g: np.random.Generator) -> str:
    gaps = (0.0, 1.0, 1.5, 2.0, 3.0, 4.0)
    rows = []
    for looks in PLANS:
        found = [looks_ahead(design(looks), [gap, 0], g, experiments=MANY) for gap in gaps]
        rows.append((f"{named(looks)}: found", ["–", *(percent(f.found) for f in found[1:])]))
        rows.append(("– seeds of each arm", [f"{f.runs / 2:.1f}" for f in found]))
        rows.append(("– fewer than ten", [f"{100 - 10 * f.runs / 2:.0f} %" for f in found]))
    fixed = [paths((10,), "welch", g, experiments=MANY, gap=gap)[:, 0] for gap in gaps]
    cells = ["–", *(percent(float((p < 0.05).mean())) for p in fixed[1:])]
    rows.append(("ten seeds, one look, Welch: found", cells))
    return table(("true difference, sd", *gaps), rows)


def unplanned(g: np.random.Generator) -> str:
    rows = []
    for looks in ((3, 5), (3, 5, 10), tuple(range(3, 16))):
        name = "every seed from 3 to 15" if len(looks) > 3 else ", ".join(map(str, looks))
        for ratio in (1, 3):
            p = paths(looks, "joint", g, experiments=MANY // 2, ratio=ratio)
            needed = np.array([unplanned_alpha(k + 1) for k in range(len(looks))])
            each = [percent(float((p < limit).any(axis=1).mean())) for limit in (0.05, needed)]
            rows.append((f"{name}, spread 1 : {ratio}", each))
    return table(("equal arms, a look at", "5 % each time", "as Bakeoff asks"), rows)


def collapses(g: np.random.Generator) -> str:
    rows = []
    for n in (5, 7, 10):
        table_of_n = _table(n)
        assert table_of_n is not None
        limit = table_of_n.value(0.05)
        false = []
        for ratio in (1, 3, 5):
            p = paths((n,), "joint", g, experiments=MANY, ratio=ratio)[:, 0]
            false.append(percent(float((p <= limit).mean())))
        found = []
        for collapse in (0.0, 0.05):
            a = 2 + g.standard_normal((MANY // 2, n)) - 20 * (g.random((MANY // 2, n)) < collapse)
            b = g.standard_normal((MANY // 2, n)) - 20 * (g.random((MANY // 2, n)) < collapse)
            found.append(percent(float((look_p(a, b, "joint") <= limit).mean())))
            found.append(percent(float((look_p(a, b, "welch") < 0.05).mean())))
        held = []
        for share in (0.05, 0.1, 0.2):
            a = g.standard_normal((MANY // 2, n)) - 20 * (g.random((MANY // 2, n)) < share)
            b = g.standard_normal((MANY // 2, n))
            u, v = a.var(axis=1, ddof=1) / n, b.var(axis=1, ddof=1) / n
            df = (u + v) ** 2 / (u**2 + v**2) * (n - 1)
            off = np.abs(a.mean(axis=1) - b.mean(axis=1) + 20 * share)
            held.append(percent(float((off <= special.stdtrit(df, 0.975) * (u + v) ** 0.5).mean())))
        rows.append((f"{n}", (*false, *found, *held)))
    heads = (
        "seeds each", "equal, 1 : 1", "1 : 3", "1 : 5", "2 sd: joint", "Welch",
        "2 sd, 5 % collapse: joint", "Welch",
        "interval holds the mean, 5 % of one arm's runs collapse", "10 %", "20 %",
    )  # fmt: skip
    return table(heads, rows)


def clusters(g: np.random.Generator) -> str:
    rows = []
    for size in (1, 5, 10, 20):
        plain, by_cluster, held = [], [], []
        for _ in range(2_000):
            count = 2_000 // size
            # In each cluster one model is better, by the luck of what the cluster shows.
            taste = 1.2 * g.standard_normal((count, 1)) if size > 1 else np.zeros((count, 1))
            a = g.random((count, size)) < special.expit(2 + taste)
            b = g.random((count, size)) < special.expit(2 - taste)
            d = a.sum(axis=1).astype(np.int64) - b.sum(axis=1)
            only_a, only_b = int((a & ~b).sum()), int((b & ~a).sum())
            plain.append(mcnemar_exact(only_a, only_b) < 0.05)
            by_cluster.append(clustered_mcnemar(d) < 0.05)
            held.append(cluster_interval(ClusterSums(d, np.full(count, size))).contains(0))
        cells = [percent(float(np.mean(x))) for x in (plain, by_cluster, held)]
        rows.append((f"{size}", cells))
    heads = ("images a cluster, 2,000 in all", "McNemar", "by cluster", "interval by cluster holds")
    return table(heads, rows)


def data_sets(g: np.random.Generator) -> str:
    rows = []
    for sets in (5, 10, 20):
        cells = []
        for gap in (0.0, 0.5):
            d = gap + np.sqrt(2 / 3) * g.standard_normal((FEW, sets))
            cells.append(percent(float(np.mean([over_data_sets(x).p < 0.05 for x in d]))))
        rows.append((f"{sets}", cells))
    return table(("sets, 3 seeds of each arm on each", "equal arms", "a gap of 0.5 sd"), rows)


def pooled(g: np.random.Generator) -> str:
    """Six arms: Tukey's test with one spread, and Welch's corrected by Holm."""
    rows = []
    for n in (3, 5, 10):
        limit = float(stats.studentized_range.ppf(0.95, 6, 6 * (n - 1)))
        cells = []
        for ahead, last in ((0.0, 1.0), (0.0, 3.0), (2.0, 1.0)):
            runs = g.standard_normal((FEW, 6, n)) * np.array([1, 1, 1, 1, 1, last])[None, :, None]
            runs[:, 0] += ahead
            means, variances = runs.mean(axis=2), runs.var(axis=2, ddof=1)
            i, j = np.triu_indices(6, 1)
            gap = np.abs(means[:, i] - means[:, j])
            tukey = gap / np.sqrt(variances.mean(axis=1) / n)[:, None] >= limit
            u, v = variances[:, i] / n, variances[:, j] / n
            p = 2 * special.stdtr((u + v) ** 2 / (u**2 + v**2) * (n - 1), -gap / np.sqrt(u + v))
            welch = np.array([holm(row) for row in p]) < 0.05
            for won in (tukey, welch):
                cells.append(won[:, :5].mean() if ahead else won.any(axis=1).mean())
        rows.append((f"{n}", [percent(float(cell)) for cell in cells]))
    heads = ["seeds each, six arms"]
    for what in ("equal", "equal, one arm varies 3 times as much", "one arm 2 sd ahead: found"):
        heads += [f"{what}: pooled", "Welch, Holm"]
    return table(heads, rows)


def section() -> str:
    g = np.random.default_rng(20261128)
    return f"""{BEGIN}
## Looking more than once

Measured by `python benchmarks/calibration/looks.py`: {MANY:,} experiments a figure with two arms (±0.2 at 5 %), {FEW:,}
with more (±0.7). `seeds: {{at_most: …, until: decided}}` looks at planned numbers of seeds. The boundaries are Wang and
Tsiatis' (Δ = 0.3) for the p of the test that decides, found by simulation ({{experiments}} experiments a spread ratio,
`benchmarks/calibration/boundaries.py`), so that the level is kept up to a spread ratio of 1 : 3, and within a tenth at
1 : 5. Arms are corrected together (Holm over repeated p values).

{bounds()}

How often equal arms have any winner, in percent:

{equal_arms(g)}

How often a true difference is found, and with how many seeds:

{savings(g)}

The interval after a look is a repeated confidence interval: it holds 95 % at all looks together, so it is wider than
one interval would be.

### Looks that nobody planned

`--seeds 5` after a verdict at 3 is a second look. The first one took the whole error rate, so the second needs a p of
0.01, and each later one half of the one before:

{unplanned(g)}

## Seeds that collapse

From five runs on Welch's test *or* ranks decide, calibrated together (a rank p counts twice). A run of 20 sd below the
others makes Welch blind, and hardly moves ranks. The interval of a mean cannot hold 95 % where some runs collapse: few
runs do not show how many. Bakeoff then says so, and says which share n runs cannot exclude (1 − 0.05^(1/n)).

{collapses(g)}

## Test images that belong together

Equal models, told apart at 0.05, in percent (2,000 experiments a figure, ±1.0). With a group for each image the test
and the interval go by cluster:

{clusters(g)}

## One spread for all arms

`test: pooled` (Tukey's test), {FEW:,} experiments a figure (±0.7), in percent: how often equal arms have any winner, and how
often a pair that differs is found:

{pooled(np.random.default_rng(20261131))}

Where one arm varies more than the others the level is lost, which is why it is chosen for arms that vary alike, and why a
verdict says where they do not.

## Several data sets

One answer over all sets: t over the sets' mean differences, from five sets on, in percent:

{data_sets(g)}
{END}""".replace("{experiments}", f"{design(PLANS[0]).simulated:,}")


def main() -> None:
    print_or_write(__doc__, section, "looks")


if __name__ == "__main__":
    main()
