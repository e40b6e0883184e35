"""What a row of a table says of all its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

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

    @property
    def plain(self) -> bool:
        """True if the row changes nothing in what its columns say."""
        changed = self.average or self.change or self.spread or self.role != "data"
        return not changed and self.label.lower() != "accuracy"


def row_facts(sheet: Sheet, row: list[Cell], transposed: bool) -> RowFacts:
    """What a row says of all its cells."""
    label = row[0].text if row else ""
    facts = RowFacts(label=label)
    metrics_at = metric_column(sheet) if transposed else -1
    for c, cell in enumerate(row):
        key = sheet.context[c]
        if not key or c == metrics_at or not (text := cell.text.strip()):
            continue
        if key == "epoch":
            facts.own["epoch"] = text[:20]
        elif key == "runs":
            if text.isdecimal() and len(text) < 5:
                facts.runs = int(text)
        elif key == "loss":
            facts.loss = kind_named(text) or "other"
        elif key != "row" or not transposed:
            facts.own.update(_said(key, text))
    for cell in row:
        if cell.number is not None:
            continue
        text = cell.text
        if len(text) > 10 and (note := _note(text)):
            facts.note = note
        facts.loss = facts.loss or kind_named(text)
    facts.of_runs = "run" in sheet.context
    facts.own["row"] = label[:120]
    of_label = _of_label(label)
    facts.role, facts.spread, facts.change = of_label.role, of_label.spread, of_label.change
    if of_label.statistic:
        facts.own["statistic"] = of_label.statistic
    facts.average = of_label.average
    if facts.role != "data" or facts.average or of_label.whole:
        for key in ("class", "run", "model", "dataset", "method"):
            if facts.own.get(key) == label:
                del facts.own[key]
    facts.own = {key: value for key, value in facts.own.items() if value}
    return facts


@dataclass(frozen=True, slots=True)
class _OfLabel:
    """What the first cell of a row makes of the row."""

    role: str
    spread: bool
    change: bool
    statistic: str
    average: str
    whole: bool


@lru_cache(maxsize=4096)
def _of_label(label: str) -> _OfLabel:
    report = _REPORT_ROW.match(label)
    return _OfLabel(
        role_of(label),
        bool(_SPREAD_ROW.match(label)),
        bool(_CHANGE_ROW.match(label)),
        _STATISTIC_ROW.get(label.strip().lower().rstrip("."), ""),
        report.group(1).lower() if report else "",
        _WHOLE_ROW.match(label) is not None,
    )


@lru_cache(maxsize=1024)
def _note(text: str) -> Note | None:
    return read_note(text, ())


@lru_cache(maxsize=4096)
def _said(key: str, text: str) -> dict[str, str]:
    """What the cell of a context column says of its row; not to be changed."""
    if key == "dataset":
        return {"dataset": dataset_of(text) or text[:80]}
    if key == "split":
        return {"split": read_label(text).split or text[:40]}
    if key == "resolution":
        side = reading.read_side(text)
        return {"resolution": str(side.value) if side else text[:20]}
    if key == "run":
        data = role_of(text) == "data" and not _SPREAD_ROW.match(text)
        return {"run": text[:20]} if data else {}
    if key == "paper":
        return {"paper": next((m.group(1) for m in papers(text)), "")}
    if key in {"model", "method", "class", "extra"}:
        return {key: text[:120]}
    return first_column(text) if key == "row" else {}


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
    if any(cell.number is not None for cell in row):
        return None
    filled = {cell.text for cell in row if cell.text.strip(" -–—")}
    if len(filled) == 1 and len(row) > 2 and row[0].text in filled and row[0].number is None:
        return row[0].text
    return None
