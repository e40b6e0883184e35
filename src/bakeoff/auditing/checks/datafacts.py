"""What a document says of a data set against what is known of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import interval
from bakeoff.published.tables import squash

if TYPE_CHECKING:
    from bakeoff.published import Dataset

WHOLE_IMAGENET = 14_197_122
WHOLE = ("test_images", "classes")
"""What is usually told of the whole: fewer of them are asked about."""


def sizes_of(known: Dataset, metric: str) -> dict[str, int]:
    """The official sizes a claim of this metric may mean."""
    parts = {
        "training": known.train_images,
        "validation": known.validation_images,
        "test": known.test_images,
    }
    sizes = {name: size for name, size in parts.items() if size is not None}
    if metric == "images":
        sizes["all"] = sum(sizes.values())
        if known.train_images and known.reported_images:
            sizes["training and reported"] = known.train_images + known.reported_images
        return sizes
    wanted = {
        "train_images": ("training",),
        "validation_images": ("validation", "test"),
        "test_images": ("test", "validation"),
    }[metric]
    found = {name: sizes[name] for name in wanted if name in sizes}
    if metric == "train_images" and "validation" in sizes and "training" in sizes:
        found["training and validation"] = sizes["training"] + sizes["validation"]
    return found


@rule("dataset-size", 28, "a known data set has known sizes")
def dataset_size(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Images of a split and number of classes against the registry of data sets.

    Example: "MNIST: 60,000 training images, 12,000 test images": the test set has 10,000.

    More test images or classes than there are: inconsistent. More training images: implausible
    (augmented copies may have been counted), inconsistent where the same sentence describes the
    official set and has less than twice as many. Fewer test images or classes: ambiguous (a part
    may have been used); fewer training images are usual, since some are held out.

    Source: the registry of data sets, each with its citation.
    """
    metrics = ("train_images", "validation_images", "test_images", "images", "classes")
    for claim, number in evidence.figures(*metrics):
        known = facts.dataset_of(claim)
        if known is None or not number.exact or "class" in claim.context:
            continue
        official = (
            {"classes": known.classes}
            if claim.metric == "classes"
            else sizes_of(known, claim.metric)
        )
        stated = interval(number)
        if not official or any(stated.low <= n <= stated.high for n in official.values()):
            continue
        if known.name.startswith("imagenet") and stated.low <= WHOLE_IMAGENET <= stated.high:
            continue
        of_a_part = claim.metric not in WHOLE or "metric" in claim.doubtful
        if stated.high < max(official.values()) and of_a_part:
            continue  # a part was held out, as is usual, or the sentence says that it is a part
        described = _describes(claim, known, evidence)
        yield _size(claim, number, known, official, described)


def _describes(claim: Claim, known: Dataset, evidence: Evidence) -> bool:
    """True if the same breath tells the official test set or classes: a description of the set."""
    facts = {"test_images": known.test_images, "classes": known.classes}
    return any(
        c.number is not None and c.number.value == facts.get(c.metric, -1)
        for c in evidence.beside(claim)
    ) or any(
        c.number is not None and c.number.value == facts.get(c.metric, -1)
        for c in evidence.sentence(claim)
        if c.context.get("dataset") == claim.context.get("dataset")
    )


def _size(
    claim: Claim, number: Number, known: Dataset, official: dict[str, int], described: bool
) -> Finding:
    most = max(official.values())
    more = interval(number).low > most
    verdict: Verdict = "ambiguous"
    told = "a part of the data set was used"
    if more and claim.metric != "test_images" and claim.metric != "classes":
        verdict, told = "implausible", "augmented copies were counted"
        if described and number.value < 2 * most:
            verdict, told = "inconsistent", ""
    elif more:
        verdict, told = ("inconsistent", "") if _named_here(claim, known) else ("ambiguous", told)
    what = claim.metric.replace("_", " ")
    shown = ", ".join(f"{n:,} ({name})" for name, n in official.items())
    return Finding(
        verdict=verdict,
        message=f"{known.title} does not have {printed(number)} {what}, but {shown}"
        + (f"; possible if {told}" if told else ""),
        arithmetic=f"{number.text} against {shown}",
        claims=(claim,),
        assumptions=(f"the official {known.title} ({known.citation})",),
        resolve="Name the part or variant of the data set",
        relies_on=frozenset({"dataset"}),
    )


def _named_here(claim: Claim, known: Dataset) -> bool:
    """The data set is named beside the figure or in the heading right above it; a name that only
    comes from further up may have been replaced by one that the registry does not know."""
    if "dataset" not in claim.inherited:
        return True
    above = squash(claim.section[-1]) if claim.section else ""
    return any(squash(name) in above for name in (known.name, known.title, *known.aliases))


@rule("dataset-shape", 28, "a known data set has a known resolution and colour")
def dataset_shape(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Resolution and colour said of a data set whose images are all alike.

    Example: "CIFAR-10: 60,000 images of 28x28" (they are 32x32). Looked at only where the same
    sentence tells sizes or classes of the data set, since images are often resized for training.

    Ambiguous at most: the images may have been resized or converted.
    Source: the registry of data sets.
    """
    describes = {"train_images", "test_images", "images", "classes"}
    for claim in evidence.of("resolution", "color"):
        known = facts.dataset_of(claim)
        if known is None or known.height is None:
            continue
        if not any(c.metric in describes for c in evidence.beside(claim)):
            continue
        if claim.metric == "resolution" and claim.number is not None:
            stated = interval(claim.number)
            if stated.low <= known.height <= stated.high:
                continue
            told, fact = f"{claim.number.text} pixels", f"{known.height}x{known.width}"
        elif claim.metric == "color" and claim.word and not claim.negated:
            if (claim.word == "grayscale") == (known.channels == 1):
                continue
            told, fact = claim.word, "grayscale" if known.channels == 1 else "color"
        else:
            continue
        yield Finding(
            verdict="ambiguous",
            message=f"{known.title}'s images are {fact}, not {told}; they may have been converted",
            arithmetic=f"registry: {known.height}x{known.width}, {known.channels} channels",
            claims=(claim,),
            assumptions=("the sentence describes the data set as published",),
            resolve="Say whether the images were resized or converted",
            relies_on=frozenset({"dataset"}),
        )
