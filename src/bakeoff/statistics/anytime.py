"""An answer that stays valid whenever one looks, and however often: an e-process for seeds."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Interval, Values, check_level, finite, variance

EXPECTED_EFFECT = 1.5
"""Of a difference worth finding, in standard deviations of a pair's difference (about 2 sd of the
seeds). It decides how soon a difference is seen, never how often a false one is."""


@dataclass(frozen=True, slots=True)
class Anytime:
    """What the first n pairs say. evidence: the e-value, how many times over a bet against "no
    difference" has paid; reaches 1/α with a chance of at most α, ever, where there is none.
    p: 1 over the largest e-value so far, always valid. interval: one of a sequence that holds the
    truth at every n at once."""

    n: int
    evidence: float
    p: float
    interval: Interval


def t_evidence(
    differences: Values, level: float = 0.95, effect: float = EXPECTED_EFFECT
) -> list[Anytime]:
    """The always-valid answer after each pair, from the second on.

    differences: (n,), a − b of runs paired in the order of their seeds, whether they were declared
    pairs or not: their mean does not need equal spreads. n >= 2, else TooFewSeeds.

    e_n = (1+ng)^(−1/2)·[(1 + t²/ν) / (1 + t²/(ν(1+ng)))]^((ν+1)/2), ν = n−1: the likelihood of
    the t statistic, averaged over true effects δ/σ ~ N(0, g), over that without a difference. It
    depends on the data through t alone, and is a martingale where there is none, whatever the
    spread. p_n = min(1, 1/max e); the interval is every δ₀ with e_n(δ₀) < 1/(1−level). Source:
    Lai 1976; Gönen et al. 2005, equation 1; Wang & Ramdas 2025 (the t-test e-process).
    """
    check_level(level)
    if not 0 < effect < math.inf:
        raise UsageError(f"an effect of {effect} cannot be expected", "Give one above 0")
    d = finite(differences, 2, "an always-valid answer")
    size, g = float(np.abs(d).max()), effect**2
    most, seen = 1.0, []
    for n in range(2, len(d) + 1):
        mean, spread = float(d[:n].mean()), variance(d[:n], size)
        standard_error = math.sqrt(spread / n)
        log_e = _log_evidence(mean, standard_error, n, g)
        most = max(most, math.exp(min(log_e, 700.0)))
        half = _half_width(n, g, 1 - level) * standard_error
        seen.append(
            Anytime(
                n,
                math.exp(min(log_e, 700.0)),
                min(1.0, 1 / most),
                Interval(mean - half, mean + half),
            )
        )
    return seen


def _log_evidence(mean: float, standard_error: float, n: int, g: float) -> float:
    nu, more = n - 1, 1 + n * g
    if standard_error == 0:
        # No spread: the limit t → ∞, which a copied result would reach too; not taken as proof.
        return 0.0
    t2 = (mean / standard_error) ** 2
    return -math.log(more) / 2 + n / 2 * (math.log1p(t2 / nu) - math.log1p(t2 / (nu * more)))


def _half_width(n: int, g: float, alpha: float) -> float:
    """t at which the evidence is 1/alpha; infinite where n pairs cannot reach it."""
    nu, more = n - 1, 1 + n * g
    ratio = math.exp(2 / n * (math.log(more) / 2 - math.log(alpha)))
    if ratio >= more:
        return math.inf
    return math.sqrt(nu * (ratio - 1) / (1 - ratio / more))


def paired_by_order(a: Values, b: Values) -> NDArray[np.float64]:
    """a − b run by run, in order, as far as both go."""
    x, y = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    n = min(len(x), len(y))
    return np.asarray(x[:n] - y[:n], dtype=np.float64)
