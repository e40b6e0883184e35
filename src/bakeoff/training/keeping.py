"""What a run leaves in its folder: predictions, weights and, last of all, its record."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import safetensors.torch
import torch

from bakeoff.errors import RunFailed
from bakeoff.records.files import write_atomically
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import FLOPS_COUNTING, Cost, Environment, Failure, Record, TrainSubset
from bakeoff.records.store import WEIGHTS_NAME, save_record
from bakeoff.training import checkpoint
from bakeoff.training import device as devices
from bakeoff.training.assemble import Assembled
from bakeoff.training.distributed.process_group import Group
from bakeoff.training.evaluate import detail, summarise
from bakeoff.training.job import Job
from bakeoff.training.known_weights import description
from bakeoff.training.model import feature_flops, training_flops
from bakeoff.training.progress import Progress


@dataclass(slots=True, kw_only=True)
class Keeper:
    """Writes what a run leaves. Each of its processes has one; the first process's alone writes.

    failed_before: how earlier tries of this run failed.
    """

    job: Job
    folder: Path
    device: torch.device
    parts: Assembled
    progress: Progress
    group: Group
    subset: TrainSubset
    environment: Environment
    failed_before: tuple[Failure, ...] = ()

    def save_record(self, status: str, **parts: Any) -> Record:
        """Write the record as far as the run has come (where this is the process that writes)."""
        job, progress = self.job, self.progress
        images = self.parts.state.step * job.scaled.recipe.batch_size
        record = Record.model_validate(
            {
                "status": status,
                "bakeoff": job.bakeoff,
                "arm": job.arm,
                "seed": job.seed,
                "created": progress.created,
                "command": job.command,
                "recipe": job.scaled.recipe,
                "micro_batch": job.micro_batch,
                "recipe_sources": job.sources,
                "recipe_as_published": job.published,
                "scaling": job.scaled.steps,
                "tuning": job.tuning,
                "model": self.parts.model_facts,
                "data": job.dataset.facts,
                "budget": job.budget,
                "environment": self.environment,
                "train_subset": self.subset,
                "curves": tuple(progress.curves),
                "objective_by_step": tuple(progress.objective_by_step),
                "cost": Cost(
                    images=images,
                    flops=self._flops(images) if images else 0.0,
                    flops_counting=FLOPS_COUNTING,
                    seconds=progress.seconds,
                    images_per_second=images / progress.seconds if progress.seconds else 0.0,
                    evaluation_seconds=progress.evaluation_seconds,
                    peak_memory_bytes=max(progress.memory or (devices.peak_memory(self.device),)),
                    peak_memory_of_each=progress.memory,
                ),
                "failed_before": self.failed_before,
                "resumed": progress.resumed,
                "notes": tuple(progress.notes),
                **parts,
            }
        )
        if self.group.is_first:
            save_record(record, self.folder)
        return record

    def complete(self, predictions: Predictions) -> Record:
        """Write everything that a finished run leaves, and remove its checkpoints."""
        replace(predictions, group=self.job.groups).save(self.folder)
        self._save_weights()
        record = self.save_record(
            "complete",
            result=detail(predictions, self.job.dataset.facts.classes),
            train_result=self.progress.curves[-1].train,
        )
        assert record.result is not None
        assert record.result.correct == summarise(predictions).correct
        checkpoint.clear(self.folder)
        return record

    def fail(self, kind: str, error: RunFailed) -> None:
        """Record the failure; it counts against the arm."""
        self.save_record(
            "failed",
            failure=Failure.model_validate(
                {
                    "kind": kind,
                    "message": error.message,
                    "advice": error.advice,
                    "step": self.parts.state.step,
                }
            ),
        )
        if self.group.is_first:
            checkpoint.clear(self.folder)

    def _save_weights(self) -> None:
        trained, frozen = self.parts.state.evaluated_model, self.parts.probe
        whole = trained.state_dict() if frozen is None else frozen.weights(trained)
        weights = {key: value.contiguous().cpu() for key, value in whole.items()}
        about = description(
            self.job.scaled.recipe, self.job.dataset.facts, model=self.job.model, arm=self.job.arm
        )
        content = safetensors.torch.save(weights, metadata=about)
        write_atomically(self.folder / WEIGHTS_NAME, lambda file: file.write(content))

    def _flops(self, images: int) -> float:
        """What `images` training images cost; a frozen network's share is counted once a start."""
        facts, frozen = self.parts.model_facts, self.parts.probe
        recipe = self.job.scaled.recipe
        if frozen is None:
            return images * training_flops(
                facts.name,
                classes=facts.classes,
                channels=facts.channels,
                size=recipe.resolution.train,
            )
        starts = 1 + self.progress.resumed
        once = feature_flops(
            facts.name, classes=facts.classes, channels=facts.channels, size=recipe.resolution.test
        )
        return starts * frozen.images * once + images * frozen.flops_per_image
