"""Mean cross-entropy against accuracy: what a wrong answer costs at least."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import Evaluation, Share, printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import EPSILON, Interval, rounded, show, show_percent

LN_2, LN_6 = math.log(2), math.log(6)
AS_COMPUTED = "as the program computes it"
CROSS_ENTROPY = frozenset({"", "cross_entropy", "ce", "nll", "softmax", AS_COMPUTED})
ASSUMES = (
    "mean cross-entropy over images, natural logarithm",
    "loss and accuracy of the same model on the same images",
    "no class weights, no test-time augmentation for one of the two",
)
USUAL_BATCHES = (64, 128, 32, 256, 16, 100, 512, 1024)


def least_loss(top1: float, top5: float | None = None) -> float:
    """Least mean cross-entropy in nats at a top-1 (and top-5) accuracy, both as fractions.

    The loss of an image missed by the top k has p(true) <= 1/(k+1), since k other classes and the
    true one share at most 1 and each of the k has at least p(true).
    """
    if top5 is None:
        return (1 - top1) * LN_2
    return max(0.0, top5 - top1) * LN_2 + (1 - top5) * LN_6


def least_accuracy(loss: float, k: int = 1) -> float:
    """Least top-k accuracy (a fraction) at a mean cross-entropy in nats: 1 - L / ln(k+1)."""
    return max(0.0, 1 - loss / math.log(k + 1))


def loss_kind(claim: Claim, evidence: Evidence) -> str:
    """The kind of loss a figure is of: said of it, or named anywhere in the document.

    "other" where a loss is named that these rules say nothing of, whatever else is named; "" where
    none is named at all.
    """
    if claim.word:
        return claim.word
    kinds = evidence.losses_named(claim.place.file, claim.context.get("experiment", ""))
    if claim.number is not None and claim.number.unit == "bits":
        kinds -= {"other"}  # the logarithm is said
    for kind in ("other", "bce", "cross_entropy"):
        if kind in kinds:
            return kind
    return ""


COST_OF_A_MISS = 1.5
"""Nats a miss, above which a pair of loss and accuracy is not one of a squared error (at most 2/K
as a mean over K outputs) or of a focal loss."""

ALIKE = 10.0
"""Errors within this factor of each other are of comparable models."""


class Pairs:
    """The pairs of loss and accuracy of the documents, which may show what the loss is."""

    def __init__(self, evidence: Evidence) -> None:
        self.found: dict[str, list[tuple[float, float, bool]]] = defaultdict(list)
        self.broken = Counter[str]()
        for evaluation in evidence.having("loss"):
            pair, accuracy = evaluation.loss, evaluation.accuracy
            if pair is None or accuracy is None or not evaluation.sure:
                continue
            splits = {pair[0].context.get("split"), accuracy.claim.context.get("split")}
            if len(splits) == 1:
                wrong = 1 - accuracy.interval.low
                holds = pair[1].high >= least_loss(accuracy.interval.high)
                self.found[pair[0].place.file].append((pair[1].low, wrong, holds))
                self.broken[pair[0].place.file] += not holds

    def show(self, claim: Claim, wrong: float) -> bool:
        """True if other pairs of the document are a cross-entropy's: a miss costs far more than in
        other losses, at a comparable error, and no more than half of all pairs break the floor."""
        pairs = self.found[claim.place.file]
        return 2 * self.broken[claim.place.file] <= len(pairs) and any(
            holds and loss >= COST_OF_A_MISS * error and wrong <= ALIKE * error <= ALIKE**2 * wrong
            for loss, error, holds in pairs
            if error > 0
        )


def of_loss(verdict: Verdict, kind: str, shown: bool) -> Verdict:
    """The verdict where the loss is said to be cross-entropy, or shown to be; else implausible."""
    return verdict if kind or shown or verdict != "impossible" else "implausible"


UNNAMED = "the loss is cross-entropy, which the document does not say"


@rule("loss-floor", 3, "a wrong answer costs at least ln 2")
def loss_floor(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Mean cross-entropy is at least (1 - A) ln 2 nats.

    If the arg max is not the true class, another class has at least its probability, so p(true)
    <= 1/2 and the image costs at least ln 2; the other images cost at least 0. An image missed by
    the top 5 has p(true) <= 1/6: L >= (A5 - A1) ln 2 + (1 - A5) ln 6.

    Example: 98.87 % leaves 113 of 10,000 wrong, so L >= 0.0113 ln 2 = 0.0078; a validation loss
    of 0.0011 is impossible. 76.130 % top-1 and 92.862 % top-5 need L >= 0.244.

    Likely cause where it fits: batch means summed and divided by the number of images; the true
    loss is then the printed one times the batch size.

    Assumes: mean over images, natural logarithm, the same images and model for both figures, no
    class weights, no test-time augmentation. Sigmoid cross-entropy is another rule (bce-floor).
    Source: follows from p(true) <= p(predicted) and the sum of probabilities being 1.
    """
    pairs: Pairs | None = None
    for evaluation in evidence.having("loss"):
        pair = evaluation.loss
        accuracy = evaluation.accuracy
        if pair is None or accuracy is None:
            continue
        claim, loss = pair
        top5 = evaluation.top5
        best = accuracy.interval.high
        fifth = max(best, top5.interval.high) if top5 else None
        floor = least_loss(best, fifth)
        if loss.high >= floor * (1 - EPSILON):
            continue
        kind = loss_kind(claim, evidence)
        if kind not in CROSS_ENTROPY or apart(claim, accuracy.claim, facts):
            continue
        pairs = pairs or Pairs(evidence)
        shown = pairs.show(claim, 1 - best)
        found = _too_small(evaluation, claim, accuracy, top5, loss, floor, facts)
        verdict = of_loss(found.verdict, kind, shown)
        assumptions = found.assumptions if kind else (*found.assumptions, UNNAMED)
        yield replace(found, verdict=verdict, assumptions=assumptions)


def _too_small(
    evaluation: Evaluation,
    claim: Claim,
    accuracy: Share,
    top5: Share | None,
    loss: Interval,
    floor: float,
    facts: Facts,
) -> Finding:
    verdict, doubt = judged(evaluation, claim, accuracy.claim, facts)
    images = facts.dataset_of(accuracy.claim)
    wrong = 1 - accuracy.interval.high
    text = printed(claim.number)
    count = images.reported_images if images else None
    if count and accuracy.claim.context.get("split") != "train":
        missed = (
            f"{accuracy.words} leaves {round((1 - nominal(accuracy)) * count):,} wrong of {count:,}"
        )
    else:
        missed = f"{accuracy.words} leaves {show_percent(1 - nominal(accuracy))} wrong"
    if top5 is None:
        formula = f"(1 - A) ln 2 = {show(wrong)} x 0.6931 = {show(floor)}"
    else:
        formula = f"(A5 - A1) ln 2 + (1 - A5) ln 6 = {show(floor)} with top-5 {top5.words}"
    message = f"loss {text} cannot be: {missed}, each costs at least ln 2, so the mean is at least"
    where = f" on the {claim.context['split']} images" if "split" in claim.context else ""
    claims = (claim, accuracy.claim, *((top5.claim,) if top5 else ()))
    return Finding(
        verdict=verdict,
        message=f"{message} {show(floor)}{where}",
        arithmetic=f"L >= {formula}, but L <= {show(loss.high, 6)} for {text}",
        claims=claims,
        assumptions=(*ASSUMES, *doubt),
        resolve="State how the loss was averaged, its logarithm, and on which images",
        cause=summed_over_batches(claim, loss, floor, wrong),
        # On any data set, if one line or sentence tells both.
        relies_on=frozenset({"unit", "split"})
        if claim.group and claim.group == accuracy.claim.group
        else None,
    )


def apart(loss: Claim, other: Claim, facts: Facts) -> bool:
    """True for a training loss beside an accuracy that does not say it is the training one."""
    splits = {facts.split_of(loss), facts.split_of(other)}
    return "train" in splits and len(splits) > 1


def judged(
    evaluation: Evaluation, loss: Claim, other: Claim, facts: Facts
) -> tuple[Verdict, tuple[str, ...]]:
    """Impossible only for evaluations: a training loss is often that of the last batch."""
    split = loss.context.get("split")
    if loss.context.get("log") == "keras" and loss.group == other.group:
        return evaluation.strict("impossible"), ()  # both are means over the same batches
    # A loss without a split may be the training loss, on any data set.
    if split is None or facts.split_of(loss) != facts.split_of(other):
        return "ambiguous", ("the document does not say that both are of the same split",)
    if split == "train":
        return "ambiguous", ("the training loss is a mean over the epoch, not the last batch's",)
    return evaluation.strict("impossible"), ()


def nominal(share: Share) -> float:
    """The share at its printed value, as a fraction."""
    number = share.claim.number
    assert number is not None
    value = float(number.value) / (100 if number.unit == "percent" or number.value > 1 else 1)
    return 1 - value if share.of_error else value


def summed_over_batches(claim: Claim, loss: Interval, floor: float, wrong: float) -> str:
    """The usual slip: batch means added up, then divided by the number of images."""
    if claim.number is None or loss.high <= 0:
        return ""
    ceiling = max(20 * floor, 10 * wrong)
    printed_loss = float(claim.number.value)
    fits = [b for b in USUAL_BATCHES if floor <= printed_loss * b <= ceiling]
    if not fits:
        return ""
    batch = fits[0]
    return (
        "perhaps batch means were summed and then divided by the number of images: with batch "
        f"{batch} the true loss would be {show(printed_loss * batch)}, which fits"
    )


@rule("accuracy-floor", 4, "a loss bounds the accuracy from below")
def accuracy_floor(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Top-k accuracy is at least 1 - L / ln(k + 1) for a mean cross-entropy of L nats.

    The inverse of loss-floor; it speaks where the loss stands beside a top-5 figure alone, whose
    misses cost at least ln 6 each. (Beside a top-1 figure it is the same inequality as loss-floor,
    which reports it.)

    Example: L = 0.05 needs A >= 1 - 0.05/0.6931 = 92.8 % top-1, and 97.2 % top-5.

    Assumes: as loss-floor.
    Source: loss-floor, solved for A.
    """
    for evaluation in evidence.having("loss"):
        pair, top5 = evaluation.loss, evaluation.top5
        if pair is None or top5 is None or evaluation.accuracy is not None:
            continue
        claim, loss = pair
        kind = loss_kind(claim, evidence)
        if kind not in CROSS_ENTROPY or apart(claim, top5.claim, facts):
            continue
        floor = least_accuracy(loss.high, 5)
        if top5.interval.high >= floor - EPSILON:
            continue
        verdict, doubt = judged(evaluation, claim, top5.claim, facts)
        verdict = of_loss(verdict, kind, False)
        yield Finding(
            verdict=verdict,
            message=f"top-5 accuracy {top5.words} is too low for a loss of "
            f"{printed(claim.number)}, which needs at least {show_percent(floor)}",
            arithmetic=f"A5 >= 1 - L / ln 6 = 1 - {show(loss.high, 6)}/1.7918 = {show(floor, 6)}, "
            f"but A5 <= {show(top5.interval.high, 6)}",
            claims=(top5.claim, claim),
            assumptions=(*ASSUMES, *doubt),
            resolve="State how the loss was averaged, and on which images",
        )


@rule("loss-ceiling", 5, "all correct means a loss of at most ln K")
def loss_ceiling(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """If every image is classified correctly, mean cross-entropy is at most ln K.

    The true class has the highest probability of K, so at least 1/K, and costs at most ln K.

    Example: 100.00 % on CIFAR-10's 10,000 test images (a miss would show as 99.99) with K = 10:
    L <= 2.303. A loss of 3.1 is impossible.

    Assumes: as loss-floor; unsmoothed targets. If a miss could hide in the rounding of 100 %,
    the finding is ambiguous.
    Source: follows from p(true) >= 1/K.
    """
    for evaluation in evidence.having("loss"):
        pair, accuracy = evaluation.loss, evaluation.accuracy
        if pair is None or accuracy is None or accuracy.interval.high < 1:
            continue
        claim, loss = pair
        classes = facts.classes_of(claim)
        kind = loss_kind(claim, evidence)
        if classes is None or classes < 2 or kind not in CROSS_ENTROPY:
            continue
        number = accuracy.claim.number
        assert number is not None
        exact = rounded(number) if number.value else Interval(0, 0)
        if nominal(accuracy) < 1 or loss.low <= math.log(classes) * (1 + EPSILON):
            continue
        known = facts.dataset_of(claim)
        images = None if known is None else known.reported_images
        scale = 0.01 if number.unit == "percent" or number.value > 1 else 1.0
        hidden = (exact.high - exact.low) / 2 * scale
        split = claim.context.get("split")
        sure = bool(images and hidden * images < 1 and split and split != "train")
        yield Finding(
            verdict=of_loss(evaluation.strict("impossible" if sure else "ambiguous"), kind, False),
            message=f"loss {printed(claim.number)} cannot go with {accuracy.words} correct: "
            f"with {classes} classes it is at most {show(math.log(classes))}",
            arithmetic=f"p(true) >= 1/{classes}, so L <= ln {classes} = "
            f"{show(math.log(classes))}, but L >= {show(loss.low, 6)}",
            claims=(claim, accuracy.claim),
            assumptions=(*ASSUMES, "no miss hides in the rounding of the accuracy"),
            resolve="State the number of misses",
        )


@rule("bce-floor", 3, "with sigmoid outputs a wrong answer costs at least 2 ln 2 / K")
def bce_floor(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Binary cross-entropy over K sigmoid outputs is at least (1 - A) 2 ln 2 / K (mean over K).

    On a missed image some other class has a logit z' >= z of the true class, and the two terms
    softplus(-z) + softplus(z') are least at z = z' = 0: 2 ln 2. Summed over classes the floor is
    (1 - A) 2 ln 2; averaged over classes (PyTorch's default) it is that divided by K.

    Example: A = 80 %, K = 1000, mean over classes: L >= 0.000277; summed: L >= 0.277.

    Assumes: targets of 0 and 1, mean over images; the least reading, the mean over classes, counts.
    Source: derived here, as loss-floor is for softmax.
    """
    for evaluation in evidence.having("loss"):
        pair, accuracy = evaluation.loss, evaluation.accuracy
        if pair is None or accuracy is None:
            continue
        claim, loss = pair
        if loss_kind(claim, evidence) not in ("bce", "binary_cross_entropy"):
            continue
        classes = facts.classes_of(claim)
        if not classes:
            continue
        if apart(claim, accuracy.claim, facts):
            continue
        floor = 2 * (1 - accuracy.interval.high) * LN_2 / classes
        if loss.high >= floor * (1 - EPSILON):
            continue
        verdict, doubt = judged(evaluation, claim, accuracy.claim, facts)
        yield Finding(
            verdict=verdict,
            message=f"binary cross-entropy {printed(claim.number)} cannot be: {accuracy.words} "
            f"needs at least {show(floor, 6)} even as a mean over {classes} classes",
            arithmetic=f"L >= (1 - A) 2 ln 2 / K = {show(floor, 6)}, but L <= {show(loss.high, 8)}",
            claims=(claim, accuracy.claim),
            assumptions=("targets of 0 and 1", *ASSUMES[1:], *doubt),
            resolve="State how the loss was averaged over classes and images",
        )
