"""An arm that is a command: how its words are written, checked and filled in."""

from __future__ import annotations

import shlex
from pathlib import Path

from bakeoff.errors import BadValue, UsageError
from bakeoff.recipes.budget import Budget

SEED, OUT = "{seed}", "{out}"
OF_COMMANDS = ("reads", "map", "resume", "time_limit")
OF_RECIPES = (
    "model", "init", "channels", "pin", "optional", "without", "tune", "pretrain",
)  # fmt: skip


def words(command: str) -> list[str]:
    """A command's words, split as a shell would, which never sees them. Raises ValueError."""
    try:
        found = shlex.split(command)
    except ValueError as error:
        raise ValueError(f"the command cannot be split into words: {error}") from None
    if not found:
        raise BadValue("the command is empty", "Write a program and its arguments")
    return found


def filled(command: str, seed: int, out: Path) -> list[str]:
    """The words with {seed} and {out} put in; a value is part of one argument, whatever it is."""
    return [word.replace(SEED, str(seed)).replace(OUT, str(out)) for word in words(command)]


def check_command(command: str, resume: str, time_limit: str) -> None:
    """Raise ValueError, for pydantic, for a command that could not make an arm's runs."""
    said = " ".join(words(command)[1:])
    if SEED not in said:
        raise BadValue(
            "the command has no {seed}, so all its runs would be the same",
            "Write {seed} where the program takes its random seed",
        )
    if OUT not in said:
        raise BadValue(
            "the command has no {out}, so nobody knows where its results are",
            "Write {out} where the program takes the folder of its results",
        )
    if resume:
        words(resume)
    if time_limit:
        seconds(time_limit)


def seconds(time_limit: str) -> float:
    """30min as seconds. Raises ValueError for what is no time."""
    try:
        limit = Budget.parse(time_limit)
    except UsageError as error:
        raise BadValue(error.message, "Write a time, as 30min or 2h") from None
    if limit.kind != "seconds" or limit.value is None:
        raise BadValue(f"{time_limit!r} is no time", "Write it as 30min or 2h")
    return limit.value
