"""Runs that collapse: how many of them a handful of good runs cannot rule out."""

from __future__ import annotations

from scipy import special

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import check_level

CHANCE_P = 0.001


def share_not_excluded(runs: int, level: float = 0.95) -> float:
    """The share of collapsing runs, 0 to 1, that `runs` runs without a collapse cannot exclude.

    1 − (1−level)^(1/n): the largest share with which n runs all go well with a chance of 1−level
    (the rule of three, exactly). Source: Hanley & Lippman-Hand 1983; the upper end of a one-sided
    Clopper-Pearson interval at zero events.
    """
    check_level(level)
    if runs < 1:
        raise UsageError(f"{runs} runs exclude nothing", "Give the number of runs, 1 or more")
    return float(1 - (1 - level) ** (1 / runs))


def at_chance(correct: int, images: int, classes: int) -> bool:
    """Whether a run's answers are no better than guesses among equally frequent classes."""
    if classes < 2:
        raise UsageError(f"{classes} class leaves nothing to guess", "Give two classes or more")
    return no_better_than(correct, images, 1 / classes)


def no_better_than(correct: int, images: int, share: float) -> bool:
    """Whether a run's answers are no better than ones of which `share`, 0 to 1, are right by chance
    (that of the commonest class, which a constant answer reaches).

    The exact one-sided binomial p of "each is right with `share`" is above 0.001.
    """
    if not 0 <= correct <= images or images < 1 or not 0 < share <= 1:
        raise UsageError(
            f"{correct} correct of {images} images, {share:g} of them by chance, cannot be",
            "Give counts of at least one image, and a share above 0",
        )
    better = special.bdtrc(correct - 1, images, share) if correct else 1.0
    return bool(better > CHANCE_P)
