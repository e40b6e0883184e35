"""From claims to findings: run the rules, weigh and merge what they say, honour suppressions."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import replace

from bakeoff.auditing.checks import Rule, rules
from bakeoff.auditing.claims import Document, Place, Suppression
from bakeoff.auditing.evaluation import compatible, key_of, subject
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import STRICT, Finding
from bakeoff.progress import tracked

ABOUT_THE_FIGURE = frozenset({"metric", "number"})
_CERTAIN = re.compile(r"\b(?:cannot|can not|impossible)\b")
"""Words of certainty, which only an accusation may use without a condition."""


def examine(evidence: Evidence, facts: Facts, chosen: Iterable[Rule] = ()) -> list[Finding]:
    """Every finding of the rules (all of them by default), in document order."""
    found = [
        worded(weigh(replace(finding, rule=rule.id)))
        for rule in tracked(list(chosen) or list(rules().values()), "checking rules")
        for finding in rule.check(evidence, facts)
    ]
    suppressions = [s for d in evidence.documents for s in d.suppressions]
    merged = by_cause([_suppress(finding, suppressions) for finding in merge(found)])
    order = {document.file: n for n, document in enumerate(evidence.documents)}
    return sorted(
        merged,
        key=lambda f: (order.get(f.place.file, 0), f.place.line, f.place.column, f.severity),
    )


def weigh(finding: Finding) -> Finding:
    """Never accuse on a guess: what rests on something doubtful is at most ambiguous."""
    if finding.verdict not in STRICT:
        return finding
    if any(claim.bound == "near" for claim in finding.claims):
        return replace(
            finding,
            verdict="ambiguous",
            assumptions=(*finding.assumptions, "a figure was bound to its metric by nearness only"),
            resolve=finding.resolve or "State the metric right beside its figure",
        )
    matter = finding.relies_on
    guessed = sorted(
        {
            key
            for claim in finding.claims
            for key in claim.doubtful
            if matter is None or key in matter or key in ABOUT_THE_FIGURE
        }
    )
    if not guessed:
        return finding
    doubt = f"the document does not say it plainly; taken as read: {', '.join(guessed)}"
    return replace(
        finding,
        verdict="ambiguous",
        assumptions=(*finding.assumptions, doubt),
        resolve=finding.resolve or f"State the {' and the '.join(guessed)} beside the figure",
    )


def worded(finding: Finding) -> Finding:
    """The sentence agrees with the verdict: the ambiguous "cannot be" on a condition only."""
    if finding.verdict != "ambiguous" or not _CERTAIN.search(finding.message):
        return finding
    return replace(finding, message=f"as read here, {finding.message}")


def merge(findings: Iterable[Finding]) -> list[Finding]:
    """One finding for figures that a document repeats; `places` lists them all."""
    buckets: dict[object, list[_Repeated]] = defaultdict(list)
    for finding in findings:
        figures = tuple(sorted(str((c.metric, key_of(c.number), c.word)) for c in finding.claims))
        same = buckets[finding.rule, finding.place.file, figures]
        own = subject(finding.claims[0])
        for earlier in same:
            if compatible(subject(earlier.strongest.claims[0]), own):
                earlier.add(finding)
                break
        else:
            same.append(_Repeated(finding))
    return [repeated.finding() for same in buckets.values() for repeated in same]


class _Repeated:
    """A finding as often as a document gives rise to it: the strongest of all, and where."""

    def __init__(self, first: Finding) -> None:
        self.strongest = first
        self.places: dict[Place, None] = {}
        self.add(first)

    def add(self, finding: Finding) -> None:
        if finding.severity < self.strongest.severity:
            self.strongest = finding
        self.places |= dict.fromkeys((*(c.place for c in finding.claims), *finding.places))

    def finding(self) -> Finding:
        ordered = sorted(self.places, key=lambda p: (p.file, p.line, p.column))
        return replace(self.strongest, places=tuple(ordered))


def by_cause(findings: Iterable[Finding]) -> list[Finding]:
    """Questions of one rule that one statement would answer, as one finding a document.

    Only what is ambiguous, and not suppressed, is put together: an accusation stands by itself.
    """
    out: list[Finding] = []
    first: dict[object, int] = {}
    more: dict[int, int] = defaultdict(int)
    places: dict[int, dict[Place, None]] = {}
    for finding in findings:
        if finding.verdict != "ambiguous" or finding.suppressed:
            out.append(finding)
            continue
        key = (finding.rule, finding.place.file, finding.resolve)
        if key not in first:
            first[key] = len(out)
            places[len(out)] = dict.fromkeys(finding.places)
            out.append(finding)
            continue
        at = first[key]
        more[at] += 1
        places[at] |= dict.fromkeys(finding.places)
    for at, count in more.items():
        others = "one more figure" if count == 1 else f"{count:,} more figures"
        told = f"{out[at].message}. The same is asked of {others} of this document"
        out[at] = replace(out[at], message=told, places=tuple(places[at]))
    return out


def _suppress(finding: Finding, suppressions: Sequence[Suppression]) -> Finding:
    for suppression in suppressions:
        if any(suppression.covers(finding.rule, place) for place in finding.places):
            return replace(finding, suppressed=suppression.reason)
    return finding


def unused(documents: Sequence[Document], findings: Sequence[Finding]) -> list[Place]:
    """Where a suppression stands that suppresses nothing."""
    return [
        s.place
        for d in documents
        for s in d.suppressions
        if not any(f.suppressed and any(s.covers(f.rule, p) for p in f.places) for f in findings)
    ]
