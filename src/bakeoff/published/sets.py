"""Data sets and what is known of them: sizes, classes, resolution, balance."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cache
from typing import Literal, cast

from bakeoff.errors import UnknownName
from bakeoff.published.tables import FOLDER, rows, squash


@dataclass(frozen=True, slots=True)
class Dataset:
    """Facts of a data set; None where there is no such split, or no one value.

    *_images: images with labels in each official split. reported_split: the split on which
    results are customarily reported ("test"; ImageNet's is "validation").
    height, width: pixels, None where images vary. balanced: every class of the reported split
    has equally many images. per_class: images of each class in the reported split, in class
    order, or () where not recorded.
    """

    name: str
    title: str
    aliases: tuple[str, ...]
    train_images: int | None
    validation_images: int | None
    test_images: int | None
    reported_split: Literal["test", "validation"]
    classes: int
    height: int | None
    width: int | None
    channels: int
    balanced: bool
    per_class: tuple[int, ...]
    licence: str
    citation: str
    note: str

    @property
    def reported_images(self) -> int | None:
        """Number of images behind a customarily reported accuracy."""
        return self.test_images if self.reported_split == "test" else self.validation_images


COLUMNS = tuple(field.name for field in fields(Dataset))


def _number(text: str) -> int | None:
    return int(text) if text else None


def _per_class(text: str, classes: int) -> tuple[int, ...]:
    """ "1000" for equally many in each class, or one count a class with spaces between."""
    counts = tuple(int(part) for part in text.split())
    return counts * classes if len(counts) == 1 else counts


@cache
def _all() -> dict[str, Dataset]:
    return {
        row["name"]: Dataset(
            name=row["name"],
            title=row["title"],
            aliases=tuple(filter(None, row["aliases"].split("; "))),
            train_images=_number(row["train_images"]),
            validation_images=_number(row["validation_images"]),
            test_images=_number(row["test_images"]),
            reported_split=cast(Literal["test", "validation"], row["reported_split"]),
            classes=int(row["classes"]),
            height=_number(row["height"]),
            width=_number(row["width"]),
            channels=int(row["channels"]),
            balanced=row["balanced"] == "yes",
            per_class=_per_class(row["per_class"], int(row["classes"])),
            licence=row["licence"],
            citation=row["citation"],
            note=row["note"],
        )
        for _, row in rows(FOLDER / "datasets.csv", COLUMNS)
    }


@cache
def _by_spelling() -> dict[str, Dataset]:
    return {
        squash(name): known
        for known in _all().values()
        for name in (known.name, known.title, *known.aliases)
    }


def datasets() -> list[Dataset]:
    """Every data set of the registry."""
    return list(_all().values())


def dataset(name: str) -> Dataset:
    """A data set by its name, title or an alias, in any case and punctuation.

    Raises UnknownName, with the nearest names.
    """
    found = _by_spelling().get(squash(name))
    if found is None:
        raise UnknownName("data set in the registry", name, _all())
    return found
