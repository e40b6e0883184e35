"""A network with weights and what is known of them; what a run's own files of weights say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from torch import nn

from bakeoff.data.facts import DataFacts
from bakeoff.errors import BadFile
from bakeoff.recipes.schema import Recipe, Resolution
from bakeoff.records.schema import ModelFacts, Record, WeightsSource

DESCRIPTION = "bakeoff"
"""Key, in a safetensors file's metadata, under which Bakeoff says what the weights expect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a network wants to be shown images: normalisation (on the scale [0, 1]), size, crop."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    resolution: Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A network with weights, and what is known of them.

    name: for an arm. weights: what they are, in words. class_names: in the order of the outputs,
    None where nobody says. folder_order: that in which the script that trained them numbers class
    folders, "" where it is not known. made_by: the record of the run that trained them, if it was
    ours. by_bakeoff: whether a run of ours trained them, also where its record is not at hand.
    key, averaged, left_aside, sources, trained_test_hash: see WeightsReading. excluded: patterns of
    files that the run left out of its data set.
    """

    module: nn.Module
    name: str
    weights: str
    facts: ModelFacts
    view: View
    class_names: tuple[str, ...] | None = None
    folder_order: Literal["natural", "plain", ""] = ""
    made_by: Record | None = None
    by_bakeoff: bool = False
    key: str = ""
    averaged: bool = False
    left_aside: tuple[str, ...] = ()
    sources: Mapping[str, WeightsSource] = field(default_factory=dict)
    trained_test_hash: str = ""
    excluded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Description:
    """What a file of weights from Bakeoff says: class names in the order of the outputs, the view,
    the hash of the test set that the run was tested on ("" in files that do not say it), and the
    patterns of files that it left out."""

    class_names: tuple[str, ...]
    view: View
    test_hash: str
    excluded: tuple[str, ...]


def description(recipe: Recipe, facts: DataFacts, *, model: str, arm: str) -> dict[str, str]:
    """Metadata for a run's weights file, so that it can be evaluated wherever it is moved."""
    said = {
        "class_names": facts.class_names,
        "mean": facts.mean,
        "std": facts.std,
        "resolution": recipe.resolution.model_dump(),
        "test_hash": facts.test_hash,
        "excluded": facts.excluded,
    }
    return {"model": model, "arm": arm, "data": facts.title, DESCRIPTION: json.dumps(said)}


def described(path: Path, written: str) -> Description:
    """The inverse of `description`. Raises BadFile."""
    try:
        said: Any = json.loads(written)
        view = View(
            mean=tuple(map(float, said["mean"])),
            std=tuple(map(float, said["std"])),
            resolution=Resolution.model_validate(said["resolution"]),
        )
        names = tuple(map(str, said["class_names"]))
        excluded = tuple(map(str, said.get("excluded", ())))
        return Description(names, view, str(said.get("test_hash", "")), excluded)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadFile(path, "its metadata is damaged", "Save it again") from error
