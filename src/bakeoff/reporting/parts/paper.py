"""The papers and their procedures: every value with its source, and where the recipes differ."""

from __future__ import annotations

from bakeoff.errors import UnknownName
from bakeoff.published import PublishedResult, dataset
from bakeoff.recipes.schema import Recipe
from bakeoff.records.schema import Record
from bakeoff.reporting.charts.known import published_figures
from bakeoff.reporting.citations import cited
from bakeoff.reporting.document import (
    Arm,
    Block,
    Code,
    Column,
    Diff,
    Folded,
    Paragraph,
    Section,
    Strong,
    Table,
)
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import NBSP, counted, listed
from bakeoff.reporting.recipe_words import difference
from bakeoff.reporting.recipes import differing, flat, recipe_lines, source_of

MAX_RECIPES = 8
MAX_DIFFED = 6
MAX_HELD = 20


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
                    _claimed(material, recipe),
                    recipe.notes,
                    _not_carried(recipe),
                )
            )
        )
    keys: list[Block] = []
    if len(records) > 1:
        blocks += _in_words({name: record.recipe for name, record in records.items()})
        keys.append(_diff({name: record.recipe for name, record in records.items()}))
    keys += [_values(name, record) for name, record in list(records.items())[:MAX_RECIPES]]
    blocks.append(Folded("Every value, with its source", tuple(keys)))
    blocks += _figures(material)
    return Section("paper", "The paper and its procedures", tuple(blocks))


def _claimed(material: Material, recipe: Recipe) -> str:
    """What its own publication reports of it, from the registry of published figures."""
    claims = [
        f"{figure.value}{NBSP}% on {set_title(figure.test_set)} after {figure.epochs} epochs"
        for figure in material.published
        if figure.id == recipe.name and figure.metric == "top1" and figure.epochs
    ]
    return f"It reports {claims[0]}. " if claims else ""


def _in_words(recipes: dict[str, Recipe]) -> list[Block]:
    """What each recipe has that the first has not, in the field's words."""
    (base, first), *others = list(recipes.items())[:MAX_DIFFED]
    said = [(name, difference(recipe, first)) for name, recipe in others]
    return [
        Paragraph((Code(name), " against ", Code(base), f", as used here: {words}."))
        for name, words in said
        if words
    ]


def _not_carried(recipe: Recipe) -> str:
    """What the publication does and this bake-off did not."""
    if not recipe.not_carried:
        return ""
    return f" The publication also has, and these runs did not: {'; '.join(recipe.not_carried)}."


def distinct_recipes(material: Material) -> dict[str, Record]:
    """A record for each recipe in use; one name with two contents is told apart by its arm."""
    found: dict[str, Record] = {}
    for arm in material.arms:
        if not arm.recipe_known:
            continue
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
    """Published figures by test set, each on an axis of its own, and what they may be held to."""
    accuracies = [figure for figure in material.published if figure.metric == "top1"]
    if not accuracies:
        return [Paragraph("No published figures were asked to stand beside this bake-off.")]
    here = listed(list(material.data_titles))
    by_test_set: dict[str, list[PublishedResult]] = {}
    for figure in accuracies:
        by_test_set.setdefault(figure.test_set, []).append(figure)
    blocks: list[Block] = [
        Paragraph(
            f"Published results for these recipes; a figure on another test set than {here} is not "
            "ranked against ours."
        )
    ]
    for number, (test_set, figures) in enumerate(by_test_set.items()):
        chart = published_figures(figures, set_title(test_set), number)
        if chart is not None:
            blocks.append(chart)
    return [*blocks, *_held_against(material)]


def set_title(name: str) -> str:
    try:
        return dataset(name).title
    except UnknownName:
        return name


def _held_against(material: Material) -> list[Block]:
    """Arms beside the published figures of their own recipe: agreement, or what differs."""
    recipes = {arm.name: arm.recipe.name for arm in material.arms}
    known = {figure.id: figure for figure in material.published}
    rows = [
        row
        for row in material.judged.published
        if row.published in known and known[row.published].procedure == recipes.get(row.arm)
    ]
    if not rows:
        return []
    return [
        Table(
            "Arms beside the published figure of their recipe",
            (
                Column("Arm"),
                Column("Published"),
                Column("Figure", "number"),
                Column("May be compared"),
                Column("What differs"),
            ),
            tuple(
                (
                    (Arm(row.arm),),
                    (Code(row.published),),
                    f"{known[row.published].value}{NBSP}"
                    + known[row.published].unit.replace("percent", "%"),
                    row.verdict,
                    "; ".join(str(difference) for difference in row.differences)
                    or "; ".join(row.reasons)
                    or "nothing that is stated",
                )
                for row in rows[:MAX_HELD]
            ),
            folded="Whether these figures may be compared, and what differs",
        )
    ]
