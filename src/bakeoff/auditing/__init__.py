"""Audit: say which reported numbers cannot be true, and prove it.

    from bakeoff.auditing import audit
    print(audit("README.md"))

Documents are read into claims (`auditing.reading`), rules look at the claims
(`auditing.checks`), and findings are told (`auditing.telling`). Nothing is imported before an
audit runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakeoff.auditing.api import Audit
    from bakeoff.auditing.claims import Claim, Document

__all__ = ["audit", "audit_files", "explain", "list_rules"]


def audit(
    source: str | Path | Document | Sequence[Claim] | Sequence[str | Path],
    *,
    rules: Sequence[str] = (),
    name: str = "<text>",
) -> Audit:
    """Audit a document, a list of documents, a text, or claims.

    source: a path, also of a folder; a text (any string with a line break, and one that neither is
    a file nor looks like the name of one); claims; or a list of paths. rules: ids of the rules to
    run, all if empty. name: what a text is called in findings.

    Raises BadFile for a document that cannot be read, UnknownName for a rule that does not exist.
    """
    from bakeoff.auditing import api

    return api.audit(source, rules=rules, name=name)


def audit_files(
    paths: Sequence[str | Path], *, rules: Sequence[str] = (), workers: int | None = 1
) -> Audit:
    """Audit documents by their paths, together; "-" is standard input.

    A folder stands for the documents in it; one of those that cannot be read is told in `problems`.
    workers: processes that read; None takes one a processor where there is enough to read, and
    needs a program that can be imported (`if __name__ == "__main__"`). Raises as `audit`.
    """
    from bakeoff.auditing import api

    return api.audit_files(paths, rules=rules, workers=workers)


def explain(rule: str) -> str:
    """Teach a rule: formula, source, assumptions, an example. Raises UnknownName."""
    from bakeoff.auditing import api

    return api.explain(rule)


def list_rules() -> str:
    """One line a rule: number, id and what it says."""
    from bakeoff.auditing import api

    return api.list_rules()
