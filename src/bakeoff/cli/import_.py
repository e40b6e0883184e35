"""`bakeoff import PATH --to FOLDER`: other tools' runs as records."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import QuietOption, Unit
from bakeoff.cli.working import working


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
        Path,
        typer.Option(
            help="Folder for the records; not there yet, or empty.",
            rich_help_panel="What is written",
        ),
    ],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="What is what: arm=model+method,seed=run,accuracy=test/acc. Repeatable.",
            rich_help_panel="How files are read",
        ),
    ] = None,
    unit: Annotated[
        Unit | None,
        typer.Option(
            help="Of accuracies without a percent sign in a table; else by their majority.",
            rich_help_panel="How files are read",
        ),
    ] = None,
    accept_best: Annotated[
        bool,
        typer.Option(
            "--accept-best",
            help="Take the best epoch's accuracy, though it was chosen on the same images.",
            rich_help_panel="How files are read",
        ),
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Bring in other tools' runs as records: report, plan and audit take them."""
    import bakeoff

    with working(quiet):
        imported = bakeoff.import_runs(
            paths,
            to,
            mapping=mapping,
            unit=unit.value if unit else None,
            accept_best=accept_best,
            command=shlex.join(["bakeoff", *sys.argv[1:]]),
        )
    typer.echo(str(imported.folder) if quiet else str(imported))
