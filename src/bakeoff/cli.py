"""The command line: one thin function a verb. Nothing heavy is imported before it is needed."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bakeoff.cli_options import (
    AuditFormat,
    BudgetOption,
    DeviceOption,
    ExcludeOption,
    Format,
    FormatOption,
    OutOption,
    QuietOption,
    SeedsOption,
    Severity,
)
from bakeoff.errors import BakeoffError
from bakeoff.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

    from bakeoff.bakeoffs.spec import BakeoffSpec

app = typer.Typer(
    name="bakeoff",
    help="Train the same image classifier by different recipes, and find out which one really won.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


PLAIN_WIDTH = 110
MOST_RESULTS = 60


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
    except KeyboardInterrupt:
        sys.stderr.write("bakeoff: stopped.\n")
        sys.exit(130)
    except BrokenPipeError:
        # The reader (head, less) has gone; that is not our error, and nothing more can be told.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except Exception as error:
        if debug:
            raise
        said = str(error).strip().partition("\n")[0][:300]
        sys.stderr.write(
            f"bakeoff: this should not happen: {type(error).__name__}: {said}. "
            "Run it again with --debug and report what it prints.\n"
        )
        sys.exit(3)


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
    import bakeoff
    from bakeoff.bakeoffs.display import Display
    from bakeoff.comparison.comparing import compare
    from bakeoff.comparison.telling import tell

    console = _console()
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
    records = list(finished.records)
    if len(finished.failed) < len(records):
        # A bake-off of one arm has nobody to beat, and is summarised all the same.
        tell(compare(records, metrics=("accuracy", "loss"), one_arm=True), console)
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
    exclude: ExcludeOption = None,
    pin: Annotated[
        list[str] | None, typer.Option(help="A recipe value fixed by hand: optimizer.lr=0.01")
    ] = None,
    micro_batch: Annotated[
        int | None, typer.Option(min=1, help="Images at a time where a batch does not fit.")
    ] = None,
    out: OutOption = None,
    device: DeviceOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Train one run and leave its record."""
    import bakeoff
    from bakeoff.bakeoffs.display import Display
    from bakeoff.recipes.pins import parse_pins

    console = _console(stderr=format_ is Format.json)
    with Display(console, quiet=quiet).showing() as display:
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
            out=out,
            device=device,
            listener=display,
            command=_command(),
        )
    if format_ is Format.json:
        typer.echo(record.model_dump_json(indent=1))
    elif quiet and record.result is not None:
        typer.echo(f"{record.result.accuracy:.2f} % test accuracy")


@app.command()
def evaluate(
    weights: Annotated[
        str, typer.Argument(help="timm:MODEL.TAG, a checkpoint, or a run's folder.")
    ],
    data: Annotated[str, typer.Option(help="A data set's name, or folder:PATH.")] = "mnist",
    model: Annotated[
        str | None, typer.Option(help="Whose weights they are, where they do not say it.")
    ] = None,
    channels: Annotated[int | None, typer.Option(min=1, max=4, help="Input planes.")] = None,
    size: Annotated[
        int | None, typer.Option(min=8, max=1024, help="Test resolution, if not the weights' own.")
    ] = None,
    out: OutOption = None,
    device: DeviceOption = None,
    format_: FormatOption = Format.text,
) -> None:
    """Test weights that exist, and leave a record like a run's."""
    import bakeoff

    record = bakeoff.evaluate(
        weights,
        data=data,
        model=model,
        channels=channels,
        size=size,
        out=out,
        device=device,
        command=_command(),
    )
    if format_ is Format.json:
        typer.echo(record.model_dump_json(indent=1))
        return
    for note in record.notes:
        typer.echo(f"note: {note}")
    assert record.result is not None
    typer.echo(
        f"{record.arm} on {record.data.title}: {record.result.accuracy:.2f} % top-1, "
        f"{record.result.top5:.2f} % top-5, loss {record.result.loss:.4f}, "
        f"{record.result.images:,} images"
    )


@app.command()
def data(
    name: Annotated[str, typer.Argument(help="A data set's name, folder:PATH, hf:NAME …")],
    show: Annotated[
        str | None, typer.Option(help="A recipe: draw images before and after its augmentation.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where --show writes its PNG.")] = None,
    channels: Annotated[int | None, typer.Option(min=1, max=3, help="Input planes.")] = None,
    exclude: ExcludeOption = None,
    format_: FormatOption = Format.text,
) -> None:
    """Show what is known of a data set: sizes, balance, hashes, duplicates, floors."""
    from bakeoff.data import describe, open_data

    opened = open_data(name, channels=channels, exclude=exclude or ())
    if show is not None:
        from bakeoff.training.augmentation import recipe_sheet

        path = out or Path(f"{opened.facts.name.replace(':', '-')}-{Path(show).stem}.png")
        recipe_sheet(opened, show, path)
        typer.echo(path)
        return
    known = describe(opened)
    if format_ is Format.json:
        _json(known.to_dict())
        return
    for what, value in known.rows():
        typer.echo(f"{what:<20}{value}")


@app.command()
def compare(
    runs: Annotated[
        list[str], typer.Argument(help="Folders, globs, CSV of arm, seed, accuracy, predictions.")
    ],
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric; may be given several times.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(help="Differences up to this do not matter (test of sameness).")
    ] = None,
    paired: Annotated[
        bool, typer.Option("--paired", help="Equal seeds were declared pairs before the runs.")
    ] = False,
    published: Annotated[
        list[str] | None, typer.Option(help="Hold against a published result, as rsb-a2.")
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="Accuracy in percent: compare the time to reach it.")
    ] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Say who really won: differences with intervals, tests and verdicts."""
    import bakeoff
    from bakeoff.comparison.telling import tell

    comparison = bakeoff.compare(
        runs, metrics=metric, margin=margin, paired=paired, published=published, target=target
    )
    if format_ is Format.json:
        _json(comparison.to_dict())
    else:
        tell(comparison, _console())


@app.command()
def plan(
    pilot: Annotated[
        list[str] | None, typer.Argument(help="Runs to take spread and cost from.")
    ] = None,
    sd: Annotated[
        float | None, typer.Option(help="Instead: standard deviation over seeds, in points.")
    ] = None,
    delta: Annotated[float | None, typer.Option(help="The difference to be seen, points.")] = None,
    seeds: Annotated[int | None, typer.Option(help="What can be seen with so many a arm.")] = None,
    power: Annotated[float, typer.Option(help="Chance to see it.")] = 0.8,
    arms: Annotated[int, typer.Option(help="Arms that are compared with each other.")] = 2,
    price_per_hour: Annotated[float | None, typer.Option(help="Of one device.")] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Say how many seeds, images or hours it takes to see a difference."""
    import bakeoff

    needed = bakeoff.plan(
        pilot or None,
        sd=sd,
        delta=delta,
        seeds=seeds,
        power=power,
        arms=arms,
        price_per_hour=price_per_hour,
    )
    if format_ is Format.json:
        _json(needed.to_dict())
    else:
        typer.echo(str(needed))


@app.command()
def results(
    query: Annotated[list[str] | None, typer.Argument(help="Words, as: rsb a2")] = None,
    format_: FormatOption = Format.text,
) -> None:
    """Search the published results; every figure has a citation."""
    from dataclasses import asdict

    from bakeoff import published

    found = published.results(" ".join(query)) if query else published.results()
    if format_ is Format.json:
        _json({"results": [asdict(row) for row in found]})
        return
    from bakeoff.published.show import as_table

    _console().print(as_table(found[:MOST_RESULTS]))
    if len(found) > MOST_RESULTS:
        typer.echo(f"… and {len(found) - MOST_RESULTS:,} more; add words, or use --format json")


@app.command()
def recipes(
    name: Annotated[str | None, typer.Argument(help="A library recipe, or a file.")] = None,
    diff: Annotated[str | None, typer.Option(help="Show only what differs from this one.")] = None,
    export: Annotated[
        str | None, typer.Option(help="timm or torchvision: arguments for their train.py.")
    ] = None,
    gpus: Annotated[int, typer.Option(min=1, help="For --export: GPUs that share a batch.")] = 1,
    format_: FormatOption = Format.text,
) -> None:
    """Show the recipe library, with the source of every value."""
    from bakeoff.recipes.show import answer

    said = answer(name, other=diff, tool=export, gpus=gpus)
    if format_ is Format.json:
        _json(said.data)
    else:
        _console().print(said.view, crop=False)


@app.command()
def audit(
    files: Annotated[
        list[Path] | None, typer.Argument(help="Markdown, LaTeX, HTML, CSV, YAML or claims files.")
    ] = None,
    format_: Annotated[
        AuditFormat, typer.Option("--format", help="How to tell the findings.")
    ] = AuditFormat.text,
    fail_on: Annotated[
        Severity, typer.Option(help="Exit with 1 from this verdict on.")
    ] = Severity.inconsistent,
    extract: Annotated[
        bool, typer.Option("--extract", help="Print what was understood, as a claims file.")
    ] = False,
    explain: Annotated[str | None, typer.Option(help="Teach this rule, with an example.")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules.")] = False,
) -> None:
    """Say which claimed results cannot be true."""
    from bakeoff.audit import audit_files, list_rules
    from bakeoff.audit import explain as explanation
    from bakeoff.errors import UsageError

    if rules or explain:
        typer.echo(explanation(explain) if explain else list_rules(), nl=False)
        return
    if not files:
        raise UsageError("no document to audit", "Name one, or ask for --rules")
    if extract:
        from bakeoff.audit.reading import read
        from bakeoff.audit.reading.extract import extract as as_claims_file

        for file in files:
            typer.echo(as_claims_file(read(file)), nl=False)
        return
    found = audit_files(files)
    typer.echo(found.tell(format_.value, color=sys.stdout.isatty()), nl=False)
    raise typer.Exit(found.exit_code(fail_on.value))


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(help="A bake-off's folder, or run folders.")],
    out: Annotated[Path | None, typer.Option(help="Folder, or the .html file's path.")] = None,
    title: Annotated[str | None, typer.Option(help="Instead of the bake-off's name.")] = None,
) -> None:
    """Write the report: one self-contained page, Markdown with charts, and LaTeX."""
    import bakeoff

    written = bakeoff.report(runs[0] if len(runs) == 1 else runs, out=out, title=title)
    typer.echo(written.verdict)
    for path in (written.html, written.md, written.tex):
        typer.echo(path)


def _json(data: object) -> None:
    import json

    typer.echo(json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False, default=str))


def _console(*, stderr: bool = False) -> Console:
    """A console as wide as the terminal; where there is none, wide enough for the tables."""
    from rich.console import Console

    console = Console(stderr=stderr)
    return console if console.is_terminal else Console(stderr=stderr, width=PLAIN_WIDTH)


if __name__ == "__main__":
    main()
