"""From runs to files: read, write the document, render it, save."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from bakeoff.comparison.answer import Comparison
from bakeoff.errors import UsageError
from bakeoff.progress import tracked
from bakeoff.records.files import write_text
from bakeoff.records.run_set import RunSet
from bakeoff.records.schema import Record
from bakeoff.records.storage import Address, as_place
from bakeoff.reporting.baselines import LINEAR, NEIGHBOUR
from bakeoff.reporting.card import write_card
from bakeoff.reporting.charts.final import final_accuracy
from bakeoff.reporting.charts.forest import forest
from bakeoff.reporting.charts.ladder import measured_ladder
from bakeoff.reporting.charts.theme import unchecked
from bakeoff.reporting.conclusion import verdict
from bakeoff.reporting.document import (
    Block,
    Chart,
    Document,
    Heading,
    Notice,
    Section,
    Views,
    plain,
)
from bakeoff.reporting.html import render_html
from bakeoff.reporting.ladder import read_ladder
from bakeoff.reporting.latex import render_latex
from bakeoff.reporting.markdown import render_markdown
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import counted, listed
from bakeoff.reporting.parts.architecture import architecture
from bakeoff.reporting.parts.audited import audited
from bakeoff.reporting.parts.budget import budget
from bakeoff.reporting.parts.budgets import budgets, lead_of
from bakeoff.reporting.parts.closing import conclusion, limits
from bakeoff.reporting.parts.compared import compared, over_all_sets
from bakeoff.reporting.parts.datasets import data_sets
from bakeoff.reporting.parts.documents import documents
from bakeoff.reporting.parts.imported import imported_limits, imported_objective, where_from
from bakeoff.reporting.parts.insights import insights
from bakeoff.reporting.parts.ladder import ladder
from bakeoff.reporting.parts.mistakes import mistakes
from bakeoff.reporting.parts.objective import objective
from bakeoff.reporting.parts.paper import paper
from bakeoff.reporting.parts.reproduce import reproduce
from bakeoff.reporting.parts.results import results
from bakeoff.reporting.pdf import require_browser, write_pdf
from bakeoff.reporting.running import status_of
from bakeoff.reporting.score import ScoreCard, made_from
from bakeoff.reporting.source import Source, read_source
from bakeoff.reporting.written import FORMATS, USUAL, Report, ReportFormat
from bakeoff.version import __version__

PART = Callable[[Material], Section | None]
PAGE = "report.html"


def set_by_set(part: PART) -> PART:
    """The part for each test set, one under the other: figures of two sets never share a table."""

    def parts(material: Material) -> Section | None:
        if len(material.sets) == 1:
            return part(material.sets[0])
        blocks: list[Block] = []
        head: Section | None = None
        for number, one in enumerate(material.sets, start=1):
            made = part(one)
            if made is None:
                continue
            head = head or made
            blocks += [Heading(material.set_titles[number - 1]), *_numbered(made.blocks, number)]
        return head and Section(head.id, head.title, tuple(blocks))

    return parts


def _numbered(blocks: Sequence[Block], number: int) -> list[Block]:
    """The charts of a test set under names of their own: they are files too."""
    return [
        replace(block, name=f"{block.name}-{number}")
        if isinstance(block, Chart)
        else _numbered_views(block, number)
        if isinstance(block, Views)
        else block
        for block in blocks
    ]


def _numbered_views(views: Views, number: int) -> Views:
    charts = tuple(
        (words, replace(chart, name=f"{chart.name}-{number}")) for words, chart in views.charts
    )
    return replace(views, charts=charts)


def _results(material: Material) -> Section | None:
    """The results of every test set, after one chart with every seed on all of them."""
    made = set_by_set(results)(material)
    panels = [
        (title, one.arms) for title, one in zip(material.set_titles, material.sets, strict=True)
    ]
    known = [
        [(b.name, b.accuracy) for b in one.baselines if b.name in (LINEAR, NEIGHBOUR)]
        for one in material.sets
    ]
    chart = final_accuracy(panels, material.page_names, known)
    return replace(made, blocks=(chart, *made.blocks)) if made and chart else made


PARTS: tuple[PART, ...] = (
    budgets,
    insights,
    objective,
    _results,
    documents,
    paper,
    data_sets,
    architecture,
    budget,
    set_by_set(compared),
    over_all_sets,
    set_by_set(ladder),
    set_by_set(mistakes),
    set_by_set(conclusion),
    limits,
)
PARTS_OF_IMPORTED: tuple[PART, ...] = (
    imported_objective,
    _results,
    documents,
    set_by_set(compared),
    set_by_set(conclusion),
    imported_limits,
)
"""Of runs that other tools made nobody here knows recipe, budget or images."""


def compose(source: Source, title: str | None = None) -> Document:
    """The report as a document; nothing is written."""
    return _composed(Material(source), title)


def _composed(material: Material, title: str | None) -> Document:
    parts = PARTS_OF_IMPORTED if material.imported else PARTS
    made = (part(material) for part in tracked(parts, "composing the report"))
    sections = tuple(section for section in made if section is not None)
    card = made_from(material)
    several = len(card.panels) > 1
    return Document(
        title=title or _title(material),
        question=card.question,
        answers=tuple(
            (panel.title if several else "", panel.answer, panel.conditions)
            for panel in card.panels
        ),
        verdict=verdict(material),
        subtitle=_subtitle(material),
        notices=tuple(Notice(care.level, care.text, care.code.key) for care in card.care),
        lead=_lead(material, card),
        sections=(
            *sections,
            audited(material),
            where_from(material) if material.imported else reproduce(material),
        ),
        arms=material.page_names,
        made_with=f"Bakeoff {__version__}",
        provisional=_provisional(material),
    )


def _provisional(material: Material) -> str:
    """That runs are still to come; a bake-off that stops when it is decided plans the most."""
    status = status_of(material.source, {})
    if status is None or status.over or any(plan.look_plan for plan in material.plans):
        return ""
    return f"Provisional: {status.ended} of {status.planned} runs have ended"


def _lead(material: Material, card: ScoreCard) -> Chart | None:
    """The chart of the first screen: an ablation's ladder, accuracy over several budgets, else the
    forest of differences."""
    first = material.sets[0]
    if (lead := lead_of(material)) is not None:
        return lead
    if len(material.sets) == 1 and (found := read_ladder(first)) is not None:
        return measured_ladder(found)
    return forest(card.panels, material.page_names)


def write_report(
    source: RunSet | Path | str | Sequence[Path | str] | Sequence[Record],
    *,
    out: Path | str | None = None,
    title: str | None = None,
    formats: Sequence[ReportFormat] = USUAL,
    data: str = "",
    documents: Sequence[Path | str] = (),
) -> Report:
    """See `bakeoff.reporting.report`."""
    unknown = [name for name in formats if name not in FORMATS]
    if unknown or not formats:
        raise UsageError(
            f"no report format is called {unknown[0]!r}" if unknown else "no report format given",
            f"Choose of {listed(list(FORMATS))}",
        )
    if "pdf" in formats:
        require_browser()
    read = replace(read_source(source), data=data, documents=tuple(map(Path, documents)))
    home, name = _place(read, out)
    if isinstance(home, Address):
        home.require_writable()
    material = Material(read)
    with unchecked():
        document = _composed(material, title)
        if isinstance(home, Path):
            files, _ = _write(document, home / name, formats)
            return _told(document, home, name, files, _comparison(material))
        with tempfile.TemporaryDirectory() as folder:
            files, drawings = _write(document, Path(folder) / name, formats)
            for path in (*drawings, *files):
                home.send(path, path.relative_to(folder).as_posix())
            return _told(document, home, name, files, _comparison(material))


def _comparison(material: Material) -> Comparison | None:
    """Of all arms on all test sets, where there is one."""
    first = material.sets[0]
    if len(material.sets) > 1 and first.together is None:
        return None
    return first.judged.whole


def _place(source: Source, out: Path | str | None) -> tuple[Path | Address, str]:
    """The folder or address that a report goes to, and its page's name there."""
    if out is None:
        return source.address or source.folder or Path("report"), PAGE
    place = as_place(out)
    if isinstance(place, Path):
        return (place.parent, place.name) if place.suffix == ".html" else (place, PAGE)
    folder, _, name = place.rpartition("/")
    return (Address(folder), name) if name.endswith(".html") else (Address(place), PAGE)


def _write(
    document: Document, page: Path, formats: Sequence[ReportFormat]
) -> tuple[list[Path], list[Path]]:
    """The files that were asked for, and the drawings that the Markdown shows."""
    text, tex, pdf = (page.with_suffix(f".{kind}") for kind in ("md", "tex", "pdf"))
    files: list[Path] = []
    drawn: list[Path] = []
    if "html" in formats:
        write_text(page, render_html(document))
        files.append(page)
    if "markdown" in formats:
        charts = f"{page.stem}-charts"
        words, drawings = render_markdown(document, charts)
        for name, svg in drawings.items():
            write_text(page.parent / charts / name, svg)
            drawn.append(page.parent / charts / name)
        write_text(text, words)
        files.append(text)
    if "latex" in formats:
        write_text(tex, render_latex(document))
        files.append(tex)
    if "card" in formats:
        files.append(page.with_name(f"{page.stem}-card.png"))
        write_card(document, files[-1])
    if "pdf" in formats:
        files.append(_print(page if page in files else None, document, pdf))
    return files, drawn


def _told(
    document: Document,
    home: Path | Address,
    name: str,
    files: list[Path],
    judged: Comparison | None,
) -> Report:
    """home, name: where a reader finds the page."""
    page = Path(name)
    return Report(
        html=_found(home, page),
        md=_found(home, page.with_suffix(".md")),
        tex=_found(home, page.with_suffix(".tex")),
        verdict=plain(document.verdict),
        notices=tuple(plain(notice.text) for notice in document.notices),
        files=tuple(_found(home, path) for path in files),
        comparison=judged,
        document=document,
    )


def _found(home: Path | Address, path: Path) -> Path | str:
    return home / path.name if isinstance(home, Path) else f"{home}/{path.name}"


def _print(page: Path | None, document: Document, pdf: Path) -> Path:
    if page is not None:
        return write_pdf(page, pdf)
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "report.html"
        write_text(written, render_html(document))
        return write_pdf(written, pdf)


def _title(material: Material) -> str:
    arms = list(material.planned_names)
    if len(material.sets) == 1 and read_ladder(material.sets[0]) is not None:
        recipe = material.manifest.ablates if material.manifest else ""
        return f"The ingredients of {Path(recipe).stem} on {listed(list(material.data_titles))}"
    shown = listed(arms, "against") if len(arms) == 2 else f"{len(arms)} arms"
    if len(arms) == 1:
        shown = arms[0]
    return f"{shown} on {listed(list(material.data_titles))}"


def _subtitle(material: Material) -> str:
    record = material.records[0]
    name = material.manifest.name if material.manifest else record.bakeoff
    arms = counted(len(material.planned_names), "arm")
    runs = f"{counted(len(material.records), 'run')} of {arms}"
    return " · ".join(part for part in (name, runs, record.created[:10]) if part)
