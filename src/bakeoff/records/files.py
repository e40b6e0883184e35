"""Files that are whole or absent: written aside, synced, then renamed into place."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from filelock import FileLock, Timeout

from bakeoff.errors import Busy, OutputError

LOCK_NAME = ".lock"
_TEMPORARY = re.compile(r"\..+\.(json|npz|safetensors|checkpoint)\.[a-z0-9_]{8}")
"""Names that `write_atomically` gives a run's files until they are whole."""


def write_atomically(path: Path, write: Callable[[BinaryIO], object], *, sync: bool = True) -> None:
    """Call `write` on a temporary file beside `path`, sync it, and rename it to `path`.

    Whatever interrupts this, `path` holds its old content or its new content, never half of
    either; the temporary file is removed. sync: wait for the disk, so that a power cut loses
    nothing either. Raises OutputError when the folder cannot be written or the disk is full.
    """
    temporary = ""
    try:
        _make_folder(path.parent)
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
        temporary = ""
        if sync:
            _sync_folder(path.parent)
    except OSError as error:
        raise output_error(path, error) from error
    finally:
        if temporary:
            with contextlib.suppress(OSError):
                Path(temporary).unlink()


def sweep(folder: Path) -> None:
    """Remove what a killed process left half-written in `folder`; hold its lock meanwhile."""
    for path in folder.glob(".*"):
        if _TEMPORARY.fullmatch(path.name):
            with contextlib.suppress(OSError):
                path.unlink()


def write_text(path: Path, text: str) -> None:
    """`write_atomically` for UTF-8 text."""
    write_atomically(path, lambda file: file.write(text.encode()))


def require_writable(folder: Path) -> None:
    """Raise OutputError now, rather than after an hour's work, if `folder` cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"room for a record")
    except OSError as error:
        raise output_error(folder, error) from error


def output_error(path: Path, error: OSError) -> OutputError:
    """The one-line error for a folder or file that cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return OutputError(
            f"{path} cannot be written: {error.strerror}",
            "Free some space and run the same command again; what was finished is kept",
        )
    return OutputError(
        f"{path} cannot be written: {error.strerror or error}",
        "Choose a folder that you may write to",
    )


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Hold `folder` for this process; a crash releases it (the lock is the kernel's).

    Raises Busy when another process holds it, OutputError when the folder cannot be written.
    """
    try:
        _make_folder(folder)
        lock = FileLock(folder / LOCK_NAME, timeout=0)
        lock.acquire()
    except Timeout:
        raise Busy(
            f"{folder} is in use by another run", "Wait for it, or choose another folder with --out"
        ) from None
    except OSError as error:
        raise output_error(folder, error) from error
    try:
        yield
    finally:
        lock.release()


def _make_folder(folder: Path) -> None:
    """`folder` and those around it, each new one's name synced: a power cut keeps them too."""
    new = []
    above = folder
    while not above.is_dir() and above != above.parent:
        new.append(above)
        above = above.parent
    folder.mkdir(parents=True, exist_ok=True)
    for made in new:
        _sync_folder(made.parent)


def _sync_folder(folder: Path) -> None:
    # A rename is durable only once its folder is synced; not every platform allows that.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
