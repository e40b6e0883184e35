"""What a report is written as, and where it then is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ReportFormat = Literal["html", "markdown", "latex", "pdf"]
USUAL: tuple[ReportFormat, ...] = ("html", "markdown", "latex")


@dataclass(frozen=True, slots=True)
class Report:
    """Where a report was written. verdict: its first sentence; notices: what limits it.

    html, md, tex: where each is, or would be, a path or an address; files: those that were
    written, PDF included.
    """

    html: Path | str
    md: Path | str
    tex: Path | str
    verdict: str
    notices: tuple[str, ...]
    files: tuple[Path | str, ...] = ()
