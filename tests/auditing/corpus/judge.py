"""Auditing a document of the corpus, and counting what was said of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from auditing.corpus.planting import Planted, Planter, document, planters
from bakeoff.auditing.checks import rules
from bakeoff.auditing.engine import examine
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import STRICT, Finding
from bakeoff.auditing.reading import read

TRUE = Path(__file__).parent / "true"


def findings(file: str, text: str) -> list[Finding]:
    """What the audit says of a document, suppressed findings and notes left out."""
    said = examine(Evidence((read(file, text),)), Facts())
    return [f for f in said if not f.suppressed and f.verdict != "note"]


def accusations(file: str, text: str) -> list[str]:
    """The impossible and inconsistent findings, one line each."""
    return [tell(f) for f in findings(file, text) if f.verdict in STRICT]


def tell(finding: Finding) -> str:
    """A finding on one line."""
    place = finding.place
    return f"{place.file}:{place.line}: {finding.verdict} {finding.rule}: {finding.message}"


@dataclass
class Score:
    """Counts for one planter. strict: found as impossible or inconsistent; any: found at all;
    elsewhere: wrong documents in which only another rule spoke; accused: right twins accused."""

    planter: Planter
    documents: int = 0
    strict: int = 0
    any: int = 0
    elsewhere: int = 0
    accused: int = 0
    questioned: int = 0
    missed: list[int] = field(default_factory=list)

    @property
    def recall(self) -> float:
        """Share of planted errors found, with the strength that is expected."""
        found = self.strict if self.planter.expected == "strict" else self.any
        return found / self.documents


def score(planter: Planter, seeds: Iterable[int]) -> Score:
    """Plant an error for every seed, and its right twin; count what the audit finds."""
    numbers = {rule.id: rule.number for rule in rules().values()}
    result = Score(planter)
    for seed in seeds:
        wrong: Planted = document(planter, seed, True)
        said = findings(wrong.file, wrong.text)
        mine = [f for f in said if numbers[f.rule] in planter.rules]
        strict = any(f.verdict in STRICT for f in mine)
        result.documents += 1
        result.strict += strict
        result.any += bool(mine)
        result.elsewhere += bool(said) and not mine
        if not (strict if planter.expected == "strict" else mine):
            result.missed.append(seed)
        right = document(planter, seed, False)
        said = findings(right.file, right.text)
        result.accused += any(f.verdict in STRICT for f in said)
        result.questioned += any(numbers[f.rule] in planter.rules for f in said)
    return result


def scores(count: int) -> list[Score]:
    """A score for every planter."""
    return [score(planter, range(count)) for planter in planters()]


def by_rule(found: Iterable[Finding]) -> Counter[str]:
    """Findings counted by rule."""
    return Counter(f.rule for f in found)
