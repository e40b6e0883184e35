"""The command line: one thin function a verb. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bakeoff import __version__
from bakeoff.errors import BakeoffError

if TYPE_CHECKING:
    from bakeoff.bakeoffs.spec import BakeoffSpec

app = typer.Typer(
    name="bakeoff",
    help="Train the same image classifier by different recipes, and find out which one really won.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class Format(StrEnum):
    """How a verb that prints a table prints it."""

    text = "text"
    json = "json"


BudgetOption = Annotated[
    str | None,
    typer.Option(help="quick, full, 5epochs, 20000images or 30min; by default chosen by hardware."),
]
SeedsOption = Annotated[
    int | None, typer.Option(min=1, max=1000, help="Runs per arm, seeds 0, 1, …; 3 by default.")
]
OutOption = Annotated[Path | None, typer.Option(help="Folder for records and report.")]
DeviceOption = Annotated[
    str | None, typer.Option(help="auto, cpu, cuda, cuda:1 or mps; auto by default.")
]
FormatOption = Annotated[
    Format, typer.Option("--format", help="text for people, json for programs.")
]
QuietOption = Annotated[bool, typer.Option("--quiet", "-q", help="Only the result.")]


def main(arguments: Sequence[str] | None = None) -> None:
    """Entry point of the `bakeoff` command: errors are one line, `--debug` shows where from."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in given
    given = [a for a in given if a != "--debug"]
    try:
        app(given, prog_name="bakeoff")
    except BakeoffError as error:
        if debug:
            raise
        sys.stderr.write(f"bakeoff: {error}\n")
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (head, less) has gone; that is not our error, and nothing more can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)


def _command() -> str:
    return shlex.join(["bakeoff", *sys.argv[1:]])


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


@app.command()
def reproduce(
    budget: BudgetOption = None,
    seeds: SeedsOption = None,
    init: Annotated[
        str | None,
        typer.Option(help="scratch, or timm:TAG; by default both where weights can be had."),
    ] = None,
    channels: Annotated[
        int | None, typer.Option(min=1, max=3, help="Input planes, 1 or 3.")
    ] = None,
    out: OutOption = None,
    device: DeviceOption = None,
    quiet: QuietOption = False,
) -> None:
    """Run the default bake-off: ResNet-50 on MNIST, the standard procedure against RSB's A3."""
    from bakeoff.bakeoffs.spec import default_spec

    _bake(default_spec(init=init, channels=channels), budget, seeds, out, device, quiet)


@app.command()
def run(
    file: Annotated[Path, typer.Argument(help="A bake-off file (YAML).")],
    budget: BudgetOption = None,
    seeds: SeedsOption = None,
    out: OutOption = None,
    device: DeviceOption = None,
    workers: Annotated[
        int, typer.Option(min=1, max=256, help="Runs at a time, the cores shared out among them.")
    ] = 1,
    retry: Annotated[bool, typer.Option(help="Try failed runs again.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Run a bake-off, or what is missing of it, and write its report."""
    _bake(file, budget, seeds, out, device, quiet, retry, workers)


def _bake(
    spec: BakeoffSpec | Path,
    budget: str | None,
    seeds: int | None,
    out: Path | None,
    device: str | None,
    quiet: bool,
    retry: bool = False,
    workers: int = 1,
) -> None:
    from rich.console import Console

    import bakeoff
    from bakeoff.bakeoffs.display import Display
    from bakeoff.comparison.telling import tell

    console = Console()
    with Display(console, quiet=quiet).showing() as display:
        finished = bakeoff.run(
            spec,
            budget=budget,
            seeds=seeds,
            out=out,
            device=device,
            retry=retry,
            workers=workers,
            listener=display,
            command=_command(),
        )
    written = bakeoff.report(finished.folder)
    tell(bakeoff.compare(list(finished.records)), console)
    console.print(f"Report: {written.html}", markup=False, highlight=False, soft_wrap=True)
    if finished.failed:
        names = ", ".join(f"{r.arm} seed {r.seed}" for r in finished.failed)
        sys.stderr.write(f"bakeoff: failed and counted as failures: {names}\n")
        raise typer.Exit(3)


@app.command()
def train(
    recipe: Annotated[str, typer.Option(help="A library recipe's name, or a file.")] = "standard",
    data: Annotated[str, typer.Option(help="A data set's name, or folder:PATH.")] = "mnist",
    model: Annotated[str, typer.Option(help="Any timm model.")] = "resnet50",
    init: Annotated[str, typer.Option(help="scratch, timm:TAG or file:PATH.")] = "scratch",
    seed: Annotated[int, typer.Option(min=0, help="Decides weights, order and augmentation.")] = 0,
    budget: BudgetOption = None,
    channels: Annotated[int | None, typer.Option(min=1, max=4, help="Input planes.")] = None,
    pin: Annotated[
        list[str] | None, typer.Option(help="A recipe value fixed by hand: optimizer.lr=0.01")
    ] = None,
    out: OutOption = None,
    device: DeviceOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Train one run and leave its record."""
    from rich.console import Console

    import bakeoff
    from bakeoff.bakeoffs.display import Display

    console = Console(stderr=format_ is Format.json)
    with Display(console, quiet=quiet).showing() as display:
        record = bakeoff.train(
            recipe=recipe,
            data=data,
            model=model,
            init=init,
            seed=seed,
            budget=budget,
            channels=channels,
            pins=_pins(pin or []),
            out=out,
            device=device,
            listener=display,
            command=_command(),
        )
    if format_ is Format.json:
        typer.echo(record.model_dump_json(indent=1))
    elif quiet and record.result is not None:
        typer.echo(f"{record.result.accuracy:.2f} % test accuracy")


def _pins(given: list[str]) -> dict[str, object]:
    from bakeoff.errors import UsageError

    pins: dict[str, object] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--pin {text!r} has no '='", "Write it as --pin optimizer.lr=0.01")
        pins[key.strip()] = _plain(value.strip())
    return pins


def _plain(text: str) -> object:
    """A number, true, false, null or text, as YAML would read it."""
    words: dict[str, object] = {"true": True, "false": False, "null": None}
    if text in words:
        return words[text]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text


if __name__ == "__main__":
    main()
