"""Scores of one class that must come from whole images, checked by mlscorecheck."""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator
from functools import cache

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.perclass import Report, reports
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import share
from bakeoff.auditing.metrics import METRICS

SCORES = {"precision": "ppv", "recall": "sens", "f1": "f1p"}
"""Our metrics by mlscorecheck's names."""

OTHERS = 1_000
"""Images of other classes, per image of this one: more than any false positives that matter, so
that nothing rests on whether the document lists every class."""


@rule("class-scores", 14, "a class's precision, recall and F1 come from whole images")
def class_scores(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Recall = TP/n_c, precision = TP/(TP + FP), F1 = 2TP/(n_c + TP + FP) for whole TP and FP.

    Each figure may be possible alone, and no pair of counts give them together.

    Example: 17 images, recall 0.88 and precision 0.90: recall needs 15 right, and 15 of 16 is
    0.94, 15 of 17 is 0.88.

    Needs the extra: pip install 'bakeoff[scores]'. Without it this rule is not run, and a note says
    so where it would have been.

    Assumes: one evaluation; the support is the number of the class's images.
    Source: Fazekas & Kovács 2023, arXiv 2310.12527 (mlscorecheck, check_1_testset_no_kfold).
    """
    sought = list(_sought(evidence))
    if importlib.util.find_spec("mlscorecheck") is None:
        if sought:
            yield _not_run(sought)
        return
    for report, name, support, scores in sought:
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


def _not_run(sought: list[Sought]) -> Finding:
    _, _, support, scores = sought[0]
    classes = "one class" if len(sought) == 1 else f"{len(sought):,} classes"
    return Finding(
        verdict="note",
        message=f"the scores of {classes} were not checked by this rule, which needs mlscorecheck",
        arithmetic="none: mlscorecheck is not installed",
        claims=(*scores.values(), support),
        resolve="pip install mlscorecheck, and audit again",
    )


def _class(
    report: Report, name: str, support: Claim, scores: dict[str, Claim]
) -> Iterator[Finding]:
    if any(c.number is None or c.spread is not None or (c.runs or 1) > 1 for c in scores.values()):
        return
    if support.number is None or support.number.value < 1 or support.number.value % 1:
        return
    size = int(support.number.value)
    values: dict[str, float] = {}
    reach: dict[str, float] = {}
    for metric, claim in scores.items():
        assert claim.number is not None
        # The hull of rounding and cutting off, as a value and what it may be off by.
        hull = share(claim.number).within(0, 1)
        values[SCORES[metric]] = (hull.low + hull.high) / 2
        reach[SCORES[metric]] = (hull.high - hull.low) / 2
    if min(values.values()) <= 0 or not _contradict(size, values, reach):
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


def _contradict(size: int, values: dict[str, float], reach: dict[str, float]) -> bool:
    found = _checker()(
        testset={"p": size, "n": OTHERS * size}, scores=values, eps=reach, prefilter_by_pairs=True
    )
    return bool(found["inconsistency"])


@cache
def _checker():  # type: ignore[no-untyped-def]
    """mlscorecheck's test, without its running commentary."""
    logging.getLogger("mlscorecheck").setLevel(logging.WARNING)
    from mlscorecheck.check.binary import check_1_testset_no_kfold

    logging.getLogger("mlscorecheck").setLevel(logging.WARNING)
    return check_1_testset_no_kfold
