"""KEEP: the record of a run, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bakeoff.records.schema import Record


def load_records(sources: Path | str | Sequence[Path | str]) -> list[Record]:
    """The records below the given folders, files or globs.

    Raises UsageError when there are none, BadFile when one cannot be read.
    """
    from bakeoff.records.store import load_records as load_now

    return load_now(sources)
