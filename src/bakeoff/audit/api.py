"""The audit as a user calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, cast

from bakeoff.audit.checks import Rule, find_rule, rules
from bakeoff.audit.claims import Claim, Document, Place, Problem
from bakeoff.audit.engine import examine, unused
from bakeoff.audit.evidence import Evidence
from bakeoff.audit.facts import Facts
from bakeoff.audit.findings import VERDICTS, Finding, Verdict
from bakeoff.errors import BadFile, UsageError
from bakeoff.progress import tracked

LONGEST_NAME = 1_000
"""Characters; a longer string without a line break is a text, not a path."""


@dataclass(frozen=True)
class Audit:
    """What an audit found. everything: all findings, suppressed ones included."""

    documents: tuple[Document, ...]
    claims: tuple[Claim, ...]
    everything: tuple[Finding, ...] = field(repr=False)

    @cached_property
    def findings(self) -> tuple[Finding, ...]:
        """Findings that count, in document order."""
        return tuple(f for f in self.everything if not f.suppressed)

    @cached_property
    def suppressed(self) -> tuple[Finding, ...]:
        """Findings that the document asks to ignore, with its reason."""
        return tuple(f for f in self.everything if f.suppressed)

    @cached_property
    def unused_suppressions(self) -> tuple[Place, ...]:
        """Where the document asks to ignore a finding that there is not."""
        return tuple(unused(self.documents, self.everything))

    @cached_property
    def problems(self) -> tuple[Problem, ...]:
        """What could not be read; the rest was."""
        return tuple(p for d in self.documents for p in d.problems)

    @property
    def files(self) -> tuple[str, ...]:
        """Names of the documents."""
        return tuple(d.file for d in self.documents)

    def worst(self) -> Verdict | None:
        """The most severe verdict, None without findings."""
        return VERDICTS[min(f.severity for f in self.findings)] if self.findings else None

    def exit_code(self, fail_on: str = "inconsistent") -> int:
        """1 if a finding is at least as severe as `fail_on`, else 0.

        Raises UsageError for a word that is not a verdict.
        """
        if fail_on not in VERDICTS:
            raise UsageError(f"{fail_on!r} is not a verdict", f"Use one of {', '.join(VERDICTS)}")
        limit = VERDICTS.index(fail_on)
        return int(any(f.severity <= limit for f in self.findings))

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON shape; see docs/audit.md."""
        from bakeoff.audit.telling.as_json import to_dict

        return to_dict(self)

    def to_json(self) -> str:
        """`to_dict` as indented JSON."""
        from bakeoff.audit.telling.as_json import tell

        return tell(self)

    def tell(self, format: str = "text", *, color: bool = False) -> str:
        """The audit in one of the formats text, json, sarif, markdown, html, github.

        Raises UsageError for another format.
        """
        from bakeoff.audit.telling import tell

        return tell(self, format, color=color)

    def __str__(self) -> str:
        return self.tell("text")

    def _repr_html_(self) -> str:
        from bakeoff.audit.telling.as_html import fragment

        return fragment(self)


def audit(
    source: str | Path | Document | Sequence[Claim] | Sequence[str | Path],
    *,
    rules: Sequence[str] = (),
    name: str = "<text>",
) -> Audit:
    """See `bakeoff.audit.audit`."""
    if isinstance(source, Document):
        return examine_documents([source], rules=rules)
    if isinstance(source, str) and not _is_path(source):
        from bakeoff.audit.reading import read

        return examine_documents([read(name, text=source)], rules=rules)
    if isinstance(source, (str, Path)):
        return audit_files([source], rules=rules)
    members = list(source)
    if all(isinstance(c, Claim) for c in members):
        claims = cast(list[Claim], members)
        return _audit(Evidence((), tuple(claims)), rules)
    if all(isinstance(p, (str, Path)) for p in members):
        return audit_files(cast(list[str | Path], members), rules=rules)
    raise UsageError("an audit takes a text, paths, or claims", "Do not mix them in one list")


def audit_files(paths: Sequence[str | Path], *, rules: Sequence[str] = ()) -> Audit:
    """See `bakeoff.audit.audit_files`."""
    from bakeoff.audit.reading import read

    return examine_documents(
        [read(Path(path)) for path in tracked(paths, "reading documents")], rules=rules
    )


def examine_documents(documents: Sequence[Document], *, rules: Sequence[str] = ()) -> Audit:
    """Audit documents that were read already."""
    return _audit(Evidence(tuple(documents)), rules)


def _audit(evidence: Evidence, chosen: Sequence[str]) -> Audit:
    selected: list[Rule] = [find_rule(id) for id in chosen]
    found = examine(evidence, Facts(), selected)
    return Audit(tuple(evidence.documents), tuple(evidence.claims), tuple(found))


def _is_path(text: str) -> bool:
    """A string is a path if there is such a file, or if it looks like the name of one."""
    if "\n" in text or "\r" in text or "\0" in text or not text.strip():
        return False
    if len(text) > LONGEST_NAME:
        return False
    path = Path(text)
    try:
        if path.exists():
            return True
    except OSError:
        return False
    looks = " " not in text and 1 < len(path.suffix) <= 9 and path.suffix[1:].isalpha()
    if looks:
        raise BadFile(path, "no such file", "Give the path of a document, or its text")
    return False


def explain(rule: str) -> str:
    """See `bakeoff.audit.explain`."""
    found = find_rule(rule)
    return f"{found.id} (rule {found.number}): {found.about}\n\n{found.explanation}\n"


def list_rules() -> str:
    """See `bakeoff.audit.list_rules`."""
    known = rules().values()
    width = max(len(r.id) for r in known)
    return "".join(f"{r.number:>3}  {r.id:<{width}}  {r.about}\n" for r in known)
