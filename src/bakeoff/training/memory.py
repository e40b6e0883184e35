"""Telling that memory ran out from everything else that goes wrong."""

from __future__ import annotations

import errno

import torch

from bakeoff.errors import OutOfMemory
from bakeoff.training.job import Job

_WORDS = ("can't allocate memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "not enough mem")


def ran_out(error: BaseException) -> bool:
    """Whether `error` says that memory ran out, of a GPU or of this machine.

    On a GPU torch has a type for it; on the CPU it is a RuntimeError like any other.
    """
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    if isinstance(error, OSError):
        return error.errno == errno.ENOMEM
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


def out_of_memory(job: Job, device: torch.device) -> OutOfMemory:
    """The failure of a job that needs more memory than there is."""
    at_a_time = f" in parts of {job.micro_batch}" if job.micro_batch else ""
    return OutOfMemory(
        f"batch {job.scaled.recipe.batch_size}{at_a_time} of {job.model} does not fit on {device}",
        "Use --micro-batch (in a bake-off file: micro_batch), or pin a smaller batch_size (it is "
        "never changed silently)",
    )
