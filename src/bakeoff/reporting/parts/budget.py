"""How long each arm trained, how that was chosen, and how its recipe was scaled to it."""

from __future__ import annotations

from bakeoff.published import results
from bakeoff.reporting.citations import cited
from bakeoff.reporting.document import Arm, Block, Code, Column, Folded, Paragraph, Section, Table
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, NBSP, count, counted, short
from bakeoff.reporting.parts.tuning import tuning
from bakeoff.reporting.recipes import written

MAX_ARMS = 12


def budget(material: Material) -> Section:
    rows = tuple(
        (
            (Arm(arm.name),),
            arm.first.budget.asked,
            short(arm.first.budget.epochs),
            short(arm.published_epochs),
            count(arm.first.budget.images),
            count(arm.first.budget.steps),
            count(arm.recipe.batch_size),
        )
        for arm in material.arms
        if arm.recipe_known
    )
    if not rows:
        return Section(
            "budget",
            "Training epochs and budget",
            (Paragraph("Nothing was trained here: weights that existed were evaluated."),),
        )
    blocks: list[Block] = [
        Table(
            "Training budget per run",
            (
                Column("Arm"),
                Column("Budget asked"),
                Column("Epochs here", "number"),
                Column("Epochs as published", "number"),
                Column("Images", "number"),
                Column("Steps", "number"),
                Column("Batch", "number"),
            ),
            rows,
        ),
    ]
    for arm in material.arms[:MAX_ARMS]:
        if arm.first.scaling:
            blocks.append(
                Table(
                    ("How the recipe of ", Arm(arm.name), " was scaled to this budget"),
                    (
                        Column("Value"),
                        Column("Published", "number"),
                        Column("Used", "number"),
                        Column("Rule"),
                        Column("Source of the rule"),
                    ),
                    tuple(
                        (
                            (Code(step.key),),
                            written(step.published),
                            written(step.used),
                            step.rule,
                            cited(step.source),
                        )
                        for step in arm.first.scaling
                    ),
                    folded=f"How {arm.name} was scaled to this budget: "
                    f"{counted(len(arm.first.scaling), 'value')}",
                )
            )
    return Section(
        "budget",
        "Training epochs and budget",
        (
            Paragraph(_equal(material)),
            Folded(
                "Epochs and steps, scaling and tuning of every arm",
                (*blocks, *tuning(material), *_papers_hours(material)),
            ),
        ),
    )


def _papers_hours(material: Material) -> list[Block]:
    """How long the papers say that training took, on their hardware."""
    shown = {figure.procedure for figure in material.published} | {
        record.recipe.name for record in material.records
    }
    figures = [f for f in results(metric="training_hours") if f.procedure in shown]
    if not figures:
        return []
    return [
        Table(
            "Training time that papers report, on their own data and hardware",
            (
                Column("Procedure"),
                Column("Architecture"),
                Column("Epochs", "number"),
                Column("Hours", "number"),
                Column("Note"),
                Column("Source"),
            ),
            tuple(
                (
                    (Code(figure.procedure),),
                    figure.architecture,
                    figure.epochs or ABSENT,
                    figure.value,
                    figure.note or ABSENT,
                    cited(figure.citation, figure.source),
                )
                for figure in figures
            ),
            folded="Training time that papers report, on their own data and hardware",
        )
    ]


def _equal(material: Material) -> str:
    images = {arm.first.budget.images for arm in material.arms if arm.recipe_known}
    if len(material.arms) == 1:
        return f"One arm, {count(images.pop())} training images a run."
    if len(images) == 1:
        return (
            f"All arms saw the same number of training images, {count(images.pop())} a run, "
            "augmented copies counted."
        )
    return (
        f"Arms saw different numbers of training images, from {count(min(images))} to "
        f"{count(max(images))}{NBSP}a run: a difference between them may be due to that alone."
    )
