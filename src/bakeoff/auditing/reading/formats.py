"""Which format a document has, and who reads it. Readers are imported when they are needed."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path, PurePath

from bakeoff.auditing.claims import Document, Format
from bakeoff.auditing.collecting import uncollected
from bakeoff.auditing.reading.signatures import nature, refused
from bakeoff.auditing.reading.source import Source, decode

Reader = Callable[[Source], Document]
_ENDINGS: dict[str, Format] = {
    ".md": "markdown", ".markdown": "markdown", ".mdx": "markdown", ".txt": "markdown",
    ".rst": "rst", ".ipynb": "notebook", ".log": "log", ".out": "log",
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv", ".tsv": "csv",
    ".tex": "latex",
    ".latex": "latex", ".json": "record",
}  # fmt: skip


def read_content(
    content: bytes, name: str, format: Format | None = None, path: Path | None = None
) -> Document:
    """A document from its bytes; what they are decides, whatever the ending of the name says.

    path: where it lies, if it does; a LaTeX document's parts are looked for beside it.
    Raises BadFile for what is not read, by its true name.
    """
    found = nature(content, name)
    if found.kind == "docx":
        from bakeoff.auditing.reading.docx import read_docx

        return read_docx(content, name)
    if found.kind == "pdf":
        from bakeoff.auditing.reading.pdf import read_pdf

        return read_pdf(content, name)
    if found.kind in ("gzip", "bzip2", "xz", "tar", "zip"):
        return _archived(content, name, found.kind)
    if found.kind != "text":
        raise refused(name, found)
    text = decode(content, name)
    if path is not None and (format or format_of(name, text)) == "latex":
        from bakeoff.auditing.reading.arxiv import beside, inputs

        if next(inputs(text), None) is not None:
            return _latex(beside(text, path))
    return read_text(text, name, format)


def _archived(content: bytes, name: str, kind: str) -> Document:
    """The LaTeX document in an archive, or what a single compressed file holds."""
    from bakeoff.auditing.reading.arxiv import of_archive

    held = of_archive(content, name, kind)
    if isinstance(held, Source):
        return _latex(held)
    found = nature(held, name)
    if found.kind in ("gzip", "bzip2", "xz", "tar", "zip"):
        raise refused(name, replace(found, name=f"an archive that holds {found.name}"))
    return read_content(held, name.removesuffix(PurePath(name).suffix) or name)


_FOUND_ENDINGS = (_ENDINGS.keys() | {".pdf", ".docx", ".log"}) - {".json"}
_FOUND_NAMES = re.compile(
    r"(?:(?:.{1,100}[._-])?(?:claims|metafile|model-index|model_index)\.ya?ml|record\.json)\Z"
)


def in_a_folder(path: PurePath) -> bool:
    """Whether a file of a folder is taken for a document, from its name."""
    return path.suffix.lower() in _FOUND_ENDINGS or bool(_FOUND_NAMES.match(path.name.lower()))


def read_text(text: str, name: str, format: Format | None = None) -> Document:
    """A document from its text."""
    text = text.removeprefix("\ufeff")
    chosen = format or format_of(name, text)
    if chosen == "notebook":  # its lines are strings of JSON, of any length
        from bakeoff.auditing.reading.notebook import read_notebook

        return read_notebook(text, name)
    with uncollected():
        return reader_of(chosen)(Source.of(text, name))


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
    if not ending and (sniffed := _sniffed(head, content)):
        return sniffed
    if re.search(r"\\(?:documentclass|documentstyle|begin\{(?:document|tabular|table))", head):
        return "latex"
    return "markdown"


def _sniffed(head: str, content: str) -> Format | None:
    """The format of a text without an ending, as from standard input."""
    if re.match(r"(?:bakeoff\s?:\s?claims|claims\s?:)", head):
        return "claims"
    if head.startswith("{") and '"schema_version"' in content[:100_000]:
        return "record"
    lines = [line for line in content[:65_536].splitlines() if line.strip()][:20]
    for separator in "\t,;":
        counts = {line.count(separator) for line in lines}
        # Three lines with equally many: prose does not do that.
        if len(lines) >= 3 and len(counts) == 1 and counts != {0}:
            return "csv"
    return None


def reader_of(format: Format) -> Reader:
    """The function that reads a format."""
    return _READERS[format]


def _markdown(source: Source) -> Document:
    from bakeoff.auditing.reading.cards import front_matter
    from bakeoff.auditing.reading.markdown import read_markdown
    from bakeoff.auditing.reading.walk import to_document

    last, claims = front_matter(source)
    return to_document(read_markdown(source, last), source, "markdown", claims)


def _rst(source: Source) -> Document:
    from bakeoff.auditing.reading.restructured import read_restructured
    from bakeoff.auditing.reading.walk import to_document

    return to_document(read_restructured(source), source, "rst")


def _log(source: Source) -> Document:
    from bakeoff.auditing.reading.blocks import Blocks, Pasted
    from bakeoff.auditing.reading.walk import to_document

    lines = tuple((s, n, 1) for n, s in enumerate(source.lines, start=1))
    return to_document(Blocks([Pasted(lines)]), source, "log")


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
    "rst": _rst,
    "log": _log,
    "html": _html,
    "csv": _csv,
    "latex": _latex,
    "model-card": _card,
    "metafile": _metafile,
    "record": _record,
    "claims": _claims,
}
