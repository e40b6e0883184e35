"""Claims sorted by what they are about, so that rules meet only figures of the same evaluation.

Pairing is by hashing, never by comparing every claim with every other. Two figures belong to one
evaluation if they were said in one breath (same `group`) and nothing they say of themselves
differs, or if everything they say of themselves is equal and no other figure competes. What is
less clear is not paired at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from bakeoff.audit.claims import Claim, Document, Number
from bakeoff.audit.findings import STRICT, Verdict
from bakeoff.audit.intervals import Interval, nats, share

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
)
"""Context keys that tell one evaluation from another."""

GROUP_LIMIT = 400
"""Figures of one sentence or row that are looked at; a longer row is not a results row."""

SETTINGS_LIMIT = 50
"""With more values than this, a setting is looked for beside a figure only."""

Subject = tuple[str | None, ...]


def subject(claim: Claim) -> Subject:
    """What a claim says of the evaluation it belongs to."""
    return tuple(claim.context.get(key) for key in SUBJECT)


def compatible(a: Subject, b: Subject) -> bool:
    """True if nothing that both say differs."""
    return all(x is None or y is None or x == y for x, y in zip(a, b, strict=True))


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
        if not found or len({key_of(c.number) for c in found}) > 1:
            return None
        return found[0]

    def share(self, metric: str, complement: str) -> Share | None:
        """The only value of a share, told directly or as its complement."""
        direct = self.one(metric)
        if direct is not None and direct.number is not None:
            return Share(direct, share(direct.number).within(0, 1))
        if self.by_metric.get(metric):
            return None
        other = self.one(complement)
        if other is None or other.number is None:
            return None
        return Share(other, share(other.number).complement().within(0, 1), of_error=True)

    def accuracy(self) -> Share | None:
        """Top-1 accuracy, or one minus top-1 error."""
        return self.share("accuracy", "error")

    def top5(self) -> Share | None:
        """Top-5 accuracy, or one minus top-5 error."""
        return self.share("top5", "top5_error")

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
        said = self.statistic("mean")
        if said is not None:
            return said
        found = self.statistic("")
        return found if found is not None and (found.spread or (found.runs or 0) > 1) else None

    @cached_property
    def runs(self) -> list[Claim]:
        """The runs one by one; empty if two figures claim to be the same run."""
        found: dict[str, Claim] = {}
        for claim in self.claims:
            if "run" in claim.context and claim.number is not None:
                earlier = found.setdefault(claim.context["run"], claim)
                if key_of(earlier.number) != key_of(claim.number):
                    return []
        return list(found.values())

    @cached_property
    def count(self) -> int | None:
        """Number of runs: as said, else as listed; None if that differs or is not known."""
        said = {c.runs for c in self.claims if c.runs is not None and "run" not in c.context}
        said |= {len(self.runs)} if self.runs else set()
        return said.pop() if len(said) == 1 else None


@dataclass
class Evidence:
    """Everything that was read, indexed."""

    documents: Sequence[Document] = ()
    claims: Sequence[Claim] = field(default_factory=tuple)

    def __post_init__(self) -> None:
        if not self.claims:
            self.claims = tuple(c for d in self.documents for c in d.claims)

    @cached_property
    def _by_metric(self) -> dict[str, list[Claim]]:
        found: dict[str, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            found[claim.metric].append(claim)
        return found

    def of(self, *metrics: str) -> Iterator[Claim]:
        """Claims of these metrics, each in document order."""
        for metric in metrics:
            yield from self._by_metric.get(metric, ())

    def figures(self, *metrics: str) -> Iterator[tuple[Claim, Number]]:
        """Claims of these metrics with their numbers, repeats left out."""
        seen: set[object] = set()
        for claim in self.of(*metrics):
            if claim.number is None:
                continue
            key = (
                claim.place.file, claim.metric, key_of(claim.number), subject(claim), claim.runs,
                key_of(claim.spread),
            )  # fmt: skip
            if key not in seen:
                seen.add(key)
                yield claim, claim.number

    def format_of(self, claim: Claim) -> str:
        """The format of the document a claim stands in, "" if unknown."""
        return self._formats.get(claim.place.file, "")

    @cached_property
    def _formats(self) -> dict[str, str]:
        return {d.file: d.format for d in self.documents}

    @cached_property
    def groups(self) -> dict[tuple[str, str], list[Claim]]:
        """Claims of one breath, by file and group."""
        found: dict[tuple[str, str], list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.group:
                found[claim.place.file, claim.group].append(claim)
        return found

    def beside(self, claim: Claim, *metrics: str) -> list[Claim]:
        """Claims of the same breath that say nothing different of themselves; of these metrics, if
        any are named."""
        group = self.groups.get((claim.place.file, claim.group), []) if claim.group else []
        near = [c for c in group[:GROUP_LIMIT] if c is not claim]
        if metrics:
            near = [c for c in near if c.metric in metrics]
        own = subject(claim)
        return [c for c in near if compatible(own, subject(c))]

    def settings(self, file: str, *metrics: str) -> Iterator[Claim]:
        """Settings and words of a file, each once however often a table repeats it."""
        for metric in metrics:
            yield from self._settings.get((file, metric), {}).values()

    @cached_property
    def _settings(self) -> dict[tuple[str, str], dict[object, Claim]]:
        found: dict[tuple[str, str], dict[object, Claim]] = defaultdict(dict)
        for claim in self.claims:
            about = tuple(claim.context.get(k) for k in ("experiment", "dataset", "model"))
            key = (key_of(claim.number), claim.word, claim.negated, about, claim.section)
            found[claim.place.file, claim.metric].setdefault(key, claim)
        return found

    def setting(self, claim: Claim, *metrics: str) -> Claim | None:
        """The one value of a setting that holds for a claim: beside it, or in all the document."""
        near = [c for c in self.beside(claim) if c.metric in metrics and c.number is not None]
        if not near:
            everywhere = self.settings(claim.place.file, *metrics)
            few = [c for c in islice(everywhere, SETTINGS_LIMIT) if c.number is not None]
            if len(few) == SETTINGS_LIMIT:
                return None
            near = [c for c in few if compatible(subject(c), subject(claim))]
        return near[0] if len({key_of(c.number) for c in near}) == 1 else None

    @cached_property
    def evaluations(self) -> list[Evaluation]:
        """Figures of the same evaluation, each combination once, the sure ones first."""
        found: list[Evaluation] = []
        seen: set[frozenset[int]] = set()

        def add(claims: Iterable[Claim], sure: bool) -> None:
            members = list(claims)
            key = frozenset(map(id, members))
            if len(members) > 1 and key not in seen:
                seen.add(key)
                found.append(Evaluation(members, sure))

        for members in self.groups.values():
            for part in _one_breath(members[:GROUP_LIMIT]):
                add(part, True)
        near, far = self._same_subject
        for members in near.values():
            add(members, True)
        for members in far.values():
            add(members, False)
        return found

    @cached_property
    def _same_subject(self) -> tuple[dict[object, list[Claim]], dict[object, list[Claim]]]:
        """Figures that say the same of themselves: in one section, and across sections."""
        near: dict[object, list[Claim]] = defaultdict(list)
        far: dict[object, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.number is None:
                continue
            about = (claim.place.file, subject(claim), self._line_of_table(claim))
            near[about, claim.section].append(claim)
            if any(claim.context.get(k) for k in ("model", "method", "experiment")):
                far[about].append(claim)
        return near, far

    @cached_property
    def families(self) -> list[Family]:
        """Figures of one metric that differ only in which run or statistic they are."""
        found: dict[object, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.number is None:
                continue
            arm = tuple(
                None if k in ("run", "statistic") else v
                for k, v in zip(SUBJECT, subject(claim), strict=True)
            )
            if claim.group:
                found["breath", claim.place.file, claim.group, claim.metric, arm].append(claim)
            column = None if claim.cell is None else self._metric_line(claim)
            found["section", claim.place.file, claim.section, claim.metric, arm, column].append(
                claim
            )
        unique: dict[frozenset[int], Family] = {}
        for members in found.values():
            if len(members) > 1:
                unique.setdefault(frozenset(map(id, members)), Family(members))
        return list(unique.values())

    def _metric_line(self, claim: Claim) -> object:
        assert claim.cell is not None
        table, row, column = claim.cell
        return table, row if (claim.place.file, table) in self._transposed else column

    def _line_of_table(self, claim: Claim) -> object:
        """The row of a table, or the column where metrics stand in rows: one evaluation each."""
        if claim.cell is None:
            return None
        table, row, column = claim.cell
        if (claim.place.file, table) in self._transposed:
            return table, "column", column
        return table, "row", row

    @cached_property
    def _transposed(self) -> set[tuple[str, int]]:
        return {
            (d.file, index)
            for d in self.documents
            for index, table in enumerate(d.tables)
            if table.transposed
        }


def _one_breath(members: list[Claim]) -> Iterator[list[Claim]]:
    """Claims of a group split by subject; what says less of itself joins what says more."""
    by_subject: dict[Subject, list[Claim]] = defaultdict(list)
    for claim in members:
        if claim.number is not None:
            by_subject[subject(claim)].append(claim)
    fullest = [
        own
        for own in by_subject
        if not any(
            other != own and compatible(own, other) and _says_more(other, own)
            for other in by_subject
        )
    ]
    for own in fullest:
        yield [c for other in by_subject if compatible(own, other) for c in by_subject[other]]


def _says_more(a: Subject, b: Subject) -> bool:
    return sum(x is not None for x in a) > sum(x is not None for x in b)
