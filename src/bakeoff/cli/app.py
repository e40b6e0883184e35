"""The application that every verb joins, and the options before the verb."""

from __future__ import annotations

from typing import Annotated

import typer

from bakeoff.version import __version__

app = typer.Typer(
    name="bakeoff",
    help="Train the same image classifier by different recipes, and find out which one really won.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"bakeoff {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error (anywhere on the line).")
    ] = False,
) -> None:
    """Options before the verb."""
