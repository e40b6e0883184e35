"""A laid-out table to claims: what each column and row says, then each cell.

A figure is a claim only if its column, its row or the caption names a known metric.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal, cast

from bakeoff.auditing.claims import Cell, Claim, Column, Number, Row, Table, Unit
from bakeoff.auditing.metrics import METRICS, normal
from bakeoff.auditing.reading import cells as reading
from bakeoff.auditing.reading.blocks import Grid, RawCell
from bakeoff.auditing.reading.captions import CaptionFacts, read_caption
from bakeoff.auditing.reading.columns import (
    STATISTICS,
    Meaning,
    bare_statistics,
    bare_top_k,
    column_meaning,
    counted_columns,
    errors_beside_accuracies,
    is_companion,
    is_transposed,
    metric_column,
    sole_share,
    spread_columns,
    transposed_meaning,
    unit_by_size,
)
from bakeoff.auditing.reading.companions import with_companions
from bakeoff.auditing.reading.labels import read_label
from bakeoff.auditing.reading.layout import Sheet, lay_out, role_of
from bakeoff.auditing.reading.lexicon import dataset_of
from bakeoff.auditing.reading.matrices import confusion_claims
from bakeoff.auditing.reading.notes import noted
from bakeoff.auditing.reading.prose import read_prose
from bakeoff.auditing.reading.rows import RowFacts, first_column, row_facts, section_row
from bakeoff.auditing.reading.scope import Scope, beyond, make_claim, plausible
from bakeoff.auditing.reading.source import Source, Text

_UNSIGNED = {"share", "loss", "count", "time", "rate"}
"""Kinds of metrics whose figures carry no sign: "+0.3" among them is a difference."""
HARNESS = frozenset({"tasks", "n shot", "metric", "value", "stderr"})
"""The header that EleutherAI's evaluation harness prints; its shares are fractions."""
Role = Literal["data", "average", "sum"]


def read_table(
    grid: Grid, scope: Scope, index: int, source: Source
) -> tuple[Table, list[Claim]] | None:
    """The table with number `index` of its document, and its claims; None if it is no table."""
    sheet = lay_out(grid, source)
    if sheet is None:
        return None
    caption = read_caption(grid.caption.s if grid.caption else "", scope)
    scope = caption.scope
    if {normal(label) for label in sheet.labels} >= HARNESS:
        caption = replace(caption, fraction=True)
    cells = [[_cell(raw, source) for raw in row] for row in sheet.body]
    matrix = confusion_claims(sheet, cells, caption.text, scope, index)
    transposed = not matrix and is_transposed(sheet)
    columns = [
        column_meaning(sheet, c, caption, cells, transposed) for c in range(len(sheet.labels))
    ]
    bare_top_k(columns, cells, caption)
    bare_statistics(columns, cells, caption)
    spread_columns(columns, cells)
    counted_columns(columns, cells)
    errors_beside_accuracies(columns, cells)
    table = _table(grid, sheet, columns, cells, caption.text, scope, transposed)
    if matrix is not None:
        return table, matrix
    claims = list(_claims(sheet, columns, cells, scope, caption, index, transposed, source))
    return table, with_companions(claims, columns, cells, index, transposed)


def _cell(raw: RawCell, source: Source) -> Cell:
    said = raw.text.s
    text = said.strip()
    line, column = raw.text.at(len(said) - len(said.lstrip()) if text != said else 0)
    got = reading.read_cell(text)
    place = source.place(line, column, len(text))
    if got is None:
        return Cell(text[:500], place, None, None, raw.bold)
    return Cell(text[:500], place, got.number, got.spread, raw.bold)


def _table(
    grid: Grid,
    sheet: Sheet,
    columns: list[Meaning],
    cells: list[list[Cell]],
    caption: str,
    scope: Scope,
    transposed: bool,
) -> Table:
    heads = tuple(
        Column(
            m.label.text,
            "" if transposed else m.metric,
            m.share_unit or m.label.unit,
            m.label.direction,
            cast(Role, role_of(m.label.text)),
        )
        for m in columns
    )
    rows = tuple(
        Row(label, tuple(row), cast(Role, role_of(label)))
        for row in cells
        for label in (next((c.text for c in row if c.text), ""),)
    )
    return Table(heads, rows, caption, scope.section, grid.line, grid.last_line, transposed)


def _kind_of_loss(metric: str, meaning: Meaning, facts: RowFacts) -> str:
    return (meaning.label.loss_kind or facts.loss) if metric == "loss" else ""


_COUNTED = frozenset({"test_images", "validation_images", "evaluated_images"})


def _claims(
    sheet: Sheet,
    columns: list[Meaning],
    cells: list[list[Cell]],
    scope: Scope,
    caption: CaptionFacts,
    index: int,
    transposed: bool,
    source: Source,
) -> Iterator[Claim]:
    names_at = metric_column(sheet)
    section: dict[str, str] = {}
    named = [read_label(row[names_at].text) for row in cells] if transposed else []
    sole = sole_share(label.metric for label in named)
    for label, row in zip(named, cells, strict=False):
        if label.text.strip().lower() in {"dataset", "data set"}:
            for column, cell in zip(columns, row, strict=False):
                column.own["dataset"] = dataset_of(cell.text) or cell.text[:80]
    for r, row in enumerate(cells):
        if (under := section_row(row)) is not None:
            section = first_column(under) | {"method": under[:120]}
            continue
        facts = row_facts(sheet, row, transposed)
        row_label = named[r] if transposed else None
        plain_row = row_label is None and facts.plain and not caption.fraction
        yield from _said_in(row, scope, source, index, r)
        below = scope.with_(**section)
        if row_label is not None and not row_label.metric and row_label.statistic in STATISTICS:
            row_label = replace(row_label, metric="" if row_label.other else sole)
        values = []
        if row_label is not None:
            values = [x for m, x in zip(columns, row, strict=False) if not is_companion(m)]
        for c, cell in enumerate(row):
            if transposed and c == names_at:
                continue
            meaning = columns[c]
            if row_label is not None:
                meaning = transposed_meaning(meaning, row_label, values, caption)
            if not meaning.metric or sheet.context[c] in {
                "epoch",
                "run",
                "resolution",
                "runs",
                "class",
            }:
                if " / " in meaning.label.text or "/" in meaning.label.text:
                    yield from _paired(meaning, cell, facts, below, caption, (index, r, c))
                if sheet.context[c] != "resolution" or not meaning.metric:
                    continue
            claim = (
                _plain_claim(meaning, cell, facts, below, caption, (index, r, c))
                if plain_row and meaning.plain and cell.number is not None
                else None
            ) or _cell_claim(meaning, cell, facts, below, caption, (index, r, c))
            if claim is not None:
                if transposed:
                    claim = replace(claim, group=f"t{index}c{c}")
                yield noted(claim, [facts.note]) if facts.note else claim


def _said_in(row: list[Cell], scope: Scope, source: Source, index: int, r: int) -> Iterator[Claim]:
    """Counts of images that a cell of prose in the row tells, as claims of the row."""
    for cell in row:
        if cell.number is None and "image" in cell.text and len(cell.text.split()) > 3:
            text = Text.of_line(cell.text, cell.place.line, cell.place.column)
            for claim in read_prose(text, scope, source, f"t{index}r{r}"):
                if claim.metric in _COUNTED:
                    yield replace(claim, group=f"t{index}r{r}")


def _paired(
    meaning: Meaning,
    cell: Cell,
    facts: RowFacts,
    scope: Scope,
    caption: CaptionFacts,
    at: tuple[int, int, int],
) -> Iterator[Claim]:
    """ "76.1/92.9" under "top-1/top-5"."""
    heads = [read_label(part) for part in meaning.label.text.split("/")]
    both = reading.pair(cell.text)
    if len(heads) != 2 or both is None or not all(h.metric and not h.doubtful for h in heads):
        return
    percent = meaning.label.unit == "percent" or caption.percent
    for head, figure in zip(heads, both, strict=True):
        number = figure.number
        unit: Unit = "percent" if percent else unit_by_size(head.metric, [number.value])
        half = replace(cell, text=number.text, number=number)
        part = replace(meaning, metric=head.metric, label=head, share_unit=unit)
        part.doubtful = frozenset() if unit else frozenset({"unit"})
        claim = _cell_claim(part, half, facts, scope, caption, at)
        if claim is not None:
            yield claim


def _plain_claim(
    meaning: Meaning,
    cell: Cell,
    facts: RowFacts,
    scope: Scope,
    caption: CaptionFacts,
    at: tuple[int, int, int],
) -> Claim | None:
    """As `_cell_claim`, of a cell that is one number under a label that is one metric, which most
    are; None for any other."""
    number = cell.number
    if number is None or number.text != cell.text or cell.text[:1] in "+-−":
        return None
    label, metric = meaning.label, meaning.metric
    if not number.unit and (unit := meaning.unit_of_plain):
        number = number.of(unit)
    if number.qualifier or not plausible(metric, number):
        return None
    said = label.spread_kind if label.spread_kind != "unknown" else caption.spread_kind
    return make_claim(
        metric,
        number,
        cell.place,
        cell.text,
        facts.own | meaning.told,
        scope,
        meaning.doubtful,
        meaning.inherited,
        level=caption.level if said == "interval" else "",
        runs=facts.runs or label.runs or caption.runs,
        group=f"t{at[0]}r{at[1]}",
        word=_kind_of_loss(metric, meaning, facts),
        cell=at,
        bold=cell.bold,
    )


def _cell_claim(
    meaning: Meaning,
    cell: Cell,
    facts: RowFacts,
    scope: Scope,
    caption: CaptionFacts,
    at: tuple[int, int, int],
) -> Claim | None:
    metric, doubtful = meaning.metric, meaning.doubtful
    kind = METRICS[metric].kind if metric else ""
    if not any(c.isdecimal() for c in cell.text):
        return None
    intervals = caption.spread_kind == "interval" or meaning.of_intervals
    got = reading.read_cell(cell.text, of_interval=intervals)
    named = meaning.label
    if named.metric != metric:
        named = replace(named, metric=metric)
    number: Number | None
    if metric.endswith("resolution"):
        number = reading.read_side(cell.text)
    elif kind == "time":
        number = reading.read_time(cell.text, meaning.label.scale)
        if any(c.isalpha() for c in cell.text) and not meaning.label.rest:
            doubtful -= {"metric"}  # the cell says its unit itself
    else:
        number = reading.with_unit(got.number, named, meaning.share_unit) if got else None
    if number is None or (kind in _UNSIGNED and number.text[:1] in "+-−"):
        return None
    if (
        metric in {"parameters", "macs", "flops"}
        and not meaning.label.scale
        and number.value < 10**5
    ):
        doubtful |= {"unit"}
    own = facts.own | meaning.told
    if meaning.label.of:
        own["of"] = meaning.label.of
    if got and got.statistic:
        own["statistic"] = got.statistic
    if facts.average and metric in {"precision", "recall", "f1"}:
        metric = f"{facts.average}_{metric}"
    elif facts.change and kind in {"share", "loss", "score"}:
        own["of"], metric = metric, "gain"
    elif facts.spread:
        own["of"], metric = metric, "spread"
    elif facts.label.lower() == "accuracy" and metric == "f1":
        metric = "accuracy"
    if metric == "spread":
        number, doubtful = replace(number, unit=meaning.share_unit or ""), doubtful
    if facts.role == "average" and facts.of_runs:
        own["statistic"] = "mean"
    elif facts.role == "average" or meaning.averages:
        own["statistic"] = "average"
        scope = scope.without(*(k for k in ("dataset", "model", "class", "run") if k not in own))
    spread = got.spread if got else None
    if spread is not None and meaning.share_unit and not spread.unit:
        spread = replace(spread, unit=meaning.share_unit)
    said = (
        meaning.label.spread_kind if meaning.label.spread_kind != "unknown" else caption.spread_kind
    )
    interval = got.interval if got else None
    if interval is not None and number.unit:
        interval = (replace(interval[0], unit=number.unit), replace(interval[1], unit=number.unit))
    claim = make_claim(
        metric,
        number,
        cell.place,
        cell.text,
        own,
        scope,
        doubtful,
        meaning.inherited,
        spread=spread,
        spread_kind=said if spread is not None else "unknown",
        interval=interval,
        level=caption.level if interval or said == "interval" else "",
        runs=(got.runs if got else None) or facts.runs or meaning.label.runs or caption.runs,
        negated=metric == "gain" and number.value < 0,
        group=f"t{at[0]}r{at[1]}",
        word=_kind_of_loss(metric, meaning, facts),
        ratio=got.ratio if got and kind == "share" else None,
        cell=at,
        bold=cell.bold,
    )
    said_so = beyond(metric, number) and (meaning.label.unit == "percent" or "%" in cell.text)
    if said_so or (caption.fraction and number.unit == "fraction" and number.exact):
        claim = replace(claim, doubtful=claim.doubtful - {"number"})
    if got and got.doubtful:
        claim = replace(claim, doubtful=claim.doubtful | got.doubtful)
    return claim
