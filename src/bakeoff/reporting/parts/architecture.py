"""The models and where their weights started."""

from __future__ import annotations

from bakeoff.errors import UnknownName
from bakeoff.published import architecture as known_architecture
from bakeoff.records.schema import ModelFacts
from bakeoff.reporting.document import Block, Code, Column, Paragraph, Section, Table, Text
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, count
from bakeoff.reporting.parts.insights import architectures_pair, initials_pair
from bakeoff.reporting.parts.objective import initial


def architecture(material: Material) -> Section:
    models = {record.model: record for record in material.records}
    rows = tuple(
        (
            (Code(model.name),),
            count(model.parameters),
            _as_published(model),
            str(model.channels),
            count(model.classes),
            initial(model.init),
            (Code(model.init_hash[:16]),) if model.init_hash else ABSENT,
        )
        for model in models
    )
    blocks: list[Block] = [
        *(Paragraph(text) for text in (_transfer(material), _network(material)) if text),
        Table(
            "The models as trained",
            (
                Column("Model"),
                Column("Parameters", "number"),
                Column("With 1,000 classes", "number"),
                Column("Channels", "number"),
                Column("Classes", "number"),
                Column("Start"),
                Column("Hash of the weights"),
            ),
            rows,
            note="“With 1,000 classes” is the same network with ImageNet’s head, as in the papers.",
            folded="Parameters, channels and initial weights",
        ),
    ]
    return Section("architecture", "Architecture and transfer learning", tuple(blocks))


def _as_published(model: ModelFacts) -> str:
    try:
        parameters = known_architecture(model.name).parameters(1000)
    except UnknownName:
        return ABSENT
    return ABSENT if parameters is None else count(parameters)


def _transfer(material: Material) -> Text:
    """Empty where Insights says it."""
    starts = {record.model.init for record in material.records}
    if starts == {"scratch"}:
        return "Every arm started from random weights: nothing was transferred in this bake-off."
    if "scratch" not in starts:
        return (
            "Every arm started from weights trained before, so what they are worth here cannot be "
            "seen: that takes the same recipe from scratch."
        )
    pairs = initials_pair(material)
    return (
        ""
        if pairs
        else "Some arms started from trained weights, but none of them has a twin from scratch "
        "by the same recipe, so what the weights are worth was not measured."
    )


def _network(material: Material) -> Text:
    """Empty where Insights says it."""
    names = {record.model.name for record in material.records}
    if len(names) == 1:
        return "One architecture throughout: differences between arms are not due to it."
    return (
        ""
        if architectures_pair(material)
        else "Architectures differ between arms together with their recipes, so their shares in a "
        "difference cannot be told apart."
    )
