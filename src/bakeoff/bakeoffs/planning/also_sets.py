"""The other test sets of a bake-off: opened, and refused, before anything runs."""

from __future__ import annotations

from functools import partial
from typing import Any

from bakeoff.bakeoffs.planning.planned_runs import AnyDataset
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.data.catalog import open_data
from bakeoff.data.class_names import by_name, imagenets_by_number
from bakeoff.data.facts import DataFacts
from bakeoff.errors import UsageError
from bakeoff.training.distributed.process_group import Group
from bakeoff.training.job import AlsoSet


def open_also(
    spec: BakeoffSpec, trained: AnyDataset, group: Group, **how: Any
) -> tuple[AlsoSet, ...]:
    """Every set of `also_test`, its test images only; of a folder without a test folder, all.

    trained: the bake-off's own data set. how: as that was opened. Raises what `open_data` does,
    and UsageError where the classes are others, or the test images are the bake-off's own.
    """
    found = []
    for name in spec.also_test:
        dataset = group.first_of_machine(
            partial(
                open_data, name, tested_only=True, known_classes=trained.facts.class_names, **how
            )
        )
        if dataset.facts.test_hash == trained.facts.test_hash:
            raise UsageError(
                f"{name} under also_test is the bake-off's own test set",
                "Leave it out: every run is tested on that",
            )
        found.append(AlsoSet(name, dataset, outputs_for(trained.facts, dataset.facts)))
    return tuple(found)


def outputs_for(trained: DataFacts, tested: DataFacts) -> tuple[int, ...]:
    """For each class of the tested set, which class of the training data it is; by name, and
    ImageNet's by number. Raises UsageError, with names, where a class is none of them."""
    names, there = trained.class_names, tested.class_names
    if len(names) != len(there):
        raise UsageError(
            f"{tested.title or tested.name} tells {len(there):,} classes apart, and"
            f" {trained.title or trained.name} {len(names):,}",
            "Test on the classes that the networks are trained on",
        )
    numbered = imagenets_by_number(names, there)
    if numbered is not None:
        return numbered
    outputs, stranger = by_name(names, there)
    if stranger is not None:
        raise UsageError(
            f"{tested.title or tested.name} has a class {stranger!r}, which"
            f" {trained.title or trained.name} lacks",
            "Name the classes alike in both",
        )
    return outputs
