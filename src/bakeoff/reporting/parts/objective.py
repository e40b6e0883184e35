"""What was asked, and which arms were to answer it."""

from __future__ import annotations

from bakeoff.records.store import WEIGHTS_NAME
from bakeoff.reporting.document import Arm, Code, Column, Paragraph, Section, Table
from bakeoff.reporting.material import Material, unique
from bakeoff.reporting.score.question import question


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
