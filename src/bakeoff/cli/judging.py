"""Verbs that judge and tell: compare, plan, audit, report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, cast

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import app
from bakeoff.cli.options import (
    AuditFormat,
    Family,
    Format,
    FormatOption,
    QuietOption,
    ReportFormat,
    Severity,
    Unit,
    numbers,
)
from bakeoff.cli.telling import as_json, coloured
from bakeoff.cli.telling import console as make_console
from bakeoff.cli.working import working


@app.command()
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Folders, globs, CSV of arm, seed, accuracy, predictions.",
            autocompletion=completing.run_folders,
        ),
    ],
    metric: Annotated[
        list[str] | None, typer.Option(help="Only this metric; may be given several times.")
    ] = None,
    margin: Annotated[
        float | None, typer.Option(help="Differences up to this do not matter (test of sameness).")
    ] = None,
    paired: Annotated[
        bool | None,
        typer.Option(
            "--paired/--no-paired",
            help="Equal seeds were declared pairs before the runs; else as the bake-off's file.",
            show_default=False,
        ),
    ] = None,
    published: Annotated[
        list[str] | None,
        typer.Option(
            help="Hold against a published result, as rsb-a2.",
            autocompletion=completing.published,
        ),
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="Accuracy in percent: compare the time to reach it.")
    ] = None,
    unit: Annotated[
        Unit | None,
        typer.Option(
            help="Of accuracies without a percent sign in a table; else by their majority."
        ),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            help="What is what: arm=model+method,seed=run,accuracy=test/acc; several times.",
        ),
    ] = None,
    show_mapping: Annotated[
        bool,
        typer.Option("--show-mapping", help="Only print which column or key was taken as what."),
    ] = False,
    accept_best: Annotated[
        bool,
        typer.Option(
            "--accept-best",
            help="Take the best epoch's accuracy, though it was chosen on the same images.",
        ),
    ] = False,
    looks: Annotated[
        str | None,
        typer.Option(help="Runs of each arm at which a verdict was planned, as 3,5,10."),
    ] = None,
    primary: Annotated[
        str | None, typer.Option(help="The metric that decides; by default accuracy.")
    ] = None,
    family: Annotated[
        Family, typer.Option(help="all: judge every metric, corrected together.")
    ] = Family.primary,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Say who really won: differences with intervals, tests and verdicts."""
    import bakeoff
    from bakeoff.comparison.telling import tell

    if show_mapping:
        from bakeoff.comparison.shown_mapping import shown_mapping

        with working(quiet):
            shown = shown_mapping(
                runs, mapping=mapping, unit=unit.value if unit else None, accept_best=accept_best
            )
        if format_ is Format.json:
            as_json(shown.to_dict())
        else:
            typer.echo(str(shown))
        return
    with working(quiet):
        comparison = bakeoff.compare(
            runs,
            metrics=metric,
            margin=margin,
            paired=paired,
            published=published,
            target=target,
            unit=unit.value if unit else None,
            mapping=mapping,
            accept_best=accept_best,
            looks=numbers(looks),
            primary=primary,
            family=family.value,
        )
    if format_ is Format.json:
        as_json(comparison.to_dict())
    elif quiet and comparison.comparisons:
        for row in comparison.pairs(comparison.comparisons[0].metric):
            typer.echo(row.sentence)
        for held in comparison.published:
            typer.echo(held.sentence)
    else:
        tell(comparison, make_console())


@app.command()
def plan(
    pilot: Annotated[
        list[str] | None,
        typer.Argument(
            help="Runs to take spread and cost from, or a published spread, as rsb-a2-seeds."
        ),
    ] = None,
    sd: Annotated[
        float | None, typer.Option(help="Instead: standard deviation over seeds, in points.")
    ] = None,
    delta: Annotated[float | None, typer.Option(help="The difference to be seen, points.")] = None,
    seeds: Annotated[
        int | None, typer.Option(help="What so many seeds of each arm can show.")
    ] = None,
    power: Annotated[float, typer.Option(help="Chance to see it.")] = 0.8,
    arms: Annotated[int, typer.Option(help="Arms that are compared with each other.")] = 2,
    price_per_hour: Annotated[float | None, typer.Option(help="Of one device.")] = None,
    unit: Annotated[
        Unit | None,
        typer.Option(
            help="Of accuracies without a percent sign in a table; else by their majority."
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
        arms=arms,
        price_per_hour=price_per_hour,
        unit=unit.value if unit else None,
    )
    if format_ is Format.json:
        as_json(needed.to_dict())
    else:
        typer.echo(str(needed))


def tell_left_alone(folders: list[Path]) -> None:
    """Say on stderr which files of the folders were not taken for documents."""
    from bakeoff.auditing.reading.gathering import gather

    left = gather(folders).left_alone
    if left:
        kinds = ", ".join(f"{n:,} {ending}" for ending, n in left.most_common(8))
        more = "" if len(left) <= 8 else f" and {len(left) - 8} more kinds"
        typer.echo(f"Left alone, as no documents: {kinds}{more}", err=True)


@app.command()
def audit(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Markdown, LaTeX, HTML, CSV, PDF, Word, YAML or claims files; folders of them; "
            "- for standard input."
        ),
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
    allow_empty: Annotated[
        bool,
        typer.Option("--allow-empty", help="Exit with 0, not 2, where no figure was read at all."),
    ] = False,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve", help="Serve a page to paste and drop documents on, on this machine only."
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="For --serve; 0 takes a free one.")
    ] = 0,
    coverage: Annotated[
        bool,
        typer.Option("--coverage", help="Print what was read: figures seen, bound, left alone."),
    ] = False,
    explain: Annotated[str | None, typer.Option(help="Teach this rule, with an example.")] = None,
    rules: Annotated[bool, typer.Option("--rules", help="List the rules.")] = False,
    quiet: QuietOption = False,
) -> None:
    """Say which claimed results cannot be true."""
    from bakeoff.auditing import audit_files, list_rules
    from bakeoff.auditing import explain as explanation
    from bakeoff.errors import UsageError

    if (rules or explain) and (files or extract or serve):
        raise UsageError("--rules and --explain audit nothing", "Ask for them alone")
    if port and not serve:
        raise UsageError("--port is for --serve", "Add --serve, or leave it out")
    if rules or explain:
        typer.echo(explanation(explain) if explain else list_rules(), nl=False)
        return
    if serve:
        if files or extract:
            raise UsageError("--serve audits what is given to its page", "Name no documents")
        from bakeoff.auditing.webpage.serving import serve as serve_page

        def opened(address: str) -> None:
            typer.echo(f"{address} audits what you paste or drop, on this machine only.")
            typer.echo("Stop with Ctrl-C.")

        serve_page(port, opened)
        return
    if not files:
        raise UsageError("no document to audit", "Name one, or ask for --rules or --serve")
    with working(quiet):
        found = audit_files(files, workers=None)
    if not quiet and any(file.is_dir() for file in files):
        tell_left_alone(files)
    if extract:
        from bakeoff.auditing.reading import extract as as_claims_file

        for document in found.documents:
            typer.echo(as_claims_file(document), nl=False)
    elif coverage:
        from bakeoff.auditing.telling.as_text import coverage as as_lines

        typer.echo(as_lines(found), nl=False)
    elif not (quiet and format_ is AuditFormat.text and not found.findings):
        typer.echo(found.tell(format_.value, color=coloured()), nl=False)
    if found.empty and not allow_empty:
        held = "the document holds" if len(found.files) == 1 else "none of the documents holds"
        raise UsageError(
            f"nothing was read: {held} {'no' if len(found.files) == 1 else 'a'} figure that the "
            "audit knows",
            "Name the file with the results, or pass --allow-empty",
        )
    raise typer.Exit(0 if extract else found.exit_code(fail_on.value))


@app.command()
def report(
    runs: Annotated[list[str], typer.Argument(help="A bake-off's folder, or run folders.")],
    out: Annotated[
        str | None, typer.Option(help="Folder, or address as s3://…, or the .html file's path.")
    ] = None,
    title: Annotated[
        str | None, typer.Option(help="Instead of the title made from the arms and the data set.")
    ] = None,
    format_: Annotated[
        list[ReportFormat] | None,
        typer.Option("--format", help="Only this; several times. By default all but pdf."),
    ] = None,
    data: Annotated[
        str, typer.Option(help="Where the test images are, for the gallery: mnist, folder:PATH.")
    ] = "",
    audit: Annotated[
        list[Path] | None,
        typer.Option(help="A document whose claims are audited in the report; several times."),
    ] = None,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve it on this machine, print the address, and follow a running bake-off.",
        ),
    ] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="For --serve; 0 takes a free one.")
    ] = 0,
    quiet: QuietOption = False,
) -> None:
    """Write the report: one self-contained page, Markdown with charts, and LaTeX."""
    import bakeoff
    from bakeoff.errors import UsageError
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
