"""How every verb tells what it found: one console, one JSON."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 110


def command() -> str:
    """This call as a person would type it again."""
    return shlex.join(["bakeoff", *sys.argv[1:]])


def as_json(data: object) -> None:
    """Print `data` as strict JSON."""
    from bakeoff.cli.json_text import indented

    typer.echo(indented(data))


def print_mapping(paths: list[str], json: bool, quiet: bool, **read_as: Any) -> None:
    """--show-mapping: only say which column or key was taken as what."""
    from bakeoff.cli.working import working
    from bakeoff.comparison.shown_mapping import shown_mapping

    with working(quiet):
        shown = shown_mapping(paths, **read_as)
    if json:
        as_json(shown.to_dict())
    else:
        typer.echo(str(shown))


def coloured() -> bool:
    """Whether to colour what goes to stdout: to a terminal, and not with NO_COLOR set."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal; where there is none, wide enough for the tables."""
    from rich.console import Console

    there = Console(stderr=stderr)
    if there.is_terminal or os.environ.get("COLUMNS"):
        return there
    return Console(stderr=stderr, width=PLAIN_WIDTH)
