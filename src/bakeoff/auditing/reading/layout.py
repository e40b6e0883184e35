"""A table as written to a rectangle: spans expanded, header rows found, labels joined."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bakeoff.auditing.reading.blocks import Grid, RawCell
from bakeoff.auditing.reading.cells import read_cell
from bakeoff.auditing.reading.labels import Label, read_label
from bakeoff.auditing.reading.source import Source, Text

MAX_COLUMNS = 200
MAX_CELLS = 400_000
_CONTEXT_LABELS = {

    "model": (
        "model architecture arch network backbone net models architectures models name "
        "encoder"
    ),
    "dataset": "dataset data benchmark datasets testset evaluation corpus task",
    "split": "split set subset phase partition",
    "epoch": "epoch ep",
    "run": "seed run trial fold repetition repeat",
    "resolution": "resolution size input res image imgsize inputsize imagesize testres",

    "extra": (
        "pretrain pretraining pretrained extra extradata trainingdata pretrainingdata "
        "pretraineddata"
    ),

    "method": (
        "method recipe procedure training config configuration setting settings variant "
        "strategy approach weights optimizer script checkpoint init arm experiment"
    ),
    "loss": "loss lossfunction lossfn lossfunc criterion objective losstype costfunction cost",
    "class": "class category label classes classname",
    "paper": "source reference paper citation ref",
    "statistic": "statistic aggregate",
    "metric": "metric measure metrics measures quantity",
    "runs": "n seeds runs nseeds nruns",
}  # fmt: skip
CONTEXT_OF = {word: key for key, words in _CONTEXT_LABELS.items() for word in words.split()}
_AVERAGE = re.compile(
    r"^\W{0,4}(?:avg|average|mean|overall mean|macro average)\W{0,4}$", re.IGNORECASE
)
_SUM = re.compile(r"^\W{0,4}(?:total|sum|all|overall)\W{0,4}$", re.IGNORECASE)


@dataclass(slots=True)
class Sheet:
    """A rectangle of cells. labels: of the columns, header rows joined; context: what kind of
    context a text column holds ("model" …), "" if none; texts: the columns without numbers.
    """

    labels: list[str]
    read: list[Label]
    context: list[str]
    body: list[list[RawCell]]
    numeric: list[bool]
    header: list[list[str]]


def role_of(label: str) -> str:
    """ "average" or "sum" for the label of such a row or column, else "data"."""
    if _AVERAGE.match(label):
        return "average"
    return "sum" if _SUM.match(label) else "data"


def lay_out(grid: Grid, source: Source) -> Sheet | None:
    """The rectangle, or None if the grid holds no table that can be read."""
    rows = _expand(grid, source)
    if not rows or len(rows[0]) < 2:
        return None
    headers = min(grid.headers or _guess_headers(rows), len(rows))
    if headers == len(rows):
        headers = 0 if grid.headers == 0 else headers
    header, body = rows[:headers], rows[headers:]
    width = len(rows[0])
    labels = [_joined([row[c].text.s.strip() for row in header]) for c in range(width)]
    read = [_levels([row[c].text.s.strip() for row in header], labels[c]) for c in range(width)]
    numeric = [_is_numeric(body, c) for c in range(width)]
    context = [_context(labels[c], numeric[c], c) for c in range(width)]
    return Sheet(
        labels, read, context, body, numeric, [[c.text.s.strip() for c in r] for r in header]
    )


def _expand(grid: Grid, source: Source) -> list[list[RawCell]]:
    """Spans repeated, ragged rows padded; bounded in cells."""
    rows: list[list[RawCell]] = []
    hanging: dict[int, tuple[int, RawCell]] = {}
    cells = 0
    for raw in grid.rows:
        plain = not hanging and all(cell.columns == cell.rows == 1 for cell in raw)
        row = raw[:MAX_COLUMNS] if plain else _spanned(raw, hanging)
        cells += len(row)
        if cells > MAX_CELLS:
            source.problem(grid.line, f"only the first {MAX_CELLS:,} cells of this table were read")
            break
        rows.append(row)
    width = max((len(row) for row in rows), default=0)
    for row in rows:
        if len(row) < width:
            line = row[0].text.line if row else grid.line
            row.extend([RawCell(Text.of_line("", line))] * (width - len(row)))
    return rows


def _spanned(raw: list[RawCell], hanging: dict[int, tuple[int, RawCell]]) -> list[RawCell]:
    """A row with its spans repeated. hanging: cells of rows above that reach down, by column."""
    row: list[RawCell] = []
    pending = iter(raw)
    while len(row) < MAX_COLUMNS:
        if len(row) in hanging:
            left, above = hanging.pop(len(row))
            if left > 1:
                hanging[len(row)] = (left - 1, above)
            row.append(above)
            continue
        cell = next(pending, None)
        if cell is None:
            break
        for _ in range(min(max(cell.columns, 1), MAX_COLUMNS - len(row))):
            if cell.rows > 1:
                hanging[len(row)] = (cell.rows - 1, cell)
            row.append(cell)
    return row


def _guess_headers(rows: list[list[RawCell]]) -> int:
    """1 if the first row holds labels and some later row holds numbers under them, else 0."""
    first = [read_cell(cell.text.s) is not None for cell in rows[0]]
    labelled = any(
        (label := read_label(cell.text.s)).metric or label.dataset or label.split
        for cell in rows[0]
    )
    return 1 if labelled or not any(first) else 0


def _joined(parts: list[str]) -> str:
    kept: list[str] = []
    for part in parts:
        if part and (not kept or kept[-1] != part):
            kept.append(part)
    return " ".join(kept)


def _levels(parts: list[str], joined: str) -> Label:
    """The label of a column; of several header rows, one that names a metric by itself does so
    whatever stands above or below it, which then tells what the figure is of."""
    label = read_label(joined)
    several = list(dict.fromkeys(p for p in parts if p))
    if len(several) < 2 or not label.doubtful:
        return label
    plain = [p for p in several if (own := read_label(p)).metric and not own.doubtful]
    if len(plain) != 1 or read_label(plain[0]).metric != label.metric:
        return label
    rest = " ".join(p for p in several if p != plain[0])
    return replace(label, doubtful=False, rest=label.rest or rest[:60])


def _is_numeric(body: list[list[RawCell]], column: int) -> bool:
    filled = [
        row[column].text.s for row in body[:200] if any(c.isalnum() for c in row[column].text.s)
    ]
    return bool(filled) and 2 * sum(read_cell(s) is not None for s in filled) >= len(filled)


def _context(label: str, numeric: bool, column: int) -> str:
    words = [
        w for w in re.findall(r"[a-z]+", label.lower()) if w not in {"the", "name", "num", "of"}
    ]
    key = CONTEXT_OF.get("".join(words), "")
    if not key and words:
        key = CONTEXT_OF.get(words[-1], "") if not read_label(label).metric else ""
    if key == "run" and (read_label(label).statistic or label[-1:].isdecimal()):
        return ""  # "Best run" and "Run 2" are figures
    if key in {"epoch", "run", "resolution", "runs"}:
        return key
    if key == "loss":
        return "" if numeric else key
    if numeric or (key == "method" and read_label(label).metric):
        return ""
    return key or ("row" if column == 0 else "")
