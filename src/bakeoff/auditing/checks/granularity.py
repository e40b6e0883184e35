"""Shares of a finite test set: only multiples of 1/N exist."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import lru_cache

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import percent

SHARES = ("accuracy", "error", "top5", "top5_error")
DOUBLE_ROUNDING = Decimal("0.00005")
"""Percentage points: an evaluator that rounds to four decimals before three are printed moves a
figure by so much (seen on ReaL). More would blind the rule."""

ONE_RUN_FORMATS = frozenset({"model-card", "metafile", "record"})
"""Documents about one set of weights, so that a figure is one evaluation and not a mean."""

SINGLE = frozenset({"best", "worst"})
LARGEST_MEAN = 100

ASSUMES = (
    "the whole test set was evaluated: no dropped last batch, no padding, no subset",
    "the figure was rounded or cut off once (or twice, by way of four decimals)",
)


@lru_cache(maxsize=4096)
def next_count(
    value: Decimal,
    half: Decimal,
    total: int,
    *,
    doubles: bool = True,
    error: bool = False,
    fraction: bool = False,
) -> int | None:
    """The least k whose share 100 k / total prints as value ± half (percent); None if none does.

    Rounded: |100 k / total - value| <= half (widened for double rounding). Cut off: value <=
    100 k / total < value + 2 half. Exact decimal arithmetic; with `doubles`, also what cutting off
    a share computed in double precision may print. fraction: it was printed as a share, not
    as a percentage.
    """
    widen = DOUBLE_ROUNDING
    low = max(Decimal(0), value - half - widen)
    count = int((low * total / 100).to_integral_value(ROUND_CEILING))
    share = count * Decimal(100)
    within_rounding = share <= (value + half + widen) * total
    end = (value + 2 * half) * total
    within_cut = share < end or (
        doubles and share == end and _falls_short(count, total, error, fraction)
    )
    return count if count <= total and (within_rounding or within_cut) else None


def _falls_short(count: int, total: int, error: bool, fraction: bool) -> bool:
    """True if count / total computed in double precision lies just below its exact value, so that
    cutting off the share (0.0973 becomes 0.09729...) or its percentage (0.29 becomes 28.99...)
    shows one unit less in the last digit."""
    exact = Decimal(count) * 100 / Decimal(total)
    hits = count / total
    ways = [Decimal(hits * 100)]
    if fraction:
        ways += [Decimal(hits) * 100, *(Decimal(hits * 10.0**d).scaleb(2 - d) for d in range(3, 8))]
    if error:  # computed from the accuracy
        missed = (total - count) / total
        ways += [Decimal(x) for x in ((1 - missed) * 100, 100 - missed * 100)]
        if fraction:
            ways.append(Decimal(1 - missed) * 100)
    return any(x < exact for x in ways)


def mean_exists(value: Decimal, half: Decimal, total: int, runs: int) -> bool:
    """True if a mean over runs of shares of `total` images prints as value ± half (percent).

    The exact mean is a multiple of 1 / (runs total). Where each run was rounded to d decimals
    before averaging and that lost something, multiples of 10^-d / runs are possible as well. A mean
    summed in double precision may fall just short and be cut one unit lower, so the end counts.
    """
    digits = max(0, -int(half.as_tuple().exponent) - 1)
    grids = [total * runs]
    grids += [100 * 10**d * runs for d in range(digits + 1) if (100 * 10**d) % total]
    end = value + 2 * half
    # Far above 100 % there is no share, and decimals have too few digits for the remainder.
    near = end < 1000
    return any(
        next_count(value, half, grid) is not None or (near and (end * grid) % 100 == 0)
        for grid in grids
    )


def neighbours(value: Decimal, total: int) -> tuple[int, int]:
    """The two counts whose shares enclose a percentage."""
    exact = value * total / 100
    below = int(exact.to_integral_value(ROUND_FLOOR))
    return below, below + 1


@dataclass(frozen=True)
class Images:
    """How many images a share is of. sure: the document or its data set leaves no doubt."""

    count: int
    source: str
    sure: bool


def images_behind(claim: Claim, evidence: Evidence, facts: Facts) -> Images | None:
    """The images behind a share: said beside it, or the official split of its data set."""
    if stated := _stated(claim, evidence):
        return stated
    known = facts.dataset_of(claim)
    if "class" in claim.context:
        return None
    if known is None:
        return _told(claim, evidence)
    split = claim.context.get("split")
    custom = _names_other_counts(claim, evidence)
    if split == "train":
        return (
            None if known.train_images is None else Images(known.train_images, known.title, False)
        )
    official = known.reported_images
    if official is None:
        return None
    if split in (None, known.reported_split):
        return Images(official, f"{known.title}'s {known.reported_split} set", not custom)
    if known.reported_split == "validation" and split == "test":
        # ImageNet's test labels are not public, so "test" there is the validation set.
        return Images(official, f"{known.title}'s validation set", not custom)
    return Images(official, f"{known.title}'s {known.reported_split} set", False)


def _stated(claim: Claim, evidence: Evidence) -> Images | None:
    for near in evidence.beside(claim, "evaluated_images"):
        number = near.number
        if number is None or not number.exact:
            continue
        if number.half <= Decimal("0.5"):
            return Images(int(number.value), "the document", near.sure())
    return None


def _told(claim: Claim, evidence: Evidence) -> Images | None:
    """The size of the test set that the document tells, of a data set nobody else knows: the only
    one it tells of this data set, beside the figure or in its section."""
    split = claim.context.get("split", "test")
    metrics = ("evaluated_images", {"test": "test_images"}.get(split, f"{split}_images"))
    if split == "train":
        return None
    own = claim.context.get("dataset")
    if not evidence.tells(*metrics):
        return None
    told = [
        near
        for near in evidence.sizes_told(claim.place.file, *metrics)
        if near.context.get("dataset", own) == own and near.number is not None
    ]
    counts = {near.number.value for near in told if near.number is not None}
    near_by = all(
        near.section == claim.section[: len(near.section)] and near.sure("split") for near in told
    )
    number = told[0].number if told else None
    if number is None or len(counts) > 1 or not number.exact or number.half > Decimal("0.5"):
        return None
    return Images(int(number.value), "the document", near_by)


def _names_other_counts(claim: Claim, evidence: Evidence) -> bool:
    """True if the document tells of a test set that is not the official one."""
    own = claim.context.get("dataset")
    split = claim.context.get("split")
    metrics = (
        "evaluated_images", "validation_images" if split == "validation" else "test_images"
    )  # fmt: skip
    return evidence.tells(*metrics) and any(
        near.number is not None
        and near.context.get("dataset", own) == own
        and not _official(near.number, near, own)
        for near in evidence.sizes_told(claim.place.file, *metrics)
    )


def _official(number: Number, near: Claim, dataset: str | None) -> bool:
    known = Facts.dataset(dataset) if dataset else None
    if known is None:
        return False
    sizes = (known.test_images, known.validation_images)
    return any(size is not None and number.low <= size <= number.high for size in sizes)


def one_run(claim: Claim, evidence: Evidence, facts: Facts) -> bool:
    """True if the figure is of one set of weights: said, released, or a card of one model."""
    if claim.runs == 1 or "run" in claim.context or claim.context.get("statistic") in SINGLE:
        return True
    if claim.runs is not None or claim.spread is not None or claim.interval is not None:
        return False
    if claim.context.get("statistic"):
        return False
    if evidence.format_of(claim) in ONE_RUN_FORMATS:
        return True
    names = (claim.context.get("model", ""), claim.context.get("method", ""))
    if any(facts.results_of_weights(name) for name in names if name):
        return True
    if any(c.metric == "runs" and _is_one(c) for c in evidence.beside(claim)):
        return True
    said = evidence.setting(claim, "runs")
    return said is not None and _is_one(said) and evidence.only_single_runs(claim.place.file)


def _is_one(claim: Claim) -> bool:
    return claim.number is not None and claim.number.value == 1 and claim.sure()


@rule("granularity", 1, "an accuracy on N images is a multiple of 1/N")
def granularity(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """An accuracy or error on N test images is k/N for a whole number k.

    The printed percentage A ± h (h: half of its last digit) must contain some 100 k/N. Read as
    rounded, as cut off, and as rounded twice (h is widened by 0.00005 percentage points, no more).

    Example: CIFAR-10 has 10,000 test images, so one run moves in steps of 0.01 %. 95.125 % lies
    between 9512 and 9513 correct images: no run can have it. On ImageNet's 50,000 validation
    images the third decimal of a percentage is even. (Some odd ones appear where a share was
    computed in double precision and then cut off; those are ambiguous.)

    Impossible only where one run is stated or clear; otherwise ambiguous, because a mean of two or
    more runs moves in finer steps.

    Assumes: the whole official test set; no dropped last batch, no padded batches.
    Source: the GRIM test (Brown and Heathers 2017), for shares.
    """
    for claim, number in evidence.figures(*SHARES):
        if claim.runs is not None and claim.runs > 1 and not _single(claim):
            continue
        images = images_behind(claim, evidence, facts)
        figure = percent(number)
        if images is None or figure is None or not number.exact:
            continue
        value, half = figure
        if 2 * half * images.count >= 100 and half <= value <= 100 - half:
            continue  # steps as fine as the last digit: some share prints so, whatever it is
        if next_count(*figure, images.count, doubles=False) is not None:
            continue
        yield _no_count(claim, number, figure, images, one_run(claim, evidence, facts))


def _single(claim: Claim) -> bool:
    return claim.context.get("statistic") in SINGLE


def _no_count(
    claim: Claim, number: Number, figure: tuple[Decimal, Decimal], images: Images, single: bool
) -> Finding:
    value, half = figure
    below, above = neighbours(value, images.count)
    arithmetic = (
        f"{below:,}/{images.count:,} = {100 * below / images.count:.5f} %, "
        f"{above:,}/{images.count:,} = {100 * above / images.count:.5f} %; "
        f"{value} ± {half} % holds neither, rounded or cut off"
    )
    runs = next((n for n in range(2, LARGEST_MEAN) if mean_exists(value, half, images.count, n)), 0)
    mean = f"possible as a mean of two or more runs (the least number that gives it is {runs})"
    error = claim.metric.endswith("error")
    fraction = number.unit == "fraction"
    if next_count(value, half, images.count, error=error, fraction=fraction) is not None:
        verdict = "ambiguous"
        tail = "only a share computed in double precision and then cut off prints so"
    elif single and images.sure:
        verdict, tail = "impossible", "no single run can have it"
    elif single:
        verdict, tail = "ambiguous", f"no single run on {images.count:,} images can have it"
    else:
        verdict = "ambiguous"
        tail = mean if runs else f"not possible as a mean of fewer than {LARGEST_MEAN} runs either"
    return Finding(
        verdict=verdict,  # type: ignore[arg-type]
        message=f"{printed(number)} is not a share of {images.count:,} images "
        f"({images.source}): {tail}",
        arithmetic=arithmetic,
        claims=(claim,),
        assumptions=(*ASSUMES, f"{images.count:,} images, from {images.source}"),
        resolve="State the number of images evaluated, and of how many runs the figure is a mean",
        relies_on=frozenset({"dataset", "split", "runs", "unit"}),
    )


@rule("seed-mean", 2, "a mean over n seeds is a multiple of 1/(nN)")
def seed_mean(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A mean accuracy over n runs on N images is k/(n N) for a whole number k.

    Example: n = 3 runs on 10,000 images move in steps of 0.00333 %: 93.457 % is 93.45667 rounded,
    93.458 % does not exist.

    Where each run was rounded before the mean was taken and that loses digits, the steps are of
    10^-d/n for d decimals; those are allowed as well.

    Assumes: all runs on the whole official test set; a plain mean, not a weighted one.
    Source: the GRIM test (Brown and Heathers 2017), for means of shares.
    """
    for claim, number in evidence.figures(*SHARES):
        runs = claim.runs
        if runs is None or not 1 < runs <= 10_000:
            continue
        if claim.context.get("statistic", "mean") != "mean":
            continue
        images = images_behind(claim, evidence, facts)
        figure = percent(number)
        if images is None or figure is None or not number.exact:
            continue
        if mean_exists(*figure, images.count, runs):
            continue
        value, half = figure
        below, above = neighbours(value, images.count * runs)
        total = images.count * runs
        yield Finding(
            verdict="impossible" if images.sure else "ambiguous",
            message=f"{printed(number)} is not a mean of {runs} runs on {images.count:,} images "
            f"({images.source})",
            arithmetic=f"{runs} x {images.count:,} = {total:,}; {below:,}/{total:,} = "
            f"{100 * below / total:.5f} %, {above:,}/{total:,} = {100 * above / total:.5f} %; "
            f"{value} ± {half} % holds neither, rounded or cut off",
            claims=(claim,),
            assumptions=(*ASSUMES, f"a plain mean of {runs} runs"),
            resolve="State the accuracy of each run, or the number of images evaluated",
            relies_on=frozenset({"dataset", "split", "runs", "unit"}),
        )
