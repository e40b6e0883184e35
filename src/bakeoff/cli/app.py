"""The application that every verb joins, and the options before the verb."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, Any

import typer

from bakeoff.cli.help import Verb, Verbs, examples
from bakeoff.version import __version__

app = typer.Typer(
    name="bakeoff",
    cls=Verbs,
    help="Train the same image classifier by different recipes, and find out which one really won.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Group(StrEnum):
    """What verbs are for: the four headings of `bakeoff --help`."""

    train = "Train and test"
    judge = "Judge and report"
    check = "Check what is claimed"
    look = "Look up"


def verb(group: Group, *calls: str, name: str | None = None) -> Callable[[Any], Any]:
    """Make a function a verb of this group. calls: two examples for its help."""
    return app.command(name, cls=Verb, rich_help_panel=group.value, epilog=examples(*calls))


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
