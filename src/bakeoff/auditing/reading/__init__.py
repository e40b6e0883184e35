"""Reading: a document in, its claims out.

    from bakeoff.auditing.reading import read
    document = read(Path("README.md"))           # or read("text …", text=True)
    document.claims, .tables, .suppressions, .problems

Formats: Markdown, HTML, CSV and TSV, LaTeX, the YAML of model cards and metafiles, Bakeoff's own
records and reports, and `claims.yaml` (see `reading.claims_file`).
"""

from __future__ import annotations

from pathlib import Path

from bakeoff.auditing.claims import Document, Format
from bakeoff.auditing.reading.extract import extract
from bakeoff.auditing.reading.formats import format_of, reader_of
from bakeoff.auditing.reading.source import Source, load

__all__ = ["extract", "read"]


def read(source: Path | str, text: str | None = None, format: Format | None = None) -> Document:
    """Read one document.

    source: its path, or, with `text`, the name to show for it. text: the content, if it is not to
    be read from `source`. format: taken from the name's ending and the content if None.
    Raises BadFile for what cannot be read at all; what can only be read in part is in `problems`.
    """
    name = str(source)
    content = load(Path(source)) if text is None else text
    lines = Source.of(content.removeprefix("\ufeff"), name)
    chosen = format or format_of(name, content)
    return reader_of(chosen)(lines)
