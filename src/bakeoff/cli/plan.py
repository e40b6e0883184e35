"""`bakeoff plan`: how many seeds it takes."""

from __future__ import annotations

from typing import Annotated

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    AlphaOption,
    Format,
    FormatOption,
    QuietOption,
    Unit,
)
from bakeoff.cli.telling import as_json


@verb(Group.judge, "bakeoff plan runs/mnist --delta 0.2", "bakeoff plan --sd 0.15 --seeds 5")
def plan(
    pilot: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs to take spread and cost from, or a published spread, as rsb-a2-seeds."
        ),
    ] = None,
    sd: Annotated[
        float | None,
        typer.Option(
            help="Instead: standard deviation over seeds, in points.",
            rich_help_panel="What is known",
        ),
    ] = None,
    delta: Annotated[
        float | None,
        typer.Option(help="The difference to be seen, points.", rich_help_panel="What is asked"),
    ] = None,
    seeds: Annotated[
        int | None,
        typer.Option(
            help="What so many seeds of each arm can show.", rich_help_panel="What is asked"
        ),
    ] = None,
    power: Annotated[
        float,
        typer.Option(
            help="Statistical power (probability of detecting --delta).",
            rich_help_panel="What is asked",
        ),
    ] = 0.8,
    alpha: AlphaOption = 0.05,
    arms: Annotated[
        int,
        typer.Option(
            help="Arms that are compared with each other.", rich_help_panel="What is asked"
        ),
    ] = 2,
    price_per_hour: Annotated[
        float | None, typer.Option(help="Price per device-hour.", rich_help_panel="What is known")
    ] = None,
    unit: Annotated[
        Unit | None,
        typer.Option(
            help="Of accuracies without a percent sign in a table; else by their majority.",
            rich_help_panel="What is known",
        ),
    ] = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Say how many seeds, images or hours it takes to see a difference."""
    import bakeoff

    needed = bakeoff.plan(
        pilot or None,
        sd=sd,
        delta=delta,
        seeds=seeds,
        power=power,
        alpha=alpha,
        arms=arms,
        price_per_hour=price_per_hour,
        unit=unit.value if unit else None,
    )
    if format_ is Format.json:
        as_json(needed.to_dict())
    else:
        typer.echo(str(needed))
