"""A laid-out table to claims: what each column and row says, then each cell.

A figure is a claim only if its column, its row or the caption names a known metric.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal, cast

from bakeoff.audit.claims import Cell, Claim, Column, Number, Row, SpreadKind, Table, Unit
from bakeoff.audit.metrics import METRICS
from bakeoff.audit.reading import cells as reading
from bakeoff.audit.reading.blocks import Grid, RawCell
from bakeoff.audit.reading.captions import CaptionFacts, read_caption
from bakeoff.audit.reading.labels import Label, read_label
from bakeoff.audit.reading.layout import Sheet, lay_out, role_of
from bakeoff.audit.reading.lexicon import dataset_of, experiment_of, model_names, papers
from bakeoff.audit.reading.matrices import confusion_claims
from bakeoff.audit.reading.notes import Note, noted, read_note
from bakeoff.audit.reading.prose import read_prose
from bakeoff.audit.reading.scope import Scope, make_claim
from bakeoff.audit.reading.source import Source, Text

_REPORT_ROW = re.compile(
    r"^(macro|micro|weighted)[\s_-]?(?:avg|average|averaged|mean)?\.?$", re.IGNORECASE
)
_SPREAD_ROW = re.compile(
    r"^(?:std|sd|stdev|std\.? ?dev\.?|standard deviation|sem?|standard error)\.?$", re.IGNORECASE
)
_UNSIGNED = {"share", "loss", "count", "time", "rate"}
"""Kinds of metrics whose figures carry no sign: "+0.3" among them is a difference."""
_SINGLE_COLUMN_KINDS = {"share", "loss", "score"}
Role = Literal["data", "average", "sum"]


@dataclass(slots=True)
class _Meaning:
    """What one column (or, transposed, one row) stands for."""

    label: Label
    metric: str
    own: dict[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    inherited: frozenset[str] = frozenset()
    share_unit: Unit = ""


def read_table(
    grid: Grid, scope: Scope, index: int, source: Source
) -> tuple[Table, list[Claim]] | None:
    """The table with number `index` of its document, and its claims; None if it is no table."""
    sheet = lay_out(grid, source)
    if sheet is None:
        return None
    caption = read_caption(grid.caption.s if grid.caption else "", scope)
    scope = caption.scope
    cells = [[_cell(raw, source) for raw in row] for row in sheet.body]
    matrix = confusion_claims(sheet, cells, caption.text, scope, index)
    transposed = not matrix and _is_transposed(sheet)
    columns = [
        _column_meaning(sheet, c, caption, cells, transposed) for c in range(len(sheet.labels))
    ]
    _bare_top_k(columns, cells, caption)
    _bare_statistics(columns, cells, caption)
    table = _table(grid, sheet, columns, cells, caption.text, scope, transposed)
    if matrix is not None:
        return table, matrix
    claims = list(_claims(sheet, columns, cells, scope, caption, index, transposed, source))
    return table, _with_spreads(claims)


def _cell(raw: RawCell, source: Source) -> Cell:
    text = raw.text.s.strip()
    line, column = raw.text.at(len(raw.text.s) - len(raw.text.s.lstrip()))
    got = reading.read_cell(text)
    place = source.place(line, column, len(text))
    return Cell(
        text[:500], place, got.number if got else None, got.spread if got else None, raw.bold
    )


def _table(
    grid: Grid,
    sheet: Sheet,
    columns: list[_Meaning],
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
        Row(
            next((c.text for c in row if c.text), ""),
            tuple(row),
            cast(Role, role_of(next((c.text for c in row if c.text), ""))),
        )
        for row in cells
    )
    return Table(heads, rows, caption, scope.section, grid.line, grid.last_line, transposed)


def _is_transposed(sheet: Sheet) -> bool:
    """Metrics stand in the rows: no column names one, and most labelled rows do."""
    if "metric" in sheet.context:
        return True
    if any(m.metric and METRICS[m.metric].kind in _SINGLE_COLUMN_KINDS for m in sheet.read[1:]):
        return False
    named = [read_label(row[0].text.s) for row in sheet.body if row[0].text.s.strip()]
    return (
        bool(named)
        and 2 * sum(bool(n.metric or n.other) for n in named) >= len(named)
        and any(n.metric for n in named)
    )


def _column_meaning(
    sheet: Sheet, c: int, caption: CaptionFacts, cells: list[list[Cell]], transposed: bool
) -> _Meaning:
    label = sheet.read[c]
    metric, doubtful, inherited = label.metric, frozenset[str](), frozenset[str]()
    if label.doubtful:
        doubtful |= {"metric"}
    subject = bool(
        label.dataset
        or label.split
        or label.statistic
        or sheet.context[c] == "run"
        or _is_run(label.text)
    )
    if not metric and not label.other and not transposed and subject and caption.metric:
        metric, inherited = caption.metric, frozenset({"metric"})
        doubtful |= caption.doubtful
    own = {
        "dataset": label.dataset,
        "split": label.split,
        "statistic": label.statistic,
        "experiment": label.experiment,
        "checkpoint": label.checkpoint,
        "column": label.text,
        "run": _is_run(label.text),
    }
    if transposed and (models := model_names(label.text)):
        own["model"] = models[0].value if len(models) == 1 else label.text[:120]
    elif transposed and sheet.context[_metric_column(sheet)] == "model" and not subject:
        own["model"] = label.text[:120]
    unit = (
        _share_unit(metric, label, caption, [row[c] for row in cells])
        if metric and not transposed
        else ""
    )
    if metric and METRICS[metric].kind == "share" and unit == "" and not transposed:
        doubtful |= {"unit"}
    return _Meaning(label, metric, own, doubtful, inherited, unit)


_COUNTED = frozenset({"test_images", "validation_images", "evaluated_images"})
_ERROR_OF = {"accuracy": "error", "top5": "top5_error"}


_STATISTICS = frozenset({"best", "worst", "median", "mean"})


def _sole_share(metrics: Iterable[str]) -> str:
    """The one share that a table is about, "" if there are several or none."""
    named = {m for m in metrics if m and METRICS[m].kind == "share"}
    return named.pop() if len(named) == 1 else ""


def _bare_statistics(
    columns: list[_Meaning], cells: list[list[Cell]], caption: CaptionFacts
) -> None:
    """A column that only says "Best run" is of the one metric that the other columns have."""
    sole = _sole_share(m.metric for m in columns)
    for c, meaning in enumerate(columns):
        label = meaning.label
        if sole and not meaning.metric and not label.other and label.statistic in _STATISTICS:
            meaning.metric = sole
            meaning.share_unit = _share_unit(sole, label, caption, [row[c] for row in cells])
            if not meaning.share_unit:
                meaning.doubtful |= {"unit"}
    said = {m.label.split for m in columns if m.metric == sole and m.label.split}
    for meaning in columns if sole and len(said) == 1 else ():
        if meaning.label.statistic in _STATISTICS and not meaning.label.split:
            meaning.own["split"] = next(iter(said))


def _bare_top_k(columns: list[_Meaning], cells: list[list[Cell]], caption: CaptionFacts) -> None:
    """Columns that only say "top-1" and "top-5" hold errors if the caption says so, or if top-5 is
    the smaller of the two in most rows; from one row alone it cannot be told."""
    bare = [
        (c, m)
        for c, m in enumerate(columns)
        if m.metric in _ERROR_OF and not re.search("acc|prec|err|epoch", m.label.text.lower())
    ]
    if len(bare) == 1 and caption.metric == "error":
        bare[0][1].metric = _ERROR_OF[bare[0][1].metric]
    if [m.metric for _, m in bare] not in (["accuracy", "top5"], ["top5", "accuracy"]):
        return
    (one, top1), (five, top5) = sorted(bare, key=lambda pair: pair[1].metric)
    pairs = [(row[one].number, row[five].number) for row in cells]
    falls = [b.value < a.value for a, b in pairs if a is not None and b is not None]
    if 2 * sum(falls) <= len(falls):
        return
    for meaning in (top1, top5):
        if len(falls) == 1:
            meaning.doubtful |= {"metric"}
        else:
            meaning.metric = _ERROR_OF[meaning.metric]


_RUN = re.compile(r"^(?:run|seed|trial|fold)\s?#?(\d{1,6})$", re.IGNORECASE)


def _is_run(label: str) -> str:
    match = _RUN.match(label.strip())
    return match.group(1) if match else ""


def _share_unit(metric: str, label: Label, caption: CaptionFacts, column: list[Cell]) -> Unit:
    """What bare numbers of a share are: said by header, caption or a cell, else by their size."""
    numbers = [cell.number for cell in column if cell.number is not None]
    if METRICS[metric].kind != "share" or not numbers:
        return ""
    said = label.unit == "percent" or any(n.unit == "percent" for n in numbers)
    if said or (caption.percent and not label.unit):
        return "percent"
    return unit_by_size(metric, [n.value for n in numbers])


def unit_by_size(metric: str, values: list[Decimal]) -> Unit:
    """ "percent" or "fraction" where the size of the numbers leaves no doubt, else ""."""
    if any(v > Decimal("1.5") for v in values):
        return "percent"
    rising = METRICS[metric].better == "up"
    return "fraction" if rising and all(Decimal("0.02") < v <= 1 for v in values) else ""


@dataclass(slots=True)
class _RowFacts:
    own: dict[str, str] = field(default_factory=dict)
    role: str = "data"
    average: str = ""
    spread: bool = False
    runs: int | None = None
    label: str = ""
    note: Note | None = None
    of_runs: bool = False


def _metric_column(sheet: Sheet) -> int:
    """Of a transposed table: the column whose cells name the metrics."""
    return sheet.context.index("metric") if "metric" in sheet.context else 0


def _row_facts(sheet: Sheet, row: list[Cell], transposed: bool) -> _RowFacts:
    facts = _RowFacts()
    facts.label = row[0].text if row else ""
    for c, cell in enumerate(row):
        key, text = sheet.context[c], cell.text.strip()
        if not key or not text or (transposed and c == _metric_column(sheet)):
            continue
        if key == "dataset":
            facts.own["dataset"] = dataset_of(text) or text[:80]
        elif key == "split":
            facts.own["split"] = read_label(text).split or text[:40]
        elif key == "resolution":
            side = reading.read_side(text)
            facts.own["resolution"] = str(side.value) if side else text[:20]
        elif key == "epoch":
            facts.own["epoch"] = text[:20]
        elif key == "run" and role_of(text) == "data" and not _SPREAD_ROW.match(text):
            facts.own["run"] = text[:20]
        elif key == "runs" and text.isdigit() and len(text) < 5:
            facts.runs = int(text)
        elif key == "paper":
            facts.own["paper"] = next((m.group(1) for m in papers(text)), "")
        elif key in {"model", "method", "class", "extra"}:
            facts.own[key] = text[:120]
        elif key == "row" and not transposed:
            facts.own |= _first_column(text)
    for cell in row:
        if cell.number is None and len(cell.text) > 10 and (note := read_note(cell.text, ())):
            facts.note = note
    facts.of_runs = "run" in sheet.context
    facts.own["row"] = facts.label[:120]
    facts.role = role_of(facts.label)
    facts.spread = bool(_SPREAD_ROW.match(facts.label))
    if match := _REPORT_ROW.match(facts.label):
        facts.average = match.group(1).lower()
    if facts.role != "data" or facts.average:
        for key in ("class", "run", "model", "dataset", "method"):
            if facts.own.get(key) == facts.label:
                del facts.own[key]
    return facts


def _first_column(text: str) -> dict[str, str]:
    own = {"dataset": dataset_of(text), "experiment": experiment_of(text)}
    own["split"] = read_label(text).split if not own["dataset"] else ""
    if models := model_names(text):
        own["model"] = text[:120] if len(models) == 1 else ""
    run = _is_run(text)
    return own | ({"run": run} if run else {})


def _claims(
    sheet: Sheet,
    columns: list[_Meaning],
    cells: list[list[Cell]],
    scope: Scope,
    caption: CaptionFacts,
    index: int,
    transposed: bool,
    source: Source,
) -> Iterator[Claim]:
    metric_column = _metric_column(sheet)
    section: dict[str, str] = {}
    named = [read_label(row[metric_column].text) for row in cells] if transposed else []
    sole = _sole_share(label.metric for label in named)
    for label, row in zip(named, cells, strict=False):
        if label.text.strip().lower() in {"dataset", "data set"}:
            for column, cell in zip(columns, row, strict=False):
                column.own["dataset"] = dataset_of(cell.text) or cell.text[:80]
    for r, row in enumerate(cells):
        if (under := _section_row(row)) is not None:
            section = _first_column(under) | {"method": under[:120]}
            continue
        facts = _row_facts(sheet, row, transposed)
        yield from _said_in(row, scope, source, index, r)
        below = scope.with_(**section)
        row_label = named[r] if transposed else None
        if row_label is not None and not row_label.metric and row_label.statistic in _STATISTICS:
            row_label = replace(row_label, metric="" if row_label.other else sole)
        for c, cell in enumerate(row):
            if transposed and c == metric_column:
                continue
            meaning = columns[c]
            if row_label is not None:
                meaning = _transposed_meaning(meaning, row_label, row, caption)
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
            claim = _cell_claim(meaning, cell, facts, below, caption, (index, r, c))
            if claim is not None:
                if transposed:
                    claim = replace(claim, group=f"t{index}c{c}")
                yield noted(claim, [facts.note]) if facts.note else claim


def _said_in(row: list[Cell], scope: Scope, source: Source, index: int, r: int) -> Iterator[Claim]:
    """Counts of images that a cell of prose in the row tells, as claims of the row."""
    for cell in row:
        if cell.number is None and len(cell.text.split()) > 3 and "image" in cell.text:
            text = Text.of_line(cell.text, cell.place.line, cell.place.column)
            for claim in read_prose(text, scope, source, f"t{index}r{r}"):
                if claim.metric in _COUNTED:
                    yield replace(claim, group=f"t{index}r{r}")


def _transposed_meaning(
    column: _Meaning, row: Label, cells: list[Cell], caption: CaptionFacts
) -> _Meaning:
    own = column.own | {k: v for k, v in (
        ("dataset", row.dataset or column.own.get("dataset", "")),
        ("split", row.split or column.own.get("split", "")),
        ("statistic", row.statistic or column.own.get("statistic", "")),
        ("checkpoint", row.checkpoint or column.own.get("checkpoint", "")),
    ) if v}  # fmt: skip
    unit: Unit = ""
    doubtful = frozenset({"metric"}) if row.doubtful else frozenset[str]()
    if row.metric:
        unit = _share_unit(row.metric, row, caption, cells)
        if METRICS[row.metric].kind == "share" and unit == "":
            doubtful |= {"unit"}
    return _Meaning(
        replace(row, spread_kind=_first_kind(row, column.label)),
        row.metric,
        own,
        doubtful,
        share_unit=unit,
    )


def _first_kind(*labels: Label) -> SpreadKind:
    return next(
        (label.spread_kind for label in labels if label.spread_kind != "unknown"), "unknown"
    )


def _section_row(row: list[Cell]) -> str | None:
    """The text of a row that only holds a label over the rows below it."""
    filled = {cell.text for cell in row if cell.text.strip(" -–—")}
    if len(filled) == 1 and len(row) > 2 and row[0].text in filled and row[0].number is None:
        return row[0].text
    return None


def _paired(
    meaning: _Meaning,
    cell: Cell,
    facts: _RowFacts,
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


def _cell_claim(
    meaning: _Meaning,
    cell: Cell,
    facts: _RowFacts,
    scope: Scope,
    caption: CaptionFacts,
    at: tuple[int, int, int],
) -> Claim | None:
    metric, doubtful = meaning.metric, meaning.doubtful
    kind = METRICS[metric].kind if metric else ""
    got = reading.read_cell(cell.text)
    named = replace(meaning.label, metric=metric)
    number: Number | None
    if metric.endswith("resolution"):
        number = reading.read_side(cell.text)
    elif kind == "time":
        number = reading.read_time(cell.text, meaning.label.scale)
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
    own = {k: v for k, v in (facts.own | {k: v for k, v in meaning.own.items() if v}).items() if v}
    own |= {
        k: v
        for k, v in (("of", meaning.label.of), ("statistic", got.statistic if got else ""))
        if v
    }
    if facts.average and metric in {"precision", "recall", "f1"}:
        metric = f"{facts.average}_{metric}"
    elif facts.spread:
        own["of"], metric = metric, "spread"
    elif facts.label.lower() == "accuracy" and metric == "f1":
        metric = "accuracy"
    if metric == "spread":
        number, doubtful = replace(number, unit=meaning.share_unit or ""), doubtful
    if facts.role == "average" and facts.of_runs:
        own["statistic"] = "mean"
    elif facts.role == "average" or (role_of(meaning.label.text) == "average"):
        own["statistic"] = "average"
        scope = scope.without(*(k for k in ("dataset", "model", "class", "run") if k not in own))
    claim = make_claim(metric, number, cell.place, cell.text, own, scope, doubtful)
    spread = got.spread if got else None
    if spread is not None and meaning.share_unit and not spread.unit:
        spread = replace(spread, unit=meaning.share_unit)
    said = (
        meaning.label.spread_kind if meaning.label.spread_kind != "unknown" else caption.spread_kind
    )
    interval = got.interval if got else None
    if interval is not None and number.unit:
        interval = (replace(interval[0], unit=number.unit), replace(interval[1], unit=number.unit))
    return replace(
        claim,
        inherited=claim.inherited | meaning.inherited,
        doubtful=claim.doubtful | (got.doubtful if got else frozenset()),
        spread=spread,
        spread_kind=said if spread is not None else "unknown",
        interval=interval,
        level=caption.level if interval or said == "interval" else "",
        runs=(got.runs if got else None) or facts.runs or meaning.label.runs or caption.runs,
        negated=metric == "gain" and number.value < 0,
        group=f"t{at[0]}r{at[1]}",
        word=meaning.label.loss_kind,
        cell=at,
        bold=cell.bold,
    )


def _with_spreads(claims: list[Claim]) -> list[Claim]:
    """A "Std" row or column is also put on the mean it stands beside."""
    spreads = [c for c in claims if c.metric == "spread" and c.cell is not None]
    if not spreads:
        return claims
    out = list(claims)
    for i, claim in enumerate(out):
        if (
            claim.spread is not None
            or claim.context.get("statistic") not in {"mean", "average"}
            or claim.cell is None
        ):
            continue
        near = [
            s
            for s in spreads
            if s.cell is not None
            and claim.cell is not None
            and (
                (s.cell[1] == claim.cell[1]) or (s.cell[2] == claim.cell[2] and s.context.get("of"))
            )
        ]
        if len(near) == 1 and near[0].number is not None:
            kind: SpreadKind = "se" if "err" in near[0].context.get("column", "").lower() else "sd"
            out[i] = replace(claim, spread=near[0].number, spread_kind=kind)
    return out
