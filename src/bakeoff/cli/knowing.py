"""Verbs that say what is known: data, recipes, results."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import app
from bakeoff.cli.options import (
    ChannelsOption,
    ExcludeOption,
    Format,
    FormatOption,
    QuietOption,
)
from bakeoff.cli.telling import as_json
from bakeoff.cli.telling import console as make_console
from bakeoff.cli.working import working
from bakeoff.errors import UsageError
from bakeoff.extras import require

MOST_RESULTS = 60


@app.command()
def data(
    name: Annotated[
        str | None,
        typer.Argument(
            help="A data set's name, folder:PATH, hf:NAME …; none lists the names.",
            autocompletion=completing.data_sets,
        ),
    ] = None,
    show: Annotated[
        str | None,
        typer.Option(
            help="A recipe: draw images before and after its augmentation.",
            autocompletion=completing.recipes,
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Where --show writes its PNG.")] = None,
    channels: ChannelsOption = None,
    exclude: ExcludeOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Show what is known of a data set: sizes, balance, hashes, duplicates, floors."""
    if name is None and (show or out or channels or exclude):
        raise UsageError("which data set?", "Name it, as bakeoff data mnist --show standard")
    if out is not None and show is None:
        raise UsageError("--out is where --show writes its PNG", "Add --show RECIPE")
    if show is not None and format_ is Format.json:
        raise UsageError("--show writes a PNG, not JSON", "Leave one of the two out")
    require("train", "looking at a data set")
    from bakeoff.data import describe, kept_at, listed, open_data

    if name is None:
        _list_data(listed(), format_)
        return
    with working(quiet):
        opened = open_data(name, channels=channels, exclude=exclude or ())
    if show is not None:
        from bakeoff.training.augmentation import recipe_sheet

        path = out or Path(f"{opened.facts.name.replace(':', '-')}-{Path(show).stem}.png")
        recipe_sheet(opened, show, path)
        typer.echo(path)
        return
    with working(quiet):
        known = describe(opened)
    cache = kept_at(name)
    if format_ is Format.json:
        as_json({**known.to_dict(), "kept_at": str(cache) if cache else None})
        return
    for what, value in known.rows() + ([("kept at", str(cache))] if cache else []):
        typer.echo(f"{what:<20}{value}")


def _list_data(sets: list[dict[str, str]], format_: Format) -> None:
    from bakeoff.data.catalog import PLACES
    from bakeoff.data.torchvision_sets import cache_folder

    if format_ is Format.json:
        as_json({"data_sets": sets, "places": list(PLACES), "cache": str(cache_folder())})
        return
    for row in sets:
        typer.echo(f"{row['name']:<16}{row['title']} ({row['comes']})")
    typer.echo(f"or a place: {', '.join(PLACES)}")
    typer.echo(f"Downloads are kept in {cache_folder()}; $BAKEOFF_DATA names another folder.")


@app.command()
def recipes(
    name: Annotated[
        str | None,
        typer.Argument(help="A library recipe, or a file.", autocompletion=completing.recipes),
    ] = None,
    diff: Annotated[
        str | None,
        typer.Option(
            help="Show only what differs from this one.", autocompletion=completing.recipes
        ),
    ] = None,
    export: Annotated[
        str | None, typer.Option(help="timm or torchvision: arguments for their train.py.")
    ] = None,
    gpus: Annotated[int, typer.Option(min=1, help="For --export: GPUs that share a batch.")] = 1,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Show the recipe library, with the source of every value."""
    from bakeoff.recipes.show import answer

    if gpus != 1 and export is None:
        raise UsageError("--gpus is for --export", "Add --export timm or --export torchvision")
    said = answer(name, other=diff, tool=export, gpus=gpus)
    if format_ is Format.json:
        as_json(said.data)
    else:
        make_console().print(said.view, crop=False)


@app.command()
def results(
    query: Annotated[list[str] | None, typer.Argument(help="Words, as: rsb a2")] = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Search the published results; every figure has a citation."""
    from dataclasses import asdict

    from bakeoff import published

    words = " ".join(query or ())
    found = published.results(words) if query else published.results()
    near = [] if found else published.near_words(words)
    if format_ is Format.json:
        as_json({"results": [asdict(row) for row in found]} | ({"nearest": near} if near else {}))
        raise typer.Exit(0 if found else 1)
    from bakeoff.published.show import as_table

    if not found:
        advice = f"Did you mean {' or '.join(near)}?" if near else "Search with fewer words."
        typer.echo(f"No published result has all of these words: {words}. {advice}")
        raise typer.Exit(1)
    make_console().print(as_table(found[:MOST_RESULTS]))
    if len(found) > MOST_RESULTS and not quiet:
        typer.echo(f"… and {len(found) - MOST_RESULTS:,} more; add words, or use --format json")


@app.command()
def doctor(
    network: Annotated[
        bool, typer.Option("--network", help="Also ask whether the Hugging Face hub answers.")
    ] = False,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Say what this machine has, what it will be used for, and what is broken."""
    import bakeoff

    found = bakeoff.doctor(network=network)
    if format_ is Format.json:
        as_json(found.to_dict())
    else:
        for line in found.lines(only_trouble=quiet):
            typer.echo(line)
    raise typer.Exit(1 if found.broken else 0)
