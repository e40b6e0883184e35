"""Whether what lies in a folder was left by the job at hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bakeoff.errors import UsageError
from bakeoff.records.schema import Record
from bakeoff.records.storage import original
from bakeoff.training.job import Job, differences


def refuse_another_job(record: Record, job: Job, folder: Path) -> None:
    """Raise UsageError, naming what differs, when `record` was not left by `job`."""
    found = differences(record_identity(record), job.identity)
    if found:
        raise another_job(folder, found, "a failed run" if record.status == "failed" else "a run")


def record_identity(record: Record) -> dict[str, Any]:
    """The identity (see Job) of the job that left `record`."""
    return {
        "recipe": record.recipe.model_dump(mode="json"),
        "model": record.model.name,
        "init": record.model.init,
        **({"init_hash": record.model.init_hash} if record.model.init_hash else {}),
        "seed": record.seed,
        "steps": record.budget.steps,
        "train_hash": record.data.train_hash,
        "test_hash": record.data.test_hash,
        "class_names": list(record.data.class_names),
        "channels": record.data.channels,
        **({"micro_batch": record.micro_batch} if record.micro_batch else {}),
        **({"precision": "bf16"} if record.environment.precision == "bf16" else {}),
    }


def changed(identity: object, job: Job) -> list[str]:
    """What differs between the identity in a checkpoint and that of `job`."""
    if not isinstance(identity, dict):
        return ["its checkpoint does not say of what"]
    return differences(identity, job.identity)


def another_job(folder: Path, changed: list[str], what: str = "a run") -> UsageError:
    """The error that says what the run in `folder` differs in."""
    shown = "; ".join(changed[:4]) + (f"; and {len(changed) - 4} more" if len(changed) > 4 else "")
    return UsageError(
        f"{original(folder)} holds {what} of something else ({shown})",
        "Choose another folder with --out, or remove that one",
    )
