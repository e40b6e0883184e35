"""Recipes as tables for people and as JSON for programs."""

from __future__ import annotations

from typing import Any, NamedTuple

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bakeoff.errors import UsageError
from bakeoff.recipes.diff import Difference, diff, diff_json
from bakeoff.recipes.export import Export, export
from bakeoff.recipes.loading import NOT_SET, LoadedRecipe, load, names
from bakeoff.recipes.schema import Augment, Recipe
from bakeoff.recipes.values import effective_values

ABSENT = "—"


class Answer(NamedTuple):
    """What `bakeoff recipes` has to say: for people, and for programs.

    Print the view with `crop=False`: an exported command is one line, however long.
    """

    view: RenderableType
    data: dict[str, Any]


def answer(
    name: str | None = None, *, other: str | None = None, tool: str | None = None, gpus: int = 1
) -> Answer:
    """The library, one recipe, two compared (`other`), or one as arguments for a `tool`.

    Raises UsageError when the request contradicts itself, UnknownName and BadFile.
    """
    if name is None:
        if other is not None or tool is not None:
            raise UsageError("which recipe?", "Name it: bakeoff recipes rsb-a3 --diff standard")
        return Answer(library_table(), library_json())
    if other is not None and tool is not None:
        raise UsageError("--diff and --export are two questions", "Ask one of them")
    loaded = load(name)
    if other is not None:
        with_other = load(other)
        return Answer(diff_view(loaded, with_other), diff_json(loaded, with_other))
    if tool is not None:
        exported = export(loaded, tool, gpus=gpus)
        return Answer(export_view(exported), exported.to_json())
    return Answer(recipe_view(loaded), recipe_json(loaded))


def library_table() -> Table:
    """The library, one recipe a line."""
    table = Table(title="Recipes", title_justify="left")
    for heading in ("name", "epochs", "batch", "optimizer", "loss", "pixels", "augmentation"):
        table.add_column(heading, justify="right" if heading in ("epochs", "batch") else "left")
    for name in names():
        table.add_row(*(Text(cell) for cell in _summary(load(name).recipe).values()))
    return table


def library_json() -> dict[str, Any]:
    """`{"recipes": [{"name", "title", "citation", "epochs", "batch_size", …}]}`."""
    recipes = [load(name).recipe for name in names()]
    return {
        "recipes": [
            {"name": r.name, "title": r.title, "citation": r.citation, **_summary(r)}
            | {"epochs": r.epochs, "batch_size": r.batch_size}
            for r in recipes
        ]
    }


def recipe_view(loaded: LoadedRecipe) -> RenderableType:
    """Every value that has an effect, with its source; then what the recipe leaves out."""
    recipe = loaded.recipe
    table = Table(title=recipe.name, title_justify="left", caption=None)
    table.add_column("value")
    table.add_column("")
    table.add_column("source", overflow="fold")
    for key, value in effective_values(recipe).items():
        table.add_row(Text(key), Text(written(value)), Text(loaded.sources[key]))
    lines = [Text(recipe.title, style="bold"), Text(recipe.citation)]
    lines += [Text(said) for said in (loaded.summary, recipe.notes) if said]
    left_out = [Text(f"Not carried: {what}.") for what in recipe.not_carried]
    return Group(*lines, table, *left_out)


def recipe_json(loaded: LoadedRecipe) -> dict[str, Any]:
    """`{"name", "title", "citation", "summary", "notes", "not_carried", "values", "sources"}`.

    values: nested, as published. sources: by dotted key, one for every value.
    """
    values = dict(loaded.published)
    prose = {k: values.pop(k) for k in ("name", "title", "citation", "notes", "not_carried")}
    return {
        **prose,
        "summary": loaded.summary,
        "values": values,
        "sources": dict(loaded.sources),
    }


def diff_view(a: LoadedRecipe, b: LoadedRecipe) -> RenderableType:
    """Only what differs, side by side, each value with its source below it."""
    rows = diff(a, b)
    if not rows:
        return Text(f"{a.recipe.name} and {b.recipe.name} train alike.")
    table = Table(title=f"{a.recipe.name} and {b.recipe.name}", title_justify="left")
    table.add_column("value")
    table.add_column(a.recipe.name, overflow="fold")
    table.add_column(b.recipe.name, overflow="fold")
    for row in rows:
        table.add_row(Text(row.key), *(_with_source(*side) for side in _sides(row)))
    return table


def export_view(exported: Export) -> RenderableType:
    """The arguments on one line, then what they cannot say."""
    lines = [Text(exported.command, no_wrap=True, overflow="ignore")]
    if exported.not_expressed:
        lines.append(Text(f"Not expressed by {exported.tool}'s train.py:", style="bold"))
        lines += [Text(f"  {what}") for what in exported.not_expressed]
    return Group(*lines)


def written(value: Any) -> str:
    """A value as a recipe file writes it; floats to six significant digits."""
    if value is None:
        return ABSENT
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return f"{value:.6g}"
    if isinstance(value, (list, tuple)):
        return " to ".join(written(item) for item in value)
    return str(value)


def _summary(recipe: Recipe) -> dict[str, str]:
    pixels = {recipe.resolution.train, recipe.resolution.test}
    sides = (recipe.resolution.train, recipe.resolution.test)
    return {
        "name": recipe.name,
        "epochs": written(recipe.epochs),
        "batch_size": str(recipe.batch_size),
        "optimizer": f"{recipe.optimizer.name} {recipe.optimizer.lr:g}",
        "loss": recipe.loss.name.replace("_", "-"),
        "resolution": str(sides[0]) if len(pixels) == 1 else f"{sides[0]} / {sides[1]}",
        "augmentation": _augmentation(recipe.augment),
    }


def _augmentation(augment: Augment) -> str:
    parts = []
    if augment.crop is not None:
        parts.append("crop")
    if augment.horizontal_flip > 0:
        parts.append("flip")
    if augment.randaugment is not None:
        parts.append(f"RandAugment {augment.randaugment.magnitude:g}")
    if augment.trivial_augment:
        parts.append("TrivialAugment")
    if augment.random_erasing > 0:
        parts.append("erasing")
    if augment.mix is not None:
        parts += ["mixup"] * (augment.mix.mixup_alpha > 0)
        parts += ["CutMix"] * (augment.mix.cutmix_alpha > 0)
    if augment.repeats > 1:
        parts.append(f"{augment.repeats} repeats")
    return ", ".join(parts) or "none"


def _sides(row: Difference) -> list[tuple[Any, str]]:
    return [(row.a, row.a_source), (row.b, row.b_source)]


def _with_source(value: Any, source: str) -> Text:
    text = Text(written(value))
    if source and source != NOT_SET:
        text.append(f"\n{source}", style="dim")
    return text
