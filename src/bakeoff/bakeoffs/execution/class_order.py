"""Which output of weights that exist stands for which class of a data set, and who says so."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch
from timm.utils import natural_key
from torch import Tensor

from bakeoff.data.class_names import are_imagenets, as_numbers, by_name, composed
from bakeoff.data.facts import DataFacts
from bakeoff.errors import UsageError
from bakeoff.records.schema import WeightsSource
from bakeoff.training.known_weights import Existing
from bakeoff.training.stated import read_class_file

SHOWN = 3
"""Class names told when two lists disagree."""
By = Literal["names", "numbers", "natural", "plain"]
_SORTED: dict[str, Callable[[str], Any]] = {"natural": natural_key, "plain": lambda name: name}


@dataclass(frozen=True, slots=True)
class ClassOrder:
    """outputs: the output of each class of the data set, shape (classes,). notes: what a reader
    must know of it."""

    outputs: Tensor
    by: By
    source: WeightsSource
    notes: tuple[str, ...] = ()


def class_order(existing: Existing, facts: DataFacts, asked: str | None = None) -> ClassOrder:
    """Give the outputs of `existing` to the classes of a data set.

    asked: "natural" or "plain" for outputs in that order of the data set's class names, or a file
    that names the classes in the order of the outputs; None for what is known of the weights.
    Raises UsageError, with names, when the classes are not those that the weights were trained on,
    and, for runs, where they are in another order; BadFile for a file that names no classes.

    Where nothing states the order, numbered classes are taken by number, whatever the order of
    their folders, all others in plain order, and that is a guess. WordNet ids that the weights name
    and numbers in the data set are ImageNet's classes by number (as in ImageNet-V2).
    """
    names, there = existing.class_names, facts.class_names
    source: WeightsSource = existing.sources.get("class_order", "guess")
    _require_as_many(existing, facts)
    if asked is not None and existing.made_by is not None:
        raise UsageError(f"{existing.weights} names its classes itself", "Leave --classes out")
    if asked in _SORTED:
        return _sorted(there, asked, "asked")
    if asked is not None:
        path = Path(asked).expanduser()
        return _by_name(read_class_file(path), there, str(path), facts.title, "asked")
    numbers = as_numbers(there)
    if numbers is not None and names is not None and are_imagenets(names):
        return ClassOrder(torch.tensor(numbers), "numbers", source)
    if names is None and existing.folder_order:
        return _sorted(there, existing.folder_order, "trainer")
    if names is None and numbers is not None:
        return _guessed(ClassOrder(torch.tensor(numbers), "numbers", "guess"), there)
    if names is None or (
        are_imagenets(names) and not are_imagenets(there) and not existing.made_by
    ):
        return _guessed(_sorted(there, "plain", "guess"), there)
    if existing.made_by is not None:
        _require_same_order(existing, facts, names)
    return _by_name(names, there, existing.weights, facts.title, source)


def known_classes(existing: Existing, asked: str | None = None) -> tuple[str, ...]:
    """Every class that the weights tell apart, in the order of a set that has them all; () where
    nobody names them. asked: as in `class_order`."""
    if existing.made_by is not None:
        return existing.class_names or ()
    if asked is not None and asked not in _SORTED:
        return tuple(sorted(read_class_file(Path(asked).expanduser())))
    return tuple(sorted(existing.class_names or ()))


def outputs_by_class(existing: Existing, facts: DataFacts, asked: str | None = None) -> Tensor:
    """Which output stands for each class of the data set, shape (classes,); see `class_order`."""
    return class_order(existing, facts, asked).outputs


def _require_as_many(existing: Existing, facts: DataFacts) -> None:
    outputs, names = existing.facts.classes, existing.class_names
    if outputs != facts.classes:
        ours = f" ({_some(names)})" if names else ""
        raise UsageError(
            f"{existing.weights} tells {outputs:,} classes apart{ours}, {facts.title} has "
            f"{facts.classes:,} ({_some(facts.class_names)})",
            "Evaluate on the classes it was trained on, or train a new head: bakeoff train --init"
            if names or facts.classes > outputs
            else f"If these are some of its {outputs:,} classes, name all with --classes FILE, in "
            "the order of the outputs",
        )


def _require_same_order(existing: Existing, facts: DataFacts, names: tuple[str, ...]) -> None:
    for number, (mine, theirs) in enumerate(zip(names, facts.class_names, strict=True)):
        if composed(mine) != composed(theirs):
            raise UsageError(
                f"class {number} is {mine!r} for {existing.weights} and {theirs!r} in "
                f"{facts.title}",
                "Name the folders as in training, so that the classes are in the same order",
            )


def _by_name(
    names: Sequence[str], there: Sequence[str], whose: str, title: str, source: WeightsSource
) -> ClassOrder:
    found, stranger = by_name(names, there)
    if stranger is not None:
        raise UsageError(
            f"{title} has a class {stranger!r}, which is none of those that {whose} names "
            f"({_some(names)})",
            "Name the classes alike, or say the order of the outputs with --classes FILE, "
            "--classes natural or --classes plain",
        )
    outputs = torch.tensor(found)
    moved = int((outputs != torch.arange(len(outputs))).sum())
    notes = (
        (
            f"{moved:,} of {len(outputs):,} outputs stand in another order than the data set's "
            "classes, and were given to them by name",
        )
        if moved
        else ()
    )
    return ClassOrder(outputs, "names", source, notes)


def _sorted(there: Sequence[str], by: str, source: WeightsSource) -> ClassOrder:
    number = {name: output for output, name in enumerate(sorted(there, key=_SORTED[by]))}
    outputs = torch.tensor([number[name] for name in there])
    notes: tuple[str, ...] = ()
    if source == "trainer" and not _alike(there):
        script = {"natural": "timm's", "plain": "torchvision's"}[by]
        notes = (
            f"outputs were taken for the classes in {by} order, in which {script} training script, "
            "that saved the file, numbers folders (--classes says another)",
        )
    return ClassOrder(outputs, by, source, notes)  # type: ignore[arg-type]


def _guessed(order: ClassOrder, there: Sequence[str]) -> ClassOrder:
    """Say that an order is a guess, and what it would be otherwise."""
    taken = [there[int(place)] for place in order.outputs.argsort()]
    how = {"numbers": "by number", "plain": "in plain order"}[order.by]
    note = (
        f"guessed: nothing states the order of the classes, so outputs were taken for them {how} "
        f"({_some(taken)})"
    )
    if not _alike(there):
        other = "plain" if order.by == "numbers" else "natural"
        elsewhere = sorted(there, key=_SORTED[other])
        note += f"; in {other} order they would be {_some(elsewhere, len(elsewhere))}"
    return ClassOrder(
        order.outputs, order.by, "guess", (f"{note}. --classes FILE, natural or plain settles it",)
    )


def _alike(there: Sequence[str]) -> bool:
    """Whether natural and plain order are the same for these names."""
    return sorted(there) == sorted(there, key=natural_key)


def _some(names: Sequence[str], most: int = SHOWN) -> str:
    most = min(most, 12)
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
