"""KEEP: the record of a run, and where it lies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from bakeoff.records.run_set import RunSet
    from bakeoff.records.schema import Record


def load_records(sources: Path | str | Sequence[Path | str]) -> list[Record]:
    """The records below the given folders, files, globs or addresses; copies of a run count once.

    Raises UsageError when there are none, BadFile when one cannot be read.
    """
    from bakeoff.records.run_set import RunSet

    return list(RunSet.of(sources).records)


def frame(
    source: RunSet | Path | str | Sequence[Path | str] | Sequence[Record],
    kind: Literal["runs", "curves", "predictions"] = "runs",
    *,
    backend: Literal["pandas", "polars"] = "pandas",
) -> Any:
    """Records as a data frame of pandas or polars.

    source: folders, files or globs, or records. kind: "runs", one row per run (failed and
    unfinished ones included, without figures); "curves", one row per point of a learning curve;
    "predictions", one row per finished run and test image, in the data set's order (from folders
    only). Percent, nats,
    seconds, bytes. Frames of runs and of predictions are what `bakeoff.compare` takes.

    Raises UnknownName, UsageError without the library or without runs, or BadFile.
    """
    from bakeoff.records.frames import make_frame

    return make_frame(source, kind, backend)
