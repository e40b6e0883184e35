"""Figures of one evaluation that determine or bound each other."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import Evaluation, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import EPSILON, Interval, interval, share, show, show_percent
from bakeoff.auditing.metrics import METRICS

ALLOWED = {"kappa": (-1.0, 1.0), "mcc": (-1.0, 1.0), "brier": (0.0, 2.0)}


def allowed_range(metric: str) -> tuple[float, float] | None:
    """Least and greatest value of a metric, as a fraction; None where there is no bound."""
    if metric in ALLOWED:
        return ALLOWED[metric]
    return (0.0, 1.0) if METRICS[metric].kind == "share" else None


@rule("out-of-range", 9, "a share lies between 0 and 100 %")
def out_of_range(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Accuracy, error, precision, recall, F1, AUC and ECE lie in [0, 1]; kappa and MCC in [-1, 1].

    Example: a test accuracy of 103.2 % is impossible, whatever was rounded.

    Assumes: the figure is the metric itself, not a gain or a ratio.
    Source: the definitions.
    """
    for metric, known in METRICS.items():
        limits = allowed_range(metric) if known.kind in ("share", "score") else None
        if limits is None:
            continue
        for claim, number in evidence.figures(metric):
            # Without a percent sign a score above its range may be on another scale.
            plain = number.unit in ("percent", "fraction")
            reading = _least_beyond(number, known.kind == "share")
            if reading.low <= limits[1] + EPSILON and reading.high >= limits[0] - EPSILON:
                continue
            yield Finding(
                verdict="impossible" if plain and number.exact else "ambiguous",
                message=f"{known.title} {printed(number)} lies outside "
                f"{100 * limits[0]:g} to {100 * limits[1]:g} %",
                arithmetic=f"{show(limits[0])} <= x <= {show(limits[1])}, but x is "
                f"{show(reading.low)} to {show(reading.high)}",
                claims=(claim,),
                assumptions=("the figure is the metric itself, not a gain or a ratio of two",),
                resolve="Check the figure and its unit",
                relies_on=frozenset({"unit"}),
            )


def _least_beyond(number: Number, is_share: bool) -> Interval:
    if is_share or number.unit == "percent":
        return share(number)
    found = interval(number)
    return found if abs(number.value) <= 2 else found.scaled(0.01)


@rule("topk-order", 9, "top-5 accuracy is at least top-1 accuracy")
def topk_order(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A true class that is the first guess is among the first five: A5 >= A1.

    Example: top-1 92.9 % with top-5 76.1 % cannot both hold; swapped, they fit.

    Assumes: both of the same checkpoint on the same images.
    Source: the definitions.
    """
    for evaluation in evidence.having("top5", "top5_error"):
        top1, top5 = evaluation.accuracy, evaluation.top5
        if top1 is None or top5 is None or top5.interval.high >= top1.interval.low - EPSILON:
            continue
        yield Finding(
            verdict=evaluation.strict("inconsistent"),
            message=f"top-5 accuracy {top5.words} is below top-1 accuracy {top1.words}",
            arithmetic=f"A5 <= {show_percent(top5.interval.high)} < "
            f"{show_percent(top1.interval.low)} <= A1",
            claims=(top5.claim, top1.claim),
            assumptions=("both of the same checkpoint on the same images",),
            resolve="Check which figure is which",
            cause="perhaps the two figures, or their columns, are swapped",
            relies_on=frozenset({"model", "unit"}),
        )


@rule("accuracy-plus-error", 9, "accuracy and error add up to 100 %")
def accuracy_plus_error(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A + E = 1 for the same k, within the last printed digits.

    Example: 95.3 % accuracy with 4.9 % error: at least 95.25 + 4.85 = 100.1.

    Assumes: both of the same checkpoint on the same images.
    Source: the definitions.
    """
    for evaluation in evidence.having("error", "top5_error"):
        for right, wrong in (("accuracy", "error"), ("top5", "top5_error")):
            a, e = evaluation.one(right), evaluation.one(wrong)
            if a is None or e is None or a.number is None or e.number is None:
                continue
            total = share(a.number) + share(e.number, often_small=True)
            if total.meets(Interval(1, 1)):
                continue
            yield Finding(
                verdict=evaluation.strict("inconsistent"),
                message=f"{METRICS[right].title} {printed(a.number)} and "
                f"{METRICS[wrong].title} {printed(e.number)} do not add up to 100 %",
                arithmetic=f"A + E lies between {show_percent(total.low)} and "
                f"{show_percent(total.high)}",
                claims=(a, e),
                assumptions=("both of the same checkpoint on the same images",),
                resolve="Check the two figures",
                relies_on=frozenset({"model", "unit"}),
            )


@rule("counts", 9, "correct and wrong images give the accuracy")
def counts(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A = correct / (correct + wrong), and correct + wrong = images evaluated.

    Example: 9,521 of 10,000 correct is 95.21 %, not 95.12 %.

    Assumes: all figures of the same evaluation.
    Source: the definitions.
    """
    for evaluation in evidence.having("correct", "wrong"):
        right, wrong = evaluation.one("correct"), evaluation.one("wrong")
        accuracy = evaluation.accuracy
        images = evaluation.one("evaluated_images") or _of_test_images(evaluation)
        counted = [(c, c.number) for c in (right, wrong, images) if c is not None and c.number]
        if len(counted) < 2 or any(not _whole(n) for _, n in counted):
            continue
        k = int(right.number.value) if right and right.number else None
        w = int(wrong.number.value) if wrong and wrong.number else None
        n = int(images.number.value) if images and images.number else None
        if k is not None and w is not None and n is not None and k + w != n:
            yield Finding(
                verdict=evaluation.strict("inconsistent"),
                message=f"{k:,} correct and {w:,} wrong images are not {n:,}",
                arithmetic=f"{k:,} + {w:,} = {k + w:,}, printed {n:,}",
                claims=tuple(c for c, _ in counted),
                assumptions=("all figures of the same evaluation",),
                resolve="Check the three counts",
            )
            continue
        total = n if n is not None else (k or 0) + (w or 0)
        hits = k if k is not None else total - (w or 0)
        if accuracy is None or not 0 <= hits <= total or total == 0:
            continue
        exact = hits / total
        if accuracy.interval.meets(Interval(exact, exact)):
            continue
        yield Finding(
            verdict=evaluation.strict("inconsistent"),
            message=f"{hits:,} of {total:,} is {show_percent(exact)}, not {accuracy.words}",
            arithmetic=f"{hits:,}/{total:,} = {exact:.6f}",
            claims=(accuracy.claim, *(c for c, _ in counted)),
            assumptions=("all figures of the same evaluation",),
            resolve="Check the counts and the accuracy",
        )


def _of_test_images(evaluation: Evaluation) -> Claim | None:
    """ "412 of 480 test images": test images are those evaluated where one breath tells both."""
    images = evaluation.one("test_images")
    counted = evaluation.one("correct") or evaluation.one("wrong")
    if images is None or counted is None or images.group != counted.group or not images.group:
        return None
    accuracy = evaluation.accuracy
    several = accuracy is not None and (
        accuracy.claim.group != images.group
        or accuracy.claim.context.keys() & {"statistic", "run", "variant"}
        or accuracy.claim.spread is not None
    )
    return None if several else images


def _whole(number: Number) -> bool:
    return number.exact and number.half <= Decimal("0.5") and number.value == int(number.value)
