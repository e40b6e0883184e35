"""One run, fully decided before it starts: nothing here is chosen while it trains."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset
from bakeoff.recipes.scaling import Scaled
from bakeoff.records.schema import BudgetFacts, Precision, RunTuning
from bakeoff.records.store import WEIGHTS_NAME


@dataclass(frozen=True, slots=True)
class AlsoSet:
    """Another test set that a run's network is shown once training is over.

    name: as the bake-off's file says it. outputs: for each of its classes, the training data's.
    """

    name: str
    dataset: Dataset | StreamedDataset
    outputs: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """An arm (recipe × model × init), a seed, a data set and a length.

    `scaled` holds the recipe as used and the scaling steps; `published` and `sources` are the
    recipe file's values and where they come from. micro_batch: images that go through the network
    at a time, their gradients added up over the batch; None for the whole batch. precision: see
    `training.precision`. track: tools that
    are told the curve as well (see `training.tracking`). also: what else the finished network is
    tested on; another list makes no other run. groups: which test images belong together, (N,).
    """

    arm: str
    seed: int
    scaled: Scaled
    published: dict[str, Any]
    sources: dict[str, str]
    dataset: Dataset | StreamedDataset
    model: str
    init: str
    budget: BudgetFacts
    bakeoff: str = ""
    command: str = ""
    micro_batch: int | None = None
    precision: Precision = "fp32"
    track: tuple[str, ...] = ()
    tuning: RunTuning | None = None
    also: tuple[AlsoSet, ...] = ()
    groups: NDArray[np.int32] | None = field(default=None, compare=False)
    notes: tuple[str, ...] = field(default=())

    @property
    def identity(self) -> dict[str, Any]:
        """What must agree for a checkpoint or record to belong to this job."""
        facts = self.dataset.facts
        return {
            "recipe": self.scaled.recipe.model_dump(mode="json"),
            "model": self.model,
            "init": init_label(self.init),
            **_weights_identity(self.init),
            "seed": self.seed,
            "steps": self.budget.steps,
            "train_hash": facts.train_hash,
            "test_hash": facts.test_hash,
            "class_names": list(facts.class_names),
            "channels": facts.channels,
            **({"micro_batch": self.micro_batch} if self.micro_batch else {}),
            **({"precision": self.precision} if self.precision != "fp32" else {}),
        }

    @property
    def fingerprint(self) -> str:
        """SHA-256 of `identity`."""
        return hashlib.sha256(json.dumps(self.identity, sort_keys=True).encode()).hexdigest()


def init_label(init: str) -> str:
    """An init without the folders of this machine: "file:NAME", or "file:RUN/weights.safetensors"
    for what a run left, whose name alone would say nothing."""
    path = weights_file(init)
    if path is None:
        return init
    return "file:" + "/".join(path.parts[-2:] if path.name == WEIGHTS_NAME else path.parts[-1:])


def weights_file(init: str) -> Path | None:
    """The file that "file:PATH" names, as it is written; None for every other init."""
    return Path(init.removeprefix("file:")) if init.startswith("file:") else None


def weights_hash(path: Path) -> str:
    """SHA-256 of a file of weights, read once while it stays the same; empty if it is gone."""
    try:
        seen = path.stat()
    except OSError:
        return ""
    return _hashed(path, seen.st_mtime_ns, seen.st_size)


@cache
def _hashed(path: Path, _changed: int, _size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _weights_identity(init: str) -> dict[str, str]:
    """Other weights under the same name are another run."""
    path = weights_file(init)
    return {} if path is None else {"init_hash": weights_hash(path.expanduser())}


def differences(before: dict[str, Any], now: dict[str, Any], prefix: str = "") -> list[str]:
    """Each value that differs between two identities, as "key: before → now"."""
    found: list[str] = []
    for key in sorted(before.keys() | now.keys()):
        a, b = before.get(key), now.get(key)
        if isinstance(a, dict) and isinstance(b, dict):
            found += differences(a, b, f"{prefix}{key}.")
        elif a != b:
            found.append(f"{prefix}{key}: {_short(a)} → {_short(b)}")
    return found


def _short(value: Any) -> str:
    text = str(value)
    return text if len(text) <= 60 else f"{text[:57]}…"
