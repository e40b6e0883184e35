"""Which format a document has, and who reads it. Readers are imported when they are needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

from bakeoff.audit.claims import Document, Format
from bakeoff.audit.reading.source import Source

Reader = Callable[[Source], Document]
_ENDINGS: dict[str, Format] = {
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".txt": "markdown", ".rst": "markdown",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv", ".tsv": "csv", ".tex": "latex",
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
    if format == "markdown":
        return _markdown
    raise NotImplementedError(format)


def _markdown(source: Source) -> Document:
    from bakeoff.audit.reading.markdown import read_markdown
    from bakeoff.audit.reading.walk import to_document

    return to_document(read_markdown(source), source, "markdown")
