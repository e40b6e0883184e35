"""`bakeoff import PATH --to FOLDER`: other tools' runs as records."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    AcceptBestOption,
    MapOption,
    QuietOption,
    ShowMappingOption,
    UnitOption,
)
from bakeoff.cli.telling import command as this_command
from bakeoff.cli.telling import print_mapping
from bakeoff.cli.working import working
from bakeoff.errors import UsageError


@verb(
    Group.judge,
    "bakeoff import mlflow.db --to runs/ours",
    "bakeoff import lightning_logs --to runs/ours --map arm=model",
    name="import",
)
def import_(
    paths: Annotated[
        list[str], typer.Argument(help="What another tool left: a folder, log, table or store.")
    ],
    to: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the records; not there yet, or empty. Required.",
            rich_help_panel="What is written",
        ),
    ] = None,
    mapping: MapOption = None,
    show_mapping: ShowMappingOption = False,
    unit: UnitOption = None,
    accept_best: AcceptBestOption = False,
    quiet: QuietOption = False,
) -> None:
    """Bring in other tools' runs as records: report, plan and audit take them."""
    import bakeoff

    if show_mapping:
        print_mapping(
            paths,
            False,
            quiet,
            mapping=mapping,
            unit=unit.value if unit else None,
            accept_best=accept_best,
        )
        return
    if to is None:
        raise UsageError("where should the records go?", "Say bakeoff import … --to runs/mine")
    with working(quiet):
        imported = bakeoff.import_runs(
            paths,
            to,
            mapping=mapping,
            unit=unit.value if unit else None,
            accept_best=accept_best,
            command=this_command(),
        )
    typer.echo(str(imported.folder) if quiet else str(imported))
