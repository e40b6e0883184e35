"""Part of the training images held out, so that tuning never meets a test image."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import torch

from bakeoff.data.dataset import Dataset
from bakeoff.data.stream import StreamedDataset
from bakeoff.errors import UsageError


@dataclass(frozen=True, slots=True)
class HeldOut:
    """dataset: what trials see: the rest of the training images to train on, the held-out ones to
    be judged on. It does not hold the test split. index_hash: SHA-256 of the held-out indices."""

    dataset: Dataset | StreamedDataset
    index_hash: str


def hold_out(dataset: Dataset | StreamedDataset, share: float, seed: int) -> HeldOut:
    """Hold out `share` of the training images, stratified: of a class with n images round(share·n).

    Deterministic in the labels' order, `share` and `seed`. Only facts are read of the test split.
    Raises UsageError where a share leaves nothing to train on or to judge by.
    """
    labels = dataset.train.labels
    generator = torch.Generator().manual_seed(seed)
    parts = []
    for label in range(dataset.facts.classes):
        of_class = (labels == label).nonzero().flatten()
        order = torch.randperm(len(of_class), generator=generator)
        parts.append(of_class[order[: round(share * len(of_class))]])
    held = torch.cat(parts).sort().values
    if not len(held) or len(held) == len(labels):
        raise UsageError(
            f"holding out {share:g} of {len(labels):,} training images leaves"
            f" {len(held):,} to judge trials by",
            "Choose another holdout",
        )
    rest = torch.ones(len(labels), dtype=torch.bool)
    rest[held] = False
    kept = rest.nonzero().flatten()
    digest = hashlib.sha256(held.numpy().astype("<i8").tobytes()).hexdigest()
    facts = dataset.facts
    about = facts.model_copy(
        update={
            "name": f"{facts.name}-held-out",
            "title": f"{facts.title or facts.name}, held out of its training images",
            "train_images": len(kept),
            "test_images": len(held),
            "train_hash": _hash(facts.train_hash, "trained on", digest),
            "test_hash": _hash(facts.train_hash, "held out", digest),
        }
    )
    train, test = dataset.train.subset(kept), dataset.train.subset(held)
    return HeldOut(type(dataset)(about, train, test), digest)  # type: ignore[arg-type]


def _hash(*parts: str) -> str:
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
