"""`bakeoff audit FILES`: which claimed results cannot be true."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    AuditFormat,
    QuietOption,
    Severity,
)
from bakeoff.cli.telling import coloured
from bakeoff.cli.working import working
from bakeoff.errors import UsageError


@verb(Group.check, "bakeoff audit paper.tex", "bakeoff audit --explain loss-floor")
def audit(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Markdown, LaTeX, HTML, CSV, PDF, Word, YAML or claims files; folders of them; "
            "- for standard input."
        ),
    ] = None,
    format_: Annotated[
        AuditFormat,
        typer.Option(
            "--format", help="How to tell the findings.", rich_help_panel="What is printed"
        ),
    ] = AuditFormat.text,
    fail_on: Annotated[
        Severity,
        typer.Option(help="Exit with 1 from this verdict on.", rich_help_panel="Exit code"),
    ] = Severity.inconsistent,
    extract: Annotated[
        bool,
        typer.Option(
            "--extract",
            help="Print what was understood, as a claims file.",
            rich_help_panel="What is printed",
        ),
    ] = False,
    allow_empty: Annotated[
        bool,
        typer.Option(
            "--allow-empty",
            help="Exit with 0, not 2, where no figure was read at all.",
            rich_help_panel="Exit code",
        ),
    ] = False,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Serve a page to paste and drop documents on, on this machine only.",
            rich_help_panel="A page",
        ),
    ] = False,
    port: Annotated[
        int,
        typer.Option(
            min=0, max=65535, help="For --serve; 0 takes a free one.", rich_help_panel="A page"
        ),
    ] = 0,
    coverage: Annotated[
        bool,
        typer.Option(
            "--coverage",
            help="Print what was read: figures seen, bound, left alone.",
            rich_help_panel="What is printed",
        ),
    ] = False,
    explain: Annotated[
        str | None,
        typer.Option(help="Explain this rule, with an example.", rich_help_panel="Rules"),
    ] = None,
    rules: Annotated[
        bool, typer.Option("--rules", help="List the rules.", rich_help_panel="Rules")
    ] = False,
    quiet: QuietOption = False,
) -> None:
    """Say which claimed results cannot be true."""
    from bakeoff.auditing import audit_files, list_rules
    from bakeoff.auditing import explain as explanation

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
        _print_left_alone(files)
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


def _print_left_alone(folders: list[Path]) -> None:
    """Say on stderr which files of the folders were not taken for documents."""
    from bakeoff.auditing.reading.gathering import gather

    left = gather(folders).left_alone
    if left:
        kinds = ", ".join(f"{n:,} {ending}" for ending, n in left.most_common(8))
        more = "" if len(left) <= 8 else f" and {len(left) - 8} more kinds"
        typer.echo(f"Left alone, as no documents: {kinds}{more}", err=True)
