"""Reading: a document in, its claims out.

    from bakeoff.auditing.reading import read
    document = read(Path("README.md"))           # or read("name", text="…")
    document.claims, .tables, .suppressions, .problems

Formats: Markdown, reStructuredText, notebooks, logs, HTML, CSV and TSV, LaTeX and archives of its
sources, PDF, Word, the YAML of model cards and metafiles, Bakeoff's own records and reports, and
`claims.yaml` (see `reading.claims_file`).
"""

from __future__ import annotations

from pathlib import Path

from bakeoff.auditing.claims import Document, Format
from bakeoff.auditing.reading.formats import read_content, read_text
from bakeoff.auditing.reading.source import MAX_FILE, load

__all__ = ["extract", "read"]


def read(source: Path | str, text: str | None = None, format: Format | None = None) -> Document:
    """Read one document.

    source: its path, or, with `text`, the name to show for it. text: the content, if it is not to
    be read from `source`. format: taken from the content and the name's ending if None.
    Raises BadFile for what cannot be read at all, by its true name; what can only be read in part
    is in `problems`.
    """
    if text is not None:
        return read_text(text, str(source), format)
    path = Path(source)
    return read_content(load(path, MAX_FILE), str(source), format, path)


def extract(document: Document) -> str:
    """The claims and suppressions of a document as a claims file, which reads back to the same."""
    from bakeoff.auditing.reading.extracting import extract as as_claims_file

    return as_claims_file(document)
