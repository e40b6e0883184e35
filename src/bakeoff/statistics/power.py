"""What an experiment can see before it is run."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy import special

from bakeoff.errors import UsageError
from bakeoff.statistics.critical_shift import (
    EXACT_BELOW,
    FEW,
    nearly_of_many,
    power_of_few,
    power_of_many,
    shift_of_few,
    shift_of_many,
)
from bakeoff.statistics.means import check_welch_sizes, welch_freedoms

Array = NDArray[np.float64]

MOST_SEEDS = 10_000


def welch_power(
    delta: float, sd_a: float, n_a: int, sd_b: float, n_b: int, alpha: float = 0.05
) -> float:
    """Chance that Welch's two-sided test at `alpha` sees a true difference `delta`, 0 to 1.

    delta, sd_a, sd_b: same unit, sd the true spread over seeds; sizes as in `check_welch_sizes`.

    Below 10 runs in the smaller arm: an integral over the sample variances, since Welch's degrees
    of freedom depend on them. From 10 runs on: noncentral t with those at the true spreads, which
    is within 0.01 there; at 2 runs it would promise 39 % where 20 % is true. Source: Welch 1947
    (the test); Cohen 1988, section 2 (the approximation).
    """
    _check(delta, sd_a, sd_b, alpha)
    check_welch_sizes(n_a, n_b)
    a, b = np.array([sd_a**2 / n_a]), np.array([sd_b**2 / n_b])
    shift = abs(delta) / np.sqrt(a + b)
    if min(n_a, n_b) < EXACT_BELOW:
        return float(power_of_few(shift, a / (a + b), n_a, n_b, alpha)[0])
    return float(power_of_many(shift, welch_freedoms(a * n_a, n_a, b * n_b, n_b), alpha)[0])


def detectable_difference(
    sd_a: float, n_a: int, sd_b: float, n_b: int, *, power: float = 0.8, alpha: float = 0.05
) -> float:
    """The smallest true difference that Welch's test sees with the given power, same unit as sd.

    The root of `welch_power` in delta. 0 where nothing varies, and where the test says "different"
    as often as that without a difference.
    """
    if sd_a == sd_b == 0:
        check_welch_sizes(n_a, n_b)
        return 0.0
    _check(1.0, sd_a, sd_b, alpha, power)
    a, b = np.array([float(sd_a)]), np.array([float(sd_b)])
    return float(detectable_differences(a, n_a, b, n_b, power=power, alpha=alpha)[0])


def detectable_differences(
    sd_a: Array, n_a: int, sd_b: Array, n_b: int, *, power: float = 0.8, alpha: float = 0.05
) -> Array:
    """`detectable_difference` of many pairs of arms; sd_a, sd_b: shape (m,)."""
    check_welch_sizes(n_a, n_b)
    a, b = sd_a**2 / n_a, sd_b**2 / n_b
    varies = a + b > 0
    a, b = a[varies], b[varies]
    if min(n_a, n_b) < EXACT_BELOW:
        shift = shift_of_few(a / (a + b), n_a, n_b, alpha, power)
    else:
        shift = shift_of_many(welch_freedoms(a * n_a, n_a, b * n_b, n_b), alpha, power)
    found = np.zeros(len(sd_a))
    found[varies] = shift * np.sqrt(a + b)
    return found


def seeds_needed(
    delta: float, sd_a: float, sd_b: float, *, power: float = 0.8, alpha: float = 0.05
) -> int:
    """Seeds of *each* arm for which Welch's test sees a true difference `delta`; at least 2.

    Raises UsageError where more than 10,000 would be needed.
    """
    _check(delta, sd_a, sd_b, alpha, power)
    one = (np.array([float(value)]) for value in (delta, sd_a, sd_b))
    needed = int(seeds_needed_each(*one, power=power, alpha=alpha)[0])
    if not needed:
        raise UsageError(
            f"a difference of {delta:g} would need more than {MOST_SEEDS:,} seeds of each arm",
            "Ask for a larger difference",
        )
    return needed


def seeds_needed_each(
    delta: Array, sd_a: Array, sd_b: Array, *, power: float = 0.8, alpha: float = 0.05
) -> NDArray[np.int64]:
    """`seeds_needed` of many pairs of arms, 0 where more than 10,000 would be; shapes (m,)."""
    variance = sd_a**2 + sd_b**2
    share = sd_a**2 / variance
    effect = np.abs(delta) / np.sqrt(variance)
    # With n of each, Welch's degrees of freedom are (n − 1) times this.
    times = 1 / (share**2 + (1 - share) ** 2)

    def sees(n: Array, these: NDArray[np.bool_]) -> NDArray[np.bool_]:
        found = np.zeros(len(n), dtype=bool)
        shift, freedom = effect[these] * np.sqrt(n[these]), (n[these] - 1) * times[these]
        found[these] = power_of_many(shift, freedom, alpha) >= power
        return found

    every = np.ones(len(delta), dtype=bool)
    needed, below = _nearly_needed(effect, times, alpha, power)
    beyond = ~sees(needed, every)
    below = np.where(beyond, needed, below)
    needed = np.where(beyond, MOST_SEEDS, needed)
    beyond &= ~sees(needed, beyond)
    early = sees(below, below > 1)
    below, needed = np.where(early, 1, below), np.where(early, below, needed)
    while (wide := needed - below > 1).any():
        middle = np.floor((below + needed) / 2)
        enough = sees(middle, wide)
        below = np.where(wide & ~enough, middle, below)
        needed = np.where(wide & enough, middle, needed)
    # The approximation is optimistic where runs are few, so the exact power may ask for more.
    for n in range(2, EXACT_BELOW):
        at = np.flatnonzero(needed == n)
        if len(at):
            seen = power_of_few(effect[at] * math.sqrt(n), share[at], n, n, alpha)
            needed[at[seen < power]] += 1
    return np.where(beyond, 0, needed).astype(np.int64)


def _nearly_needed(effect: Array, times: Array, alpha: float, power: float) -> tuple[Array, Array]:
    """(seeds that are likely enough, seeds that are likely too few), from 1 to MOST_SEEDS."""
    if len(effect) > FEW:
        low, high = np.ones(len(effect)), np.full(len(effect), float(MOST_SEEDS))
        while (high - low > 1).any():
            n = np.floor((low + high) / 2)
            enough = effect * np.sqrt(n) >= nearly_of_many((n - 1) * times, alpha, power)
            low, high = np.where(enough, low, n), np.where(enough, n, high)
        return high, low
    # A known spread needs (z_alpha + z_power)²·(σ_a² + σ_b²)/δ² seeds; its estimation about
    # z_alpha²/4 more (Guenther 1981).
    z_alpha, z_power = float(special.ndtri(1 - alpha / 2)), float(special.ndtri(power))
    with np.errstate(divide="ignore"):
        guess = ((z_alpha + z_power) / effect) ** 2 + z_alpha**2 / 4
    needed = np.clip(np.ceil(1.1 * guess) + 1, 2, MOST_SEEDS)
    return needed, np.clip(np.floor(0.9 * guess) - 2, 1, needed - 1)


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
        seen = power_of_many(np.array([shift * math.sqrt(n)]), np.array([n - 1.0]), alpha)
        return bool(seen[0] >= power)

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
