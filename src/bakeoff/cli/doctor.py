"""`bakeoff doctor`: what this machine has, and what is broken."""

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


@verb(Group.look, "bakeoff doctor", "bakeoff doctor --network")
def doctor(
    network: Annotated[
        bool,
        typer.Option(
            "--network",
            help="Also ask whether the Hugging Face hub answers.",
            rich_help_panel="What is asked",
        ),
    ] = False,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Say what this machine has, what it will be used for, and what is broken."""
    import bakeoff

    found = bakeoff.doctor(network=network)
    if format_ is Format.json:
        as_json(found.to_dict())
    else:
        for line in found.lines(only_trouble=quiet):
            typer.echo(line)
    raise typer.Exit(1 if found.broken else 0)
