"""Training losses: what the objective and the training accuracy allow."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.loss import CROSS_ENTROPY, loss_kind
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import EPSILON, nats, show

REGULARISED = ("label_smoothing", "mixup", "cutmix")
FAR = 5.0
"""How many times over the maximum-entropy loss of a calibrated model counts as far: networks are
over-confident by factors of two or three, not of five."""


def smoothed_floor(smoothing: float, classes: int) -> float:
    """Entropy in nats of a one-hot target smoothed by eps over K classes.

    q(true) = 1 - eps + eps/K, q(other) = eps/K.
    """
    other = smoothing / classes
    true = 1 - smoothing + other
    return -true * math.log(true) - (classes - 1) * other * (math.log(other) if other else 0.0)


def calibrated_ceiling(accuracy: float, classes: int) -> float:
    """Greatest mean loss of a calibrated model that is equally sure of every image, in nats.

    It gives the true class A and shares the rest evenly: h(A) + (1 - A) ln(K - 1).
    """
    wrong = 1 - accuracy
    if wrong <= 0 or accuracy <= 0:
        return 0.0
    entropy = -wrong * math.log(wrong) - accuracy * math.log(accuracy)
    return entropy + wrong * math.log(max(1, classes - 1))


@rule("smoothed-floor", 6, "a loss with label smoothing has a floor above 0")
def smoothed_loss_floor(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """With label smoothing eps over K classes a loss is at least the entropy of its target.

    H(q) with q(true) = 1 - eps + eps/K and q(other) = eps/K. Cross-entropy H(q, p) >= H(q).

    Example: eps = 0.1 with K = 10: L >= 0.500; with K = 1000: L >= 1.015.

    Ambiguous at most: the printed loss may be the plain one. Only training losses are looked at,
    because evaluation losses are usually not smoothed.
    Source: Gibbs' inequality; smoothing as in Szegedy et al. 2016, section 7.
    """
    smoothed = evidence.tells("label_smoothing")
    for claim, number in evidence.figures("loss") if smoothed else ():
        if claim.context.get("split") != "train":
            continue
        classes = facts.classes_of(claim)
        setting = evidence.setting(claim, "label_smoothing")
        if classes is None or classes < 2 or setting is None or setting.number is None:
            continue
        smoothing = setting.number
        epsilon = float(smoothing.value)  # a setting is exact, not a rounded result
        if not 0 < epsilon < 1:
            continue
        floor = smoothed_floor(epsilon, classes)
        loss = nats(number)
        if loss.high >= floor * (1 - EPSILON):
            continue
        yield Finding(
            verdict="ambiguous",
            message=f"training loss {printed(number)} is below the {show(floor)} that label "
            f"smoothing {smoothing.text} allows with {classes} classes; it may be the plain loss",
            arithmetic=f"H(q) with eps = {show(epsilon)}, K = {classes} is {show(floor)}, but "
            f"L <= {show(loss.high, 6)}",
            claims=(claim, setting),
            assumptions=("the printed training loss is the smoothed objective",),
            resolve="State whether the training loss includes the smoothing",
        )


def regularised(claim: Claim, evidence: Evidence) -> bool:
    """True if the document says of this experiment that its objective is regularised."""
    for c in evidence.settings(claim.place.file, *REGULARISED, "augmentation"):
        if c.negated or (c.metric == "augmentation" and c.word not in REGULARISED):
            continue
        if (c.number is None or c.number.value != 0) and _may_concern(c, claim):
            return True
    return False


def _may_concern(setting: Claim, claim: Claim) -> bool:
    for key in ("experiment", "dataset"):
        ours, theirs = claim.context.get(key), setting.context.get(key)
        if ours is not None and theirs is not None and ours != theirs:
            return False
    if setting.section == claim.section:
        return True
    # Elsewhere in the document, a setting that names no experiment may be somebody else's.
    return "experiment" in setting.context or "experiment" not in claim.context


@rule("training-loss", 7, "a training loss far above what the training accuracy allows")
def training_loss(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A network that is right on nearly all training images has a small training loss.

    Compared with the loss of a calibrated model that is equally unsure of every image,
    h(A) + (1 - A) ln(K - 1), where h is the binary entropy in nats; a plain training loss more
    than five times that (and more than 0.1 above) is called implausible. So is a training loss many
    times the validation loss although the training accuracy is the higher one.

    Example: 99.87 % with K = 10 allows about 0.013; a training loss of 0.5382 is 42 times that.

    Implausible at most: smoothing, mixup, strong augmentation, dropout, or a running average over
    the epoch explain it. Silent where the document says that there was smoothing or mixup.
    Source: maximum entropy at a given accuracy; the factor five is a judgement.
    """
    validation: dict[object, Claim] | None = None
    for evaluation in evidence.having("loss"):
        pair, accuracy = evaluation.loss, evaluation.accuracy
        if pair is None or accuracy is None:
            continue
        claim, loss = pair
        if claim.context.get("split") != "train" or accuracy.claim.context.get("split") != "train":
            continue
        classes = facts.classes_of(claim) or 1000
        ceiling = calibrated_ceiling(max(0.5, accuracy.interval.low), classes)
        if loss.low <= max(FAR * ceiling, ceiling + 0.1):
            continue
        if loss_kind(claim, evidence) not in CROSS_ENTROPY or regularised(claim, evidence):
            continue
        assert claim.number is not None
        if validation is None:
            validation = _losses(evidence, ("validation", "test"))
        beside = validation.get(_run_of(claim))
        claims: tuple[Claim, ...] = (claim, accuracy.claim)
        message = (
            f"training loss {printed(claim.number)} is far above what {accuracy.words} training "
            f"accuracy allows in a converged network (about {show(ceiling)})"
        )
        arithmetic = (
            f"h(A) + (1 - A) ln(K - 1) = {show(ceiling)} at A >= {show(accuracy.interval.low)}, "
            f"K = {classes}; {claim.number.text} is {float(claim.number.value) / ceiling:.0f} "
            "times that"
        )
        if beside is not None and beside.number is not None and beside.number.value > 0:
            ratio = float(claim.number.value / beside.number.value)
            if ratio > FAR:
                claims = (*claims, beside)
                message += f", and {ratio:.0f} times the validation loss {printed(beside.number)}"
                arithmetic += f"; {claim.number.text}/{beside.number.text} = {ratio:.0f}"
        yield Finding(
            verdict="implausible",
            message=message,
            arithmetic=arithmetic,
            claims=claims,
            assumptions=(
                "no label smoothing, mixup or strong augmentation in the training loss",
                "not a running average over the epoch",
            ),
            resolve="State the training loss in evaluation mode, without augmentation",
        )


def _losses(evidence: Evidence, splits: tuple[str, ...]) -> dict[object, Claim]:
    found: dict[object, Claim] = {}
    for claim, _ in evidence.figures("loss"):
        if claim.context.get("split") in splits:
            found.setdefault(_run_of(claim), claim)
    return found


def _run_of(claim: Claim) -> object:
    keys = ("model", "method", "dataset", "epoch", "experiment", "run")
    return claim.place.file, tuple(claim.context.get(k) for k in keys)
