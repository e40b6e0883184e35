"""Options that several verbs of the command line share, and the words they take."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated

import typer

from bakeoff.cli import completing
from bakeoff.errors import UsageError


class Unit(StrEnum):
    """What accuracies in a table are in."""

    percent = "percent"
    fraction = "fraction"


class Format(StrEnum):
    """How a verb that prints a table prints it."""

    text = "text"
    json = "json"


class CompareFormat(StrEnum):
    """How `compare` prints; markdown is a pull request's comment."""

    text = "text"
    json = "json"
    markdown = "markdown"


class FailOn(StrEnum):
    """What makes `compare --against` end with 1; untested: that, or nothing can be said."""

    worse = "worse"
    untested = "untested"


class AuditFormat(StrEnum):
    """The forms an audit can take."""

    text = "text"
    json = "json"
    sarif = "sarif"
    markdown = "markdown"
    html = "html"
    github = "github"


class ReportFormat(StrEnum):
    """The forms a report can take."""

    html = "html"
    markdown = "markdown"
    latex = "latex"
    pdf = "pdf"
    card = "card"


class Severity(StrEnum):
    """The verdicts an audit can fail on, the gravest first."""

    impossible = "impossible"
    inconsistent = "inconsistent"
    implausible = "implausible"


class Precision(StrEnum):
    """What a network's products are computed in."""

    auto = "auto"
    fp32 = "fp32"
    bf16 = "bf16"


class Family(StrEnum):
    """The metrics that share one error rate."""

    primary = "primary"
    all = "all"


class TestOfPairs(StrEnum):
    """How pairs of arms are tested, where not as usual."""

    __test__ = False

    pooled = "pooled"


class Where(StrEnum):
    """What a bake-off runs on."""

    local = "local"
    ray = "ray"


def numbers(text: str | None) -> list[int] | None:
    """3,5,10 as numbers. Raises UsageError."""
    if text is None:
        return None
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"{text!r} are no numbers of runs", "Write them as 3,5,10") from None


def lengths(text: str | None) -> list[str] | None:
    """20000images,5epochs as a list; a comma inside a number ("20,000images") belongs to it."""
    if text is None:
        return None
    return [part.strip() for part in re.split(r",(?!\d{3}(?!\d))", text)]


BudgetOption = Annotated[
    str | None,
    typer.Option(
        help="quick, full, 5epochs, 20000images or 30min; by default chosen by hardware.",
        autocompletion=completing.budgets,
        rich_help_panel="How much is trained",
    ),
]
BudgetsOption = Annotated[
    str | None,
    typer.Option(
        help="Several lengths, shorter ones first: 20000images,1epochs,5epochs.",
        rich_help_panel="How much is trained",
    ),
]
SeedsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=1000,
        help="Runs per arm, seeds 0, 1, …; 3 by default.",
        rich_help_panel="How much is trained",
    ),
]
DecidedOption = Annotated[
    bool,
    typer.Option(
        "--until-decided",
        help="Look after 3, 5, 7 … seeds, stop when decided; at most --seeds, or 10.",
        rich_help_panel="How much is trained",
    ),
]
OutOption = Annotated[
    str | None,
    typer.Option(
        help="Folder, or address as s3://bucket/runs/x, for the records.", rich_help_panel="Where"
    ),
]
DeviceOption = Annotated[
    str | None,
    typer.Option(
        help="auto, cpu, cuda, cuda:1 or mps; auto by default.",
        autocompletion=completing.devices,
        rich_help_panel="Where",
    ),
]
PrecisionOption = Annotated[
    Precision | None,
    typer.Option(
        help="auto, fp32, or bf16 for the network's products; auto measures.",
        rich_help_panel="Where",
    ),
]
AlphaOption = Annotated[
    float,
    typer.Option(
        help="Error rate: how often a winner is named where there is none.",
        rich_help_panel="How it is judged",
    ),
]
FormatOption = Annotated[
    Format,
    typer.Option(
        "--format", help="text for people, json for programs.", rich_help_panel="What is printed"
    ),
]
ChannelsOption = Annotated[
    int | None,
    typer.Option(
        min=1,
        max=3,
        help="Input channels: 1, or 3 (grey images as three equal channels).",
        rich_help_panel="Images",
    ),
]
ExcludeOption = Annotated[
    list[str] | None,
    typer.Option(help="Pattern of image files to exclude. Repeatable.", rich_help_panel="Images"),
]
TrackOption = Annotated[
    list[str] | None,
    typer.Option(
        help="Also log metrics to tensorboard, mlflow, wandb or trackio. Repeatable.",
        autocompletion=completing.trackers,
        rich_help_panel="Where",
    ),
]
RecipeOption = Annotated[
    str,
    typer.Option(
        help="A library recipe's name, or a file.",
        autocompletion=completing.recipes,
        rich_help_panel="Model and data",
    ),
]
DataOption = Annotated[
    str,
    typer.Option(
        help="A data set's name, or folder:PATH.",
        autocompletion=completing.data_sets,
        rich_help_panel="Model and data",
    ),
]
RetryOption = Annotated[
    bool, typer.Option(help="Try failed runs again.", rich_help_panel="How much is trained")
]
DryRunOption = Annotated[
    bool,
    typer.Option(
        "--dry-run",
        help="Only say what would run, how long and at what cost.",
        rich_help_panel="Before it runs",
    ),
]
PriceOption = Annotated[
    float | None,
    typer.Option(
        min=0, help="Price of the device per hour; for --dry-run.", rich_help_panel="Before it runs"
    ),
]
VerboseOption = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        help="Everything: every pair, metric and rule.",
        rich_help_panel="What is printed",
    ),
]
UnitOption = Annotated[
    Unit | None,
    typer.Option(
        help="Of accuracies without a percent sign in a table; else by their majority.",
        rich_help_panel="How files are read",
    ),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        help="What is what: arm=model+method,seed=run,accuracy=test/acc. Repeatable.",
        rich_help_panel="How files are read",
    ),
]
AcceptBestOption = Annotated[
    bool,
    typer.Option(
        "--accept-best",
        help="Take the best epoch's accuracy, though it was chosen on the same images.",
        rich_help_panel="How files are read",
    ),
]
ShowMappingOption = Annotated[
    bool,
    typer.Option(
        "--show-mapping",
        help="Only print which column or key was taken as what.",
        rich_help_panel="How files are read",
    ),
]
QuietOption = Annotated[
    bool, typer.Option("--quiet", "-q", help="Only the result.", rich_help_panel="What is printed")
]
