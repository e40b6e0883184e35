"""Published results for a terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from bakeoff.published.figures import PublishedResult


def as_table(found: Iterable[PublishedResult]) -> Table:
    """A row a figure, with its conditions in short and its citation."""
    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("id", "metric", "value", "test set", "px", "citation"):
        table.add_column(heading, no_wrap=heading == "id")
    for row in found:
        table.add_row(
            row.id,
            row.metric,
            f"{row.value} {row.unit}",
            row.test_set,
            row.test_resolution,
            row.citation if row.verified else f"{row.citation} (unverified)",
        )
    return table
