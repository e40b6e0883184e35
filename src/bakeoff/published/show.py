"""Published results for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bakeoff.published.figures import PublishedResult

UNITS = {"percent": "%", "hours": "h"}


def as_table(found: Iterable[PublishedResult]) -> Group:
    """A row a figure with its conditions in short, citing by number; the citations below."""
    rows = list(found)
    cited = {text: at for at, text in enumerate(dict.fromkeys(map(citation, rows)), 1)}
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False)
    table.add_column("id", overflow="fold")
    for heading in ("figure", "test set", "px", "source"):
        table.add_column(heading, no_wrap=True)
    for row in rows:
        figure = f"{row.metric} {row.value} {UNITS.get(row.unit, row.unit)}".strip()
        source = f"[{cited[citation(row)]}]"
        told = (row.id, figure, row.test_set, str(row.test_resolution), source)
        table.add_row(*map(Text, told))
    below = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, show_header=False)
    below.add_column(no_wrap=True)
    below.add_column(overflow="fold")
    for text, at in cited.items():
        below.add_row(Text(f"[{at}]"), Text(text))
    return Group(table, Text(""), below)


def citation(row: PublishedResult) -> str:
    """Where the figure is from, and whether it was checked there."""
    return row.citation if row.verified else f"{row.citation} (second-hand; not checked there)"
