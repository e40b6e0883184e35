"""F1, averages over classes and kappa."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import WHICH, Evaluation, Share, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import EPSILON, Interval, interval, share, show
from bakeoff.auditing.metrics import METRICS

WIDE_GAP = 0.02
"""An unqualified F1 this far below the harmonic mean is asked about; averages over classes often
are a little below."""


def harmonic(precision: float, recall: float) -> float:
    """F1 = 2PR/(P+R); 0 where both are 0."""
    total = precision + recall
    return 2 * precision * recall / total if total > 0 else 0.0


AVERAGES = ("", "macro_", "weighted_", "micro_")


@rule("f1", 14, "F1 is the harmonic mean of precision and recall")
def f1(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """F1 = 2PR/(P+R) for one class; averages over classes or runs lie at or below it.

    The harmonic mean is concave, so by Jensen's inequality macro-F1 (and any average with the same
    weights) is at most the harmonic mean of the averaged precision and recall.

    Example: macro-precision 0.90 and macro-recall 0.88 allow a macro-F1 of at most 0.8899.

    Above it: inconsistent. Below it: inconsistent for one class of one evaluation, ambiguous where
    the figure may be an average.

    Assumes: the three figures average in the same way.
    Source: van Rijsbergen 1979; Jensen's inequality.
    """
    for evaluation in evidence.having(*(f"{average}f1" for average in AVERAGES)):
        for average in AVERAGES:
            parts = [evaluation.one(f"{average}{m}") for m in ("f1", "precision", "recall")]
            if any(p is None or p.number is None for p in parts):
                continue
            score, precision, recall = (p for p in parts if p is not None)
            if {p.context.get("statistic") for p in parts if p} & {"best", "worst", "median"}:
                continue  # each the best of its column: not of one evaluation
            yield from _f1(evaluation, score, precision, recall, average)


def _f1(
    evaluation: Evaluation, score: Claim, precision: Claim, recall: Claim, average: str
) -> Iterator[Finding]:
    f, p, r = (
        share(c.number).within(0, 1) for c in (score, precision, recall) if c.number is not None
    )
    high, low = harmonic(p.high, r.high), harmonic(p.low, r.low)
    verdict: Verdict
    if f.low > high + EPSILON:
        verdict, told = evaluation.strict("inconsistent"), "above"
    elif f.high < low - EPSILON:
        single = "class" in score.context or average == "micro_"
        one_evaluation = score.runs == 1 or "support" in evaluation.by_metric
        if average in ("macro_", "weighted_") or (not single and low - f.high < WIDE_GAP):
            return
        verdict = evaluation.strict("inconsistent") if single and one_evaluation else "ambiguous"
        told = "below"
    else:
        return
    yield Finding(
        verdict=verdict,
        message=f"{METRICS[score.metric].title} {printed(score.number)} is {told} the harmonic "
        f"mean of precision {printed(precision.number)} and recall {printed(recall.number)}"
        + ("; possible only as an average over classes or runs" if verdict == "ambiguous" else ""),
        arithmetic=f"2PR/(P+R) lies between {show(low)} and {show(high)}; "
        f"F1 between {show(f.low)} and {show(f.high)}",
        claims=(score, precision, recall),
        assumptions=("the three figures are averaged in the same way",),
        resolve="Say how the three were averaged",
        relies_on=frozenset({"class", "unit"}),
    )


@rule("micro-f1", 15, "micro-averages equal accuracy")
def micro_f1(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """With one label an image, micro-precision = micro-recall = micro-F1 = accuracy.

    Every miss is one false positive and one false negative.

    Example: accuracy 93.0 % with micro-F1 0.95 cannot both hold.

    Assumes: single-label classification, all classes averaged, the same evaluation.
    Source: the definitions.
    """
    for evaluation in evidence.having(
        *(f"micro_{score}" for score in ("f1", "precision", "recall"))
    ):
        accuracy = evaluation.accuracy
        if accuracy is None:
            continue
        for metric in ("micro_f1", "micro_precision", "micro_recall"):
            claim = evaluation.one(metric)
            if claim is None or claim.number is None:
                continue
            if share(claim.number).within(0, 1).meets(accuracy.interval):
                continue
            yield Finding(
                verdict=evaluation.strict("inconsistent"),
                message=f"{METRICS[metric].title} {printed(claim.number)} differs from accuracy "
                f"{accuracy.words}",
                arithmetic="micro-F1 = correct / images = accuracy with one label an image",
                claims=(claim, accuracy.claim),
                assumptions=("one label an image", "all classes are averaged"),
                resolve="Say which classes were averaged",
                relies_on=WHICH | {"unit"},
            )


@rule("balanced-classes", 15, "on balanced classes macro-recall and kappa follow from accuracy")
def balanced_classes(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """With equally many images of each of K classes, macro-recall = A, kappa = (A - 1/K)/(1 - 1/K).

    Example: A = 0.93 and K = 10 give kappa = 0.922.

    Only on data sets known to be balanced (MNIST is not). Both identities are linear, so they hold
    for means over runs as well.

    Assumes: the whole official test set.
    Source: Cohen 1960; chance agreement is 1/K when the true classes are uniform.
    """
    for evaluation in evidence.having("macro_recall", "balanced_accuracy", "kappa"):
        accuracy = evaluation.accuracy
        if accuracy is None or "class" in accuracy.claim.context:
            continue
        known = facts.dataset_of(accuracy.claim)
        split = accuracy.claim.context.get("split")
        if known is None or not known.balanced or known.classes < 2:
            continue
        if split not in (None, known.reported_split):
            continue
        kappa = accuracy.interval - Interval(1 / known.classes, 1 / known.classes)
        kappa = kappa.scaled(1 / (1 - 1 / known.classes))
        expected = {
            "macro_recall": accuracy.interval,
            "balanced_accuracy": accuracy.interval,
            "kappa": kappa,
        }
        for metric, value in expected.items():
            claim = evaluation.one(metric)
            if claim is None or claim.number is None:
                continue
            stated = _score(claim)
            if stated.meets(value) or _meets_as_percent(stated, accuracy, metric):
                continue
            yield Finding(
                verdict=evaluation.strict("inconsistent"),
                message=f"{METRICS[metric].title} {printed(claim.number)} does not follow from "
                f"accuracy {accuracy.words} on {known.title}, whose {known.classes} classes are "
                "equally large",
                arithmetic=_formula(metric, known.classes, value),
                claims=(claim, accuracy.claim),
                assumptions=(f"the whole {known.reported_split} set of {known.title}",),
                resolve="Say on which images each figure was computed",
                relies_on=WHICH | {"unit"},
            )


def _meets_as_percent(stated: Interval, accuracy: Share, metric: str) -> bool:
    """True if the accuracy, a bare figure up to 1, agrees once it is read as a percentage."""
    number = accuracy.claim.number
    assert number is not None
    if metric == "kappa" or number.unit != "fraction":
        return False
    return stated.meets(accuracy.interval.scaled(0.01))


def _score(claim: Claim) -> Interval:
    assert claim.number is not None
    if claim.metric != "kappa":
        return share(claim.number)
    found = interval(claim.number)
    return found.scaled(0.01) if claim.number.unit == "percent" else found


def _formula(metric: str, classes: int, value: Interval) -> str:
    name = metric.replace("_", " ")
    formula = f"(A - 1/{classes})/(1 - 1/{classes})" if metric == "kappa" else "A"
    return f"{name} = {formula}: between {show(value.low)} and {show(value.high)}"
