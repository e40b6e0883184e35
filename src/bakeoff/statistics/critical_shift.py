"""How many standard errors apart two arms must be for Welch's test to see it with a given power.

A shift depends on the number of runs, the level, the power, and on one more number: which share of
the variance of the difference is the first arm's (few runs), or the degrees of freedom (many).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray
from scipy import special

from bakeoff.statistics.roots import rising_roots

Array = NDArray[np.float64]

EXACT_BELOW = 10
"""Runs of the smaller arm from which the noncentral t is within 0.01 of the power."""
FEW = 40
"""Pairs of arms up to which the search for each begins by its own quadrature."""
_DEGREE = 64
_WIDEST = 14.0
"""Of ln(share / (1 − share)): variances of 1 to a million."""
_FAR = 8.3
"""Standard errors beyond which a normal tail is below the last digit of 1."""

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
_AT, _WEIGHT = (_NODES + 1) / 2, _NODE_WEIGHTS / 2
_WEIGHTS = np.outer(_WEIGHT, _WEIGHT).ravel()


def power_of_few(shift: Array, share: Array, n_a: int, n_b: int, alpha: float) -> Array:
    """Chance that Welch's two-sided test sees a true difference; shift, share: shape (m,).

    P(|D| > t(1−α/2, f)·√(u+v)) over D ~ N(shift, 1) and the sample variances u, v, by
    Gauss-Legendre quadrature, since Welch's degrees of freedom f depend on them.
    """
    return _seen(shift, _thresholds(share, n_a, n_b, alpha))[0]


def power_of_many(shift: Array, degrees_of_freedom: Array, alpha: float) -> Array:
    """The same by the noncentral t with these degrees of freedom."""
    critical = special.stdtrit(degrees_of_freedom, 1 - alpha / 2)
    # nctdtr is lost far out, where the power is 1.
    shift = np.minimum(shift, critical + 10 * _spread(critical, degrees_of_freedom))
    above = 1 - special.nctdtr(degrees_of_freedom, shift, critical)
    # The far tail adds less than 1e-9 beyond 6, where nctdtr loses its digits; from about 4.6 on
    # it may also be NaN, where the tail is below 1e-15.
    near = np.flatnonzero(shift < 6)
    below = special.nctdtr(degrees_of_freedom[near], shift[near], -critical[near])
    above[near] += np.nan_to_num(below, nan=0.0)
    return np.asarray(above, dtype=np.float64)


def shift_of_few(share: Array, n_a: int, n_b: int, alpha: float, power: float) -> Array:
    """The shift at which `power_of_few` is `power`; 0 where it begins above. Shape (m,)."""
    threshold = _thresholds(share, n_a, n_b, alpha)
    if len(share) <= FEW:
        start = _nearly(threshold, power)
    else:
        with np.errstate(divide="ignore"):
            at = np.log(share) - np.log1p(-share)
        nearly = _nearly_of_few(n_a, n_b, alpha, power)
        start = np.exp(nearly(np.clip(at, -_WIDEST, _WIDEST)))
    high = threshold.max(axis=1) + abs(float(special.ndtri(power))) + 1

    def above(shift: Array) -> tuple[Array, Array]:
        seen, slope = _seen(shift, threshold)
        return seen - power, slope

    found = rising_roots(above, np.zeros(len(share)), high, start)
    # Where it begins above, halving ends next to 0.
    return np.where(found < 1e-9, 0.0, found)


def shift_of_many(degrees_of_freedom: Array, alpha: float, power: float) -> Array:
    """The shift at which `power_of_many` is `power`; 0 where it begins above. Shape (m,)."""
    critical = special.stdtrit(degrees_of_freedom, 1 - alpha / 2)
    spread = _spread(critical, degrees_of_freedom)
    start = np.maximum(0.0, critical + float(special.ndtri(power)) * spread)

    def above(shift: Array) -> tuple[Array, Array]:
        at = (shift - critical) / spread
        slope = np.exp(-(at**2) / 2) / (math.sqrt(2 * math.pi) * spread)
        return power_of_many(shift, degrees_of_freedom, alpha) - power, slope

    zero = np.zeros(len(critical))
    high = critical + (abs(float(special.ndtri(power))) + 3) * spread
    found = rising_roots(above, zero, high, np.minimum(start, high))
    return np.where(found < 1e-9, 0.0, found)


def nearly_of_many(degrees_of_freedom: Array, alpha: float, power: float) -> Array:
    """`shift_of_many`, to a few digits; of fewer than 4 degrees of freedom that of 4."""
    inverse = 1 / np.maximum(degrees_of_freedom, 4.0)
    return np.asarray(np.exp(_curve_of_many(alpha, power)(inverse)), dtype=np.float64)


@lru_cache(maxsize=64)
def _curve_of_many(alpha: float, power: float) -> Chebyshev:
    """ln shift, nearly, as a polynomial in one over the degrees of freedom."""
    return Chebyshev.interpolate(
        lambda inverse: np.log(
            np.maximum(shift_of_many(1 / np.maximum(inverse, 1e-6), alpha, power), 1e-9)
        ),
        _DEGREE // 2,
        domain=[0.0, 1 / 4],
    )


@lru_cache(maxsize=64)
def _nearly_of_few(n_a: int, n_b: int, alpha: float, power: float) -> Chebyshev:
    """ln shift, nearly, as a polynomial in ln(share / (1 − share))."""

    def nearly(at: Array) -> Array:
        share = special.expit(at)
        each = [
            shift_of_few(share[begin : begin + FEW], n_a, n_b, alpha, power)
            for begin in range(0, len(share), FEW)
        ]
        return np.log(np.maximum(np.concatenate(each), 1e-9))

    return Chebyshev.interpolate(nearly, _DEGREE, domain=[-_WIDEST, _WIDEST])


def _nearly(threshold: Array, power: float) -> Array:
    """The threshold that is passed with this chance."""
    order = threshold.argsort(axis=1)
    at = np.argmax(_WEIGHTS[order].cumsum(axis=1) >= power, axis=1)
    in_order = np.take_along_axis(threshold, order, axis=1)
    return np.asarray(in_order[np.arange(len(threshold)), at], dtype=np.float64)


def _spread(critical: NDArray[Any], degrees_of_freedom: Array) -> Array:
    """Of the shift's normal approximation around the critical t (Johnson & Welch 1940)."""
    return np.asarray(np.sqrt(1 + critical**2 / (2 * degrees_of_freedom)), dtype=np.float64)


def _thresholds(share: Array, n_a: int, n_b: int, alpha: float) -> Array:
    """How many standard errors a difference must reach at each pair of sample variances; shape
    (m, 256), with the chances `_WEIGHTS`."""
    u = share[:, None, None] * _variances(n_a)[:, None]
    v = (1 - share)[:, None, None] * _variances(n_b)[None, :]
    of_a = u / (u + v)
    inverse_freedoms = of_a**2 / (n_a - 1) + (1 - of_a) ** 2 / (n_b - 1)
    log_quantile = _log_quantile(alpha, 1 / (n_a + n_b - 2), 1 / (min(n_a, n_b) - 1))
    threshold = np.exp(log_quantile(inverse_freedoms)) * np.sqrt(u + v)
    return np.asarray(threshold, dtype=np.float64).reshape(len(share), -1)


def _seen(shift: Array, threshold: Array) -> tuple[Array, Array]:
    """(power, its slope) at each shift; shapes (m,), (m, 256) to (m,)."""
    up = shift[:, None] - threshold
    seen, slope = special.ndtr(up), np.exp(-(up**2) / 2)
    near = np.flatnonzero(shift + threshold.min(axis=1) < _FAR)
    if len(near):
        down = -shift[near, None] - threshold[near]
        seen[near] += special.ndtr(down)
        slope[near] -= np.exp(-(down**2) / 2)
    return seen @ _WEIGHTS, slope @ _WEIGHTS / math.sqrt(2 * math.pi)


@lru_cache
def _variances(n: int) -> Array:
    """Sample variances of n runs, as multiples of the true one, at the quadrature's nodes."""
    return np.asarray(special.chdtri(n - 1, 1 - _AT) / (n - 1), dtype=np.float64)


@lru_cache
def _log_quantile(alpha: float, low: float, high: float) -> Callable[[Array], Array]:
    """ln t(1−α/2, f) as a polynomial in 1/f on [low, high]: as exact as scipy.special.stdtrit to a
    few parts in 1e13, and the same for every pair of arms with as many runs."""
    exact = Chebyshev.interpolate(
        lambda inverse: np.log(special.stdtrit(1 / inverse, 1 - alpha / 2)), 32, domain=[low, high]
    )
    return exact.trim(1e-14 * float(np.abs(exact.coef).max()))
