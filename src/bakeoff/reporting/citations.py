"""From a citation as written to a link that a reader can follow, where one can be made safely."""

from __future__ import annotations

import re

from bakeoff.reporting.document import Inline, Link

_ARXIV = re.compile(r"(?:arXiv[: ]\s*|arxiv\.org/(?:abs|pdf)/)(\d{4}\.\d{4,5})", re.IGNORECASE)
_WEB = re.compile(r"https?://[^\s<>\"']+")


def cited(citation: str, source: str = "") -> tuple[Inline, ...]:
    """The citation, linked to arXiv or to an address it or its source names, then the source."""
    arxiv = _ARXIV.search(citation) or _ARXIV.search(source)
    web = _WEB.search(source) or _WEB.search(citation)
    address = f"https://arxiv.org/abs/{arxiv[1]}" if arxiv else web[0] if web else ""
    where = "" if not source or _WEB.fullmatch(source) or source == citation else f", {source}"
    return (Link(citation, address) if address else citation, where)
