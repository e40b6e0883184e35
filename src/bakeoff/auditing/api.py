"""The audit as a user calls it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from bakeoff.auditing import telling
from bakeoff.auditing.checks import Rule, find_rule, rules
from bakeoff.auditing.claims import Claim, Document
from bakeoff.auditing.collecting import uncollected
from bakeoff.auditing.engine import examine
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.result import Audited
from bakeoff.auditing.telling import as_html, as_json
from bakeoff.errors import BadFile, UsageError

LONGEST_NAME = 1_000
"""Characters; a longer string without a line break is a text, not a path."""


@dataclass(frozen=True)
class Audit(Audited):
    """What an audit found, and how it is told; fields as in `Audited`."""

    def to_dict(self) -> dict[str, Any]:
        """The stable JSON shape; see docs/audit.md."""
        return as_json.to_dict(self)

    def to_json(self) -> str:
        """`to_dict` as indented JSON."""
        return as_json.tell(self)

    def tell(self, format: str = "text", *, color: bool = False) -> str:
        """The audit in one of the formats text, json, sarif, markdown, html, github.

        Raises UsageError for another format.
        """
        return telling.tell(self, format, color=color)

    def __str__(self) -> str:
        return self.tell("text")

    def _repr_html_(self) -> str:
        return as_html.fragment(self)


def audit(
    source: str | Path | Document | Sequence[Claim] | Sequence[str | Path],
    *,
    rules: Sequence[str] = (),
    name: str = "<text>",
) -> Audit:
    """See `bakeoff.auditing.audit`."""
    if isinstance(source, Document):
        return examine_documents([source], rules=rules)
    if isinstance(source, str) and not _is_path(source):
        from bakeoff.auditing.reading import read

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


def audit_files(
    paths: Sequence[str | Path], *, rules: Sequence[str] = (), workers: int | None = 1
) -> Audit:
    """See `bakeoff.auditing.audit_files`."""
    from bakeoff.auditing.reading.gathering import read_all

    return examine_documents(read_all(paths, workers), rules=rules)


def examine_documents(documents: Sequence[Document], *, rules: Sequence[str] = ()) -> Audit:
    """Audit documents that were read already."""
    return _audit(Evidence(tuple(documents)), rules)


def _audit(evidence: Evidence, chosen: Sequence[str]) -> Audit:
    selected: list[Rule] = [find_rule(id) for id in chosen]
    with uncollected():
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
    """See `bakeoff.auditing.explain`."""
    found = find_rule(rule)
    return f"{found.id} (rule {found.number}): {found.about}\n\n{found.explanation}\n"


def list_rules() -> str:
    """See `bakeoff.auditing.list_rules`."""
    known = rules().values()
    width = max(len(r.id) for r in known)
    return "".join(f"{r.number:>3}  {r.id:<{width}}  {r.about}\n" for r in known)
