"""What an experiment can see before it is run."""

from __future__ import annotations

import math

from scipy import optimize, special

from bakeoff.comparison.statistics.means import check_welch_sizes, welch_degrees_of_freedom
from bakeoff.errors import UsageError

MOST_SEEDS = 10_000


def welch_power(
    delta: float, sd_a: float, n_a: int, sd_b: float, n_b: int, alpha: float = 0.05
) -> float:
    """Chance that Welch's two-sided test at `alpha` sees a true difference `delta`, 0 to 1.

    P(|T| > t(1−α/2, f)), T noncentral t with δ/√(s_a²/n_a + s_b²/n_b) and Welch's degrees of
    freedom f at the given standard deviations. delta, sd_a, sd_b: same unit; sd > 0.
    Source: Cohen 1988, section 2; for equal sd and n the same numbers as statsmodels
    TTestIndPower.
    """
    _check(delta, sd_a, sd_b, alpha)
    check_welch_sizes(n_a, n_b)
    standard_error = math.sqrt(sd_a**2 / n_a + sd_b**2 / n_b)
    df = welch_degrees_of_freedom(sd_a**2, n_a, sd_b**2, n_b)
    return _power(abs(delta) / standard_error, df, alpha)


def detectable_difference(
    sd_a: float, n_a: int, sd_b: float, n_b: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest true difference that Welch's test sees with the given power, same unit as sd.

    The root of `welch_power` in delta (scipy.optimize.brentq). 0 where nothing varies.
    """
    check_welch_sizes(n_a, n_b)
    standard_error = math.sqrt(sd_a**2 / n_a + sd_b**2 / n_b)
    if standard_error == 0:
        return 0.0
    _check(1.0, sd_a, sd_b, alpha, power)
    df = welch_degrees_of_freedom(sd_a**2, n_a, sd_b**2, n_b)

    def missing(noncentrality: float) -> float:
        return _power(noncentrality, df, alpha) - power

    high = float(special.stdtrit(df, 1 - alpha / 2)) + 4
    while missing(high) < 0:
        high *= 2
    return float(optimize.brentq(missing, 0.0, high, xtol=1e-6)) * standard_error


def seeds_needed(
    delta: float, sd_a: float, sd_b: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Seeds of *each* arm for which Welch's test sees a true difference `delta`; at least 2.

    Raises UsageError where more than 10,000 would be needed.
    """
    _check(delta, sd_a, sd_b, alpha, power)

    def enough(n: int) -> bool:
        return welch_power(delta, sd_a, n, sd_b, n, alpha) >= power

    high = 2
    while not enough(high):
        high *= 2
        if high > MOST_SEEDS:
            raise UsageError(
                f"a difference of {delta:g} would need more than {MOST_SEEDS:,} seeds of each arm",
                "Ask for a larger difference",
            )
    low = max(2, high // 2)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


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


def _power(noncentrality: float, df: float, alpha: float) -> float:
    critical = special.stdtrit(df, 1 - alpha / 2)
    above = 1 - special.nctdtr(df, noncentrality, critical)
    # The far tail adds less than 1e-9 beyond 6, where nctdtr loses its digits.
    below = special.nctdtr(df, noncentrality, -critical) if noncentrality < 6 else 0.0
    return float(above + below)


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
