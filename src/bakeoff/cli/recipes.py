"""`bakeoff recipes`: the library, with the source of every value."""

from __future__ import annotations

from typing import Annotated

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    Format,
    FormatOption,
    QuietOption,
)
from bakeoff.cli.telling import as_json
from bakeoff.cli.telling import console as make_console
from bakeoff.errors import UsageError


@verb(Group.look, "bakeoff recipes rsb-a3", "bakeoff recipes rsb-a3 --diff rsb-a2")
def recipes(
    name: Annotated[
        str | None,
        typer.Argument(help="A library recipe, or a file.", autocompletion=completing.recipes),
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option(
            help="Show only what differs from this one.",
            autocompletion=completing.recipes,
            rich_help_panel="What is shown",
        ),
    ] = None,
    export: Annotated[
        str | None,
        typer.Option(
            help="timm or torchvision: arguments for their train.py.",
            rich_help_panel="What is shown",
        ),
    ] = None,
    gpus: Annotated[
        int,
        typer.Option(
            min=1, help="For --export: GPUs that share a batch.", rich_help_panel="What is shown"
        ),
    ] = 1,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Show the recipe library, with the source of every value."""
    from bakeoff.recipes.show import answer

    if gpus != 1 and export is None:
        raise UsageError("--gpus is for --export", "Add --export timm or --export torchvision")
    said = answer(name, other=diff, tool=export, gpus=gpus)
    if format_ is Format.json:
        as_json(said.data)
    else:
        make_console().print(said.view, crop=False)
