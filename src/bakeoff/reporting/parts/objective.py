"""What was asked, and which arms were to answer it."""

from __future__ import annotations

from bakeoff.records.store import WEIGHTS_NAME
from bakeoff.reporting.document import Arm, Code, Column, Paragraph, Section, Table, Text
from bakeoff.reporting.material import Material, unique


def objective(material: Material) -> Section:
    # What no run did needs no column.
    ends: list[tuple[str, list[int]]] = [("Complete", [len(arm.complete) for arm in material.arms])]
    troubles = (
        ("Failed", [len(arm.failed) for arm in material.arms]),
        ("Unfinished", [len(arm.incomplete) for arm in material.arms]),
    )
    ends += [(heading, runs) for heading, runs in troubles if any(runs)]
    rows: list[tuple[Text, ...]] = []
    for at, arm in enumerate(material.arms):
        start: Text = (Code(arm.first.model.name), f", {initial(arm.first.model.init)}")
        counts = (str(runs[at]) for _, runs in ends)
        rows.append(((Arm(arm.name),), arm.first.recipe.title, start, *counts))
    budgets = unique(
        record.budget.reason
        for record in material.records
        if record.budget.reason and record.budget.images
    )
    return Section(
        "objective",
        "Objective",
        (
            Table(
                "The arms, each trained once per seed",
                (
                    Column("Arm"),
                    Column("Recipe"),
                    Column("Model and start"),
                    *(Column(title, "number") for title, _ in ends),
                ),
                tuple(rows),
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
