"""`bakeoff evaluate WEIGHTS`: weights that exist."""

from __future__ import annotations

from typing import Annotated

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    ChannelsOption,
    DataOption,
    DeviceOption,
    ExcludeOption,
    Format,
    FormatOption,
    OutOption,
    PrecisionOption,
    QuietOption,
)
from bakeoff.cli.telling import command as this_command
from bakeoff.cli.working import working


@verb(
    Group.train,
    "bakeoff evaluate runs/mnist/standard/seed-0",
    "bakeoff evaluate timm:resnet50.a1_in1k --data imagenet:val",
)
def evaluate(
    weights: Annotated[
        str, typer.Argument(help="timm:MODEL.TAG, a checkpoint, or a run's or exported folder.")
    ],
    data: DataOption = "mnist",
    model: Annotated[
        str | None,
        typer.Option(
            help="timm model name, if the checkpoint does not record it.",
            rich_help_panel="Model and data",
        ),
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(
            min=8,
            max=1024,
            help="Test resolution, if not the weights' own.",
            rich_help_panel="Images",
        ),
    ] = None,
    channels: ChannelsOption = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Order of the outputs, if the weights do not name their classes: natural (2 "
            "before 10), plain (10 before 2), or a file with a name on each line.",
            rich_help_panel="Model and data",
        ),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Which weights of a checkpoint with several: state_dict, …",
            rich_help_panel="Model and data",
        ),
    ] = None,
    exclude: ExcludeOption = None,
    out: OutOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Test weights that exist, and leave a record like a run's."""
    import bakeoff

    with working(quiet):
        record = bakeoff.evaluate(
            weights,
            data=data,
            model=model,
            channels=channels,
            size=size,
            classes=classes,
            key=key,
            exclude=exclude or (),
            precision=precision.value if precision else "fp32",
            out=out,
            device=device,
            command=this_command(),
        )
    if format_ is Format.json:
        typer.echo(record.model_dump_json(indent=1))
        return
    for note in () if quiet else (*record.notes, *record.data.notes):
        typer.echo(f"note: {note}")
    assert record.result is not None
    typer.echo(
        f"{record.arm} on {record.data.title}: {record.result.accuracy:.2f} % top-1, "
        f"{record.result.top5:.2f} % top-5, loss {record.result.loss:.4f}, "
        f"{record.result.images:,} images"
    )
