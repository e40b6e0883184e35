"""How every verb tells what it found: one console, one JSON."""

from __future__ import annotations

import os
import shlex
import sys
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console

PLAIN_WIDTH = 110


def command() -> str:
    """This call as a person would type it again."""
    return shlex.join(["bakeoff", *sys.argv[1:]])


def as_json(data: object) -> None:
    """Print `data` as strict JSON."""
    import json

    typer.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False, default=str))


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
