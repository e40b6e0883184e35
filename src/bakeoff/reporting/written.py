"""What a report is written as, and where it then is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bakeoff.comparison.answer import Comparison

ReportFormat = Literal["html", "markdown", "latex", "pdf"]
USUAL: tuple[ReportFormat, ...] = ("html", "markdown", "latex")


@dataclass(frozen=True, slots=True)
class Report:
    """Where a report was written. verdict: its first sentence; notices: what limits it.

    html, md, tex: where each is, or would be, a path or an address; files: those that were
    written, PDF included. comparison: of all its arms in every metric, published figures included;
    None where it made none, as of one arm.
    """

    html: Path | str
    md: Path | str
    tex: Path | str
    verdict: str
    notices: tuple[str, ...]
    files: tuple[Path | str, ...] = ()
    comparison: Comparison | None = field(default=None, repr=False, compare=False)
