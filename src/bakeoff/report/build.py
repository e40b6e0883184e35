"""From runs to files: read, write the document, render it, save."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bakeoff.progress import tracked
from bakeoff.records.files import write_text
from bakeoff.records.schema import Record
from bakeoff.report import Report
from bakeoff.report.charts.final import final_accuracy
from bakeoff.report.conclusion import verdict
from bakeoff.report.document import Document, plain
from bakeoff.report.html import render_html
from bakeoff.report.latex import render_latex
from bakeoff.report.markdown import render_markdown
from bakeoff.report.material import Material
from bakeoff.report.numbers import counted, listed
from bakeoff.report.parts.architecture import architecture
from bakeoff.report.parts.audited import audited
from bakeoff.report.parts.budget import budget
from bakeoff.report.parts.closing import conclusion, limits
from bakeoff.report.parts.compared import compared
from bakeoff.report.parts.datasets import data_sets
from bakeoff.report.parts.insights import insights
from bakeoff.report.parts.mistakes import mistakes
from bakeoff.report.parts.notices import notices
from bakeoff.report.parts.objective import objective, question
from bakeoff.report.parts.paper import paper
from bakeoff.report.parts.reproduce import reproduce
from bakeoff.report.parts.results import results
from bakeoff.report.source import Source, read_source
from bakeoff.version import __version__

PARTS = (
    objective,
    results,
    paper,
    data_sets,
    architecture,
    budget,
    compared,
    mistakes,
    insights,
    conclusion,
    limits,
)


def compose(source: Source, title: str | None = None) -> Document:
    """The report as a document; nothing is written."""
    material = Material(source)
    sections = tuple(part(material) for part in tracked(PARTS, "composing the report"))
    return Document(
        title=title or _title(material),
        question=question(material),
        verdict=verdict(material),
        subtitle=_subtitle(material),
        notices=notices(material),
        lead=final_accuracy(material.arms, material.names),
        sections=(*sections, audited(material, sections), reproduce(material)),
        arms=material.names,
        made_with=f"Bakeoff {__version__}",
    )


def write_report(
    source: Path | str | Sequence[Path | str] | Sequence[Record],
    *,
    out: Path | str | None = None,
    title: str | None = None,
) -> Report:
    """See `bakeoff.report.report`."""
    read = read_source(source)
    document = compose(read, title)
    page = _page_path(read, out)
    folder, stem = page.parent, page.stem
    charts = f"{stem}-charts"
    text, drawings = render_markdown(document, charts)
    html, tex = render_html(document), render_latex(document)
    for name, svg in drawings.items():
        write_text(folder / charts / name, svg)
    write_text(folder / f"{stem}.md", text)
    write_text(folder / f"{stem}.tex", tex)
    write_text(page, html)
    return Report(
        html=page,
        md=folder / f"{stem}.md",
        tex=folder / f"{stem}.tex",
        verdict=plain(document.verdict),
        notices=tuple(plain(notice.text) for notice in document.notices),
    )


def _page_path(source: Source, out: Path | str | None) -> Path:
    if out is None:
        return (source.folder or Path("report")) / "report.html"
    out = Path(out)
    return out if out.suffix == ".html" else out / "report.html"


def _title(material: Material) -> str:
    arms = list(material.names)
    shown = listed(arms, "against") if len(arms) == 2 else f"{len(arms)} arms"
    if len(arms) == 1:
        shown = arms[0]
    return f"{shown} on {listed(list(material.data_titles))}"


def _subtitle(material: Material) -> str:
    record = material.records[0]
    name = material.manifest.name if material.manifest else record.bakeoff
    runs = f"{counted(len(material.records), 'run')} of {counted(len(material.arms), 'arm')}"
    return " · ".join(part for part in (name, runs, record.created[:10]) if part)
