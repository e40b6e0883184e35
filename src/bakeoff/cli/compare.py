"""`bakeoff compare RUNS`: who really won."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import Group, verb
from bakeoff.cli.checking import print_checked, refuse_idle
from bakeoff.cli.options import (
    AcceptBestOption,
    AlphaOption,
    CompareFormat,
    FailOn,
    Family,
    MapOption,
    QuietOption,
    ShowMappingOption,
    TestOfPairs,
    UnitOption,
    VerboseOption,
    numbers,
)
from bakeoff.cli.telling import as_json, print_mapping
from bakeoff.cli.telling import console as make_console
from bakeoff.cli.working import working

MORE = "All pairs, metrics and reasons: --verbose. For programs: --format json."


@verb(
    Group.judge,
    "bakeoff compare runs/mnist",
    "bakeoff compare results.csv --margin 0.2 --verbose",
)
def compare(
    runs: Annotated[
        list[str],
        typer.Argument(
            help="Folders, globs, CSV of arm, seed, accuracy, predictions.",
            autocompletion=completing.run_folders,
        ),
    ],
    metric: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare only this metric, known or your own. Repeatable.",
            rich_help_panel="What is compared",
        ),
    ] = None,
    margin: Annotated[
        float | None,
        typer.Option(
            help="Differences up to this do not matter (test of sameness).",
            rich_help_panel="What is compared",
        ),
    ] = None,
    paired: Annotated[
        bool | None,
        typer.Option(
            "--paired/--no-paired",
            help="Equal seeds were declared pairs before the runs; else as the bake-off's file.",
            show_default=False,
            rich_help_panel="How it is judged",
        ),
    ] = None,
    published: Annotated[
        list[str] | None,
        typer.Option(
            help="Compare with a published result, e.g. rsb-a2.",
            autocompletion=completing.published,
            rich_help_panel="What is compared",
        ),
    ] = None,
    target: Annotated[
        float | None,
        typer.Option(
            help="Accuracy in percent: compare the time to reach it.",
            rich_help_panel="What is compared",
        ),
    ] = None,
    alpha: AlphaOption = 0.05,
    level: Annotated[
        float,
        typer.Option(help="Confidence level of the intervals.", rich_help_panel="How it is judged"),
    ] = 0.95,
    unit: UnitOption = None,
    mapping: MapOption = None,
    show_mapping: ShowMappingOption = False,
    accept_best: AcceptBestOption = False,
    looks: Annotated[
        str | None,
        typer.Option(
            help="Runs of each arm at which a verdict was planned, as 3,5,10.",
            rich_help_panel="How it is judged",
        ),
    ] = None,
    primary: Annotated[
        str | None,
        typer.Option(
            help="The metric that decides; by default accuracy.", rich_help_panel="How it is judged"
        ),
    ] = None,
    family: Annotated[
        Family,
        typer.Option(
            help="all: judge every metric, corrected together.", rich_help_panel="How it is judged"
        ),
    ] = Family.primary,
    test: Annotated[
        TestOfPairs | None,
        typer.Option(
            help="pooled: one spread for all arms (Tukey); choose it before the runs.",
            rich_help_panel="How it is judged",
        ),
    ] = None,
    higher_is_better: Annotated[
        bool | None,
        typer.Option(
            "--higher-is-better/--lower-is-better",
            help="Of a --metric of your own, as macro_f1 or latency[ms].",
            show_default=False,
            rich_help_panel="What is compared",
        ),
    ] = None,
    groups: Annotated[
        Path | None,
        typer.Option(
            help="CSV with a column group, a row a test image: which belong together.",
            rich_help_panel="How files are read",
        ),
    ] = None,
    reference: Annotated[
        str | None,
        typer.Option(
            help="The arm to compare the others with; by default as the bake-off's file.",
            rich_help_panel="What is compared",
        ),
    ] = None,
    against: Annotated[
        list[str] | None,
        typer.Option(
            help="Runs from before: is an arm worse than the arm of its name there? Repeatable.",
            rich_help_panel="Against earlier runs",
        ),
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            help="End with 1 if an arm is worse, or untested too. Needs --against.",
            rich_help_panel="Against earlier runs",
        ),
    ] = None,
    check: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="How many times --against was asked, this one included.",
            rich_help_panel="Against earlier runs",
        ),
    ] = None,
    format_: Annotated[
        CompareFormat,
        typer.Option(
            "--format",
            help="text, json, or markdown for a pull request (--against).",
            rich_help_panel="What is printed",
        ),
    ] = CompareFormat.text,
    verbose: VerboseOption = False,
    quiet: QuietOption = False,
) -> None:
    """Say who really won: differences with intervals, tests and verdicts."""
    import bakeoff
    from bakeoff.comparison.brief import tell_briefly
    from bakeoff.comparison.telling import tell

    if against:
        idle = {
            "--paired": paired, "--published": published, "--target": target, "--looks": looks,
            "--primary": primary, "--groups": groups, "--show-mapping": show_mapping,
            "--test": test, "--family all": family is Family.all,
            "a second --metric": (metric or [])[1:],
            "--higher-is-better": higher_is_better is not None,
        }  # fmt: skip
        refuse_idle(idle, "beside --against")
        with working(quiet):
            found = bakeoff.comparison.compare_against(
                runs,
                against,
                metric=metric[0] if metric else "accuracy",
                margin=margin or 0.0,
                alpha=alpha,
                check=check or 1,
                level=level,
                unit=unit.value if unit else None,
                mapping=mapping,
                accept_best=accept_best,
            )
        print_checked(found, format_, fail_on)
        return
    markdown = format_ is CompareFormat.markdown
    refuse_idle(
        {"--fail-on": fail_on, "--check": check, "--format markdown": markdown}, "without --against"
    )
    if show_mapping:
        print_mapping(
            runs,
            format_ is CompareFormat.json,
            quiet,
            mapping=mapping,
            unit=unit.value if unit else None,
            accept_best=accept_best,
            metrics=metric,
            higher_is_better=higher_is_better,
        )
        return
    with working(quiet):
        comparison = bakeoff.compare(
            runs,
            metrics=metric,
            margin=margin,
            paired=paired,
            published=published,
            target=target,
            alpha=alpha,
            level=level,
            unit=unit.value if unit else None,
            mapping=mapping,
            accept_best=accept_best,
            looks=numbers(looks),
            primary=primary,
            test="pooled" if test else None,
            family=family.value,
            higher_is_better=higher_is_better,
            groups=groups,
            reference=reference,
        )
    if format_ is CompareFormat.json:
        as_json(comparison.to_dict())
    elif quiet and comparison.comparisons:
        for row in comparison.pairs(comparison.comparisons[0].metric):
            typer.echo(row.sentence)
        for held in comparison.published:
            typer.echo(held.sentence)
    elif verbose:
        tell(comparison, make_console())
    else:
        tell_briefly(comparison, make_console(), more=MORE)
