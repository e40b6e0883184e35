"""Claims sorted by what they are about, so that rules meet only figures of the same evaluation.

Pairing is by hashing, never by comparing every claim with every other. Two figures belong to one
evaluation if they were said in one breath (same `group`) and nothing they say of themselves
differs, or if everything they say of themselves is equal and no other figure competes. What is
less clear is not paired at all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

from bakeoff.auditing.claims import Claim, Document, Number
from bakeoff.auditing.evaluation import (
    SUBJECT,
    Distinct,
    Evaluation,
    Family,
    Subject,
    compatible,
    key_of,
    subject,
)

GROUP_LIMIT = 400
"""Figures of one sentence or row that are looked at; a longer row is not a results row."""

_RUN, _STATISTIC = SUBJECT.index("run"), SUBJECT.index("statistic")
SETTINGS_LIMIT = 50
"""With more values than this, a setting is looked for beside a figure only."""


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

    def tells(self, *metrics: str) -> bool:
        """True if there is a claim of one of these metrics."""
        return not self._by_metric.keys().isdisjoint(metrics)

    def figures(self, *metrics: str) -> Iterator[tuple[Claim, Number]]:
        """Claims of these metrics with their numbers, repeats left out."""
        for metric in metrics:
            if metric not in self._figures:
                self._figures[metric] = list(self._without_repeats(metric))
            yield from self._figures[metric]

    @cached_property
    def _figures(self) -> dict[str, list[tuple[Claim, Number]]]:
        return {}

    def _without_repeats(self, metric: str) -> Iterator[tuple[Claim, Number]]:
        seen: set[object] = set()
        for claim in self.of(metric):
            if claim.number is None:
                continue
            number, spread = claim.number, claim.spread
            figure = (number.value, number.half, number.unit, number.qualifier, claim.runs)
            told = (*figure, key_of(spread)) if spread is not None else figure
            key = (claim.place.file, told, self.subject(claim))
            if key not in seen:
                seen.add(key)
                yield claim, number

    def subject(self, claim: Claim) -> Subject:
        """`subject`, remembered."""
        known = self._subjects.get(id(claim))
        if known is None:
            known = self._subjects[id(claim)] = subject(claim)
        return known

    @cached_property
    def _subjects(self) -> dict[int, Subject]:
        return {}

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

    def groups_with(self, *metrics: str) -> Iterator[list[Claim]]:
        """Claims of each breath in which one of these metrics is told."""
        keys = {(c.place.file, c.group) for c in self.of(*metrics)}
        return (members for key, members in self.groups.items() if key in keys)

    def breath(self, claim: Claim) -> list[Claim]:
        """Claims of the same sentence, list item or row, the claim itself included."""
        near = self.groups.get((claim.place.file, claim.group), []) if claim.group else [claim]
        return near[:GROUP_LIMIT]

    def sentence(self, claim: Claim) -> list[Claim]:
        """Claims of the whole sentence or row, all its clauses together."""
        if not claim.group:
            return [claim]
        return self._sentences.get((claim.place.file, claim.group.partition(".")[0]), [])

    @cached_property
    def _sentences(self) -> dict[tuple[str, str], list[Claim]]:
        found: dict[tuple[str, str], list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.group:
                whole = found[claim.place.file, claim.group.partition(".")[0]]
                if len(whole) < GROUP_LIMIT:
                    whole.append(claim)
        return found

    def beside(self, claim: Claim, *metrics: str) -> list[Claim]:
        """Claims of the same breath that say nothing different of themselves; of these metrics, if
        any are named."""
        if metrics and not self.tells(*metrics):
            return []
        group = self.groups.get((claim.place.file, claim.group), []) if claim.group else []
        near = [c for c in group[:GROUP_LIMIT] if c is not claim]
        if metrics:
            near = [c for c in near if c.metric in metrics]
        own = self.subject(claim)
        return [c for c in near if compatible(own, self.subject(c))]

    def settings(self, file: str, *metrics: str) -> Iterator[Claim]:
        """Settings and words of a file, each once however often a table repeats it."""
        for metric in metrics:
            if metric not in self._settings:
                self._settings[metric] = self._settings_of(metric)
            yield from self._settings[metric].get(file, {}).values()

    @cached_property
    def _settings(self) -> dict[str, dict[str, dict[object, Claim]]]:
        return {}

    def _settings_of(self, metric: str) -> dict[str, dict[object, Claim]]:
        found: dict[str, dict[object, Claim]] = defaultdict(dict)
        for claim in self.of(metric):
            about = tuple(claim.context.get(k) for k in ("experiment", "dataset", "model"))
            key = (key_of(claim.number), claim.word, claim.negated, about, claim.section)
            found[claim.place.file].setdefault(key, claim)
        return found

    def sizes_told(self, file: str, *metrics: str) -> Iterator[Claim]:
        """Numbers of images that a file tells, each once of a data set and a section."""
        for metric in metrics:
            if metric not in self._sizes:
                found = self._sizes[metric] = defaultdict(dict)
                for c in self.of(metric):
                    about = (c.context.get("dataset"), c.section, c.sure("split"))
                    found[c.place.file].setdefault((key_of(c.number), about), c)
            yield from self._sizes[metric].get(file, {}).values()

    @cached_property
    def _sizes(self) -> dict[str, dict[str, dict[object, Claim]]]:
        return {}

    def losses_named(self, file: str, experiment: str) -> frozenset[str]:
        """The kinds of loss that a document names, of no experiment in particular or of this."""
        key = (file, experiment)
        if key not in self._losses:
            self._losses[key] = frozenset(
                c.word
                for c in self.of("loss_kind")
                if not c.negated
                and c.place.file == file
                and c.context.get("experiment", "") in ("", experiment)
            )
        return self._losses[key]

    @cached_property
    def _losses(self) -> dict[tuple[str, str], frozenset[str]]:
        return {}

    def setting(self, claim: Claim, *metrics: str) -> Claim | None:
        """The one value of a setting that holds for a claim: beside it, or in all the document."""
        near = [c for c in self.beside(claim, *metrics) if c.number is not None]
        if not near:
            everywhere = self.settings(claim.place.file, *metrics)
            few = [c for c in islice(everywhere, SETTINGS_LIMIT) if c.number is not None]
            if len(few) == SETTINGS_LIMIT:
                return None
            near = [c for c in few if compatible(self.subject(c), self.subject(claim))]
        return near[0] if len({key_of(c.number) for c in near}) == 1 else None

    @cached_property
    def evaluations(self) -> list[Evaluation]:
        """Figures of the same evaluation, each combination once, the sure ones first."""
        found = Distinct()
        for members in self.groups.values():
            for part in self._one_breath(members[:GROUP_LIMIT]):
                # A figure said once beside several of another metric may be of any of them.
                found.add(part, len({c.context.get("variant") for c in part}) == 1)
        near, far = self._same_subject
        for members in near.values():
            if len(members) > 1:
                found.add(members, _together(members))
        for members in far.values():
            found.add(members, False)
        for members in self._split_said_once(near):
            found.add(members, False)
        return found.evaluations

    def having(self, *metrics: str) -> Iterator[Evaluation]:
        """Evaluations that tell one of these metrics, in their order."""
        found = {n for metric in metrics for n in self._having.get(metric, ())}
        return (self.evaluations[n] for n in sorted(found))

    @cached_property
    def _having(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = defaultdict(list)
        for n, evaluation in enumerate(self.evaluations):
            for metric in evaluation.by_metric:
                found[metric].append(n)
        return found

    def _split_said_once(self, near: dict[object, list[Claim]]) -> Iterator[list[Claim]]:
        """Figures of one section that differ only in that some of them say a split."""
        at = SUBJECT.index("split")
        sections: dict[object, list[Claim]] = defaultdict(list)
        said: dict[object, set[str | None]] = defaultdict(set)
        for members in near.values():
            said[members[0].place.file, members[0].section].add(members[0].context.get("split"))
        for members in near.values():
            first = members[0]
            known = said[first.place.file, first.section]
            if None in known and len(known) > 1:
                own = self.subject(first)  # as of all of them
                arm = (*own[:at], None, *own[at + 1 :])
                line = self._line_of_table(first)
                sections[first.place.file, first.section, arm, line] += members
        for members in sections.values():
            splits = {c.context.get("split") for c in members}
            if None in splits and len(splits) == 2:
                yield members

    def _one_breath(self, members: list[Claim]) -> Iterator[list[Claim]]:
        """Claims of a group split by subject; what says less of itself joins what says more."""
        by_subject: dict[Subject, list[Claim]] = defaultdict(list)
        for claim in members:
            if claim.number is not None:
                by_subject[self.subject(claim)].append(claim)
        if len(by_subject) == 1:
            yield from by_subject.values()
            return
        fullest = [
            own
            for own in by_subject
            if not any(_says_more(other, own) and compatible(own, other) for other in by_subject)
        ]
        for own in fullest:
            yield [c for other in by_subject if compatible(own, other) for c in by_subject[other]]

    @cached_property
    def _same_subject(self) -> tuple[dict[object, list[Claim]], dict[object, list[Claim]]]:
        """Figures that say the same of themselves: in one section, and across sections."""
        near: dict[object, list[Claim]] = defaultdict(list)
        far: dict[object, list[Claim]] = defaultdict(list)
        for claim in self.claims:
            if claim.number is None:
                continue
            about = (claim.place.file, self.subject(claim), self._line_of_table(claim))
            near[about, claim.section].append(claim)
            # One line of a table is in one section.
            if claim.cell is None and any(
                claim.context.get(k) for k in ("model", "method", "experiment")
            ):
                far[about].append(claim)
        return near, far

    def only_single_runs(self, file: str) -> bool:
        """True if nothing in a document speaks of several runs, means or spreads."""
        return file not in self._with_several

    @cached_property
    def _with_several(self) -> set[str]:
        return {
            c.place.file
            for c in self.claims
            if (c.runs or 1) > 1
            or c.spread is not None
            or c.context.get("statistic") in ("mean", "median")
            or (c.metric == "runs" and c.number is not None and c.number.value != 1)
        }

    @cached_property
    def families(self) -> list[Family]:
        """Figures of one metric that differ only in which run or statistic they are; none in files
        that tell of no run and no spread."""
        files = {c.place.file for c in self.claims if c.spread is not None or "run" in c.context}
        found: dict[object, list[Claim]] = defaultdict(list)
        for claim in self.claims if files else ():
            if claim.number is None or claim.place.file not in files:
                continue
            arm = self.subject(claim)
            if arm[_RUN] is not None or arm[_STATISTIC] is not None:
                arm = tuple(None if n in (_RUN, _STATISTIC) else v for n, v in enumerate(arm))
            if claim.group:
                found["breath", claim.place.file, claim.group, claim.metric, arm].append(claim)
            column = None if claim.cell is None else self._metric_line(claim)
            found["section", claim.place.file, claim.section, claim.metric, arm, column].append(
                claim
            )
        self._add_averages(found)
        unique: dict[frozenset[int], Family] = {}
        for members in found.values():
            if len(members) > 1:
                unique.setdefault(frozenset(map(id, members)), Family(members))
        return list(unique.values())

    def _add_averages(self, found: dict[object, list[Claim]]) -> None:
        """An average row names no arm: it joins the only one whose runs stand in its column."""
        columns: dict[object, list[list[Claim]]] = defaultdict(list)
        for members in found.values():
            runs = [c for c in members if "run" in c.context and c.cell is not None]
            if len(runs) > 1:
                first = runs[0]
                columns[first.place.file, first.metric, self._metric_line(first)].append(members)
        for claim in self.claims:
            if claim.cell is None or claim.context.get("statistic") != "average":
                continue
            arms = columns.get((claim.place.file, claim.metric, self._metric_line(claim)), [])
            if len(arms) == 1 and claim not in arms[0]:
                arms[0].append(claim)

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


OWN = ("model", "method", "dataset", "split", "epoch", "run", "class", "checkpoint")


def _together(members: Sequence[Claim]) -> bool:
    """True unless figures of several sentences share nothing but their section.

    Cells, keys of records, items of a list and lines of a log belong together by their subject;
    sentences only where each of them names the same model, split, epoch …, itself.
    """
    prose = [c for c in members if c.bound in ("sentence", "near")]
    if len({c.group.partition(".")[0] + c.group for c in prose}) < 2:
        return True
    return any(
        all(key in c.context and key not in c.inherited for c in prose)
        and len({c.context[key] for c in prose}) == 1
        for key in OWN
    )


def _says_more(a: Subject, b: Subject) -> bool:
    return a.count(None) < b.count(None)
