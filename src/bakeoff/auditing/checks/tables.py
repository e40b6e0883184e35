"""What a table says about itself: bold cells, averages, splits that add up."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal

from bakeoff.auditing.checks import rule
from bakeoff.auditing.claims import Cell, Claim, Document, Number, Table
from bakeoff.auditing.evaluation import key_of
from bakeoff.auditing.evidence import Evidence
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import Finding, Verdict
from bakeoff.auditing.intervals import Interval, interval, rounded, show
from bakeoff.auditing.metrics import kind_of

AVERAGE = re.compile(r"(?:avg|average|mean)\.?", re.IGNORECASE)
LARGEST_TABLE = 5_000
SIZES = ("images", "train_images", "validation_images", "test_images")


def _tables(evidence: Evidence) -> Iterator[tuple[Document, Table]]:
    for document in evidence.documents:
        for table in document.tables:
            if len(table.rows) <= LARGEST_TABLE:
                yield document, table


def _as_claim(cell: Cell, metric: str, table: Table) -> Claim:
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
    for document, table in _tables(evidence):
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
                    _as_claim(bold[0], column.metric, table),
                    _as_claim(best, column.metric, table),
                ),
                assumptions=("bold marks the best of the whole column",),
                resolve="Say what bold marks",
            )


def _best(cells: Sequence[Cell], up: bool) -> Cell | None:
    known = [(c.number.value, c) for c in cells if c.number is not None]
    if not known:
        return None
    return (max if up else min)(known, key=lambda pair: pair[0])[1]


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
    for _, table in _tables(evidence):
        if _summary(table):
            continue
        yield from _judge(table, _average_rows(table), _rows_of_data_sets(table))
        yield from _judge(table, _average_columns(table), _of_data_sets(table))


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
        judged = []
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
                claims=(_as_claim(cell, "", table),),
                assumptions=("a plain mean of the cells shown",)
                + ((f"as are {right} others of the same line",) if plain and right else ()),
                resolve="Say what is averaged, and with which weights",
            )


def _leaves_some_out(stated: Number, values: Sequence[Interval]) -> bool:
    """True if the mean of all cells but one fits."""
    if len(values) < 3:
        return False
    low, high = sum(v.low for v in values), sum(v.high for v in values)
    rest = len(values) - 1
    target = interval(stated)
    return any(target.meets(Interval((low - v.low) / rest, (high - v.high) / rest)) for v in values)


@rule("split-sum", 27, "the parts of a split add up to the whole")
def split_sum(evidence: Evidence, facts: Facts) -> Iterator[Finding]:
    """Training and held-out images of a split add up to the images that were split.

    Example: 50,000 images are not 45,000 + 6,000.

    Read in one sentence or row: a whole (`images`, or the larger of two training counts) and its
    parts. Counts printed as "50k" are intervals: ambiguous where only rounding could save them.

    Assumes: the parts are disjoint and are all of the whole.
    Source: arithmetic.
    """
    for members in evidence.groups_with(*SIZES):
        sizes: dict[str, dict[object, Claim]] = defaultdict(dict)
        for c in members:
            if c.metric in SIZES and c.number is not None and c.number.exact:
                sizes[c.metric].setdefault(key_of(c.number), c)
        split = _whole_and_parts({m: list(found.values()) for m, found in sizes.items()})
        if split is None:
            yield from _beyond_official(sizes, facts)
            continue
        whole, parts = split
        assert whole.number is not None
        numbers = [p.number for p in parts if p.number is not None]
        total = Interval(
            sum(rounded(n).low for n in numbers), sum(rounded(n).high for n in numbers)
        )
        stated = rounded(whole.number)
        exact = sum((n.value for n in numbers), Decimal(0))
        if exact == whole.number.value:
            continue
        possible = stated.low < total.high and total.low < stated.high
        if possible and all(n.half <= Decimal("0.5") for n in (*numbers, whole.number)):
            continue
        yield Finding(
            verdict="ambiguous" if possible else "inconsistent",
            message=f"{whole.number.text} images are not "
            f"{' + '.join(n.text for n in numbers)} = {exact:,}"
            + ("; possible only if the counts were rounded" if possible else ""),
            arithmetic=f"{' + '.join(n.text for n in numbers)} lies between {show(total.low)} and "
            f"{show(total.high)}, {whole.number.text} between {show(stated.low)} and "
            f"{show(stated.high)}",
            claims=(whole, *parts),
            assumptions=("the parts are disjoint and make up the whole",),
            resolve="State the images of every part",
            relies_on=frozenset(),
        )


def _beyond_official(sizes: dict[str, dict[object, Claim]], facts: Facts) -> Iterator[Finding]:
    """Training and validation images of one sentence that are more than there are."""
    train, validation = (list(sizes.get(m, {}).values()) for m in SIZES[1:3])
    if len(train) != 1 or len(validation) != 1:
        return
    known = facts.dataset_of(train[0])
    parts = [c.number for c in (train[0], validation[0]) if c.number is not None]
    if known is None or known.train_images is None or len(parts) != 2:
        return
    whole = known.train_images + (known.validation_images or 0)
    least = sum(float(rounded(n).low) for n in parts)
    elsewhere = known.test_images or 0
    official = known.train_images == parts[0].value
    if least <= whole or (official and parts[1].value == elsewhere):
        return
    # The test set, or a part of it, is sometimes called validation set.
    near = rounded(parts[1])
    called = near.low <= elsewhere <= near.high or (official and near.high < elsewhere)
    total = parts[0].value + parts[1].value
    yield Finding(
        verdict="ambiguous" if called else "inconsistent",
        message=f"{parts[0].text} training and {parts[1].text} validation images are {total:,}, "
        f"but {known.title} has {whole:,}"
        + ("; possible if the test set is meant by validation" if called else ""),
        arithmetic=f"{parts[0].text} + {parts[1].text} = {total:,} > {whole:,}",
        claims=(train[0], validation[0]),
        assumptions=("the validation images are held out from the training set",),
        resolve="Say which images are validated on",
        relies_on=frozenset({"dataset"}),
    )


def _whole_and_parts(sizes: dict[str, list[Claim]]) -> tuple[Claim, list[Claim]] | None:
    """The images that are split, and the parts; None where that is not clear."""
    train = sorted(sizes.get("train_images", []), key=_size)
    held_out = [*sizes.get("validation_images", []), *sizes.get("test_images", [])]
    whole = sizes.get("images", [])
    if any(len(found) > 1 for m, found in sizes.items() if m != "train_images"):
        return None
    if len(whole) == 1 and len(train) == 1 and held_out:
        return whole[0], [train[0], *held_out]
    validation = sizes.get("validation_images", [])
    if not whole and len(train) == 2 and validation:
        return train[1], [train[0], *validation]
    return None


def _size(claim: Claim) -> Decimal:
    return claim.number.value if claim.number is not None else Decimal(0)
