"""TELL: the report, one page that a colleague would read.

`report(source)` writes `report.html`, which needs nothing but a browser, `report.md` with its
charts as SVG, and `report.tex`; `serve(folder)` shows a running bake-off's report and follows it.
Importing this room is light; charts and templates load when a report is made.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bakeoff.reporting.written import USUAL, Report, ReportFormat

if TYPE_CHECKING:
    from bakeoff.records.run_set import RunSet
    from bakeoff.records.schema import Record

__all__ = ["USUAL", "Report", "ReportFormat", "report", "serve"]


def report(
    source: RunSet | Path | str | Sequence[Path | str] | Sequence[Record],
    *,
    out: Path | str | None = None,
    title: str | None = None,
    formats: Sequence[ReportFormat] = USUAL,
    data: str = "",
    documents: Sequence[Path | str] = (),
) -> Report:
    """Write the report of a bake-off.

    source: a bake-off's folder (`runs/<bake-off>`), several run folders or globs, or records,
    or a `RunSet` that others read too.
    out: folder or address to write to, or the path of the .html file; without it the bake-off's
    own folder or address, or `report/` where there is none. title: instead of the one made from
    the arms and the data set.
    formats: of "html", "markdown", "latex", "pdf", which is printed by a Chromium, and "card", the
    first screen as a picture of 1200 × 630 pixels.
    data: where the test images are, for the gallery of mistakes, where the records do not say
    (`folder:photos`). documents: whose claims are audited in the report, as a paper or a README.

    Raises UsageError when there are no records, an unknown format or no browser for a PDF, BadFile
    when a record or document cannot be read, OutputError when the place cannot be written.
    """
    from bakeoff.reporting.build import write_report

    return write_report(
        source, out=out, title=title, formats=formats, data=data, documents=documents
    )


def serve(
    folder: Path | str,
    *,
    port: int = 0,
    data: str = "",
    opened: Callable[[str], None] | None = None,
) -> None:
    """Serve the report of a bake-off's folder on 127.0.0.1 until interrupted; it follows the runs.

    port: 0 takes a free one. opened: called once with the address. Raises OutputError when the
    port cannot be had, UsageError for a bake-off at an address as s3://….
    """
    from bakeoff.reporting.live import serve as serve_now

    serve_now(folder, port=port, data=data, opened=opened)
