"""Architectures and what is known of them: parameters as a function of classes, and compute."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields
from decimal import Decimal
from functools import cache

from bakeoff.errors import UnknownName
from bakeoff.published.tables import FOLDER, rows, squash


@dataclass(frozen=True, slots=True)
class Architecture:
    """Facts of a network, with its usual stem for 3-channel images.

    name: timm's name. The parameters with K classes are backbone + per_class * K; None where not
    known. millions: as printed by timm for the released weights, in 10^6.
    gmacs: 10^9 multiply-accumulates of one forward pass of one image, by resolution in pixels.
    """

    name: str
    aliases: tuple[str, ...]
    backbone: int | None
    per_class: int | None
    millions: str
    gmacs: dict[int, Decimal]
    source: str

    def parameters(self, classes: int) -> int | None:
        """Learnable parameters with a head of this many classes; None where not known."""
        if self.backbone is None or self.per_class is None:
            return None
        return self.backbone + self.per_class * classes


COLUMNS = tuple(field.name for field in fields(Architecture))


def _gmacs(text: str) -> dict[int, Decimal]:
    pairs = (pair.split(":") for pair in text.split())
    return {int(resolution): Decimal(count) for resolution, count in pairs}


@cache
def _all() -> dict[str, Architecture]:
    return {
        row["name"]: Architecture(
            name=row["name"],
            aliases=tuple(filter(None, row["aliases"].split("; "))),
            backbone=int(row["backbone"]) if row["backbone"] else None,
            per_class=int(row["per_class"]) if row["per_class"] else None,
            millions=row["millions"],
            gmacs=_gmacs(row["gmacs"]),
            source=row["source"],
        )
        for _, row in rows(FOLDER / "architectures.csv", COLUMNS)
    }


@cache
def _by_spelling() -> dict[str, Architecture]:
    known = list(_all().values())
    spelled = {squash(alias): net for net in known for alias in net.aliases}
    return spelled | {squash(net.name): net for net in known}


def architectures() -> list[Architecture]:
    """Every architecture of the registry."""
    return list(_all().values())


def architecture(name: str) -> Architecture:
    """An architecture by timm's name or an alias, in any case and punctuation; a weights tag after
    a point ("resnet50.a1_in1k") is left aside.

    Raises UnknownName, with the nearest names.
    """
    spelled = _by_spelling()
    found = spelled.get(squash(name)) or spelled.get(squash(name.partition(".")[0]))
    if found is None:
        raise UnknownName("architecture in the registry", name, _all(), _advice(name))
    return found


def _advice(name: str) -> str:
    """Thousands of names are no help: say where to look when nothing is near."""
    near = difflib.get_close_matches(name.lower(), list(_all()), n=3, cutoff=0.5)
    if near:
        return f"Did you mean {' or '.join(near)}?"
    return "Use a timm model name, such as resnet50 or vit_base_patch16_224"
