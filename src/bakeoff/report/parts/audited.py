"""Our own figures and the published ones, put through the same audit as anybody else's."""

from __future__ import annotations

from collections.abc import Iterable

from bakeoff.audit import audit
from bakeoff.errors import BakeoffError
from bakeoff.records.schema import Record
from bakeoff.report.document import Block, Chart, Column, Paragraph, Section, Table
from bakeoff.report.markdown import table
from bakeoff.report.material import Material
from bakeoff.report.numbers import counted, sentence_case

MAX_FINDINGS = 30
MAX_RUNS = 200


def audited(material: Material, sections: Iterable[Section]) -> Section:
    """What the audit says about every run's figures and about the published ones."""
    text = _as_document(material, sections)
    blocks: list[Block] = []
    try:
        found = audit(text, name="this report")
    except BakeoffError as error:
        blocks.append(Paragraph(f"The figures could not be audited: {error}"))
        return _section(blocks)
    read = counted(len(found.claims), "figure")
    if not found.findings:
        blocks.append(
            Paragraph(
                f"Bakeoff’s audit read {read} of these runs and of the published results above, "
                "and found none that contradicts another or arithmetic."
            )
        )
        return _section(blocks)
    blocks.append(
        Paragraph(
            f"Bakeoff’s audit read {read} of these runs and of the published results above, "
            f"and has {counted(len(found.findings), 'finding')}:"
        )
    )
    blocks.append(
        Table(
            "Findings",
            (Column("Verdict"), Column("Rule"), Column("What it says"), Column("Figures")),
            tuple(
                (
                    finding.verdict,
                    finding.rule,
                    sentence_case(finding.message),
                    "; ".join(dict.fromkeys(claim.text for claim in finding.claims)),
                )
                for finding in found.findings[:MAX_FINDINGS]
            ),
        )
    )
    return _section(blocks)


def _section(blocks: list[Block]) -> Section:
    return Section("audit", "Audit of these figures", tuple(blocks))


def _as_document(material: Material, sections: Iterable[Section]) -> str:
    """Every run's own figures as a table, then the published ones, as a reader would find them."""
    parts = []
    by_data: dict[tuple[str, int], list[tuple[str, Record]]] = {}
    for arm in material.measured:
        for run in arm.complete:
            data = run.record.data
            where = by_data.setdefault((data.title, data.test_images), [])
            where.append((f"{arm.name} seed {run.record.seed}", run.record))
    for (title, images), records in by_data.items():
        parts += [f"# Results on {title}", f"Tested on {images:,} test images."]
        parts.append(table(_runs(records[:MAX_RUNS])))
    for section in sections:
        charts = [block for block in section.blocks if isinstance(block, Chart)]
        for chart in charts if section.id == "paper" else ():
            parts += [f"# {chart.title}", table(chart.data)]
    return "\n\n".join(part for part in parts if part) + "\n"


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
