"""What a report is written as, and where it then is."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from bakeoff.comparison.answer import Comparison
    from bakeoff.reporting.document import Document

ReportFormat = Literal["html", "markdown", "latex", "pdf", "card"]
FORMATS: tuple[ReportFormat, ...] = ("html", "markdown", "latex", "pdf", "card")
USUAL: tuple[ReportFormat, ...] = ("html", "markdown", "latex")


@dataclass(frozen=True, slots=True)
class Report:
    """Where a report was written. verdict: its first sentence; notices: what limits it.

    html, md, tex: where each is, or would be, a path or an address; files: those that were
    written, PDF and card included. comparison: of all its arms in every metric, published figures
    included; None where it made none, as of one arm. document: what all of them render. A notebook
    shows the score card.
    """

    html: Path | str
    md: Path | str
    tex: Path | str
    verdict: str
    notices: tuple[str, ...]
    files: tuple[Path | str, ...] = ()
    comparison: Comparison | None = field(default=None, repr=False, compare=False)
    document: Document | None = field(default=None, repr=False, compare=False)

    def _repr_html_(self) -> str | None:
        if self.document is None:
            return None
        from bakeoff.reporting.card import card_svg

        return f'<div style="max-width: 60rem">{card_svg(self.document)}</div>'
