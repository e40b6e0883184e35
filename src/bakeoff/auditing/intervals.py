"""Printed numbers as intervals of what they may stand for.

A figure printed with a last digit d may have been rounded (x ± d/2) or cut off (x to x + d). A rule
that accuses must fail on all of it, so `interval` is the hull of both readings; `rounded` is the
first reading alone, used only to say that a claim holds by cut-off digits.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from bakeoff.auditing.claims import Number

EPSILON = 1e-9
"""Relative slack for binary floating point, far below any printed digit."""


@dataclass(slots=True, unsafe_hash=True)
class Interval:
    """A closed interval of real numbers."""

    low: float
    high: float

    def __sub__(self, other: Interval) -> Interval:
        return Interval(self.low - other.high, self.high - other.low)

    def __add__(self, other: Interval) -> Interval:
        return Interval(self.low + other.low, self.high + other.high)

    def scaled(self, factor: float) -> Interval:
        """The interval times a factor of at least 0."""
        return Interval(self.low * factor, self.high * factor)

    def complement(self) -> Interval:
        """1 - x."""
        return Interval(1 - self.high, 1 - self.low)

    def within(self, low: float, high: float) -> Interval:
        """Clipped to what is possible at all."""
        return Interval(min(max(self.low, low), high), max(min(self.high, high), low))

    def magnitude(self) -> Interval:
        """|x|."""
        if self.low <= 0 <= self.high:
            return Interval(0.0, max(-self.low, self.high))
        ends = sorted((abs(self.low), abs(self.high)))
        return Interval(ends[0], ends[1])

    def meets(self, other: Interval) -> bool:
        """True if some value lies in both, floating-point slack included."""
        slack = EPSILON * max(1.0, min(abs(self.high), abs(other.high)))
        return self.low <= other.high + slack and other.low <= self.high + slack


def interval(number: Number) -> Interval:
    """Every value the number may stand for, in its unit: rounded or cut off."""
    if number.qualifier == "" and number.upper is None:
        value, half = number.value, number.half
        if value >= 0:
            return Interval(float(value - half), float(value + half + half))
        return Interval(float(value - half - half), float(value + half))
    low, high = number.low, number.high
    if high.is_finite() and number.value >= 0:
        high += number.half
    if low.is_finite() and number.value < 0:
        low -= number.half
    return Interval(float(low), float(high))


def rounded(number: Number) -> Interval:
    """Every value that prints so by rounding, in the number's unit."""
    return Interval(float(number.low), float(number.high))


def cut(number: Number) -> Interval:
    """Every value that prints so by cutting digits off, in the number's unit."""
    low, high = interval(number).low, interval(number).high
    half = float(number.half)
    if number.value >= 0:
        return Interval(low + half if number.low.is_finite() else low, high)
    return Interval(low, high - half if number.high.is_finite() else high)


READINGS: tuple[Callable[[Number], Interval], ...] = (rounded, cut)
"""For figures printed side by side, which are either all rounded or all cut off."""


def share(
    number: Number, read: Callable[[Number], Interval] = interval, *, often_small: bool = False
) -> Interval:
    """An accuracy or another share as a fraction.

    A number above 1 without a unit is a percentage, one up to 1 a fraction. often_small: for
    errors, which may be below 1 %, so that a bare number up to 1 may be either; both are covered.
    """
    if number.unit == "fraction":
        return read(number)
    if number.unit == "percent" or abs(number.value) > 1:
        return read(number).scaled(0.01)
    as_fraction = read(number)
    if not often_small or abs(number.value) == 1:
        return as_fraction
    return Interval(min(as_fraction.low, as_fraction.low / 100), as_fraction.high)


def percent(number: Number) -> tuple[Decimal, Decimal] | None:
    """(value, half) in percent, exactly; None where percent or fraction is not clear."""
    if number.unit == "fraction":
        return number.value * 100, number.half * 100
    if number.unit == "percent" or (number.unit == "" and abs(number.value) > 1):
        return number.value, number.half
    return None


def nats(number: Number, read: Callable[[Number], Interval] = interval) -> Interval:
    """A loss in nats."""
    found = read(number)
    return found.scaled(0.6931471805599453) if number.unit == "bits" else found


def show(x: float, digits: int = 4) -> str:
    """A computed number for a reader: fixed point, or scientific when very small."""
    if x == 0:
        return "0"
    if abs(x) < 10 ** (1 - digits):
        return f"{x:.2g}"
    if abs(x) >= 10**6:
        return f"{x:,.0f}" if abs(x) < 10**12 else f"{x:.3g}"
    return f"{x:.{digits}f}".rstrip("0").rstrip(".")


def show_percent(fraction: float, digits: int = 3) -> str:
    """A fraction as a percentage for a reader."""
    return f"{show(100 * fraction, digits)} %"
