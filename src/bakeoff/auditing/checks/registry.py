"""Figures against those that were published."""

from __future__ import annotations

import math
import re
from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import printed
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, percent, share, show

if TYPE_CHECKING:
    from bakeoff.published import PublishedResult

RANK = {"accuracy": "top1", "error": "top1", "top5": "top5", "top5_error": "top5"}
MARGIN = Decimal(1)
"""Points beyond the published range of a procedure before a figure is called implausible."""

OTHER_EVALUATOR = Decimal("0.5")
"""Points by which evaluators, resolutions and crops move a figure of the same weights."""

REPORTED = re.compile(
    r"^\W{0,4}(?:in\b|.{0,120}\b(?:reports?|reported|according to)\b)", re.IGNORECASE
)
"""A line that says what a paper reports, rather than what was reached with its recipe."""

WINDOW, NEIGHBOURS = 1.0, 10
ABOVE, BELOW = 1.0, 3.0
"""Points beyond the neighbours' range. Left out one at a time, no model of the registry lies more
than 0.7 above the middle of its neighbours; the lowest lies 3.0 below."""


def accuracy_percent(metric: str, value: Decimal) -> Decimal:
    """An accuracy or an error in percent, as accuracy."""
    return 100 - value if metric.endswith("error") else value


@dataclass
class Figure:
    """An accuracy that a document attributes to something published, told once or more."""

    accuracy: Decimal
    half: Decimal
    claims: list[Claim]


def _figures(evidence: Evidence) -> dict[tuple[str, ...], Figure]:
    """Accuracies and errors by file, attribution, model, data set, rank and value."""
    found: dict[tuple[str, ...], Figure] = {}
    cited = _cited_alone(evidence)
    for claim in evidence.of(*RANK):
        line = (claim.place.file, claim.place.line)
        attributed = claim.context.get("paper", "") or cited.get(line, "")
        attributed = "" if claim.context.get("experiment") == "ours" else attributed
        figure = percent(claim.number) if claim.number is not None and attributed else None
        if figure is None or "class" in claim.context or claim.runs not in (None, 1):
            continue
        if claim.number is not None and not claim.number.exact:
            continue
        value = accuracy_percent(claim.metric, figure[0])
        about = (
            claim.place.file,
            attributed,
            claim.context.get("model", ""),
            claim.context.get("dataset", ""),
            RANK[claim.metric],
            str(value.normalize()),
        )
        found.setdefault(about, Figure(value, figure[1], [])).claims.append(claim)
    return found


def _cited_alone(evidence: Evidence) -> dict[tuple[str, int], str]:
    """The paper cited on a line, where it is the only one and the line reports its figures."""
    papers: dict[tuple[str, int], set[str]] = defaultdict(set)
    for claim in evidence.of("paper"):
        if REPORTED.search(claim.place.source):
            papers[claim.place.file, claim.place.line].add(claim.word)
    return {where: found.pop() for where, found in papers.items() if len(found) == 1}


def _matches(figure: Figure, known: PublishedResult) -> bool:
    value = accuracy_percent(known.metric, known.number)
    below = value - known.half - figure.half
    above = value + known.half + figure.half
    # Cut-off digits move the printed figure down by up to its last digit.
    return below - figure.half <= figure.accuracy <= above + figure.half


@rule("registry", 24, "a paper's figure is one that the paper contains")
def registry(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A figure attributed to a paper should be among those published for it.

    Compared within h1 + h2 with the registry's figures for the paper's procedures, the same
    architecture and test set. More than a point outside their range: implausible. Inside it, or
    where the registry has none: undetermined, because it may stand in another table of the paper.

    Example: "RSB ResNet-50: 23.56 % top-1 error". RSB's procedures reach 19.6 to 21.9 %. And 3.57 %
    top-5 error is what an ensemble of residual nets reached in ILSVRC 2015.

    Source: the registry of published results, each with its citation.
    """
    for about, figure in _figures(evidence).items():
        _, paper, model, dataset, rank, _ = about
        published = facts.results_of_paper(paper)
        net, images = facts.architecture(model), facts.dataset(dataset)
        if not published or net is None or images is None:
            continue
        same = [
            r
            for r in published
            if r.architecture == net.name and r.test_set == images.name and _rank(r.metric) == rank
        ]
        if any(_matches(figure, r) for r in same):
            continue
        yield _not_published(figure, rank, paper, net.name, same, images.title)


def _rank(metric: str) -> str:
    return metric.removesuffix("_error")


def _not_published(
    figure: Figure,
    rank: str,
    paper: str,
    net: str,
    same: Sequence[PublishedResult],
    images: str,
) -> Finding:
    known = sorted(accuracy_percent(r.metric, r.number) for r in same)
    own = sorted(accuracy_percent(r.metric, r.number) for r in same if paper in r.citation)
    verdict: Verdict = "undetermined"
    spread = "the registry has no such figure for it"
    if own:
        spread = f"the paper reports {_range(own)}"
    if known:
        low, high = known[0], known[-1]
        spread = f"{spread}; " if own else ""
        spread += f"with all evaluations of its procedures {_range(known)}"
        if not low - MARGIN <= figure.accuracy <= high + MARGIN:
            verdict = "implausible"
            away = low - figure.accuracy if figure.accuracy < low else figure.accuracy - high
            spread += f", {away} points away"
    near = _nearest(figure, rank, net)
    told = ", ".join(dict.fromkeys(printed(c.number) for c in figure.claims))
    return Finding(
        verdict=verdict,
        message=f"{told} ({rank}) is not among the published figures of {net} in "
        f"arXiv {paper} on {images}: {spread}",
        arithmetic="nearest published: "
        + "; ".join(f"{r.id} {r.metric} {r.value} %" for r in _closest(figure, same) or near[:3]),
        claims=tuple(figure.claims),
        assumptions=(
            f"the document attributes the figure to arXiv {paper}",
            "the registry holds the paper's main table, not every table of it",
        ),
        resolve="Name the table of the paper, or correct the figure",
        cause=_belongs_to(figure, rank, near),
    )


def _range(accuracies: Sequence[Decimal]) -> str:
    low, high = accuracies[0], accuracies[-1]
    return f"{100 - high} to {100 - low} % error ({low} to {high} % accuracy)"


def _closest(figure: Figure, same: Sequence[PublishedResult]) -> list[PublishedResult]:
    return sorted(same, key=lambda r: abs(accuracy_percent(r.metric, r.number) - figure.accuracy))[
        :3
    ]


def _nearest(figure: Figure, rank: str, net: str) -> list[PublishedResult]:
    from bakeoff import published

    errors = published.nearest(f"{rank}_error", 100 - figure.accuracy)
    hits = published.nearest(rank, figure.accuracy, architecture=net)
    return [*errors, *hits]


def _belongs_to(figure: Figure, rank: str, near: Sequence[PublishedResult]) -> str:
    exact = [r for r in near if accuracy_percent(r.metric, r.number) == figure.accuracy]
    if not exact:
        return ""
    found = exact[0]
    metric = found.metric.replace("_", " ")
    return f"{found.value} % is the {metric} of {found.id} ({found.citation})"


@rule("released-weights", 24, "released weights have a known accuracy")
def released_weights(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """The same weights on the same images give the same figure, up to evaluator and resolution.

    Example: timm evaluates resnet50.a1_in1k on ImageNet at 224 pixels with 80.382 % top-1; a table
    that has 83.4 % for it is 2 points above every published figure of these weights.

    Implausible more than 0.5 points outside the published range of the weights (which covers
    resolutions and evaluators), otherwise silent.
    Source: the registry of published results.
    """
    for claim, _ in evidence.figures(*RANK):
        names = (claim.context.get("model", ""), claim.context.get("method", ""))
        model = next((name for name in names if "." in name), "")
        known = facts.dataset_of(claim)
        if not model or known is None or claim.number is None or not claim.number.exact:
            continue
        figure = percent(claim.number)
        published = [
            r
            for r in facts.results_of_weights(model)
            if r.test_set == known.name and _rank(r.metric) == RANK[claim.metric]
        ]
        side = _resolution(claim, evidence)
        at_side = [r for r in published if side and r.test_resolution == side]
        same = [accuracy_percent(r.metric, r.number) for r in at_side or published]
        if figure is None or not same:
            continue
        value = accuracy_percent(claim.metric, figure[0])
        away = max(min(same) - value, value - max(same)) - 2 * figure[1]
        if away <= OTHER_EVALUATOR:
            continue
        yield Finding(
            verdict="implausible",
            message=f"{printed(claim.number)} is {away} points outside what is published for the "
            f"weights {model} on {known.title}",
            arithmetic=f"published accuracies: {min(same)} to {max(same)} %; printed as accuracy "
            f"{value} %",
            claims=(claim,),
            assumptions=("the released weights, unchanged, on the whole official set",),
            resolve="State evaluator, resolution and crop",
            relies_on=frozenset({"dataset"}),
        )


def _resolution(claim: Claim, evidence: Evidence) -> str:
    """The test resolution of a figure, "" if it is not said."""
    if said := claim.context.get("resolution", ""):
        return said
    setting = evidence.setting(claim, "test_resolution", "resolution")
    return str(int(setting.number.value)) if setting and setting.number else ""


@cache
def _joint() -> tuple[list[float], list[float]]:
    from bakeoff import published

    rows = sorted((float(a), float(b)) for _, a, b in published.top1_top5())
    return [a for a, _ in rows], [b for _, b in rows]


@cache
def usual_top5(top1: float) -> tuple[float, float, float, float, int] | None:
    """(least, greatest, mean, sd, count) of top-5 among published models within 1 point of top-1.

    All in percent, on ImageNet's validation set; None with fewer than ten such models.
    """
    first, fifth = _joint()
    near = fifth[bisect_left(first, top1 - WINDOW) : bisect_right(first, top1 + WINDOW)]
    count = len(near)
    if count < NEIGHBOURS:
        return None
    mean = sum(near) / count
    variance = sum((x - mean) ** 2 for x in near) / count
    return min(near), max(near), mean, math.sqrt(variance), count


@rule("joint-plausibility", 25, "top-5 follows top-1 closely among published models")
def joint_plausibility(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """On ImageNet, models of the same top-1 accuracy differ little in top-5.

    Example: among 1,556 published evaluations, those within a point of 76.44 % top-1 have a top-5
    of 92.25 to 93.97 %, mean 93.12, sd 0.37; 96.43 % is 9 sd above the mean.

    Implausible more than 1 point above or 3 points below the range of the neighbours. Left out one
    at a time, none of the 1,556 is flagged.
    Source: timm's results tables.
    """
    found: dict[tuple[str, float, float], list[Claim]] = defaultdict(list)
    for evaluation in evidence.having("top5", "top5_error"):
        top1, top5 = evaluation.accuracy, evaluation.top5
        if top1 is None or top5 is None or not evaluation.sure:
            continue
        known = facts.dataset_of(top1.claim)
        if known is None or known.name != "imagenet-1k":
            continue
        if top1.claim.context.get("split") == "train":
            continue
        if top1.claim.number is None or top5.claim.number is None:
            continue
        key = (
            top1.claim.place.file,
            _nominal(share(top1.claim.number), top1.of_error),
            _nominal(share(top5.claim.number), top5.of_error),
        )
        found[key] += [top1.claim, top5.claim]
    outside = Counter(file for file, first, fifth in found if _outside(first, fifth))
    total = Counter(file for file, _, _ in found)
    for (file, first, fifth), claims in found.items():
        usual = usual_top5(first)
        if usual is None or not _outside(first, fifth) or fifth < first:
            continue
        if outside[file] >= NEIGHBOURS or (outside[file] > 2 and 2 * outside[file] > total[file]):
            continue  # figures of single classes, or of another data set
        low, high, mean, sd, count = usual
        away = abs(fifth - mean) / sd if sd else math.inf
        yield Finding(
            verdict="implausible",
            message=f"top-1 {show(first, 2)} % with top-5 {show(fifth, 2)} % is far outside what "
            f"published models show: {count} of them within a point of that top-1 have a top-5 of "
            f"{show(low, 2)} to {show(high, 2)} %",
            arithmetic=f"mean {show(mean, 2)}, sd {show(sd, 2)}: ({show(fifth, 2)} - "
            f"{show(mean, 2)})/{show(sd, 2)} = {away:.1f} sd away",
            claims=tuple(_unique(claims)),
            assumptions=("both of one model on ImageNet's validation set",),
            resolve="Check both figures and where each was taken from",
        )


def _outside(top1: float, top5: float) -> bool:
    usual = usual_top5(top1)
    return usual is not None and not usual[0] - BELOW <= top5 <= usual[1] + ABOVE


def _nominal(value: Interval, of_error: bool) -> float:
    # The hull reaches one half below and two above the printed value, or the mirror image.
    middle = value.low + (value.high - value.low) / 3
    return round(100 * (1 - middle if of_error else middle), 6)


def _unique(claims: Sequence[Claim]) -> list[Claim]:
    seen: dict[int, Claim] = {id(c): c for c in claims}
    return list(seen.values())
