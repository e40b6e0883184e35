"""`bakeoff run FILE`: any bake-off."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.bakeoffs.run_options import RunOptions
from bakeoff.cli import completing
from bakeoff.cli.app import Group, verb
from bakeoff.cli.bakeoffs import carry_out, look_ahead, refuse_price
from bakeoff.cli.options import (
    BudgetOption,
    BudgetsOption,
    DecidedOption,
    DeviceOption,
    DryRunOption,
    Format,
    FormatOption,
    OutOption,
    PrecisionOption,
    PriceOption,
    QuietOption,
    RetryOption,
    SeedsOption,
    TrackOption,
    VerboseOption,
    Where,
    lengths,
)
from bakeoff.errors import UsageError
from bakeoff.extras import require


@verb(
    Group.train,
    "bakeoff run photos.yaml --dry-run",
    "bakeoff run photos.yaml --seeds 5 --workers 2",
)
def run(
    file: Annotated[
        Path,
        typer.Argument(help="A bake-off file (YAML).", autocompletion=completing.bakeoff_files),
    ],
    budget: BudgetOption = None,
    budgets: BudgetsOption = None,
    seeds: SeedsOption = None,
    until_decided: DecidedOption = False,
    out: OutOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    workers: Annotated[
        int,
        typer.Option(
            min=1,
            max=256,
            help="Runs at a time, the cores shared out among them.",
            rich_help_panel="Where",
        ),
    ] = 1,
    on: Annotated[
        Where,
        typer.Option(
            help="This machine, or an existing Ray cluster (bakeoff[ray]).", rich_help_panel="Where"
        ),
    ] = Where.local,
    address: Annotated[
        str | None,
        typer.Option(
            help="Of the Ray cluster, HOST:PORT; else $RAY_ADDRESS.", rich_help_panel="Where"
        ),
    ] = None,
    allow_commands: Annotated[
        bool,
        typer.Option(
            "--allow-commands",
            help="Run arms that are commands, once you read them.",
            rich_help_panel="Before it runs",
        ),
    ] = False,
    retry: RetryOption = False,
    track: TrackOption = None,
    dry_run: DryRunOption = False,
    price_per_hour: PriceOption = None,
    format_: FormatOption = Format.text,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run a bake-off, or what is missing of it, and write its report."""
    require("train", "running a bake-off")
    if address is not None and on is not Where.ray:
        raise UsageError("--address is a Ray cluster's", "Add --on ray, or leave it out")
    asked = RunOptions(
        budget=budget,
        budgets=lengths(budgets),
        seeds=seeds,
        until_decided=until_decided,
        out=out,
        device=device,
        retry=retry,
        workers=workers,
        precision=precision.value if precision else None,
        track=track or (),
    )
    if dry_run:
        on_ray = ("The Ray cluster was not asked: times are as if this machine did all runs",)
        look_ahead(
            file,
            asked,
            format_=format_,
            quiet=quiet,
            verbose=verbose,
            price_per_hour=price_per_hour,
            notices=on_ray if on is Where.ray else (),
        )
    else:
        refuse_price(price_per_hour)
        carry_out(
            file,
            asked,
            format_=format_,
            quiet=quiet,
            verbose=verbose,
            on=on.value,
            address=address,
            allow_commands=allow_commands,
        )
