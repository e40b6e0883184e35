"""What was asked, and which arms were to answer it."""

from __future__ import annotations

from pathlib import Path

from bakeoff.records.store import WEIGHTS_NAME
from bakeoff.reporting.document import Arm, Code, Column, Paragraph, Section, Table
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.numbers import counted, listed


def question(material: Material) -> str:
    """The bake-off's own question, or one made from its arms."""
    asked = {plan.question for plan in material.plans}
    if len(asked) == 1 and (own := asked.pop()):
        return own
    if material.manifest and material.manifest.ablates:
        recipe = Path(material.manifest.ablates).stem
        return f"What does each ingredient of {recipe} do on {listed(list(material.data_titles))}?"
    models = unique(record.model.name for record in material.records)
    recipes = unique(record.recipe.name for record in material.records)
    on = listed(list(material.data_titles))
    if len(recipes) > 1:
        return f"Which recipe trains {listed(list(models[:3]))} better on {on}: " + (
            f"{listed(list(recipes[:6]), 'or')}?" if len(recipes) <= 6 else f"{len(recipes)} tried?"
        )
    if len(material.planned_names) == 1:
        return f"How well does {material.planned_names[0]} do on {on}?"
    return f"How do {counted(len(material.planned_names), 'arm')} compare on {on}?"


def objective(material: Material) -> Section:
    rows = tuple(
        (
            (Arm(arm.name),),
            arm.first.recipe.title,
            (Code(arm.first.model.name), f", {initial(arm.first.model.init)}"),
            str(len(arm.complete)),
            str(len(arm.failed)),
            str(len(arm.incomplete)),
        )
        for arm in material.arms
    )
    budgets = unique(
        record.budget.reason
        for record in material.records
        if record.budget.reason and record.budget.images
    )
    return Section(
        "objective",
        "Objective",
        (
            Paragraph(
                f"{question(material)} Each arm below is one recipe, one model and one start; it "
                "is trained once per seed, and every seed is reported."
            ),
            Table(
                "The arms",
                (
                    Column("Arm"),
                    Column("Recipe"),
                    Column("Model and start"),
                    Column("Complete", "number"),
                    Column("Failed", "number"),
                    Column("Unfinished", "number"),
                ),
                rows,
            ),
            *(Paragraph(f"Budget: {reason.rstrip('.')}.") for reason in budgets[:3]),
        ),
    )


def initial(init: str) -> str:
    """Where the weights came from, in words."""
    if init == "scratch":
        return "from scratch"
    kind, _, name = init.partition(":")
    made, _, weights = name.rpartition("/")
    if kind == "file" and made and weights == WEIGHTS_NAME:
        return f"from the weights of the run {made}"
    return f"from {'the file' if kind == 'file' else 'pretrained weights'} {name or init}"
