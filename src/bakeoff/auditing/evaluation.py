"""One evaluation, and figures of one arm over several runs: claims that belong together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.findings import STRICT, Verdict
from bakeoff.auditing.intervals import Interval, nats, share
from bakeoff.auditing.metrics import METRICS

SUBJECT = (
    "model",
    "method",
    "dataset",
    "split",
    "epoch",
    "experiment",
    "paper",
    "class",
    "statistic",
    "run",
    "checkpoint",
    "resolution",
    "extra",
    "view",
    "variant",
)
"""Context keys that tell one evaluation from another."""

WHICH = frozenset(SUBJECT)
"""Everything about which evaluation a figure is of, for verdicts that do not rest on its unit."""

Subject = tuple[str | None, ...]


_STATISTIC = SUBJECT.index("statistic")


def subject(claim: Claim) -> Subject:
    """What a claim says of the evaluation it belongs to."""
    found = tuple(map(claim.context.get, SUBJECT))
    # The mean of a confidence is over images, not over runs.
    return (
        found
        if claim.metric != "confidence"
        else (*found[:_STATISTIC], None, *found[_STATISTIC + 1 :])
    )


def compatible(a: Subject, b: Subject) -> bool:
    """True if nothing that both say differs."""
    if a == b:
        return True
    for x, y in zip(a, b, strict=True):  # noqa: SIM110 (`all` over a generator costs three times)
        if x is not None and y is not None and x != y:
            return False
    return True


def key_of(number: Number | None) -> tuple[object, ...]:
    """Equal for figures that repeat each other."""
    return () if number is None else (number.value, number.half, number.unit, number.qualifier)


@dataclass(frozen=True)
class Share:
    """A share read from a claim or from its complement: accuracy, or one minus the error."""

    claim: Claim
    interval: Interval
    of_error: bool = False

    @property
    def words(self) -> str:
        """The figure as the document has it."""
        text = printed(self.claim.number)
        return f"1 - {text}" if self.of_error else text


def printed(number: Number | None) -> str:
    """A number as printed, with its unit."""
    if number is None:
        return ""
    text = number.text.strip()
    return f"{text} %" if number.unit == "percent" and not text.endswith("%") else text


@dataclass
class Evaluation:
    """Figures of one model on one set of images.

    sure: said in one breath, or in one section in the same words. Where False, the figures stand
    in different sections: enough to ask a question, not to accuse.
    """

    claims: Sequence[Claim]
    sure: bool = True

    @cached_property
    def by_metric(self) -> dict[str, list[Claim]]:
        """The claims of each metric."""
        found: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            found[claim.metric].append(claim)
        return found

    def strict(self, verdict: Verdict) -> Verdict:
        """The verdict, or "ambiguous" where it is not sure that the figures belong together."""
        return verdict if self.sure or verdict not in STRICT else "ambiguous"

    def one(self, *metrics: str) -> Claim | None:
        """The only figure of these metrics; None if there is none, or if several differ."""
        found = [c for m in metrics for c in self.by_metric.get(m, ()) if c.number is not None]
        if len(found) == 1:
            return found[0]
        if not found or len({key_of(c.number) for c in found}) > 1:
            return None
        return found[0]

    def share(self, metric: str, complement: str) -> Share | None:
        """The only value of a share, told directly or as its complement."""
        direct = self.one(metric)
        if direct is not None and direct.ratio is not None and direct.number is not None:
            exact = direct.ratio[0] / direct.ratio[1]
            if share(direct.number).meets(Interval(exact, exact)):
                return Share(direct, Interval(exact, exact))
        if direct is not None and direct.number is not None:
            return Share(direct, share(direct.number).within(0, 1))
        if self.by_metric.get(metric):
            return None
        other = self.one(complement)
        if other is None or other.number is None:
            return None
        wrong = share(other.number, often_small=True)
        return Share(other, wrong.complement().within(0, 1), of_error=True)

    @cached_property
    def accuracy(self) -> Share | None:
        """Top-1 accuracy, or one minus top-1 error."""
        return self.share("accuracy", "error")

    @cached_property
    def top5(self) -> Share | None:
        """Top-5 accuracy, or one minus top-5 error."""
        return self.share("top5", "top5_error")

    @cached_property
    def loss(self) -> tuple[Claim, Interval] | None:
        """The loss in nats."""
        claim = self.one("loss")
        if claim is None or claim.number is None:
            return None
        return claim, nats(claim.number)

    @property
    def context(self) -> dict[str, str]:
        """What the claims say together; of one breath, so nothing contradicts."""
        merged: dict[str, str] = {}
        for claim in self.claims:
            merged.update(claim.context)
        return merged


DECISIVE = frozenset(
    name for name, metric in METRICS.items() if metric.kind in ("share", "score", "loss")
) | {"correct", "wrong", "evaluated_images", "test_images", "support", "tp", "fp", "tn", "fn"}
"""Metrics that rules look for in an evaluation; its settings and costs are found otherwise."""


class Distinct:
    """Evaluations, each combination of figures once."""

    def __init__(self) -> None:
        self.evaluations: list[Evaluation] = []
        self._seen: dict[frozenset[int], tuple[bool, list[Claim]]] = {}

    def add(self, members: list[Claim], sure: bool) -> None:
        """Take these figures for one evaluation, unless others told the same of it."""
        decisive = [c for c in members if c.metric in DECISIVE]
        if len(decisive) < 2:
            return
        key = frozenset(map(id, decisive))
        earlier = self._seen.get(key)
        if earlier is not None:
            surer = sure and not earlier[0]
            if not surer or {id(c) for c in earlier[1]} == {id(c) for c in members}:
                return
        self._seen[key] = (sure, members)
        self.evaluations.append(Evaluation(decisive, sure))


@dataclass
class Family:
    """Figures of one metric of one arm: its mean, its best and worst run, the runs themselves."""

    claims: Sequence[Claim]

    def statistic(self, *names: str) -> Claim | None:
        """The only figure with one of these statistics ("" for none said)."""
        found = [
            c
            for c in self.claims
            if c.context.get("statistic", "") in names and "run" not in c.context
        ]
        return found[0] if len({key_of(c.number) for c in found}) == 1 else None

    @cached_property
    def mean(self) -> Claim | None:
        """The figure that is a mean: said to be, or with a spread."""
        said = self.statistic("mean", "average")
        if said is not None:
            return said
        spread = [c for c in self.claims if c.spread is not None]
        if len({(key_of(c.number), key_of(c.spread)) for c in spread}) == 1:
            return spread[0]
        found = self.statistic("")
        return found if found is not None and (found.spread or (found.runs or 0) > 1) else None

    @cached_property
    def runs(self) -> list[Claim]:
        """The runs one by one; empty if two figures claim to be the same run."""
        found: dict[str, Claim] = {}
        for claim in self.claims:
            if "run" in claim.context and claim.number is not None and claim.spread is None:
                earlier = found.setdefault(claim.context["run"], claim)
                if key_of(earlier.number) != key_of(claim.number):
                    return []
        return list(found.values())

    @cached_property
    def count(self) -> int | None:
        """Number of runs: as said, else as listed; None if that differs or is not known."""
        said = {c.runs for c in self.claims if c.runs is not None and c not in self.runs}
        said |= {len(self.runs)} if self.runs else set()
        return said.pop() if len(said) == 1 else None
