"""The papers and their procedures: every value with its source, and where the recipes differ."""

from __future__ import annotations

from collections.abc import Sequence

from bakeoff.published import PublishedResult
from bakeoff.published import result as published_result
from bakeoff.published import results as published_results
from bakeoff.recipes.schema import Recipe
from bakeoff.records.schema import Record
from bakeoff.report.charts.known import published_figures
from bakeoff.report.citations import cited
from bakeoff.report.document import Block, Code, Column, Diff, Paragraph, Section, Strong, Table
from bakeoff.report.material import Material
from bakeoff.report.numbers import counted
from bakeoff.report.recipes import differing, flat, recipe_lines, source_of

MAX_RECIPES = 8
MAX_DIFFED = 6


def paper(material: Material) -> Section:
    """What each procedure is, as it was used here, and what others reported for it."""
    records = distinct_recipes(material)
    blocks: list[Block] = []
    for record in list(records.values())[:MAX_RECIPES]:
        recipe = record.recipe
        blocks.append(
            Paragraph(
                (
                    Strong(recipe.title),
                    " (",
                    Code(recipe.name),
                    "): ",
                    *cited(recipe.citation),
                    ". ",
                    recipe.notes,
                )
            )
        )
    if len(records) > 1:
        blocks.append(_diff({name: record.recipe for name, record in records.items()}))
    blocks += [_values(name, record) for name, record in list(records.items())[:MAX_RECIPES]]
    blocks += _figures(material)
    return Section("paper", "The paper and its procedures", tuple(blocks))


def distinct_recipes(material: Material) -> dict[str, Record]:
    """A record for each recipe in use; one name with two contents is told apart by its arm."""
    found: dict[str, Record] = {}
    for arm in material.arms:
        record = arm.first
        same = found.get(record.recipe.name)
        if same is None:
            found[record.recipe.name] = record
        elif same.recipe != record.recipe:
            found.setdefault(f"{record.recipe.name} ({arm.name})", record)
    return found


def _diff(recipes: dict[str, Recipe]) -> Diff:
    shown = dict(list(recipes.items())[:MAX_DIFFED])
    rows = differing(shown)
    same = len(set().union(*(recipe_lines(recipe) for recipe in shown.values()))) - len(rows)
    more = f" The first {MAX_DIFFED} recipes." if len(recipes) > len(shown) else ""
    return Diff(
        f"Where the recipes differ, as used here; {counted(same, 'other value')} agree.{more}",
        tuple((Code(name),) for name in shown),
        tuple(rows),
    )


def _values(name: str, record: Record) -> Table:
    published = flat(record.recipe_as_published)
    rows = tuple(
        (
            (Code(key),),
            value,
            published.get(key, value if not published else ""),
            source_of(key, record.recipe_sources) or "not stated",
        )
        for key, value in recipe_lines(record.recipe).items()
    )
    return Table(
        (Code(name), ": every value, with its source"),
        (Column("Key"), Column("Used here"), Column("As published"), Column("Source")),
        rows,
        folded=f"All values of {name}",
    )


def _figures(material: Material) -> list[Block]:
    figures = published_of(material)
    if not figures:
        return [Paragraph("No published figures were asked to stand beside this bake-off.")]
    here = ", ".join(material.data_titles)
    chart = published_figures(figures, "ImageNet-1k")
    assert chart is not None
    return [
        Paragraph(
            f"What others reported for these procedures, on ImageNet-1k. These figures and those "
            f"on {here} answer different questions and are not ranked against each other."
        ),
        chart,
    ]


def published_of(material: Material) -> Sequence[PublishedResult]:
    """ImageNet top-1 figures that the bake-off names, or those of its recipes."""
    if material.manifest and material.manifest.published:
        known = [published_result(name) for name in material.manifest.published]
    else:
        used = {record.recipe.name for record in material.records}
        known = [
            figure
            for figure in published_results(metric="top1", test_set="imagenet-1k")
            if figure.procedure in used
        ]
    return [f for f in known if f.metric == "top1" and f.test_set == "imagenet-1k"][:20]
