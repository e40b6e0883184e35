"""A finished run on the bake-off's other test sets: after training, and nothing is chosen by it."""

from __future__ import annotations

from pathlib import Path

import torch

from bakeoff.bakeoffs.execution.evaluation import predicted
from bakeoff.records.files import locked
from bakeoff.records.schema import AlsoTested, Record
from bakeoff.records.store import WEIGHTS_NAME, load_record, save_record
from bakeoff.training.evaluate import detail
from bakeoff.training.existing import load_run
from bakeoff.training.job import AlsoSet, Job
from bakeoff.training.precision import autocast


def untested(job: Job, record: Record, folder: Path) -> tuple[AlsoSet, ...]:
    """What a finished run was not yet shown, and can be: its weights are there."""
    if record.status != "complete" or not job.also or not (folder / WEIGHTS_NAME).exists():
        return ()
    done = {one.data.test_hash for one in record.also_tested}
    return tuple(one for one in job.also if one.dataset.facts.test_hash not in done)


def tested_also(job: Job, folder: Path, device: torch.device) -> Record:
    """The run's record with every other test set in it, written if something was missing.

    The network is shown these images as it is shown its own test images, in float32.
    """
    record = load_record(folder)
    if not untested(job, record, folder):
        return record
    with locked(folder):
        record = load_record(folder)
        existing = load_run(folder)
        for one in untested(job, record, folder):
            with autocast("fp32", device):
                predictions = predicted(
                    existing,
                    one.dataset,
                    torch.tensor(one.outputs),
                    record.recipe.resolution,
                    device,
                )
            found = AlsoTested(
                name=one.name,
                data=one.dataset.facts,
                result=detail(predictions, one.dataset.facts.classes),
            )
            record = record.model_copy(update={"also_tested": (*record.also_tested, found)})
            save_record(record, folder)
    return record
