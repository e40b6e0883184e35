"""How the report writes numbers: no more digits than were measured, always with a unit."""

from __future__ import annotations

import math

NBSP = "\u00a0"
MINUS = "\u2212"
ABSENT = "–"


def percent(value: float | None, digits: int = 2) -> str:
    return ABSENT if value is None else f"{value:.{digits}f}{NBSP}%"


def fixed(value: float | None, digits: int = 2) -> str:
    return ABSENT if value is None else f"{value:.{digits}f}".replace("-", MINUS)


def signed(value: float, digits: int = 2) -> str:
    """With its sign, minus as a minus; a rounded zero has none."""
    text = f"{abs(value):.{digits}f}"
    if float(text) == 0:
        return text
    return f"{'+' if value > 0 else MINUS}{text}"


def nats(value: float | None) -> str:
    """A mean loss: four decimals below 1, three above."""
    if value is None:
        return ABSENT
    return f"{value:.4f}" if abs(value) < 1 else f"{value:.3f}"


def p_value(value: float | None) -> str:
    if value is None or math.isnan(value):
        return ABSENT
    if value < 0.001:
        return "< 0.001"
    return f"{value:.3f}" if value < 0.1 else f"{value:.2f}"


def count(value: float) -> str:
    """Whole numbers with a comma at the thousands, as in 60,000; absent where it is not known."""
    return ABSENT if math.isnan(value) else f"{round(value):,}"


def counted(number: int, noun: str, plural: str = "") -> str:
    """ "1 seed", "3 seeds"."""
    return f"{number:,}{NBSP}{noun if number == 1 else plural or noun + 's'}"


def short(value: float, digits: int = 3) -> str:
    """A number with few significant digits and no needless zeros: 0.33, 5, 1.5e-05."""
    if math.isnan(value):
        return ABSENT
    if value == int(value) and abs(value) < 1e6:
        return f"{int(value):,}".replace("-", MINUS)
    return f"{value:.{digits}g}"


def duration(seconds: float) -> str:
    if seconds < 59.95:
        return f"{seconds:.3g}{NBSP}s"
    if seconds < 3599.5:
        whole = round(seconds)
        return f"{whole // 60}{NBSP}min{NBSP}{whole % 60:02d}{NBSP}s"
    minutes = round(seconds / 60)
    return f"{minutes // 60}{NBSP}h{NBSP}{minutes % 60:02d}{NBSP}min"


def flops(value: float) -> str:
    for size, unit in ((1e18, "EFLOP"), (1e15, "PFLOP"), (1e12, "TFLOP"), (1e9, "GFLOP")):
        if value >= size:
            return f"{value / size:.3g}{NBSP}{unit}"
    return f"{value:.3g}{NBSP}FLOP"


def size(value: float) -> str:
    """Bytes in binary units."""
    for unit in ("B", "KiB", "MiB"):
        if value < 1024:
            return f"{value:.3g}{NBSP}{unit}"
        value /= 1024
    return f"{value:.3g}{NBSP}GiB"


def listed(names: list[str], last: str = "and") -> str:
    """ "a", "a and b", "a, b and c"."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} {last} {names[-1]}"
