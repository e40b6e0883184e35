"""What people do to a comparison: tune by one search, leave the worst run out, keep the best.

    python benchmarks/calibration/people.py            prints the section
    python benchmarks/calibration/people.py --write    writes it into docs/calibration.md

20,000 experiments a figure, Welch's test at 5 % as the product makes it. Ten seconds on one core.
"""

# ruff: noqa: E501 — the section's own lines are longer than code
from __future__ import annotations

import numpy as np
from looks import percent, table
from numpy.typing import NDArray
from scipy import stats
from writing import print_or_write

from bakeoff.statistics.look_simulation import look_p

BEGIN, END = "<!-- people -->", "<!-- /people -->"
MANY = 20_000
TRIALS = 8
OPTIMA = (("flat, 1 sd lost at the ends of the range", 1.0), ("steep, 8 sd lost", 8.0))

Array = NDArray[np.float64]


def chosen(g: np.random.Generator, best: Array, points: Array, steep: float, noise: float) -> Array:
    """What the setting that a search finds loses to the best one, in sd over seeds.

    best: (N, 1) where in the range, 0 to 1, the optimum is; points: (N, TRIALS) that are tried; a
    trial's result has the luck of one run and of `noise` sd of held-out images.
    """
    loss = 4 * steep * (points - best) ** 2
    luck = np.hypot(1.0, noise) * g.standard_normal(points.shape)
    at = np.argmax(luck - loss, axis=1)
    return np.take_along_axis(loss, at[:, None], axis=1)[:, 0]


def tuned(g: np.random.Generator, steep: float, noise: float, n: int) -> tuple[float, float, float]:
    """Two equally good recipes whose optima lie apart: how often one is called better, where the
    verdict is of the recipes after one search each, of the settings found, and of the recipes after
    a search for each seed."""
    optimum = [0.25 + 0.5 * g.random((MANY, 1)) for _ in "ab"]
    points = g.random((MANY, TRIALS))  # the same for both arms, as the product draws them
    lost = [chosen(g, best, points, steep, noise) for best in optimum]
    a, b = (g.standard_normal((MANY, n)) for _ in "ab")
    once = look_p(a - lost[0][:, None], b - lost[1][:, None], "welch")
    # Of the settings found, the true difference is theirs: taken off, there is none left.
    settings = look_p(a, b, "welch")
    for arm, best in ((a, optimum[0]), (b, optimum[1])):
        for seed in range(n):
            arm[:, seed] -= chosen(g, best, g.random((MANY, TRIALS)), steep, noise)
    each = look_p(a, b, "welch")
    return tuple(float((p < 0.05).mean()) for p in (once, settings, each))  # type: ignore[return-value]


def tuning(g: np.random.Generator) -> str:
    rows = []
    for name, steep in OPTIMA:
        for noise in (0.5, 1.0):
            found = [tuned(g, steep, noise, n) for n in (3, 5, 10)]
            for what, at in (("one search, of the recipes", 0), ("one search, of the settings", 1),
                             ("a search for each seed, of the recipes", 2)):  # fmt: skip
                rows.append(
                    (
                        f"{name}; held-out noise {noise:g} sd: {what}",
                        [percent(f[at]) for f in found],
                    )
                )
    return table(("equal recipes, 8 trials a search", "3 seeds", "5", "10"), rows)


def wins(a: Array, b: Array) -> NDArray[np.bool_]:
    """Whether Welch's test calls one arm better; the numbers of runs may differ."""
    return np.asarray(stats.ttest_ind(a, b, axis=1, equal_var=False).pvalue < 0.05)


def left_out(g: np.random.Generator) -> str:
    rows = []
    for n in (5, 10):
        a, b = (np.sort(g.standard_normal((MANY, n)), axis=1) for _ in "ab")
        honest = wins(a, b)
        cells = [honest, honest | wins(a[:, 1:], b) | wins(a, b[:, 1:])]
        cells += [wins(a[:, -keep:], b) for keep in (3, 5) if keep < n]
        rows.append(
            (f"{n}", [percent(float(cell.mean())) for cell in cells] + ["–"] * (4 - len(cells)))
        )
    heads = (
        "seeds each",
        "all runs",
        "either arm's worst left out where that wins",
        "best 3 of one arm kept",
        "best 5",
    )
    return table(heads, rows)


def section() -> str:
    g = np.random.default_rng(20261129)
    return f"""{BEGIN}
## Tuning by one search

Measured by `python benchmarks/calibration/people.py`, {MANY:,} experiments a figure (±0.3 at 5 %). Two recipes are equally
good at their best settings, which lie at different places of the range; each is tuned by 8 random trials, then run. How
often one is called better, in percent, by Welch's test:

{tuning(g)}

One search's luck is in no run that follows it, so more seeds only make it more certain. The verdict of tuned arms
therefore speaks of *these tuned settings*, and for them it holds. A search for each seed (`tune: {{searches: per-seed}}`) makes
its luck part of the spread, at as many times the trials; then the verdict speaks of the recipes.

## Runs left out

How often equal arms have a winner, in percent, where somebody leaves runs out of a table. No test can see that, so gaps and
unequal numbers of seeds are named in the verdict:

{left_out(g)}
{END}"""


def main() -> None:
    print_or_write(__doc__, section, "people")


if __name__ == "__main__":
    main()
