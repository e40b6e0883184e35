"""Images of a split: parts that add up to the whole, and no more than there are."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from decimal import Decimal

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import key_of
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import Interval, rounded, show

SIZES = ("images", "train_images", "validation_images", "test_images")


@rule("split-sum", 27, "the parts of a split add up to the whole")
def split_sum(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Training and held-out images of a split add up to the images that were split.

    Example: 50,000 images are not 45,000 + 6,000.

    Read in one sentence or row: a whole (`images`, or the larger of two training counts) and its
    parts. Counts printed as "50k" are intervals: ambiguous where only rounding could save them.

    Assumes: the parts are disjoint and are all of the whole.
    Source: arithmetic.
    """
    for members in evidence.groups_with(*SIZES):
        sizes: dict[str, dict[object, Claim]] = defaultdict(dict)
        for c in members:
            if c.metric in SIZES and c.number is not None and c.number.exact:
                sizes[c.metric].setdefault(key_of(c.number), c)
        split = _whole_and_parts({m: list(found.values()) for m, found in sizes.items()})
        if split is None:
            yield from _beyond_official(sizes, facts)
            continue
        whole, parts = split
        assert whole.number is not None
        numbers = [p.number for p in parts if p.number is not None]
        total = Interval(
            sum(rounded(n).low for n in numbers), sum(rounded(n).high for n in numbers)
        )
        stated = rounded(whole.number)
        exact = sum((n.value for n in numbers), Decimal(0))
        if exact == whole.number.value:
            continue
        possible = stated.low < total.high and total.low < stated.high
        if possible and all(n.half <= Decimal("0.5") for n in (*numbers, whole.number)):
            continue
        yield Finding(
            verdict="ambiguous" if possible else "inconsistent",
            message=f"{whole.number.text} images are not "
            f"{' + '.join(n.text for n in numbers)} = {exact:,}"
            + ("; possible only if the counts were rounded" if possible else ""),
            arithmetic=f"{' + '.join(n.text for n in numbers)} lies between {show(total.low)} and "
            f"{show(total.high)}, {whole.number.text} between {show(stated.low)} and "
            f"{show(stated.high)}",
            claims=(whole, *parts),
            assumptions=("the parts are disjoint and make up the whole",),
            resolve="State the images of every part",
            relies_on=frozenset(),
        )


def _beyond_official(sizes: dict[str, dict[object, Claim]], facts: Facts) -> Iterator[Finding]:
    """Training and validation images of one sentence that are more than there are."""
    train, validation = (list(sizes.get(m, {}).values()) for m in SIZES[1:3])
    if len(train) != 1 or len(validation) != 1:
        return
    known = facts.dataset_of(train[0])
    parts = [c.number for c in (train[0], validation[0]) if c.number is not None]
    if known is None or known.train_images is None or len(parts) != 2:
        return
    whole = known.train_images + (known.validation_images or 0)
    least = sum(float(rounded(n).low) for n in parts)
    elsewhere = known.test_images or 0
    official = known.train_images == parts[0].value
    if least <= whole or (official and parts[1].value == elsewhere):
        return
    # The test set, or a part of it, is sometimes called validation set.
    near = rounded(parts[1])
    called = near.low <= elsewhere <= near.high or (official and near.high < elsewhere)
    total = parts[0].value + parts[1].value
    yield Finding(
        verdict="ambiguous" if called else "inconsistent",
        message=f"{parts[0].text} training and {parts[1].text} validation images are {total:,}, "
        f"but {known.title} has {whole:,}"
        + ("; possible if the test set is meant by validation" if called else ""),
        arithmetic=f"{parts[0].text} + {parts[1].text} = {total:,} > {whole:,}",
        claims=(train[0], validation[0]),
        assumptions=("the validation images are held out from the training set",),
        resolve="Say which images are validated on",
        relies_on=frozenset({"dataset"}),
    )


def _whole_and_parts(sizes: dict[str, list[Claim]]) -> tuple[Claim, list[Claim]] | None:
    """The images that are split, and the parts; None where that is not clear."""
    train = sorted(sizes.get("train_images", []), key=_size)
    held_out = [*sizes.get("validation_images", []), *sizes.get("test_images", [])]
    whole = sizes.get("images", [])
    if any(len(found) > 1 for m, found in sizes.items() if m != "train_images"):
        return None
    if len(whole) == 1 and len(train) == 1 and held_out:
        return whole[0], [train[0], *held_out]
    validation = sizes.get("validation_images", [])
    if not whole and len(train) == 2 and validation:
        return train[1], [train[0], *validation]
    return None


def _size(claim: Claim) -> Decimal:
    return claim.number.value if claim.number is not None else Decimal(0)
