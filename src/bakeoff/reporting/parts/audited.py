"""Our own figures and the published ones, put through the same audit as anybody else's."""

from __future__ import annotations

from collections.abc import Iterator

from bakeoff.auditing.api import Audit, examine_documents
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.reading import read
from bakeoff.comparison.numbers import sentence_case
from bakeoff.errors import BakeoffError
from bakeoff.published import PublishedResult
from bakeoff.records.schema import Record
from bakeoff.reporting.charts.known import published_table
from bakeoff.reporting.document import (
    Block,
    Chip,
    Code,
    Column,
    Heading,
    Paragraph,
    Section,
    Table,
)
from bakeoff.reporting.escape import markdown_text
from bakeoff.reporting.markdown import table
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import counted

MAX_FINDINGS = 30
MAX_RUNS = 200


def audited(material: Material) -> Section:
    """What the audit says about every run's figures, the published ones, and documents asked for.

    Raises BadFile when a document cannot be read.
    """
    blocks: list[Block] = []
    try:
        blocks += _told(
            examine_documents(
                [read(n, text=text, format="markdown") for n, text in _documents(material)]
            ),
            "of these runs and of the published results above",
        )
    except BakeoffError as error:
        blocks.append(Paragraph(f"The figures could not be audited: {error}"))
    for path, audit in material.documents:
        blocks.append(Heading(f"Claims in {path.name}"))
        blocks += _told(audit, f"in {path.name}", lines=True)
    return _section(blocks)


def _told(found: Audit, where: str, *, lines: bool = False) -> list[Block]:
    read = counted(len(found.claims), "figure")
    if not found.findings:
        return [
            Paragraph(
                f"Bakeoff’s audit read {read} {where}, and found none that contradicts another or "
                "arithmetic."
            )
        ]
    gravest = sorted(found.findings, key=lambda finding: finding.severity)
    return [
        Paragraph(
            f"Bakeoff’s audit read {read} {where}, and has "
            f"{counted(len(found.findings), 'finding')}:"
        ),
        Table(
            "Findings",
            (Column("Verdict"), Column("Rule"), Column("What it says"), Column("Figures")),
            tuple(
                (
                    (Chip(finding.verdict, finding.severity),),
                    (Code(finding.rule),),
                    sentence_case(finding.message),
                    "; ".join(dict.fromkeys(_where(claim, lines) for claim in finding.claims)),
                )
                for finding in gravest[:MAX_FINDINGS]
            ),
            note=f"The gravest {MAX_FINDINGS} of {len(found.findings):,}."
            if len(found.findings) > MAX_FINDINGS
            else "",
        ),
    ]


def _where(claim: Claim, lines: bool) -> str:
    """The figure as it stands in its document, with its line where that means something."""
    return f"{claim.text} (line {claim.place.line})" if lines else claim.text


def _section(blocks: list[Block]) -> Section:
    return Section("audit", "Audit of these figures", tuple(blocks))


def _documents(material: Material) -> Iterator[tuple[str, str]]:
    """Names and texts, as a reader would find the figures: ours, a document a data set, then the
    published ones, a document a source. No figure is looked for in another document's data set.
    """
    by_data: dict[tuple[str, int], list[tuple[str, Record]]] = {}
    for arm in material.measured:
        for run in arm.complete:
            data = run.record.data
            where = by_data.setdefault((data.title, data.test_images), [])
            where.append((f"{arm.name} seed {run.record.seed}", run.record))
    for (title, images), records in by_data.items():
        told = [f"# Results on {title}", f"Tested on {images:,} test images."]
        yield f"our runs on {title}", "\n\n".join([*told, table(_runs(records[:MAX_RUNS]))]) + "\n"
    by_source: dict[tuple[str, str], list[PublishedResult]] = {}
    for figure in material.published:
        by_source.setdefault((figure.test_set, figure.citation), []).append(figure)
    for (test_set, citation), figures in by_source.items():
        title = f"{test_set}, {markdown_text(citation)}"
        yield title, f"# {title}\n\n{table(published_table(figures, ''))}\n"


def _runs(records: list[tuple[str, Record]]) -> Table:
    rows = []
    for name, record in records:
        assert record.result is not None
        trained = record.train_result
        rows.append(
            (
                name,
                f"{record.result.accuracy:.2f}",
                f"{record.result.top5:.2f}",
                f"{record.result.loss:.4f}",
                f"{trained.accuracy:.2f}" if trained else "",
                f"{trained.loss:.4f}" if trained else "",
            )
        )
    titles = (
        "Test accuracy (%)",
        "Test top-5 accuracy (%)",
        "Test loss",
        "Train accuracy (%)",
        "Train loss",
    )
    return Table(
        "Last epoch", (Column("Run"), *(Column(title, "number") for title in titles)), tuple(rows)
    )
