"""What a table says about itself: which cell is bold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Cell, Claim, Document, Table
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding
from bakeoff.auditing.intervals import interval

LARGEST_TABLE = 5_000


def small_tables(evidence: Evidence) -> Iterator[tuple[Document, Table]]:
    """Tables with their documents; one of thousands of rows is data, not results."""
    for document in evidence.documents:
        for table in document.tables:
            if len(table.rows) <= LARGEST_TABLE:
                yield document, table


def as_claim(cell: Cell, metric: str, table: Table) -> Claim:
    """A cell as something that a finding can point to."""
    return Claim(
        metric=metric or "cell",
        number=cell.number,
        place=cell.place,
        text=cell.text,
        section=table.section,
        bold=cell.bold,
    )


@rule("bold-best", 27, "bold marks the best of a column")
def bold_best(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """If exactly one figure of a column is bold, it usually is the best.

    Example: 95.1 in bold above a plain 95.4 in a column of accuracies.

    A note only, since authors also set their own rows bold; inconsistent if the text says that bold
    marks the best. Ties within the printed digits count as best.
    Source: custom.
    """
    said = {c.place.file for c in evidence.of("bold") if c.word == "best" and not c.negated}
    for document, table in small_tables(evidence):
        if table.transposed:
            continue
        rows = [r for r in table.rows if r.role == "data"]
        for n, column in enumerate(table.columns):
            cells = [r.cells[n] for r in rows if r.cells[n].number is not None]
            bold = [c for c in cells if c.bold]
            if not column.direction or len(bold) != 1 or len(cells) < 2:
                continue
            own_row = next(r for r in rows if bold[0] in r.cells)
            if document.file not in said and sum(c.bold for c in own_row.cells) > 1:
                continue
            best = _best(cells, column.direction == "up")
            if best is None or best is bold[0] or best.number is None or bold[0].number is None:
                continue
            if interval(best.number).meets(interval(bold[0].number)):
                continue
            strict = document.file in said
            yield Finding(
                verdict="inconsistent" if strict else "note",
                message=f"{bold[0].number.text} is bold in column {column.label!r}, but "
                f"{best.number.text} is better",
                arithmetic=f"{best.number.text} {'>' if column.direction == 'up' else '<'} "
                f"{bold[0].number.text}",
                claims=(
                    as_claim(bold[0], column.metric, table),
                    as_claim(best, column.metric, table),
                ),
                assumptions=("bold marks the best of the whole column",),
                resolve="Say what bold marks",
            )


def _best(cells: Sequence[Cell], up: bool) -> Cell | None:
    known = [(c.number.value, c) for c in cells if c.number is not None]
    if not known:
        return None
    return (max if up else min)(known, key=lambda pair: pair[0])[1]
