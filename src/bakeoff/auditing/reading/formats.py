"""Which format a document has, and who reads it. Readers are imported when they are needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from bakeoff.auditing.claims import Document, Format
from bakeoff.auditing.reading.source import Source

Reader = Callable[[Source], Document]
_ENDINGS: dict[str, Format] = {
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".txt": "markdown",
    ".rst": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv", ".tsv": "csv",
    ".tex": "latex",
    ".latex": "latex", ".json": "record",
}  # fmt: skip


def format_of(name: str, content: str) -> Format:
    """The format, from the ending of the name, else from how the content begins."""
    ending = PurePath(name).suffix.lower()
    head = content[:4096].lstrip()
    if ending in {".yaml", ".yml"}:
        if re.search(r"^(?:claims|suppress|bakeoff)\s?:", content[:100_000], re.MULTILINE):
            return "claims"
        return "metafile" if "model-index" not in content[:100_000] else "model-card"
    if ending in _ENDINGS:
        return _ENDINGS[ending]
    lowered = head.lower()
    if lowered.startswith(("<!doctype html", "<html")):
        return "html"
    if re.search(r"\\(?:documentclass|begin\{(?:document|tabular|table))", head):
        return "latex"
    return "markdown"


def reader_of(format: Format) -> Reader:
    """The function that reads a format."""
    return _READERS[format]


def _markdown(source: Source) -> Document:
    from bakeoff.auditing.reading.cards import front_matter
    from bakeoff.auditing.reading.markdown import read_markdown
    from bakeoff.auditing.reading.walk import to_document

    last, claims = front_matter(source)
    return to_document(read_markdown(source, last), source, "markdown", claims)


def _html(source: Source) -> Document:
    from bakeoff.auditing.reading.page import read_html
    from bakeoff.auditing.reading.walk import to_document

    return to_document(read_html(source), source, "html")


def _csv(source: Source) -> Document:
    from bakeoff.auditing.reading.separated import read_separated
    from bakeoff.auditing.reading.walk import to_document

    return to_document(read_separated(source), source, "csv")


def _latex(source: Source) -> Document:
    from bakeoff.auditing.reading.latex import read_latex
    from bakeoff.auditing.reading.walk import to_document

    return to_document(read_latex(source), source, "latex")


def _card(source: Source) -> Document:
    from bakeoff.auditing.reading.cards import read_card

    return read_card(source)


def _metafile(source: Source) -> Document:
    from bakeoff.auditing.reading.cards import read_metafile

    return read_metafile(source)


def _record(source: Source) -> Document:
    from bakeoff.auditing.reading.records import read_record

    return read_record(source)


def _claims(source: Source) -> Document:
    from bakeoff.auditing.reading.claims_file import read_claims

    return read_claims(source)


_READERS: dict[Format, Reader] = {
    "markdown": _markdown,
    "html": _html,
    "csv": _csv,
    "latex": _latex,
    "model-card": _card,
    "metafile": _metafile,
    "record": _record,
    "claims": _claims,
}
