"""Figures of single classes, and what they add up to."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.granularity import next_count, one_run
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.evaluation import (
    SUBJECT,
    WHICH,
    Subject,
    compatible,
    key_of,
    printed,
    subject,
)
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import Interval, percent, share, show_percent
from bakeoff.auditing.metrics import METRICS

if TYPE_CHECKING:
    from bakeoff.published import Dataset

PER_CLASS = ("recall", "precision", "f1", "accuracy")


@dataclass
class Report:
    """Figures by class of one evaluation, and the overall figures beside them.

    sure: no other model's figures stand in the document, so that they belong together.
    """

    by_class: dict[str, dict[str, Claim]] = field(default_factory=lambda: defaultdict(dict))
    overall: dict[str, list[Claim]] = field(default_factory=lambda: defaultdict(list))
    sure: bool = True

    def one(self, metric: str) -> Claim | None:
        """The only overall figure of a metric."""
        found = self.overall.get(metric, [])
        return found[0] if found and len({key_of(c.number) for c in found}) == 1 else None

    def supports(self, classes: Sequence[str]) -> list[int] | None:
        """Images of each class, if said of all of them."""
        known = self.by_class.get("support", {})
        numbers = [known[c].number for c in classes if c in known]
        if len(numbers) != len(classes):
            return None
        return [int(n.value) for n in numbers if n is not None]

    def dataset(self, facts: Facts) -> Dataset | None:
        """The data set: said of the classes, or of the overall figures."""
        claims = [c for found in self.by_class.values() for c in found.values()][:1]
        claims += [c for found in self.overall.values() for c in found[:1]]
        known = [d for c in claims if (d := facts.dataset_of(c)) is not None]
        return known[0] if len({d.name for d in known}) == 1 else None

    def relies_on(self) -> frozenset[str]:
        """What verdicts rest on; the model, where the document may speak of several."""
        return WHICH - {"model", "method"} if self.sure else WHICH


METRICS_READ = (
    *PER_CLASS,
    "support",
    *(f"{average}_{metric}" for average in ("macro", "weighted") for metric in PER_CLASS[:3]),
)
_CLASS = SUBJECT.index("class")


def _arm(claim: Claim) -> Subject:
    own = subject(claim)
    return (*own[:_CLASS], None, *own[_CLASS + 1 :])


def reports(evidence: Evidence) -> list[Report]:
    """Per-class tables and lists, one a section and subject, with what stands beside them."""
    found: dict[tuple[object, Subject], Report] = defaultdict(Report)
    whole: dict[object, list[Claim]] = defaultdict(list)
    models: dict[str, set[str]] = defaultdict(set)
    for claim in evidence.of(*METRICS_READ):
        if claim.number is None:
            continue
        where = (claim.place.file, claim.section)
        name = claim.context.get("class")
        if "model" in claim.context and "model" not in claim.doubtful:
            models[claim.place.file].add(claim.context["model"])
        if name is None or claim.metric == "support":
            whole[where].append(claim)
            continue
        by_class = found[where, _arm(claim)].by_class[claim.metric]
        if by_class.setdefault(name, claim) is not claim:
            by_class.pop(name)
    for (near, arm), report in found.items():
        for claim in whole[near]:
            name = claim.context.get("class")
            if not compatible(_arm(claim), arm):
                continue
            if name is None:
                report.overall[claim.metric].append(claim)
            elif report.by_class["support"].setdefault(name, claim) is not claim:
                # Two sizes of one class: none is known.
                report.by_class["support"].pop(name)
        first = next(_claims(report), None)
        report.sure = first is not None and len(models[first.place.file]) <= 1
    # A class listed twice is left out, so that nothing may be left of a report.
    return [report for report in found.values() if next(_claims(report), None) is not None]


def _claims(report: Report) -> Iterator[Claim]:
    for found in report.by_class.values():
        yield from found.values()


def class_sizes(report: Report, classes: Sequence[str], facts: Facts) -> list[int] | None:
    """Images of each class: printed beside it, or the data set's where classes are numbered."""
    if stated := report.supports(classes):
        return stated
    known = report.dataset(facts)
    if known is None or not known.per_class or not classes:
        return None
    first = next(_claims(report))
    if first.context.get("split", known.reported_split) != known.reported_split:
        return None
    if known.balanced:
        return [known.per_class[0]] * len(classes)
    if all(c.isdecimal() and int(c) < known.classes for c in classes):
        return [known.per_class[int(c)] for c in classes]
    return None


def _are_recalls(report: Report, claims: dict[str, Claim], sizes: Sequence[int]) -> bool:
    """True if accuracies by class are shares of the class: their mean is the overall accuracy.

    (Of one class against the rest they would lie far above it.)
    """
    overall = report.one("accuracy")
    shares = [share(c.number).within(0, 1) for c in claims.values() if c.number]
    if overall is None or overall.number is None or len(shares) != len(sizes) or not sum(sizes):
        return False
    near = share(overall.number)
    mean = _weighted(shares, sizes)
    slack = (mean.high - mean.low) + (near.high - near.low)
    return abs((mean.low + mean.high) / 2 - (near.low + near.high) / 2) <= max(slack, 0.002)


@rule("class-granularity", 16, "a class's recall is a multiple of 1/n_c")
def class_granularity(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """The recall of a class with n_c test images is k/n_c.

    Example: ImageNet's validation set has 50 images of each class: steps of 2 %; 77 % does not
    exist for one run.

    Impossible where one run is clear (said, or the images of the class are printed beside it) and
    the figure is a share of the class; ambiguous otherwise: a mean of several runs, or an accuracy
    of one class against the rest.
    Source: the GRIM test (Brown and Heathers 2017), for shares.
    """
    for report in reports(evidence):
        for metric in ("recall", "accuracy"):
            claims = report.by_class.get(metric, {})
            sizes = class_sizes(report, list(claims), facts)
            if not sizes:
                continue
            recalls = metric == "recall" or _are_recalls(report, claims, sizes)
            for claim, size in zip(claims.values(), sizes, strict=True):
                if claim.number is None or size < 1:
                    continue
                figure, fraction = percent(claim.number), claim.number.unit == "fraction"
                if figure is None or next_count(*figure, size, fraction=fraction) is not None:
                    continue
                clear = one_run(claim, evidence, facts) or report.supports(list(claims))
                sure = recalls and bool(clear) and claim.spread is None
                yield Finding(
                    verdict="impossible" if sure else "ambiguous",
                    message=f"{METRICS[metric].title} {printed(claim.number)} of class "
                    f"{claim.context['class']!r} is not a share of its {size:,} images",
                    arithmetic=f"steps of 1/{size:,} = {show_percent(1 / size)}",
                    claims=(claim,),
                    assumptions=(f"{size:,} test images of the class", "one run"),
                    resolve="State the images of each class, and the number of runs",
                    relies_on=report.relies_on() | {"unit", "runs"},
                )


@rule("class-sum", 16, "the accuracy is the mean of the classes' recalls, weighted by size")
def class_sum(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A = sum n_c r_c / N over all K classes.

    Example: five classes at 90 % and five at 80 % on CIFAR-10 make 85 %, not 88 %.

    Where the figures by class are called accuracy, they may be of one class against the rest; each
    miss then counts in two classes: sum (1 - a_c) = 2 (1 - A). That reading is allowed as well.

    Assumes: every class is listed; one evaluation, or means over the same runs.
    Source: the law of total probability.
    """
    for report in reports(evidence):
        overall = report.one("accuracy")
        for metric in ("recall", "accuracy"):
            claims = report.by_class.get(metric, {})
            if overall is None or overall.number is None or len(claims) < 2:
                continue
            sizes = class_sizes(report, list(claims), facts)
            known = report.dataset(facts)
            if not sizes or (known is not None and known.classes != len(claims)):
                continue
            if known is None and report.supports(list(claims)) is None:
                continue
            shares = [share(c.number).within(0, 1) for c in claims.values() if c.number]
            total = sum(sizes)
            if total == 0 or len(shares) != len(sizes):
                continue
            mean = _weighted(shares, sizes)
            stated = share(overall.number).within(0, 1)
            if stated.meets(mean):
                continue
            against_rest = Interval(
                1 - sum(1 - s.low for s in shares) / 2, 1 - sum(1 - s.high for s in shares) / 2
            )
            if metric == "accuracy" and stated.meets(against_rest):
                continue
            yield Finding(
                verdict="inconsistent",
                message=f"the {len(claims)} classes make {show_percent((mean.low + mean.high) / 2)}"
                f", not {printed(overall.number)}",
                arithmetic=f"sum n_c r_c / N over N = {total:,} images lies between "
                f"{show_percent(mean.low)} and {show_percent(mean.high)}",
                claims=(overall, *claims.values()),
                assumptions=("every class is listed", "all of one evaluation"),
                resolve="Check the classes and the overall figure",
                relies_on=report.relies_on() | {"unit"},
            )


def _weighted(shares: Sequence[Interval], sizes: Sequence[float]) -> Interval:
    total = sum(sizes)
    return Interval(
        sum(s.low * n for s, n in zip(shares, sizes, strict=True)) / total,
        sum(s.high * n for s, n in zip(shares, sizes, strict=True)) / total,
    )


@rule("class-average", 16, "macro and weighted averages are means of the classes' figures")
def class_average(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """macro-X = mean of X over classes; weighted-X = mean weighted by the classes' images.

    Example: F1 of 0.80, 0.90 and 0.94 has macro average 0.88, not 0.91.

    The images of all classes, printed beside several averages, are one number: inconsistent where
    one of them is the sum of the classes' images and another is not.

    Assumes: every class is listed (the classes' images are printed, or their number is the data
    set's); macro-F1 is the mean of F1, not the harmonic mean of the averages (that is allowed).
    Source: the definitions.
    """
    for report in reports(evidence):
        yield from _supports(report)
        for metric in PER_CLASS[:3]:
            claims = report.by_class.get(metric, {})
            shares = [share(c.number).within(0, 1) for c in claims.values() if c.number]
            if len(shares) < 2 or len(shares) != len(claims):
                continue
            sizes = report.supports(list(claims))
            for average, weights in (("macro", [1] * len(shares)), ("weighted", sizes)):
                overall = report.one(f"{average}_{metric}")
                if overall is None or overall.number is None or not weights or not sum(weights):
                    continue
                known = report.dataset(facts)
                if sizes is None and (known is None or known.classes != len(claims)):
                    continue
                mean = _weighted(shares, weights)
                if share(overall.number).within(0, 1).meets(mean):
                    continue
                if overall.metric == "macro_f1" and _harmonic_of_averages(report, overall):
                    continue
                yield Finding(
                    verdict="inconsistent",
                    message=f"{METRICS[overall.metric].title} {printed(overall.number)} is not the "
                    f"mean of the {len(claims)} classes, "
                    f"{show_percent((mean.low + mean.high) / 2)}",
                    arithmetic=f"mean between {show_percent(mean.low)} and "
                    f"{show_percent(mean.high)}",
                    claims=(overall, *claims.values()),
                    assumptions=("every class is listed", "all of one evaluation"),
                    resolve="Check the classes and their average",
                    relies_on=report.relies_on(),
                )


def _supports(report: Report) -> Iterator[Finding]:
    """Sums of the classes' images, of which one is not what the others are."""
    of_classes = report.by_class.get("support", {})
    listed = report.supports(list(of_classes))
    told = [(c, c.number) for c in report.overall.get("support", ()) if c.number is not None]
    total = sum(listed or ())
    if len(of_classes) < 2 or not any(number.value == total for _, number in told):
        return
    for claim, number in told:
        if number.value != total:
            yield Finding(
                verdict="inconsistent",
                message=f"the {len(of_classes)} classes have {total:,} images, not {number.text}",
                arithmetic=f"{' + '.join(str(n) for n in (listed or ())[:12])} = {total:,}",
                claims=(claim, *of_classes.values()),
                assumptions=("every class is listed, as another sum of the report shows",),
                resolve="Check the sum",
                relies_on=frozenset(),
            )


def _harmonic_of_averages(report: Report, overall: Claim) -> bool:
    """True if macro-F1 was computed from macro-precision and macro-recall, as some do."""
    parts = [report.one(m) for m in ("macro_precision", "macro_recall")]
    numbers = [c.number for c in parts if c is not None and c.number is not None]
    if len(numbers) != 2 or overall.number is None:
        return False
    p, r = (share(n).within(0, 1) for n in numbers)
    low = 2 * p.low * r.low / (p.low + r.low) if p.low + r.low else 0.0
    high = 2 * p.high * r.high / (p.high + r.high) if p.high + r.high else 0.0
    return share(overall.number).meets(Interval(low, high))
