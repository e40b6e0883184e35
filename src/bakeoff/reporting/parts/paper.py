"""The papers and their procedures: every value with its source, and where the recipes differ."""

from __future__ import annotations

from bakeoff.errors import UnknownName
from bakeoff.published import PublishedResult, dataset
from bakeoff.recipes.loading import library_summary
from bakeoff.recipes.schema import Recipe
from bakeoff.records.schema import Record
from bakeoff.reporting.augmented import IMAGES, strip_of
from bakeoff.reporting.charts.known import published_figures
from bakeoff.reporting.charts.schedule import schedule_curves
from bakeoff.reporting.citations import cited
from bakeoff.reporting.document import (
    Arm,
    Block,
    Code,
    Column,
    Diff,
    Folded,
    Inline,
    Paragraph,
    Section,
    StripRow,
    Strips,
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
MAX_STRIPS = 8


def paper(material: Material) -> Section:
    """What each procedure is, as it was used here, and what others reported for it."""
    records = distinct_recipes(material)
    blocks: list[Block] = []
    if len(records) > 1:
        blocks += _in_words({name: record.recipe for name, record in records.items()})
    blocks += [*_strips(material), *_schedules(material)]
    shown = list(records.values())[:MAX_RECIPES]
    for recipe in (record.recipe for record in shown):
        if summary := library_summary(recipe.name):
            blocks.append(Paragraph((Strong(recipe.title), ": ", summary)))
    keys: list[Block] = [_described(material, record.recipe) for record in shown]
    if len(records) > 1:
        keys.append(_diff({name: record.recipe for name, record in records.items()}))
    keys += [_values(name, record) for name, record in list(records.items())[:MAX_RECIPES]]
    blocks.append(Folded("Every value, with its source", tuple(keys)))
    blocks += _figures(material)
    return Section("paper", "The paper and its procedures", tuple(blocks))


def _described(material: Material, recipe: Recipe) -> Paragraph:
    """Where a recipe is from, what it reports, and what these runs leave out of it."""
    return Paragraph(
        (
            Strong(recipe.title),
            " (",
            Code(recipe.name),
            "): ",
            *cited(recipe.citation),
            f". {_claimed(material, recipe)} ".rstrip() + " ",
            recipe.notes,
            _not_carried(recipe),
        )
    )


def _claimed(material: Material, recipe: Recipe) -> str:
    """What its own publication reports of it, from the registry of published figures."""
    claims = [
        f"{figure.value}{NBSP}% on {set_title(figure.test_set)} after {figure.epochs} epochs"
        for figure in material.published
        if figure.id == recipe.name and figure.metric == "top1" and figure.epochs
    ]
    return f"It reports {claims[0]}." if claims else ""


def _strips(material: Material) -> list[Block]:
    """The same training images under each arm's augmentation, a picture for each data set."""
    found: dict[bytes, dict[bytes, list[str]]] = {}
    for one in material.sets:
        for arm in one.arms:
            if arm.trained and (strip := strip_of(arm)) is not None:
                arms = found.setdefault(strip.originals, {}).setdefault(strip.augmented, [])
                if arm.planned not in arms:
                    arms.append(arm.planned)
    blocks: list[Block] = []
    for originals, by_image in list(found.items())[:MAX_STRIPS]:
        shown = list(by_image.items())[:MAX_STRIPS]
        left_out = len(by_image) - len(shown)
        blocks.append(
            Strips(
                name=f"augmentation-{len(blocks) + 1}" if blocks else "augmentation",
                title="What each arm trains on",
                rows=(
                    StripRow("as they are", originals, f"{IMAGES} training images as they are"),
                    *(_strip(arms, image) for image, arms in shown),
                ),
                across=IMAGES,
                caption=f"{counted(left_out, 'more arm')} not shown." if left_out else "",
            )
        )
    return blocks


def _strip(arms: list[str], image: bytes) -> StripRow:
    label: list[Inline] = []
    for name in arms:
        label += [", " if label else "", Arm(name)]
    return StripRow(tuple(label), image, f"The same images as {listed(arms)} trains on them, twice")


def _schedules(material: Material) -> list[Block]:
    """The learning rate over training of each distinct schedule."""
    arms = {arm.planned: arm for one in material.sets for arm in one.arms if arm.trained}
    chart = schedule_curves(tuple(arms.values()), material.page_names)
    return [chart] if chart is not None else []


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
    blocks: list[Block] = []
    for number, (test_set, figures) in enumerate(by_test_set.items()):
        chart = published_figures(figures, set_title(test_set), number)
        if chart is not None:
            blocks.append(chart)
    said = (
        f"Published results for these recipes; a figure on another test set than {here} is not "
        "ranked against ours."
    )
    held = (Paragraph(said), *_held_against(material))
    return [*blocks, Folded("Whether these figures may be compared, and what differs", held)]


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
        )
    ]
