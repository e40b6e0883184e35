"""TELL: the report, one page that a colleague would read.

`report(source)` writes `report.html`, which needs nothing but a browser, and `report.md` with
its charts as SVG. Importing this room is light; charts and templates load when a report is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakeoff.records.schema import Record

__all__ = ["Report", "report"]


@dataclass(frozen=True, slots=True)
class Report:
    """Where a report was written. verdict: its first sentence; notices: what limits it."""

    html: Path
    md: Path
    tex: Path
    verdict: str
    notices: tuple[str, ...]


def report(
    source: Path | str | Sequence[Path | str] | Sequence[Record],
    *,
    out: Path | str | None = None,
    title: str | None = None,
) -> Report:
    """Write the report of a bake-off.

    source: a bake-off's folder (`runs/<bake-off>`), several run folders or globs, or records.
    out: folder to write to, or the path of the .html file; without it the bake-off's own folder,
    or `report/` where there is none. title: instead of the bake-off's name.

    Raises UsageError when there are no records, BadFile when one cannot be read, OutputError when
    the folder cannot be written.
    """
    from bakeoff.report.build import write_report

    return write_report(source, out=out, title=title)
