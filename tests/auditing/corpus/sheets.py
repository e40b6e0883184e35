"""Results as figures without a layout: what a document says, before anybody decides how it looks.

`published()` reads `published_tables.yaml`: figures as other projects printed them, each table with
its source. Layout and wording are ours (`layouts.py`), so that the same true figures stand in
Markdown, HTML, LaTeX, CSV, model cards, metafiles and prose.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Column:
    """One kind of figure. unit: "percent", "fraction", "M", "G", "" …; dataset: where columns
    belong to different data sets."""

    metric: str
    unit: str = ""
    dataset: str = ""


@dataclass(frozen=True)
class Row:
    """One model's figures, as printed (without the unit), in the order of the sheet's columns."""

    model: str
    figures: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """Figures that one document reports. remarks: true sentences of the document, such as
    "Every figure is a single run."; extra: blocks of Markdown that follow the table."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    dataset: str = ""
    split: str = "test"
    source: str = ""
    remarks: tuple[str, ...] = ()
    extra: tuple[str, ...] = field(default=())

    def with_figure(self, row: int, column: int, text: str) -> Sheet:
        """The same sheet with one figure replaced."""
        rows = list(self.rows)
        figures = list(rows[row].figures)
        figures[column] = text
        rows[row] = replace(rows[row], figures=tuple(figures))
        return replace(self, rows=tuple(rows))


@cache
def published() -> tuple[Sheet, ...]:
    """True tables of other projects, figures as printed there."""
    tables = YAML(typ="safe").load((FOLDER / "published_tables.yaml").read_text(encoding="utf-8"))
    return tuple(
        Sheet(
            name=table["name"],
            columns=tuple(
                Column(*(part.strip() for part in text.split("|"))) for text in table["columns"]
            ),
            rows=tuple(
                Row(cells[0].strip(), tuple(cell.strip() for cell in cells[1:]))
                for cells in (line.split("|") for line in table["rows"])
            ),
            dataset=table.get("dataset", ""),
            split=table.get("split", "test"),
            source=table["source"],
            remarks=tuple(table.get("remarks", ())),
        )
        for table in tables
    )
