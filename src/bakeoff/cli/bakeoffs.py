"""What `run` and `reproduce` share: to carry a bake-off out, and to look ahead at it."""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from bakeoff.bakeoffs.run_options import RunOptions
from bakeoff.cli.options import Format
from bakeoff.cli.telling import as_json
from bakeoff.cli.telling import command as this_command
from bakeoff.cli.telling import console as make_console
from bakeoff.cli.working import working
from bakeoff.errors import UsageError

if TYPE_CHECKING:
    from bakeoff.bakeoffs.execution.dry_run import DryRun
    from bakeoff.bakeoffs.execution.engine import Finished
    from bakeoff.bakeoffs.specification.spec import BakeoffSpec
    from bakeoff.records.schema import Record


def carry_out(
    spec: BakeoffSpec | Path,
    asked: RunOptions,
    *,
    format_: Format,
    quiet: bool,
    verbose: bool,
    on: str = "local",
    address: str | None = None,
    allow_commands: bool = False,
) -> None:
    """Run it, write its report, print the verdict; exits with 3 where runs failed or are left."""
    import bakeoff
    from bakeoff.bakeoffs.execution.display import Display

    console = make_console(stderr=format_ is Format.json)
    with Display(console, quiet=quiet, verbose=verbose).showing() as display:
        finished = bakeoff.run(
            spec,
            **arguments(asked),
            on=on,
            address=address,
            allow_commands=allow_commands,
            listener=display,
            command=this_command(),
        )
    _print_verdict(finished, format_, quiet, verbose)
    _print_trouble("failed and counted as failures", finished.failed)
    _print_trouble("not finished", finished.unfinished, ". Run the same command again to go on.")
    if finished.failed or finished.unfinished:
        raise typer.Exit(3)


def look_ahead(
    spec: BakeoffSpec | Path,
    asked: RunOptions,
    *,
    format_: Format,
    quiet: bool,
    verbose: bool,
    price_per_hour: float | None,
    notices: Sequence[str] = (),
) -> None:
    """--dry-run: say what would run, and write nothing."""
    import bakeoff

    with working(quiet):
        ahead = bakeoff.dry_run(spec, **arguments(asked), price_per_hour=price_per_hour)
    ahead = dataclasses.replace(ahead, notices=(*ahead.notices, *notices))
    print_ahead(ahead, format_, verbose)


def arguments(options: RunOptions) -> dict[str, Any]:
    """The options as arguments of `bakeoff.run`."""
    return {f.name: getattr(options, f.name) for f in dataclasses.fields(options)}


def print_ahead(ahead: DryRun, format_: Format, verbose: bool) -> None:
    if format_ is Format.json:
        as_json(ahead.to_dict())
    else:
        typer.echo("\n".join(ahead.lines()) if verbose else str(ahead))


def refuse_price(price_per_hour: float | None) -> None:
    """Refuse a price where nothing is estimated."""
    if price_per_hour is not None:
        raise UsageError("--price-per-hour is for --dry-run", "Add --dry-run, or leave it out")


def _print_verdict(finished: Finished, format_: Format, quiet: bool, verbose: bool) -> None:
    import bakeoff
    from bakeoff.comparison.brief import tell_briefly
    from bakeoff.comparison.comparing import compare
    from bakeoff.comparison.telling import tell
    from bakeoff.records.run_set import RunSet

    console = make_console(stderr=format_ is Format.json)
    runs = RunSet.of(finished.folder)
    written = bakeoff.report(runs)
    judged = None
    if len(finished.failed) < len(finished.records):
        judged = written.comparison
        if judged is None or finished.unfinished:
            # A bake-off of one arm has nobody to beat, and is summarised all the same.
            judged = compare(runs, one_arm=True)
        # What papers report stands in the report.
        judged = dataclasses.replace(judged, published=())
    if format_ is Format.json:
        said = {} if judged is None else judged.to_dict()
        as_json({"folder": str(finished.folder), "report": str(written.html), **said})
        return
    if judged is not None and quiet and judged.comparisons:
        for pair in judged.budgets:
            console.print(pair.sentence, markup=False, highlight=False, soft_wrap=True)
        for row in judged.pairs():
            console.print(row.sentence, markup=False, highlight=False, soft_wrap=True)
    elif judged is not None:
        (tell if verbose else tell_briefly)(judged, console)
    console.print(f"Report: {written.html}", markup=False, highlight=False, soft_wrap=True)


def _print_trouble(what: str, runs: Sequence[Record], advice: str = "") -> None:
    if runs:
        names = ", ".join(f"{run.arm} seed {run.seed}" for run in runs)
        sys.stderr.write(f"bakeoff: {what}: {names}{advice}\n")
