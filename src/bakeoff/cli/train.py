"""`bakeoff train`: one run."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.bakeoffs import print_ahead, refuse_price
from bakeoff.cli.options import (
    BudgetOption,
    ChannelsOption,
    DataOption,
    DeviceOption,
    DryRunOption,
    ExcludeOption,
    Format,
    FormatOption,
    OutOption,
    PrecisionOption,
    PriceOption,
    QuietOption,
    RecipeOption,
    TrackOption,
    VerboseOption,
)
from bakeoff.cli.telling import command as this_command
from bakeoff.cli.telling import console as make_console
from bakeoff.cli.working import working
from bakeoff.extras import require


@verb(
    Group.train,
    "bakeoff train --recipe rsb-a3 --data mnist --budget 5epochs",
    "bakeoff train --data folder:photos --model resnet18 --seed 1",
)
def train(
    recipe: RecipeOption = "standard",
    data: DataOption = "mnist",
    model: Annotated[
        str, typer.Option(help="Any timm model.", rich_help_panel="Model and data")
    ] = "resnet50",
    init: Annotated[
        str,
        typer.Option(
            help="scratch, timm:TAG or file:WEIGHTS (safetensors, a checkpoint).",
            rich_help_panel="Model and data",
        ),
    ] = "scratch",
    seed: Annotated[
        int,
        typer.Option(
            min=0,
            help="Decides weights, order and augmentation.",
            rich_help_panel="How much is trained",
        ),
    ] = 0,
    budget: BudgetOption = None,
    channels: ChannelsOption = None,
    exclude: ExcludeOption = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(
            help="A recipe value fixed by hand: optimizer.lr=0.01. Repeatable.",
            rich_help_panel="Model and data",
        ),
    ] = None,
    micro_batch: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Micro-batch size; gradients are accumulated over the batch.",
            rich_help_panel="Where",
        ),
    ] = None,
    out: OutOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    track: TrackOption = None,
    dry_run: DryRunOption = False,
    price_per_hour: PriceOption = None,
    format_: FormatOption = Format.text,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
) -> None:
    """Train one run and leave its record; under torchrun, one run over all its processes."""
    require("train", "training")
    import bakeoff
    from bakeoff.bakeoffs.execution.display import Display
    from bakeoff.recipes.pins import parse_pins
    from bakeoff.training.distributed.torchrun import launched

    first = launched().rank == 0
    asked: dict[str, Any] = {
        "recipe": recipe,
        "data": data,
        "model": model,
        "init": init,
        "seed": seed,
        "budget": budget,
        "channels": channels,
        "exclude": exclude or (),
        "pins": parse_pins(pin or []),
        "micro_batch": micro_batch,
        "precision": precision.value if precision else "auto",
    }
    if dry_run:
        from bakeoff.bakeoffs.execution.dry_run import look_ahead_at_one
        from bakeoff.bakeoffs.execution.single_run import single_run

        with working(quiet):
            ahead = look_ahead_at_one(
                single_run(**asked), out=out, device=device, price_per_hour=price_per_hour
            )
        print_ahead(ahead, format_, verbose)
        return
    refuse_price(price_per_hour)
    console = make_console(stderr=format_ is Format.json)
    with Display(console, quiet=quiet or not first, verbose=verbose).showing() as display:
        record = bakeoff.train(
            **asked,
            out=out,
            device=device,
            track=track or (),
            listener=display,
            command=this_command(),
        )
    if not first:
        return
    if format_ is Format.json:
        typer.echo(record.model_dump_json(indent=1))
    elif quiet and record.result is not None:
        typer.echo(f"{record.result.accuracy:.2f} % test accuracy")
