"""Telling: what the audit found, for people, programs and services.

The text of a document is untrusted: every format makes it inert in its own way.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from bakeoff.errors import UsageError

if TYPE_CHECKING:
    from bakeoff.auditing.result import Audited

FORMATS = ("text", "json", "sarif", "markdown", "html", "github")


def tell(audit: Audited, format: str = "text", *, color: bool = False) -> str:
    """The audit in one of FORMATS. color: ANSI colours, for the text format on a terminal.

    Raises UsageError for another format.
    """
    if format not in FORMATS:
        raise UsageError(f"no format is called {format!r}", f"Use one of {', '.join(FORMATS)}")
    module = importlib.import_module(f"{__name__}.as_{format}")
    told: str = module.tell(audit, color=color) if format == "text" else module.tell(audit)
    return told
