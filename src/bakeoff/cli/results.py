"""`bakeoff results WORDS`: published results, cited."""

from __future__ import annotations

from typing import Annotated

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    Format,
    FormatOption,
    QuietOption,
)
from bakeoff.cli.telling import as_json
from bakeoff.cli.telling import console as make_console

MOST_RESULTS = 60


@verb(Group.check, "bakeoff results rsb a2", "bakeoff results resnet50 imagenet-real --format json")
def results(
    query: Annotated[list[str] | None, typer.Argument(help="Words, as: rsb a2")] = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Search the published results; every figure has a citation."""
    from dataclasses import asdict

    from bakeoff import published

    words = " ".join(query or ())
    found = published.results(words) if query else published.results()
    near = [] if found else published.near_words(words)
    if format_ is Format.json:
        as_json({"results": [asdict(row) for row in found]} | ({"nearest": near} if near else {}))
        raise typer.Exit(0 if found else 1)
    from bakeoff.published.show import as_table

    if not found:
        advice = f"Did you mean {' or '.join(near)}?" if near else "Search with fewer words."
        typer.echo(f"No published result has all of these words: {words}. {advice}")
        raise typer.Exit(1)
    make_console().print(as_table(found[:MOST_RESULTS]))
    if len(found) > MOST_RESULTS and not quiet:
        typer.echo(f"… and {len(found) - MOST_RESULTS:,} more; add words, or use --format json")
