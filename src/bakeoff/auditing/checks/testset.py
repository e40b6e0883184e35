"""Scores of one class that must come from whole images."""

from __future__ import annotations

import math
from collections.abc import Iterator

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.perclass import Report, reports
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import share
from bakeoff.auditing.metrics import METRICS

SCORES = ("precision", "recall", "f1")

SLACK = 1e-6
"""What floating point may be off by; as in mlscorecheck, whose test this is."""

MOST_COUNTS = 200_000
"""With more counts of right images in question, shares are as good as continuous."""


@rule("class-scores", 14, "a class's precision, recall and F1 come from whole images")
def class_scores(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Recall = TP/n_c, precision = TP/(TP + FP), F1 = 2TP/(n_c + TP + FP) for whole TP and FP.

    Each figure may be possible alone, and no pair of counts give them together.

    Example: 17 images, recall 0.88 and precision 0.90: recall needs 15 right, and 15 of 16 is
    0.94, 15 of 17 is 0.88.

    Every count of right images is tried, with every number of images of other classes.

    Assumes: one evaluation; the support is the number of the class's images.
    Source: Fazekas & Kovács 2023, arXiv 2310.12527 (mlscorecheck, check_1_testset_no_kfold, with
    which the tests compare it).
    """
    for report, name, support, scores in _sought(evidence):
        yield from _class(report, name, support, scores)


Sought = tuple[Report, str, Claim, dict[str, Claim]]
"""A report, one of its classes, that class's support, and its scores by metric."""


def _sought(evidence: Evidence) -> Iterator[Sought]:
    """Every class whose support, precision and another score stand there."""
    for report in reports(evidence):
        for name, support in report.by_class.get("support", {}).items():
            scores = {
                metric: claim
                for metric in SCORES
                if (claim := report.by_class.get(metric, {}).get(name)) is not None
            }
            if "precision" in scores and len(scores) > 1:
                yield report, name, support, scores


def _class(
    report: Report, name: str, support: Claim, scores: dict[str, Claim]
) -> Iterator[Finding]:
    if any(c.number is None or c.spread is not None or (c.runs or 1) > 1 for c in scores.values()):
        return
    if support.number is None or support.number.value < 1 or support.number.value % 1:
        return
    size = int(support.number.value)
    # The hulls of rounding and of cutting off.
    hulls = {m: share(c.number).within(0, 1) for m, c in scores.items() if c.number is not None}
    ranges = {metric: (hull.low, hull.high) for metric, hull in hulls.items()}
    if min(low + high for low, high in ranges.values()) <= 0 or not contradict(size, ranges):
        return
    said = ", ".join(f"{METRICS[m].title} {printed(c.number)}" for m, c in scores.items())
    yield Finding(
        verdict="inconsistent",
        message=f"{said} of class {name!r} cannot come from its {size:,} images together",
        arithmetic=f"recall = TP/{size:,}, precision = TP/(TP + FP), "
        f"F1 = 2TP/({size:,} + TP + FP): no whole TP and FP give all of them",
        claims=(*scores.values(), support),
        assumptions=("one evaluation", f"{size:,} images of the class, as printed"),
        resolve="State the counts, or on which images each figure was computed",
        relies_on=report.relies_on() | {"unit", "runs", "class"},
    )


def contradict(size: int, scores: dict[str, tuple[float, float]]) -> bool:
    """True if no whole counts give all scores.

    size: images of the class, at least 1. scores: by "precision", "recall" and "f1", the least and
    the greatest value that the figure may stand for.

    With TP right images and C images that were called this class (TP <= C): recall = TP/size,
    precision = TP/C, F1 = 2 TP/(size + C).
    """
    ranges = {m: (max(0.0, low - SLACK), high + SLACK) for m, (low, high) in scores.items()}
    recall = ranges.get("recall", (0.0, 1.0))
    first = math.ceil(recall[0] * size)
    last = min(size, math.floor(recall[1] * size))
    if last - first > MOST_COUNTS:
        return _contradict_as_shares(ranges)
    return not any(_some_called(size, right, ranges) for right in range(first, last + 1))


def _some_called(size: int, right: int, ranges: dict[str, tuple[float, float]]) -> bool:
    """Whether a whole number of images called this class gives precision and F1."""
    least, most = float(right), math.inf
    if "precision" in ranges:
        low, high = ranges["precision"]
        if right == 0:
            # 0/C is 0, and 0/0 no figure.
            if low > 0:
                return False
            least = 1.0
        else:
            least, most = max(least, right / high), min(most, right / low if low else math.inf)
    if "f1" in ranges:
        low, high = ranges["f1"]
        if right == 0:
            return low <= 0
        least = max(least, 2 * right / high - size)
        most = min(most, 2 * right / low - size if low else math.inf)
    return math.ceil(least) <= most


def _contradict_as_shares(ranges: dict[str, tuple[float, float]]) -> bool:
    """Whether F1 leaves what the harmonic means of precision and recall can be."""
    if len(ranges) < 3:
        return False
    (p_low, p_high), (r_low, r_high) = ranges["precision"], ranges["recall"]
    low, high = ranges["f1"]
    if min(p_low, r_low) <= 0:
        return False
    return 2 / (1 / p_high + 1 / r_high) < low or 2 / (1 / p_low + 1 / r_low) > high
