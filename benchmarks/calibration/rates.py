"""How often the product's own functions keep their promise in worlds whose truth is known.

Each function here returns a rate between 0 and 1 over `repetitions` simulated experiments; none
contains a statistical formula of its own. Seeds over a normal spread of 1 point unless said.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
from planted import World

import bakeoff
from bakeoff.statistics import (
    mcnemar_exact,
    mean_interval,
    p_superiority_interval,
    paired_bootstrap_interval,
    paired_t,
    permutation_p,
    prediction_interval,
    seeds_and_images,
    tost,
    welch,
    welch_interval,
    wilson_interval,
)

Generator = np.random.Generator
RATIO = 3.0


def share(trial: Callable[[], bool], repetitions: int) -> float:
    return sum(trial() for _ in range(repetitions)) / repetitions


def mean_over_seeds(n: int, repetitions: int, g: Generator) -> float:
    """Coverage of the t interval for one arm's mean."""
    return share(lambda: mean_interval(g.standard_normal(n)).contains(0), repetitions)


def welch_seeds(n_a: int, n_b: int, ratio: float, repetitions: int, g: Generator) -> float:
    """Coverage of Welch's interval; the spread of B is `ratio` times that of A."""

    def trial() -> bool:
        a, b = 1 + g.standard_normal(n_a), ratio * g.standard_normal(n_b)
        return welch_interval(a, b).contains(1)

    return share(trial, repetitions)


def welch_on_images(n: int, images: int, repetitions: int, g: Generator) -> float:
    """Coverage of Welch's interval for accuracies k/N on one fixed set of test images."""
    world = World(skill=(2.5, 2.7))

    def trial() -> bool:
        for_a, for_b = world.images(images, g)
        truth = world.accuracy_here(for_a, 0) - world.accuracy_here(for_b, 1)
        a = world.runs(for_a, 0, n, g).mean(axis=1)
        b = world.runs(for_b, 1, n, g).mean(axis=1)
        return welch_interval(a, b).contains(truth)

    return share(trial, repetitions)


def seeds_by_images(n: int, images: int, repetitions: int, g: Generator) -> float:
    """Coverage of the interval for new seeds and new test images."""
    world = World(skill=(2.5, 2.7))
    truth = world.accuracy(0) - world.accuracy(1)

    def trial() -> bool:
        for_a, for_b = world.images(images, g)
        a, b = world.runs(for_a, 0, n, g), world.runs(for_b, 1, n, g)
        return seeds_and_images(a, b).interval.contains(truth)

    return share(trial, repetitions)


def welch_for_new_images(n: int, images: int, repetitions: int, g: Generator) -> float:
    """What goes wrong when Welch's interval is taken to speak of new test images."""
    world = World(skill=(2.5, 2.7))
    truth = world.accuracy(0) - world.accuracy(1)

    def trial() -> bool:
        for_a, for_b = world.images(images, g)
        a = world.runs(for_a, 0, n, g).mean(axis=1)
        b = world.runs(for_b, 1, n, g).mean(axis=1)
        return welch_interval(a, b).contains(truth)

    return share(trial, repetitions)


def paired_seeds(n: int, repetitions: int, g: Generator) -> float:
    """Coverage of the paired t interval; pairs correlate 0.5."""

    def trial() -> bool:
        common = g.standard_normal(n)
        a, b = 1 + common + g.standard_normal(n), common + g.standard_normal(n)
        return paired_t(a, b).interval.contains(1)

    return share(trial, repetitions)


def published_figure(n: int, repetitions: int, g: Generator) -> float:
    """How often one run by somebody else, printed to 0.1 point, is found to agree."""

    def trial() -> bool:
        ours = 80 + 0.1 * g.standard_normal(n)
        printed = round(80 + 0.1 * float(g.standard_normal()), 1)
        return prediction_interval(ours, rounding=0.05).contains(printed)

    return share(trial, repetitions)


def superiority(n: int, gap: float, ratio: float, repetitions: int, g: Generator) -> float:
    """Coverage of the interval for P(A > B), A ahead by `gap` standard deviations of A."""
    from scipy import special

    truth = float(special.ndtr(gap / np.sqrt(1 + ratio**2)))

    def trial() -> bool:
        a, b = gap + g.standard_normal(n), ratio * g.standard_normal(n)
        return p_superiority_interval(a, b).contains(truth)

    return share(trial, repetitions)


def bootstrap_over_seeds(n: int, repetitions: int, g: Generator) -> float:
    """Coverage of a percentile bootstrap over seeds, which Bakeoff does not offer."""

    def trial() -> bool:
        a, b = 1 + g.standard_normal(n), g.standard_normal(n)
        means = a[g.integers(n, size=(1000, n))].mean(1) - b[g.integers(n, size=(1000, n))].mean(1)
        low, high = np.quantile(means, [0.025, 0.975])
        return bool(low <= 1 <= high)

    return share(trial, repetitions)


def wilson(images: int, accuracy: float, repetitions: int, g: Generator) -> float:
    """Coverage of Wilson's interval for one model."""
    counts = g.binomial(images, accuracy, size=repetitions)
    return float(np.mean([wilson_interval(int(k), images).contains(accuracy) for k in counts]))


def bootstrap_over_images(discordant: float, lean: float, repetitions: int, g: Generator) -> float:
    """Coverage, where an interval is given, of the bootstrap for two models.

    discordant: expected number of images that one of the two gets right alone, of 10,000; a share
    `lean` of them is A's.
    """
    images, covered, given = 10_000, 0, 0
    for _ in range(repetitions):
        b, c = int(g.poisson(lean * discordant)), int(g.poisson((1 - lean) * discordant))
        try:
            interval = paired_bootstrap_interval(b, c, images)
        except bakeoff.BakeoffError:
            continue
        given += 1
        covered += interval.contains((2 * lean - 1) * discordant / images)
    return covered / given


def bootstrap_without_limit(
    discordant: float, lean: float, repetitions: int, g: Generator
) -> float:
    """Coverage of the same bootstrap given however few images differ, which is not offered."""
    images, covered = 10_000, 0
    for _ in range(repetitions):
        b, c = int(g.poisson(lean * discordant)), int(g.poisson((1 - lean) * discordant))
        counts = g.multinomial(images, [b / images, c / images, 1 - (b + c) / images], size=2000)
        low, high = np.quantile(counts[:, 0] - counts[:, 1], [0.025, 0.975])
        covered += bool(low <= (2 * lean - 1) * discordant <= high)
    return covered / repetitions


def mcnemar_false(discordant: int, repetitions: int, g: Generator) -> float:
    """How often two models that err equally often are told apart."""
    counts = g.binomial(discordant, 0.5, size=repetitions)
    return float(np.mean([mcnemar_exact(int(b), discordant - int(b)) < 0.05 for b in counts]))


def permutation_false(n: int, repetitions: int, g: Generator) -> float:
    """How often the exact permutation test rejects when arms are equal."""
    return share(
        lambda: permutation_p(g.standard_normal(n), g.standard_normal(n)) < 0.05, repetitions
    )


def tost_false(n: int, repetitions: int, g: Generator) -> float:
    """How often arms that differ by just the margin are called the same."""
    margin = 2.0
    return share(
        lambda: tost(welch(margin + g.standard_normal(n), g.standard_normal(n)), margin) < 0.05,
        repetitions,
    )


def false_winner(arms: int, n: int, repetitions: int, g: Generator, failing: float = 0.0) -> float:
    """How often `bakeoff.compare` names any winner among equal arms, in percent of comparisons.

    failing: chance that a run fails, the same for all arms.
    """

    def trial() -> bool:
        found = bakeoff.compare(table(np.zeros(arms), n, g, failing))
        return any(row.verdict in ("better", "worse") for row in found.comparisons)

    return share(trial, repetitions)


def found(gap: float, arms: int, n: int, repetitions: int, g: Generator) -> float:
    """How often `bakeoff.compare` says that the first arm, `gap` sd ahead of all, beats the
    second."""
    means = np.zeros(arms)
    means[0] = gap

    def trial() -> bool:
        return bakeoff.compare(table(means, n, g)).pairs()[0].verdict == "better"

    return share(trial, repetitions)


def table(
    means: np.ndarray, n: int, g: Generator, failing: float = 0.0, sd: float = 0.1
) -> pd.DataFrame:
    """A data frame as a user would give it; a failed run has no accuracy."""
    arms = len(means)
    accuracy = 95 + sd * (np.repeat(means, n) + g.standard_normal(arms * n))
    accuracy[g.random(arms * n) < failing] = np.nan
    return pd.DataFrame(
        {
            "arm": np.repeat([f"arm-{i}" for i in range(arms)], n),
            "seed": np.tile(np.arange(n), arms),
            "accuracy": accuracy,
        }
    )


def two_basins(n: int, repetitions: int, g: Generator, apart: float = 20.0) -> float:
    """How often `bakeoff.compare` names a winner among two equal arms whose runs end in either of
    two basins, each as often, `apart` standard deviations from each other."""

    def trial() -> bool:
        frame = table(np.zeros(2), n, g)
        frame["accuracy"] -= 0.1 * apart * (g.random(2 * n) < 0.5)
        return bakeoff.compare(frame).comparisons[0].verdict in ("better", "worse")

    return share(trial, repetitions)


def collapsing(
    n: int, chance: float, repetitions: int, g: Generator, depth: float = 100.0
) -> float:
    """Coverage of the t interval for the mean of an arm whose runs collapse with this chance, by
    `depth` standard deviations, and end as results (not as failures)."""

    def trial() -> bool:
        runs = g.standard_normal(n) - depth * (g.random(n) < chance)
        return mean_interval(runs).contains(-depth * chance)

    return share(trial, repetitions)
