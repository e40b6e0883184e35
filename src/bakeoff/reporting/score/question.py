"""What was asked: the bake-off's own question, or one made from its arms."""

from __future__ import annotations

from pathlib import Path

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
