"""Rows and columns that are called the average of others."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from bakeoff.auditing.checks import rule
from bakeoff.auditing.checks.tables import as_claim, small_tables
from bakeoff.auditing.claims import Cell, Number, Table
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, interval, show
from bakeoff.auditing.metrics import kind_of

AVERAGE = re.compile(r"(?:avg|average|mean)\.?", re.IGNORECASE)


@rule("table-average", 27, "an average is the mean of its cells")
def table_average(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """A row or column called average is the plain mean of the cells it stands for.

    Example: 90.0, 92.0 and 94.0 average 92.0, not 93.0.

    Inconsistent where other averages of the same row or column are plain means of the same cells
    and this one is not, or where it lies outside the least and greatest cell (no weights give
    that); ambiguous otherwise (weights, or cells that are not shown).

    Assumes: the average is over the cells shown in the table.
    Source: the definition.
    """
    for _, table in small_tables(evidence):
        if _summary(table):
            continue
        yield from _judge(table, _average_rows(table), _rows_of_data_sets(table))
        yield from _judge(table, _average_columns(table), _of_data_sets(table))


APART = 20
Averaged = tuple[str, Cell, list[Cell]]


def _average_rows(table: Table) -> list[list[Averaged]]:
    """For each average row, its cells with those that they may average: of the block above it, or
    of all the table, whichever fits better."""
    found: list[list[Averaged]] = []
    since = 0
    data = [r for r in table.rows if r.role == "data"]
    for index, row in enumerate(table.rows):
        if row.role == "data":
            continue
        if row.role == "average":
            block = [r for r in table.rows[since:index] if r.role == "data"]
            candidates = [
                [
                    (table.columns[n].label, cell, [r.cells[n] for r in rows])
                    for n, cell in enumerate(row.cells)
                    if cell.number is not None
                ]
                for rows in (data, block)
            ]
            found.append(max(candidates, key=_plain_means))
        since = index + 1
    return found


def _average_columns(table: Table) -> list[list[Averaged]]:
    """For each average column, its cells with the cells of the same metric in their rows."""
    found: list[list[Averaged]] = []
    for n, column in enumerate(table.columns):
        plain = AVERAGE.fullmatch(column.label.strip())
        if not plain and not (_is_average(column.label) and _of_data_sets(table)):
            continue
        candidates = [_average_of(table, n, others) for others in _candidates(table, n)]
        found.append(max(candidates, key=_plain_means, default=[]))
    return found


def _candidates(table: Table, average: int) -> Iterator[list[int]]:
    """Columns that an average column may be of: those of one metric, or all shares."""
    shares = [
        n
        for n, column in enumerate(table.columns)
        if n != average
        and (column.metric == "" or kind_of(column.metric) in ("share", "score"))
        and any(row.cells[n].number is not None for row in table.rows)
    ]
    own = table.columns[average].metric
    metrics = dict.fromkeys(table.columns[n].metric for n in shares)
    for metric in metrics if not own else (own,):
        yield [n for n in shares if table.columns[n].metric in (metric, "")]
    yield shares
    yield [n for n in shares if n < average]


def _average_of(table: Table, average: int, others: Sequence[int]) -> list[Averaged]:
    lines = [
        (row.label, row.cells[average], [row.cells[m] for m in others])
        for row in table.rows
        if row.role == "data" and row.cells[average].number is not None
    ]
    return [
        line for line in lines if all(c.number is not None for c in line[2]) and len(line[2]) > 1
    ]


def _plain_means(line: list[Averaged]) -> int:
    return sum(
        1
        for _, cell, cells in line
        if cell.number is not None
        and (mean := _mean(cells)) is not None
        and interval(cell.number).meets(mean)
    )


def _mean(cells: Sequence[Cell]) -> Interval | None:
    numbers = [interval(c.number) for c in cells if c.number is not None]
    if len(numbers) != len(cells) or len(numbers) < 2:
        return None
    return Interval(
        sum(x.low for x in numbers) / len(numbers), sum(x.high for x in numbers) / len(numbers)
    )


NOT_PLAIN = re.compile(
    r"weight|micro|group|categor|geometric|harmonic|norm|(?:\d+|all|more|other)\s(?:tasks|data\s?sets)"
    r"|full\s(?:table|results)|subset|selected",
    re.IGNORECASE,
)


_STATISTICS = re.compile(
    r"(?:count|sum|size|n|nobs|min(?:imum)?|max(?:imum)?|std\.?|sd|stdev|sem|var(?:iance)?|median|mode"
    r"|\d{1,2}(?:\.\d)?\s?%|q[123]|iqr|range|skew\w*|kurt\w*|freq|unique|first|last|amin|amax|len)",
    re.IGNORECASE,
)


def _summary(table: Table) -> bool:
    """True for a table of statistics, such as pandas' describe and groupby print: its "mean" is of
    figures that are not shown."""
    columns = [c.label.strip().split(" ")[-1] for c in table.columns]
    rows = [r.label.strip() for r in table.rows]
    return any(_STATISTICS.fullmatch(x) for x in (*columns, *rows) if x)


def _is_average(label: str) -> bool:
    """True for "Avg", "Mean accuracy (%)"."""
    return AVERAGE.fullmatch(_METRIC_WORDS.sub(" ", label).strip()) is not None


def _of_data_sets(table: Table) -> bool:
    """True if the columns before the average are data sets, all by names that are known, and the
    caption says nothing of weights or of data sets that are not shown."""
    at = next((n for n, c in enumerate(table.columns) if _is_average(c.label)), 0)
    before = [
        c.label
        for n, c in enumerate(table.columns[:at])
        if any(row.cells[n].number is not None for row in table.rows)
    ]
    said = " ".join((table.caption, *table.section[-1:]))
    return (
        2 <= len(before) <= 8
        and at == len(table.columns) - 1
        and all(_names_a_set(label) for label in before)
        and not NOT_PLAIN.search(said)
    )


def _rows_of_data_sets(table: Table) -> bool:
    """True if the rows are data sets by names that are known, and one average of them."""
    labels = [r.label for r in table.rows if r.role == "data"]
    said = " ".join((table.caption, *table.section[-1:]))
    return (
        2 <= len(labels) <= 8
        and sum(r.role == "average" for r in table.rows) == 1
        and table.rows[-1].role == "average"
        and all(_names_a_set(label) for label in labels)
        and not NOT_PLAIN.search(said)
    )


_METRIC_WORDS = re.compile(
    r"\b(?:acc(?:uracy|\.)?|top-?1|test|val(?:idation)?)(?![\w])\.?|\(%\)|%", re.IGNORECASE
)


def _names_a_set(label: str) -> bool:
    return Facts.dataset(_METRIC_WORDS.sub(" ", label).strip()) is not None


def _judge(
    table: Table, averages: list[list[Averaged]], of_data_sets: bool = False
) -> Iterator[Finding]:
    for line in averages:
        judged: list[Judged] = []
        for label, cell, cells in line:
            cells = [c for c in cells if c.number is not None]
            mean = _mean(cells)
            if mean is not None and cell.number is not None:
                judged.append((label, cell, cells, mean, interval(cell.number).meets(mean)))
        right = sum(ok for *_, ok in judged)
        for label, cell, cells, mean, ok in judged:
            if ok or cell.number is None:
                continue
            values = [interval(c.number) for c in cells if c.number is not None]
            hull = Interval(min(v.low for v in values), max(v.high for v in values))
            outside = not interval(cell.number).meets(hull)
            if not right and not outside and len(judged) > 1:
                continue  # none of the line is a plain mean, so it averages something else
            plain = right >= 2 and right > len(judged) / 2
            plain = plain or (of_data_sets and right >= len(judged) - 1)
            plain = plain or (1 <= right >= len(judged) - 1 and _by_no_chance(judged))
            if not plain and _leaves_some_out(cell.number, values):
                continue
            verdict: Verdict = "inconsistent" if plain or outside else "ambiguous"
            shown = ", ".join(c.text.strip() for c in cells[:12]) + (
                ", …" if len(cells) > 12 else ""
            )
            middle = sum(float(c.number.value) for c in cells if c.number) / len(cells)
            yield Finding(
                verdict=verdict,
                message=f"the average {cell.number.text} ({label}) is not the mean of its "
                f"{len(cells)} cells, {show(middle, 3)}",
                arithmetic=f"mean of {shown} = {show(middle, 4)}, between {show(mean.low, 4)} and "
                f"{show(mean.high, 4)}",
                claims=(as_claim(cell, "", table),),
                assumptions=("a plain mean of the cells shown",)
                + ((f"as are {right} others of the same line",) if plain and right else ()),
                resolve="Say what is averaged, and with which weights",
            )


Judged = tuple[str, Cell, list[Cell], Interval, bool]


def _by_no_chance(judged: Sequence[Judged]) -> bool:
    """True if an average that fits could hardly fit by chance: of three cells or more, that lie far
    apart against the last digit that is printed."""
    for _, _, cells, mean, fits in judged:
        values = [float(c.number.value) for c in cells if c.number is not None]
        wide = max(values) - min(values) > APART * (mean.high - mean.low)
        if fits and len(values) >= 3 and wide:
            return True
    return False


def _leaves_some_out(stated: Number, values: Sequence[Interval]) -> bool:
    """True if the mean of all cells but one fits."""
    if len(values) < 3:
        return False
    low, high = sum(v.low for v in values), sum(v.high for v in values)
    rest = len(values) - 1
    target = interval(stated)
    return any(target.meets(Interval((low - v.low) / rest, (high - v.high) / rest)) for v in values)
