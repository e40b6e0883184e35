"""Checkpoints of a run in progress: whole or absent, checksummed, two kept, weights only.

A checkpoint is a file of 8 bytes of magic, 32 bytes of SHA-256, and a `torch.save` archive. The
newest readable one is loaded; a damaged one is reported loudly and the one before it taken.
"""

from __future__ import annotations

import hashlib
import io
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from bakeoff.errors import BadFile
from bakeoff.records.files import write_atomically

MAGIC = b"bakeoff1"
KEPT = 2
_PATTERN = "step-*.checkpoint"


def save(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Write the checkpoint of `step` into `folder` and drop all but the newest two.

    Raises OutputError when it cannot be written; the checkpoints before it stay as they were.
    """
    buffer = io.BytesIO()
    torch.save(state, buffer)
    payload = buffer.getbuffer()
    path = folder / f"step-{step:012d}.checkpoint"

    def write(file: Any) -> None:
        file.write(MAGIC)
        file.write(hashlib.sha256(payload).digest())
        file.write(payload)

    write_atomically(path, write)
    for old in sorted(folder.glob(_PATTERN))[:-KEPT]:
        old.unlink(missing_ok=True)
    return path


def load(path: Path) -> dict[str, Any]:
    """Read one checkpoint onto the CPU. Raises BadFile when it is damaged or not one of ours.

    Only tensors and plain containers are unpickled (`weights_only`), after the checksum.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise BadFile(path, f"cannot be read ({error.strerror})", "Check the disk") from error
    if content[:8] != MAGIC:
        raise BadFile(path, "not a Bakeoff checkpoint", "Remove it and run again")
    digest, payload = content[8:40], memoryview(content)[40:]
    if hashlib.sha256(payload).digest() != digest:
        raise BadFile(path, "checksum fails: truncated or damaged", "Remove it and run again")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # torch warns of pickles that it did not write
            state = torch.load(io.BytesIO(payload), map_location="cpu", weights_only=True)
    except Exception as error:  # hostile bytes make the unpickler raise whatever they stumble on
        raise BadFile(path, "holds more than weights and numbers", "Do not use it") from error
    if not isinstance(state, dict):
        raise BadFile(path, "holds no state of a run", "Remove it and run again")
    return state


def load_newest(folder: Path, warn: Callable[[str], None]) -> dict[str, Any] | None:
    """The newest readable checkpoint of a run, or None. Each damaged one is told to `warn`."""
    damaged = False
    for path in sorted(folder.glob(_PATTERN), reverse=True):
        try:
            return load(path)
        except BadFile as error:
            warn(f"{error.message}; going back to the checkpoint before it")
            damaged = True
    if damaged:
        warn("no checkpoint can be read; beginning anew")
    return None


def saved(folder: Path) -> bool:
    """Whether there is a checkpoint to go on from."""
    return any(folder.glob(_PATTERN))


def clear(folder: Path) -> None:
    """Remove a finished run's checkpoints."""
    for path in folder.glob(_PATTERN):
        path.unlink(missing_ok=True)
