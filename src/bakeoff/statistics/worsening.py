"""Is it worse than before by more than a margin, asked again and again?"""

from __future__ import annotations

from bakeoff.errors import UsageError
from bakeoff.statistics.arrays import Estimate


def worse_p(new_minus_old: Estimate, margin: float) -> float:
    """One-sided p of "not worse by more than `margin`", higher being better.

    new_minus_old: Welch's estimate of the difference of means. margin: >= 0, in its unit. The test
    of non-inferiority with the null turned round: t = (−d − margin) / se, p = P(T >= t) with
    Welch's degrees of freedom; the same number as scipy.stats.ttest_ind(old − margin, new,
    equal_var=False, alternative="greater"). Source: Welch 1947; Schuirmann 1987 for the shift.
    Raises UsageError without spread: then there is nothing to test against.
    """
    from scipy import special

    if margin < 0:
        raise UsageError(f"a margin of {margin:g} is negative", "Give 0 or more")
    if new_minus_old.standard_error == 0:
        raise UsageError("there is no spread to test against", "Run seeds that differ")
    t = (-new_minus_old.value - margin) / new_minus_old.standard_error
    return float(special.stdtr(new_minus_old.degrees_of_freedom, -t))


def spent(check: int, alpha: float) -> float:
    """What the check-th look at one question may spend of `alpha`: alpha / (k·(k + 1)).

    check: k >= 1. Over all checks that is alpha·Σ 1/(k(k + 1)) = alpha, so however often one
    checks, and for whatever reason one stops, a question whose answer is "not worse" is answered
    "worse" with a chance of at most alpha (Bonferroni over an endless sequence; no assumption of
    how the checks depend on each other, as they do where runs are kept from one to the next).
    """
    if check < 1:
        raise UsageError(f"check number {check} does not exist", "The first check is 1")
    return alpha / (check * (check + 1))
