"""`bakeoff report RUNS`: one page, Markdown and LaTeX."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    QuietOption,
    ReportFormat,
)
from bakeoff.cli.working import working
from bakeoff.errors import UsageError


@verb(Group.judge, "bakeoff report runs/mnist", "bakeoff report runs/mnist --serve")
def report(
    runs: Annotated[list[str], typer.Argument(help="A bake-off's folder, or run folders.")],
    out: Annotated[
        str | None,
        typer.Option(
            help="Folder, or address as s3://…, or the .html file's path.",
            rich_help_panel="What is written",
        ),
    ] = None,
    title: Annotated[
        str | None,
        typer.Option(
            help="Instead of the title made from the arms and the data set.",
            rich_help_panel="What is written",
        ),
    ] = None,
    format_: Annotated[
        list[ReportFormat] | None,
        typer.Option(
            "--format",
            help="Only this; by default html, markdown, latex. Repeatable.",
            rich_help_panel="What is written",
        ),
    ] = None,
    data: Annotated[
        str,
        typer.Option(
            help="Where the test images are, for the gallery: mnist, folder:PATH.",
            rich_help_panel="What it shows",
        ),
    ] = "",
    audit: Annotated[
        list[Path] | None,
        typer.Option(
            help="A document whose claims are audited in the report. Repeatable.",
            rich_help_panel="What it shows",
        ),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve it on this machine, print the address, and follow a running bake-off.",
            rich_help_panel="A page",
        ),
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="For --serve; 0 takes a free one.", rich_help_panel="A page"
        ),
    ] = 0,
    quiet: QuietOption = False,
) -> None:
    """Write the report: one self-contained page, Markdown with charts, and LaTeX."""
    import bakeoff
    from bakeoff.reporting import USUAL
    from bakeoff.reporting import serve as serve_report

    if port and not serve:
        raise UsageError("--port is for --serve", "Add --serve, or leave it out")
    if serve:
        if len(runs) != 1 or out or title or format_ or audit:
            raise UsageError(
                "--serve follows one bake-off's folder and writes nothing",
                "Give that folder, and of the options only --port and --data",
            )

        def opened(address: str) -> None:
            typer.echo(f"{address} shows {runs[0]} and follows it, on this machine only.")
            typer.echo("Stop with Ctrl-C.")

        serve_report(runs[0], port=port, data=data, opened=opened)
        return
    with working(quiet):
        written = bakeoff.report(
            runs[0] if len(runs) == 1 else runs,
            out=out,
            title=title,
            data=data,
            documents=audit or (),
            formats=cast("list[Any]", format_) if format_ else USUAL,
        )
    if quiet:
        typer.echo(written.files[0])
        return
    typer.echo(written.verdict)
    for path in written.files:
        typer.echo(path)
