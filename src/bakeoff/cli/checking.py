"""`bakeoff compare NEW --against MAIN`: what it prints, and how it ends."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import typer

from bakeoff.cli.options import CompareFormat, FailOn
from bakeoff.cli.telling import as_json
from bakeoff.errors import UsageError

if TYPE_CHECKING:
    from bakeoff.comparison.worsening import Checked


def refuse_idle(given: Mapping[str, Any], where: str) -> None:
    """Raise UsageError for an option that was given where it has no effect."""
    for option, value in given.items():
        if value not in (None, False, []):
            raise UsageError(f"{option} has no effect {where}", "Leave it out")


def print_checked(found: Checked, format_: CompareFormat, fail_on: FailOn | None) -> None:
    """Print it; exits with 1 where the answer is the one to fail on."""
    if format_ is CompareFormat.json:
        as_json(found.to_dict())
    else:
        typer.echo(found.to_markdown() if format_ is CompareFormat.markdown else str(found))
    untested = fail_on is FailOn.untested and found.untested
    if fail_on is not None and (found.worse or untested):
        raise typer.Exit(1)
