"""What a plan of looks will cost and find: simulated before anything runs."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.statistics.look_simulation import Array, look_p
from bakeoff.statistics.sequential import Design


@dataclass(frozen=True, slots=True)
class Ahead:
    """runs: expected runs of all arms together. worst: the most there can be. found: share of true
    differences that are found, NaN where there is none. false: chance of any false winner."""

    runs: float
    worst: int
    found: float
    false: float


def looks_ahead(
    plan: Design,
    means: Sequence[float],
    generator: np.random.Generator,
    *,
    spreads: Sequence[float] | None = None,
    collapse: float = 0.0,
    race: bool = False,
    experiments: int = 2_000,
    alpha: float = 0.05,
) -> Ahead:
    """What happens to arms with these true means, in standard deviations over seeds.

    All pairs are tested at every look, corrected together (Holm over repeated p values: Maurer &
    Bretz 2013). An arm gets no more runs once all its pairs are settled, which is to say decided
    or given up; with `race`, as soon as it is beaten. collapse: chance that a run ends 20 lower.
    """
    spreads = spreads or [1.0] * len(means)
    size = (experiments, plan.looks[-1])
    arms = [m + s * generator.standard_normal(size) for m, s in zip(means, spreads, strict=True)]
    if collapse:
        arms = [arm - 20 * (generator.random(size) < collapse) for arm in arms]
    pairs = list(itertools.combinations(range(len(means)), 2))
    p_all = np.ones((experiments, len(pairs)))
    given_up = np.zeros(p_all.shape, dtype=bool)
    rejected = np.zeros(p_all.shape, dtype=bool)
    runs = np.zeros((experiments, len(means)))
    running = np.ones(runs.shape, dtype=bool)
    for k, n in enumerate(plan.looks):
        runs[running] = n
        both_there = np.stack([running[:, i] & running[:, j] for i, j in pairs], axis=1)
        for at, (i, j) in enumerate(pairs):
            p = look_p(arms[i][:, :n], arms[j][:, :n], plan.test)
            counts = both_there[:, at] & ~given_up[:, at]
            p_all[counts, at] = np.minimum(p_all[counts, at], plan.repeated_p(p[counts], k))
            given_up[:, at] |= counts & (p > plan.gives_up_above(k))
        rejected = _holm(p_all) <= alpha
        settled = rejected | given_up
        for arm in range(len(means)):
            its = [at for at, pair in enumerate(pairs) if arm in pair]
            running[:, arm] &= ~settled[:, its].all(axis=1)
        if race:
            for at, (i, j) in enumerate(pairs):
                higher = arms[i][:, :n].mean(axis=1) > arms[j][:, :n].mean(axis=1)
                running[:, j] &= ~(rejected[:, at] & higher)
                running[:, i] &= ~(rejected[:, at] & ~higher)
    true = np.array([means[i] != means[j] for i, j in pairs])
    return Ahead(
        float(runs.sum(axis=1).mean()),
        plan.looks[-1] * len(means),
        float(rejected[:, true].mean()) if true.any() else float("nan"),
        float(rejected[:, ~true].any(axis=1).mean()) if (~true).any() else 0.0,
    )


def _holm(p: Array) -> NDArray[np.float64]:
    """Holm's adjusted p by row, shape (m, pairs); as `multiplicity.holm`, many rows at once."""
    order = np.argsort(p, axis=1, kind="stable")
    steps = np.take_along_axis(p, order, axis=1) * (p.shape[1] - np.arange(p.shape[1]))
    adjusted = np.empty_like(p)
    np.put_along_axis(adjusted, order, np.maximum.accumulate(steps, axis=1), axis=1)
    return np.minimum(1.0, adjusted)
