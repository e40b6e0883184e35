"""Tails of Student's t and the binomial by the standard library alone.

scipy has them too, and takes a second and 60 MB to start, which an audit of a page should not. The
two agree to 1e-10, relative, which tests/test_distributions.py holds.
"""

from __future__ import annotations

import math

__all__ = ["binomial_log_mass", "binomial_tail", "incomplete_beta", "t_quantile", "t_tail"]

_TINY = 1e-300
_TERMS = 20_000


def incomplete_beta(a: float, b: float, x: float) -> float:
    """Regularised incomplete beta function I_x(a, b) for a, b > 0 and x in [0, 1].

    Source: the continued fraction of DiDonato and Morris 1992 (Numerical Recipes, 6.4), by Lentz's
    method; scipy.special.betainc.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _lower_beta(b, a, 1 - x)
    return _lower_beta(a, b, x)


def _lower_beta(a: float, b: float, x: float) -> float:
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
        + a * math.log(x) + b * math.log1p(-x)
    )  # fmt: skip
    return front * _fraction(a, b, x) / a


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    value = d
    for m in range(1, _TERMS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            c = 1 + term / c
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = c if abs(c) > _TINY else _TINY
            value *= d * c
        if abs(d * c - 1) < 1e-15:
            break
    return value


def t_tail(degrees: float, t: float) -> float:
    """P(T <= -|t|) of Student's t with `degrees` degrees of freedom (not necessarily whole).

    Source: P(|T| >= t) = I_{v/(v + t^2)}(v/2, 1/2); scipy.special.stdtr(degrees, -|t|).
    """
    if math.isnan(degrees) or math.isnan(t):
        return math.nan
    if math.isinf(t):
        return 0.0
    if math.isinf(degrees):
        return 0.5 * math.erfc(abs(t) / math.sqrt(2))
    return 0.5 * incomplete_beta(degrees / 2, 0.5, degrees / (degrees + t * t))


def t_quantile(degrees: float, probability: float) -> float:
    """The t that Student's t stays below with `probability`.

    Found by halving, so to the last digits of a float; scipy.special.stdtrit.
    """
    tail = min(probability, 1 - probability)
    if tail <= 0:
        return math.copysign(math.inf, probability - 0.5)
    high = 1.0
    while t_tail(degrees, high) > tail and high < 1e300:
        high *= 2
    low = 0.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        if t_tail(degrees, middle) > tail:
            low = middle
        else:
            high = middle
    return math.copysign((low + high) / 2, probability - 0.5)


def binomial_log_mass(successes: int, trials: int) -> float:
    """log P(X = successes) of `trials` fair coins."""
    return (
        math.lgamma(trials + 1)
        - math.lgamma(successes + 1)
        - math.lgamma(trials - successes + 1)
        - trials * math.log(2)
    )


def binomial_tail(successes: int, trials: int) -> float:
    """P(X <= successes) of `trials` fair coins; scipy.special.bdtr(successes, trials, 0.5)."""
    if successes >= trials:
        return 1.0
    if successes < 0:
        return 0.0
    return incomplete_beta(trials - successes, successes + 1, 0.5)
