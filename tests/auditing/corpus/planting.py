"""Planting errors: each planter writes a document twice from one seed, once wrong and once right.

A planter is a function (rng, wrong) -> Sheet. Called with equal generators it must give documents
that differ only in the planted error, so that the right one measures precision on the very layout
on which the wrong one measures recall.
"""

from __future__ import annotations

import importlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from auditing.corpus.layouts import lay_out
from auditing.corpus.sheets import Sheet

Expected = Literal["strict", "any"]


@dataclass(frozen=True)
class Planter:
    """rules: numbers of the rules any of which may find it. expected: "strict" where arithmetic
    proves it (impossible or inconsistent), "any" where the right answer is a weaker verdict."""

    name: str
    rules: tuple[int, ...]
    expected: Expected
    write: Callable[[random.Random, bool], Sheet]


@dataclass(frozen=True)
class Planted:
    """One document: the wrong one, or its right twin."""

    planter: Planter
    seed: int
    wrong: bool
    file: str
    text: str


PLANTERS: list[Planter] = []


def plants(*rules: int, expected: Expected = "strict") -> Callable[..., Callable[..., Sheet]]:
    """Register a planter for these rule numbers."""

    def register(write: Callable[[random.Random, bool], Sheet]) -> Callable[..., Sheet]:
        PLANTERS.append(Planter(write.__name__, rules, expected, write))
        return write

    return register


def document(planter: Planter, seed: int, wrong: bool) -> Planted:
    """The planter's document for a seed."""
    sheet = planter.write(random.Random(f"{planter.name} {seed}"), wrong)
    file, text = lay_out(sheet, random.Random(f"layout {planter.name} {seed}"))
    return Planted(planter, seed, wrong, file, text)


FAMILIES = ("planted_scores", "planted_runs", "planted_facts", "planted_words")


def planters() -> list[Planter]:
    """Every planter; importing a family registers its planters."""
    for family in FAMILIES:
        importlib.import_module(f"auditing.corpus.{family}")
    return PLANTERS


def documents(count: int, *, wrong: bool) -> Iterator[Planted]:
    """`count` documents of every planter."""
    for planter in planters():
        for seed in range(count):
            yield document(planter, seed, wrong)


def prose_only(name: str, *lines: str, title: str = "# Results") -> Sheet:
    """A document of sentences."""
    return Sheet(name, (), (), extra=(title, "", *lines))
