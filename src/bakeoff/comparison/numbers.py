"""Figures as a person reads them: two digits of what is uncertain, no more."""

from __future__ import annotations

import math
import re

from bakeoff.statistics.arrays import Interval

MINUS = "\N{MINUS SIGN}"


def decimals_for(uncertainty: float) -> int:
    """Decimals that show two significant digits of an uncertainty."""
    if not 0 < uncertainty < math.inf:
        return 2
    return min(8, max(0, 1 - math.floor(math.log10(uncertainty))))


def amount(value: float, uncertainty: float | None = None) -> str:
    """A value in words: −0.42, 20,000, 1.2e+15; two significant digits of its uncertainty."""
    if value < 0:
        shown = amount(-value, uncertainty)
        return f"{MINUS}{shown}" if re.search("[1-9]", shown) else shown
    if abs(value) >= 1e9:
        return f"{value:.3g}"
    if uncertainty is not None and uncertainty > 0:
        return f"{value:,.{decimals_for(uncertainty)}f}"
    if value == round(value) and abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:,.{max(2, decimals_for(round(abs(value), 9)))}f}" if value else "0"


def with_interval(value: float, interval: Interval | None) -> str:
    """Such as 0.42 ± 0.19, 0.42 (0.20 to 0.71) where the interval is lopsided, or just 0.42."""
    if interval is None:
        return amount(value)
    half = interval.half_width
    if abs((interval.low + interval.high) / 2 - value) <= 0.02 * half:
        return f"{amount(value, half)} ± {amount(half, half)}" if half else f"{amount(value)} ± 0"
    return f"{amount(value, half)} ({amount(interval.low, half)} to {amount(interval.high, half)})"


def probability(p: float) -> str:
    """Such as p = 0.006 or p < 0.001."""
    if p < 0.001:
        return "p < 0.001"
    return f"p = {p:.3f}" if p < 0.1 else f"p = {p:.2f}"


def plural(count: int, one: str, many: str = "") -> str:
    """Such as 1 seed or 3 seeds."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def sentence_case(text: str, names: tuple[str, ...] = ()) -> str:
    """A note as a sentence: a full stop last, and first a capital unless it begins with a name."""
    text = text.strip()
    first = text[:1] if text.startswith(names) else text[:1].upper()
    return f"{first}{text[1:]}{'' if text.endswith(('.', '!', '?')) else '.'}"
