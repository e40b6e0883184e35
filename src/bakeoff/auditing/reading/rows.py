"""What a row of a table says of all its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from bakeoff.auditing.claims import Cell
from bakeoff.auditing.reading import cells as reading
from bakeoff.auditing.reading.columns import is_run, metric_column
from bakeoff.auditing.reading.labels import read_label
from bakeoff.auditing.reading.layout import Sheet, role_of
from bakeoff.auditing.reading.lexicon import dataset_of, experiment_of, model_names, papers
from bakeoff.auditing.reading.losses import kind_named
from bakeoff.auditing.reading.notes import Note, read_note

_REPORT_ROW = re.compile(
    r"^(macro|micro|weighted)[\s_-]?(?:avg|average|averaged|mean)?\.?$", re.IGNORECASE
)
_WHOLE_ROW = re.compile(r"^(?:accuracy|samples[\s_-]?avg)$", re.IGNORECASE)
"""Rows of a report that are of no class."""
_SPREAD_ROW = re.compile(
    r"^(?:std|sd|stdev|std\.? ?dev\.?|standard deviation|sem?|standard error)\.?$", re.IGNORECASE
)


_STATISTIC_ROW = {
    "min": "worst", "minimum": "worst", "worst": "worst", "max": "best", "maximum": "best",
    "best": "best", "median": "median",
}  # fmt: skip
"""Rows over whose columns a statistic was taken, each by itself."""


_CHANGE_ROW = re.compile(
    r"^\W{0,3}(?:(?:abs(?:olute)?|rel(?:ative)?|average|mean|net|total)\.?\s)?(?:improvements?|gains?"
    r"|delta|Δ|δ|diff(?:erence)?s?|changes?|increase|decrease|reduction|drop|gap|lift)\b.{0,30}$",
    re.IGNORECASE,
)


@dataclass(slots=True)
class RowFacts:
    """What a row says of all its cells."""

    own: dict[str, str] = field(default_factory=dict)
    role: str = "data"
    average: str = ""
    spread: bool = False
    runs: int | None = None
    label: str = ""
    note: Note | None = None
    of_runs: bool = False
    loss: str = ""
    change: bool = False


def row_facts(sheet: Sheet, row: list[Cell], transposed: bool) -> RowFacts:
    """What a row says of all its cells."""
    facts = RowFacts()
    facts.label = row[0].text if row else ""
    for c, cell in enumerate(row):
        key, text = sheet.context[c], cell.text.strip()
        if not key or not text or (transposed and c == metric_column(sheet)):
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
        elif key == "runs" and text.isdecimal() and len(text) < 5:
            facts.runs = int(text)
        elif key == "paper":
            facts.own["paper"] = next((m.group(1) for m in papers(text)), "")
        elif key == "loss":
            facts.loss = kind_named(text) or "other"
        elif key in {"model", "method", "class", "extra"}:
            facts.own[key] = text[:120]
        elif key == "row" and not transposed:
            facts.own |= first_column(text)
    for cell in row:
        if cell.number is None and len(cell.text) > 10 and (note := read_note(cell.text, ())):
            facts.note = note
    facts.loss = facts.loss or next(
        (kind for c in row if c.number is None and (kind := kind_named(c.text))), ""
    )
    facts.of_runs = "run" in sheet.context
    facts.own["row"] = facts.label[:120]
    facts.role = role_of(facts.label)
    facts.spread = bool(_SPREAD_ROW.match(facts.label))
    facts.change = bool(_CHANGE_ROW.match(facts.label))
    if statistic := _STATISTIC_ROW.get(facts.label.strip().lower().rstrip(".")):
        facts.own["statistic"] = statistic
    if match := _REPORT_ROW.match(facts.label):
        facts.average = match.group(1).lower()
    whole = _WHOLE_ROW.match(facts.label) is not None
    if facts.role != "data" or facts.average or whole:
        for key in ("class", "run", "model", "dataset", "method"):
            if facts.own.get(key) == facts.label:
                del facts.own[key]
    return facts


def first_column(text: str) -> dict[str, str]:
    """What the text of a first column names."""
    own = {"dataset": dataset_of(text), "experiment": experiment_of(text)}
    own["split"] = read_label(text).split if not own["dataset"] else ""
    if models := model_names(text):
        own["model"] = text[:120] if len(models) == 1 else ""
    run = is_run(text)
    return own | ({"run": run} if run else {})


def section_row(row: list[Cell]) -> str | None:
    """The text of a row that only holds a label over the rows below it."""
    filled = {cell.text for cell in row if cell.text.strip(" -–—")}
    if len(filled) == 1 and len(row) > 2 and row[0].text in filled and row[0].number is None:
        return row[0].text
    return None
