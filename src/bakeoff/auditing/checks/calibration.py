"""Calibration error and Brier score against accuracy."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.evaluation import WHICH, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import EPSILON, interval, share, show


@rule("ece-floor", 8, "calibration error is at least |accuracy - mean confidence|")
def ece_floor(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Expected calibration error is at least |A - mean confidence|.

    ECE is the mean over bins of |accuracy - confidence|, weighted by the bins' sizes; by the
    triangle inequality it is at least the difference of the overall means, for any bins.

    Example: accuracy 0.93 and mean confidence 0.98: ECE >= 0.05, within the last digits 0.035.

    Assumes: the top-label ECE with all predictions, not a class-wise or debiased variant; all
    figures before, or all after, temperature scaling.
    Source: triangle inequality; ECE as in Guo et al. 2017, equation 3.
    """
    for evaluation in evidence.having("ece"):
        accuracy = evaluation.accuracy
        ece, confidence = evaluation.one("ece"), evaluation.one("confidence")
        if accuracy is None or ece is None or confidence is None:
            continue
        assert ece.number is not None
        assert confidence.number is not None
        gap = (accuracy.interval - share(confidence.number).within(0, 1)).magnitude()
        most = share(ece.number).high
        if most >= gap.low - EPSILON:
            continue
        # A bare accuracy below 1 may be a percentage; a mean confidence is at least one in K.
        clear = accuracy.claim.sure()
        yield Finding(
            verdict=evaluation.strict("impossible") if clear else "ambiguous",
            message=f"ECE {printed(ece.number)} is too small for accuracy {accuracy.words} and "
            f"mean confidence {printed(confidence.number)}: it is at least {show(gap.low)}",
            arithmetic=f"ECE >= |A - mean confidence| >= {show(gap.low)}, but ECE <= {show(most)}",
            claims=(ece, accuracy.claim, confidence),
            assumptions=(
                "top-label ECE over all predictions, not class-wise or debiased",
                "all three before, or all after, recalibration",
            ),
            resolve="Say which calibration error, and whether probabilities were rescaled",
            relies_on=WHICH,
        )


@rule("brier-floor", 8, "a wrong answer costs at least 1/2 of Brier score")
def brier_floor(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """The Brier score summed over classes is at least (1 - A)/2.

    On a missed image another class has at least the probability of the true one: (1 - p)^2 + q^2
    with q >= p is least at p = q = 1/2. Averaged over K classes the floor is (1 - A)/(2K), which is
    also that of the one-column binary score with K = 2.

    Example: 10 % errors with K = 10: a summed score is at least 0.05, a mean one at least 0.005.
    0.003 is impossible; 0.03 is ambiguous, a mean over classes only.

    Assumes: probabilities that sum to 1, the same images for both figures.
    Source: Brier 1950 for the score; the floor is derived here.
    """
    for evaluation in evidence.having("brier"):
        accuracy, brier = evaluation.accuracy, evaluation.one("brier")
        if accuracy is None or brier is None:
            continue
        assert brier.number is not None
        most = interval(brier.number).high * (0.01 if brier.number.unit == "percent" else 1.0)
        floor = (1 - accuracy.interval.high) / 2
        if most >= floor * (1 - EPSILON):
            continue
        classes = facts.classes_of(accuracy.claim)
        verdict: Verdict = "ambiguous"
        told = "possible only as a mean over classes"
        if classes is not None and most < floor / classes * (1 - EPSILON):
            told = "even as a mean over classes"
            verdict = evaluation.strict("impossible") if accuracy.claim.sure() else "ambiguous"
        yield Finding(
            verdict=verdict,
            message=f"Brier score {printed(brier.number)} is below the {show(floor)} that "
            f"{accuracy.words} needs summed over classes: {told}",
            arithmetic=f"(1 - A)/2 = {show(floor)}"
            + (f", (1 - A)/(2K) = {show(floor / classes)} with K = {classes}" if classes else "")
            + f"; printed at most {show(most)}",
            claims=(brier, accuracy.claim),
            assumptions=("probabilities that sum to 1", "both on the same images"),
            resolve="Say whether the score is summed or averaged over classes",
            relies_on=WHICH,
        )
