"""The run whose weights are handed on, with timm's plain network around them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from torch import nn

from bakeoff.errors import UsageError
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, WEIGHTS_NAME, find_run_folders, load_record
from bakeoff.training.model import build


@dataclass(frozen=True, slots=True)
class Source:
    """network: in eval mode, timm's own layers, the weights that were evaluated."""

    folder: Path
    record: Record
    network: nn.Module

    @property
    def input_size(self) -> tuple[int, int, int]:
        """Channels, height, width of a test image."""
        side = self.record.recipe.resolution.test
        return self.record.model.channels, side, side


def load_run(folder: Path) -> Source:
    """A finished run's record and network. Raises UsageError and BadFile."""
    if folder.name == RECORD_NAME:
        folder = folder.parent
    if folder.is_dir() and not (folder / RECORD_NAME).exists():
        runs = find_run_folders([folder])
        if len(runs) > 1:
            raise UsageError(
                f"{folder} holds {len(runs)} runs, and one is exported at a time",
                f"Name one, as {runs[0]}",
            )
        folder = runs[0]
    record = load_record(folder)
    if record.evaluated:
        raise UsageError(f"{folder} is an evaluation of weights from elsewhere", "Name a run")
    if record.status != "complete" or not (folder / WEIGHTS_NAME).exists():
        raise UsageError(
            f"{folder} holds no finished weights (its run is {record.status})",
            "Finish the run first",
        )
    network = build(
        record.model.name,
        classes=record.model.classes,
        channels=record.model.channels,
        init=f"file:{folder / WEIGHTS_NAME}",
        # The same numbers in timm's own layers: whoever loads this does not have ours.
        fast_convolutions=False,
    )
    return Source(folder, record, network.module.eval())
