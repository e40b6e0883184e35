"""`bakeoff data NAME`: what is known of a data set."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bakeoff.cli import completing
from bakeoff.cli.app import Group, verb
from bakeoff.cli.options import (
    ChannelsOption,
    ExcludeOption,
    Format,
    FormatOption,
    QuietOption,
)
from bakeoff.cli.telling import as_json
from bakeoff.cli.working import working
from bakeoff.errors import UsageError
from bakeoff.extras import require


@verb(Group.look, "bakeoff data mnist", "bakeoff data folder:photos --show rsb-a3")
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
            rich_help_panel="Images",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Where --show writes its PNG.", rich_help_panel="Images")
    ] = None,
    channels: ChannelsOption = None,
    exclude: ExcludeOption = None,
    format_: FormatOption = Format.text,
    quiet: QuietOption = False,
) -> None:
    """Show what is known of a data set: sizes, balance, hashes, duplicates, baselines."""
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
