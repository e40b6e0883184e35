"""Verbs that train or test: reproduce, run, train, evaluate."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import app
from bakeoff.cli.options import (
    BudgetOption,
    ChannelsOption,
    DataOption,
    DecidedOption,
    DeviceOption,
    DryRunOption,
    ExcludeOption,
    Format,
    FormatOption,
    OutOption,
    Precision,
    PrecisionOption,
    PriceOption,
    QuietOption,
    RecipeOption,
    RetryOption,
    SeedsOption,
    TrackOption,
    Where,
)
from bakeoff.cli.telling import as_json
from bakeoff.cli.telling import command as this_command
from bakeoff.cli.telling import console as make_console
from bakeoff.cli.working import working
from bakeoff.errors import UsageError
from bakeoff.extras import require

if TYPE_CHECKING:
    from bakeoff.bakeoffs.execution.dry_run import DryRun
    from bakeoff.bakeoffs.specification.spec import BakeoffSpec


@app.command()
def reproduce(
    budget: BudgetOption = None,
    seeds: SeedsOption = None,
    until_decided: DecidedOption = False,
    init: Annotated[
        str | None,
        typer.Option(help="scratch, or timm:TAG; by default both where weights can be had."),
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
    quiet: QuietOption = False,
) -> None:
    """Run the default bake-off: ResNet-50 on MNIST, the standard procedure against RSB's A3."""
    require("train", "running a bake-off")
    from bakeoff.bakeoffs.specification.spec import default_spec

    spec = default_spec(init=init, channels=channels)
    if dry_run:
        asked = (budget, seeds, out, device, retry)
        _look_ahead(
            spec,
            format_,
            quiet,
            price_per_hour,
            *asked,
            precision=precision,
            until_decided=until_decided,
        )
    else:
        _no_price(price_per_hour)
        _bake(
            spec,
            *(budget, seeds, out, device, quiet, retry),
            track=track,
            format_=format_,
            precision=precision,
            until_decided=until_decided,
        )


@app.command()
def run(
    file: Annotated[
        Path,
        typer.Argument(help="A bake-off file (YAML).", autocompletion=completing.bakeoff_files),
    ],
    budget: BudgetOption = None,
    seeds: SeedsOption = None,
    until_decided: DecidedOption = False,
    out: OutOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Runs at a time, the cores shared out among them.")
    ] = 1,
    on: Annotated[
        Where, typer.Option(help="This machine, or an existing Ray cluster (bakeoff[ray]).")
    ] = Where.local,
    address: Annotated[
        str | None, typer.Option(help="Of the Ray cluster, HOST:PORT; else $RAY_ADDRESS.")
    ] = None,
    retry: RetryOption = False,
    track: TrackOption = None,
    dry_run: DryRunOption = False,
    price_per_hour: PriceOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Run a bake-off, or what is missing of it, and write its report."""
    require("train", "running a bake-off")
    if address is not None and on is not Where.ray:
        raise UsageError("--address is a Ray cluster's", "Add --on ray, or leave it out")
    if dry_run:
        asked = (budget, seeds, out, device, retry, workers)
        _look_ahead(
            file,
            format_,
            quiet,
            price_per_hour,
            *asked,
            on=on,
            precision=precision,
            until_decided=until_decided,
        )
        return
    _no_price(price_per_hour)
    where = (on.value, address)
    asked_for = (budget, seeds, out, device, quiet, retry, workers, track, format_, *where)
    _bake(file, *asked_for, precision=precision, until_decided=until_decided)


def _bake(
    spec: BakeoffSpec | Path,
    budget: str | None,
    seeds: int | None,
    out: str | None,
    device: str | None,
    quiet: bool,
    retry: bool = False,
    workers: int = 1,
    track: list[str] | None = None,
    format_: Format = Format.text,
    on: str = "local",
    address: str | None = None,
    precision: Precision | None = None,
    until_decided: bool = False,
) -> None:
    import bakeoff
    from bakeoff.bakeoffs.execution.display import Display
    from bakeoff.comparison.comparing import compare
    from bakeoff.comparison.telling import tell
    from bakeoff.records.run_set import RunSet

    console = make_console(stderr=format_ is Format.json)
    with Display(console, quiet=quiet).showing() as display:
        finished = bakeoff.run(
            spec,
            budget=budget,
            seeds=seeds,
            out=out,
            device=device,
            retry=retry,
            workers=workers,
            track=track or (),
            on=on,
            address=address,
            precision=precision.value if precision else None,
            until_decided=until_decided,
            listener=display,
            command=this_command(),
        )
    runs = RunSet.of(finished.folder)
    written = bakeoff.report(runs)
    judged = None
    if len(finished.failed) < len(finished.records):
        # A bake-off of one arm has nobody to beat, and is summarised all the same.
        judged = compare(runs, metrics=("accuracy", "loss"), one_arm=True)
    if format_ is Format.json:
        said = {} if judged is None else judged.to_dict()
        as_json({"folder": str(finished.folder), "report": str(written.html), **said})
    else:
        if judged is not None and quiet and judged.comparisons:
            for row in judged.pairs():
                console.print(row.sentence, markup=False, highlight=False, soft_wrap=True)
        elif judged is not None:
            tell(judged, console)
        console.print(f"Report: {written.html}", markup=False, highlight=False, soft_wrap=True)
    for some, what, advice in (
        (finished.failed, "failed and counted as failures", ""),
        (finished.unfinished, "not finished", ". Run the same command again to go on."),
    ):
        if some:
            names = ", ".join(f"{r.arm} seed {r.seed}" for r in some)
            sys.stderr.write(f"bakeoff: {what}: {names}{advice}\n")
    if finished.failed or finished.unfinished:
        raise typer.Exit(3)


def _look_ahead(
    spec: BakeoffSpec | Path,
    format_: Format,
    quiet: bool,
    price_per_hour: float | None,
    budget: str | None,
    seeds: int | None,
    out: str | None,
    device: str | None,
    retry: bool = False,
    workers: int = 1,
    *,
    on: Where = Where.local,
    precision: Precision | None = None,
    until_decided: bool = False,
) -> None:
    """--dry-run: say what would run, and write nothing."""
    import dataclasses

    import bakeoff

    with working(quiet):
        ahead = bakeoff.dry_run(
            spec,
            budget=budget,
            seeds=seeds,
            out=out,
            device=device,
            retry=retry,
            workers=workers,
            price_per_hour=price_per_hour,
            precision=precision.value if precision else None,
            until_decided=until_decided,
        )
    if on is Where.ray:
        said = "The Ray cluster was not asked: times are as if this machine did all runs"
        ahead = dataclasses.replace(ahead, notices=(*ahead.notices, said))
    _tell_ahead(ahead, format_)


def _no_price(price_per_hour: float | None) -> None:
    """Refuse a price where nothing is foretold."""
    if price_per_hour is not None:
        raise UsageError("--price-per-hour is for --dry-run", "Add --dry-run, or leave it out")


def _tell_ahead(ahead: DryRun, format_: Format) -> None:
    if format_ is Format.json:
        as_json(ahead.to_dict())
    else:
        typer.echo(str(ahead))


@app.command()
def train(
    recipe: RecipeOption = "standard",
    data: DataOption = "mnist",
    model: Annotated[str, typer.Option(help="Any timm model.")] = "resnet50",
    init: Annotated[
        str, typer.Option(help="scratch, timm:TAG or file:WEIGHTS.safetensors.")
    ] = "scratch",
    seed: Annotated[int, typer.Option(min=0, help="Decides weights, order and augmentation.")] = 0,
    budget: BudgetOption = None,
    channels: ChannelsOption = None,
    exclude: ExcludeOption = None,
    pin: Annotated[
        list[str] | None,
        typer.Option(help="A recipe value fixed by hand: optimizer.lr=0.01; several times."),
    ] = None,
    micro_batch: Annotated[
        int | None, typer.Option(min=1, help="Images at a time where a batch does not fit.")
    ] = None,
    out: OutOption = None,
    device: DeviceOption = None,
    precision: PrecisionOption = None,
    track: TrackOption = None,
    dry_run: DryRunOption = False,
    price_per_hour: PriceOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Train one run and leave its record; under torchrun, one run over all its processes."""
    require("train", "training")
    import bakeoff
    from bakeoff.bakeoffs.execution.display import Display
    from bakeoff.recipes.pins import parse_pins
    from bakeoff.training.distributed.torchrun import launched

    first = launched().rank == 0

    if dry_run:
        from bakeoff.bakeoffs.execution.dry_run import look_ahead_at_one
        from bakeoff.bakeoffs.execution.single_run import single_run

        with working(quiet):
            ahead = look_ahead_at_one(
                single_run(
                    recipe,
                    data=data,
                    model=model,
                    init=init,
                    seed=seed,
                    budget=budget,
                    channels=channels,
                    exclude=exclude or (),
                    pins=parse_pins(pin or []),
                    micro_batch=micro_batch,
                    precision=_word(precision, "auto"),
                ),
                out=out,
                device=device,
                price_per_hour=price_per_hour,
            )
        _tell_ahead(ahead, format_)
        return
    _no_price(price_per_hour)
    console = make_console(stderr=format_ is Format.json)
    with Display(console, quiet=quiet or not first).showing() as display:
        record = bakeoff.train(
            recipe=recipe,
            data=data,
            model=model,
            init=init,
            seed=seed,
            budget=budget,
            channels=channels,
            exclude=exclude or (),
            pins=parse_pins(pin or []),
            micro_batch=micro_batch,
            precision=_word(precision, "auto"),
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


@app.command()
def evaluate(
    weights: Annotated[
        str, typer.Argument(help="timm:MODEL.TAG, a checkpoint, or a run's or exported folder.")
    ],
    data: DataOption = "mnist",
    model: Annotated[
        str | None, typer.Option(help="Whose weights they are, where they do not say it.")
    ] = None,
    size: Annotated[
        int | None, typer.Option(min=8, max=1024, help="Test resolution, if not the weights' own.")
    ] = None,
    channels: ChannelsOption = None,
    classes: Annotated[
        str | None,
        typer.Option(
            help="Order of the outputs, if the weights do not name their classes: natural (2 "
            "before 10), plain (10 before 2), or a file with a name on each line."
        ),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Which weights of a checkpoint with several: state_dict, …")
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
            precision=_word(precision, "fp32"),
            out=out,
            device=device,
            command=this_command(),
        )
    if format_ is Format.json:
        typer.echo(record.model_dump_json(indent=1))
        return
    for note in () if quiet else record.notes:
        typer.echo(f"note: {note}")
    assert record.result is not None
    typer.echo(
        f"{record.arm} on {record.data.title}: {record.result.accuracy:.2f} % top-1, "
        f"{record.result.top5:.2f} % top-5, loss {record.result.loss:.4f}, "
        f"{record.result.images:,} images"
    )


def _word(precision: Precision | None, otherwise: str) -> str:
    return otherwise if precision is None else precision.value
