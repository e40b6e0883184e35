"""Being the same, which is not the same as not being different."""

from __future__ import annotations

from scipy import special

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Estimate


def tost(difference: Estimate, margin: float) -> float:
    """p of the two one-sided tests of "the difference is outside ±margin".

    Below α: the difference lies within ±margin at that level, which is to say that the
    100(1−2α) % interval does. difference: from `welch` or `paired_t`, same unit as margin.
    Raises UsageError unless margin > 0. Source: Schuirmann 1987; the same numbers as
    statsmodels ttost_ind(usevar="unequal").
    """
    check_margin(margin)
    se, df = difference.standard_error, difference.degrees_of_freedom
    if se == 0:
        return 0.0 if abs(difference.value) < margin else 1.0
    return float(special.stdtr(df, (abs(difference.value) - margin) / se))


def check_margin(margin: float) -> None:
    """Raise UsageError unless 0 < margin < infinity."""
    if not 0 < margin < float("inf"):
        raise UsageError(
            f"a margin of {margin} cannot be met", "Give the largest difference that is the same"
        )
