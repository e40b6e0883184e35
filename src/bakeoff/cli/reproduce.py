"""`bakeoff reproduce`: the default bake-off."""

from __future__ import annotations

from typing import Annotated

import typer

from bakeoff.bakeoffs.run_options import RunOptions
from bakeoff.cli.app import Group, verb
from bakeoff.cli.bakeoffs import carry_out, look_ahead, refuse_price
from bakeoff.cli.options import (
    BudgetOption,
    ChannelsOption,
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
)
from bakeoff.extras import require


@verb(Group.train, "bakeoff reproduce", "bakeoff reproduce --dry-run")
def reproduce(
    budget: BudgetOption = None,
    seeds: SeedsOption = None,
    until_decided: DecidedOption = False,
    init: Annotated[
        str | None,
        typer.Option(
            help="scratch, or timm:TAG; by default both where weights can be had.",
            rich_help_panel="Model and data",
        ),
    ] = None,
    channels: ChannelsOption = None,
    out: OutOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    retry: RetryOption = False,
    track: TrackOption = None,
    dry_run: DryRunOption = False,
    price_per_hour: PriceOption = None,
    format_: FormatOption = Format.text,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
) -> None:
    """Run the default bake-off: ResNet-50 on MNIST, the standard procedure against RSB's A3."""
    require("train", "running a bake-off")
    from bakeoff.bakeoffs.specification.spec import default_spec

    spec = default_spec(init=init, channels=channels)
    asked = RunOptions(
        budget=budget,
        seeds=seeds,
        until_decided=until_decided,
        out=out,
        device=device,
        retry=retry,
        precision=precision.value if precision else None,
        track=track or (),
    )
    if dry_run:
        look_ahead(
            spec,
            asked,
            format_=format_,
            quiet=quiet,
            verbose=verbose,
            price_per_hour=price_per_hour,
        )
    else:
        refuse_price(price_per_hour)
        carry_out(spec, asked, format_=format_, quiet=quiet, verbose=verbose)
