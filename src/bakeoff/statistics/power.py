"""What an experiment can see before it is run."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from numpy.polynomial import Chebyshev
from numpy.typing import NDArray
from scipy import optimize, special

from bakeoff.errors import UsageError
from bakeoff.statistics.means import check_welch_sizes, welch_degrees_of_freedom

MOST_SEEDS = 10_000
EXACT_BELOW = 10

_NODES, _NODE_WEIGHTS = np.polynomial.legendre.leggauss(16)
_AT, _WEIGHT = (_NODES + 1) / 2, _NODE_WEIGHTS / 2
_WEIGHTS = np.outer(_WEIGHT, _WEIGHT)


def welch_power(
    delta: float, sd_a: float, n_a: int, sd_b: float, n_b: int, alpha: float = 0.05
) -> float:
    """Chance that Welch's two-sided test at `alpha` sees a true difference `delta`, 0 to 1.

    delta, sd_a, sd_b: same unit, sd the true spread over seeds; sizes as in `check_welch_sizes`.

    Below 10 runs in the smaller arm: P(|D| > t(1−α/2, f)·√(u+v)) over D ~ N(δ, σ_a²/n_a + σ_b²/n_b)
    and the sample variances u·n_a, v·n_b ~ σ²χ²/(n−1), by Gauss-Legendre quadrature, since Welch's
    degrees of freedom f depend on them. From 10 runs on: noncentral t with f at the true spreads,
    which is within 0.01 there; at 2 runs it would promise 39 % where 20 % is true.
    Source: Welch 1947 (the test); Cohen 1988, section 2 (the approximation).
    """
    _check(delta, sd_a, sd_b, alpha)
    check_welch_sizes(n_a, n_b)
    standard_error = math.sqrt(sd_a**2 / n_a + sd_b**2 / n_b)
    return _power_curve(sd_a, n_a, sd_b, n_b, alpha)(abs(delta) / standard_error)


def detectable_difference(
    sd_a: float, n_a: int, sd_b: float, n_b: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest true difference that Welch's test sees with the given power, same unit as sd.

    The root of `welch_power` in delta (scipy.optimize.brentq), to 1e-6 standard errors. 0 where
    nothing varies, and where the test says "different" as often as that without a difference.
    """
    check_welch_sizes(n_a, n_b)
    standard_error = math.sqrt(sd_a**2 / n_a + sd_b**2 / n_b)
    if standard_error == 0:
        return 0.0
    _check(1.0, sd_a, sd_b, alpha, power)
    if min(n_a, n_b) < EXACT_BELOW:
        threshold = _thresholds(sd_a, n_a, sd_b, n_b, alpha)
        order = threshold.argsort(axis=None)
        nearly = int(np.searchsorted(_WEIGHTS.ravel()[order].cumsum(), power))
        guess = float(threshold.ravel()[order][min(nearly, len(order) - 1)])
        curve = _above(threshold)
    else:
        guess = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
        curve = _noncentral(sd_a, n_a, sd_b, n_b, alpha)
    return _where(curve, power, guess) * standard_error


def seeds_needed(
    delta: float, sd_a: float, sd_b: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Seeds of *each* arm for which Welch's test sees a true difference `delta`; at least 2.

    Raises UsageError where more than 10,000 would be needed.
    """
    _check(delta, sd_a, sd_b, alpha, power)

    def shift(n: int) -> float:
        return abs(delta) / math.sqrt((sd_a**2 + sd_b**2) / n)

    def roughly_enough(n: int) -> bool:
        return _noncentral(sd_a, n, sd_b, n, alpha)(shift(n)) >= power

    # A known spread needs (z_alpha + z_power)²·(σ_a² + σ_b²)/δ² seeds; its estimation about
    # z_alpha²/4 more (Guenther 1981).
    z_alpha, z_power = float(special.ndtri(1 - alpha / 2)), float(special.ndtri(power))
    guess = ((z_alpha + z_power) / shift(1)) ** 2 + z_alpha**2 / 4
    needed = _least(roughly_enough, guess)
    if needed is None:
        raise UsageError(
            f"a difference of {delta:g} would need more than {MOST_SEEDS:,} seeds of each arm",
            "Ask for a larger difference",
        )
    # The approximation is optimistic where runs are few, so the exact power may ask for more.
    while (
        needed < EXACT_BELOW
        and _power_curve(sd_a, needed, sd_b, needed, alpha)(shift(needed)) < power
    ):
        needed += 1
    return needed


def pairs_needed(
    delta: float, sd_of_differences: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Pairs of runs for which the paired t test sees a true mean difference `delta`; at least 2.

    sd_of_differences: of a − b over pairs, same unit as delta. The least n at which the noncentral
    t with n − 1 degrees of freedom, shifted by δ·√n/s, has the power. Source: Cohen 1988, section
    2.5; the same numbers as statsmodels TTestPower. Raises UsageError beyond 10,000 pairs.
    """
    _check(delta, sd_of_differences, 0.0, alpha, power)
    shift = abs(delta) / sd_of_differences

    def enough(n: int) -> bool:
        return _shifted_t(n - 1, alpha)(shift * math.sqrt(n)) >= power

    z = float(special.ndtri(1 - alpha / 2) + special.ndtri(power))
    needed = _least(enough, (z / shift) ** 2 + 2)
    if needed is None:
        raise UsageError(
            f"a difference of {delta:g} would need more than {MOST_SEEDS:,} pairs",
            "Ask for a larger difference",
        )
    return needed


def images_needed(
    delta: float, disagreement: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Test images for which two *models* that differ by `delta` are told apart by McNemar's test.

    n = (z(1−α/2)·√ψ + z(power)·√(ψ − δ²))² / δ², ψ the share of images that exactly one of the
    two gets right. delta, disagreement: shares, 0 < delta <= disagreement <= 1.
    Source: Connor 1987, Biometrics 43:207.
    """
    if not 0 < delta <= disagreement <= 1:
        raise UsageError(
            f"models that disagree on a share of {disagreement:g} cannot differ by {delta:g}",
            "Give shares of the test images, the difference being the smaller one",
        )
    _check(delta, 1.0, 1.0, alpha, power)
    z_alpha, z_power = float(special.ndtri(1 - alpha / 2)), float(special.ndtri(power))
    root = z_alpha * math.sqrt(disagreement) + z_power * math.sqrt(disagreement - delta**2)
    return math.ceil((root / delta) ** 2)


def _where(curve: Callable[[float], float], power: float, guess: float) -> float:
    """The shift at which the curve reaches `power`, to 1e-6; 0 where it begins above."""
    low, high, step = max(0.0, guess - 0.5), guess + 1.0, 2.0
    while low > 0 and curve(low) >= power:
        low, high, step = max(0.0, low - step), low, 2 * step
    if low == 0 and curve(0.0) >= power:
        return 0.0
    while curve(high) < power:
        low, high, step = high, high + step, 2 * step
    return float(optimize.brentq(lambda shift: curve(shift) - power, low, high, xtol=1e-6))


def _least(enough: Callable[[int], bool], guess: float) -> int | None:
    """The least n from 2 to 10,000 that is enough, as are all above it; sought outwards from a
    guess. None where even 10,000 are not."""
    first = min(max(2, math.ceil(min(guess, MOST_SEEDS))), MOST_SEEDS)
    below, above, step = first - 1, first, 1
    while not enough(above):
        if above == MOST_SEEDS:
            return None
        below, above, step = above, min(MOST_SEEDS, above + step), 2 * step
    while above <= first and below >= 2 and enough(below):
        below, above, step = max(1, below - step), below, 2 * step
    while above - below > 1:
        middle = (below + above) // 2
        below, above = (below, middle) if enough(middle) else (middle, above)
    return above


def _power_curve(
    sd_a: float, n_a: int, sd_b: float, n_b: int, alpha: float
) -> Callable[[float], float]:
    """Power as a function of delta in standard errors of the difference."""
    if min(n_a, n_b) < EXACT_BELOW:
        return _above(_thresholds(sd_a, n_a, sd_b, n_b, alpha))
    return _noncentral(sd_a, n_a, sd_b, n_b, alpha)


def _thresholds(sd_a: float, n_a: int, sd_b: float, n_b: int, alpha: float) -> NDArray[np.float64]:
    """How many standard errors a difference must reach at each pair of sample variances; shape
    (16, 16), with the chances `_WEIGHTS`."""
    a, b = sd_a**2 / n_a, sd_b**2 / n_b
    u, v = a * _variances(n_a)[:, None], b * _variances(n_b)[None, :]
    share = u / (u + v)
    inverse_freedoms = share**2 / (n_a - 1) + (1 - share) ** 2 / (n_b - 1)
    log_quantile = _log_quantile(alpha, 1 / (n_a + n_b - 2), 1 / (min(n_a, n_b) - 1))
    threshold = np.exp(log_quantile(inverse_freedoms)) * np.sqrt((u + v) / (a + b))
    return np.asarray(threshold, dtype=np.float64)


def _above(threshold: NDArray[np.float64]) -> Callable[[float], float]:
    def curve(shift: float) -> float:
        seen = special.ndtr(shift - threshold) + special.ndtr(-shift - threshold)
        return float(_WEIGHT @ seen @ _WEIGHT)

    return curve


@lru_cache
def _variances(n: int) -> NDArray[np.float64]:
    """Sample variances of n runs, as multiples of the true one, at the quadrature's nodes."""
    return np.asarray(special.chdtri(n - 1, 1 - _AT) / (n - 1), dtype=np.float64)


@lru_cache
def _log_quantile(alpha: float, low: float, high: float) -> Chebyshev:
    """ln t(1−α/2, f) as a polynomial in 1/f on [low, high]: as exact as scipy.special.stdtrit to a
    few parts in 1e13, and the same for every pair of arms with as many runs."""
    exact = Chebyshev.interpolate(
        lambda inverse: np.log(special.stdtrit(1 / inverse, 1 - alpha / 2)), 32, domain=[low, high]
    )
    return exact.trim(1e-14 * float(np.abs(exact.coef).max()))


def _noncentral(
    sd_a: float, n_a: int, sd_b: float, n_b: int, alpha: float
) -> Callable[[float], float]:
    return _shifted_t(welch_degrees_of_freedom(sd_a**2, n_a, sd_b**2, n_b), alpha)


def _shifted_t(df: float, alpha: float) -> Callable[[float], float]:
    critical = float(special.stdtrit(df, 1 - alpha / 2))

    def curve(shift: float) -> float:
        above = 1 - special.nctdtr(df, shift, critical)
        # The far tail adds less than 1e-9 beyond 6, where nctdtr loses its digits; from about 4.6
        # on it may also be NaN, where the tail is below 1e-15.
        below = special.nctdtr(df, shift, -critical) if shift < 6 else 0.0
        return float(above if math.isnan(below) else above + below)

    return curve


def _check(delta: float, sd_a: float, sd_b: float, alpha: float, power: float = 0.5) -> None:
    if not 0 < abs(delta) < math.inf:
        raise UsageError(f"a difference of {delta} cannot be planned for", "Give one above 0")
    if not (sd_a >= 0 and sd_b >= 0 and 0 < sd_a + sd_b < math.inf):
        raise UsageError(
            f"standard deviations of {sd_a} and {sd_b} cannot be planned with",
            "Give the spread over seeds of a pilot, above 0",
        )
    if not (0 < alpha < 1 and 0 < power < 1):
        raise UsageError(
            f"alpha {alpha} and power {power} must lie between 0 and 1", "Usual: 0.05 and 0.8"
        )
