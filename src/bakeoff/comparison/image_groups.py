"""Which test images belong together: patients, frames of one video, near-duplicates."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.columns import Columns
from bakeoff.comparison.outcome import Outcome
from bakeoff.data.group_names import COLUMNS
from bakeoff.errors import BadFile, UsageError, first_line

ADVICE = "Give a CSV with a column group, and a row for each test image in the data set's order"

GROUPS = COLUMNS
"""Names of a column that says which images belong together, where it does not name the arm."""


def with_group(columns: Columns, arms: Sequence[str]) -> dict[str, Any]:
    """The columns, where one that says which images belong together is called group; a column that
    names the arm does not."""
    found = [name for name in GROUPS if name in columns and name not in arms]
    kept = {name: values for name, values in columns.items() if name not in GROUPS}
    return {**kept, "group": columns[found[0]]} if found else kept


def groups_images(columns: Columns, name: str) -> bool:
    """Whether a column that may name the arm (W&B's group) has one value for every image, and more
    than one in all: then it says which images belong together."""
    image = columns.get("image", columns.get("image_id"))
    if name not in GROUPS or image is None:
        return False
    of: dict[str, str] = {}
    pairs = zip(map(str, image), map(str, columns[name]), strict=True)
    one_each = all(of.setdefault(where, group) == group for where, group in pairs)
    return one_each and len(set(of.values())) > 1


def common_groups(given: Iterable[tuple[str, NDArray[Any]]]) -> NDArray[np.int64] | None:
    """The groups of the common images, numbered, from (arm, group of each image); None where no run
    says. Raises UsageError where two runs group them otherwise."""
    found: NDArray[np.int64] | None = None
    first = ""
    for arm, group in given:
        _, mine = np.unique(group.astype(str), return_inverse=True)
        if found is None:
            found, first = mine.astype(np.int64), arm
        elif not _same_partition(found, mine):
            raise UsageError(
                f"{first} and {arm} group the test images otherwise",
                "Give one grouping of the images in all runs",
            )
    return found


def grouped(
    outcomes: Sequence[Outcome], groups: Path | str | Sequence[Any] | None
) -> list[Outcome]:
    """The runs with what `compare(groups=…)` says of their test images.

    Raises UsageError where no run has predictions, or as many images; BadFile for a table that has
    no column group.
    """
    if groups is None:
        return list(outcomes)
    values = _column(Path(groups)) if isinstance(groups, str | Path) else list(groups)
    if any(_nothing(value) for value in values):
        raise UsageError(
            "a test image has no group",
            "Give every image its group, one of its own where it belongs to no other",
        )
    _, numbered = np.unique(np.array([str(value) for value in values]), return_inverse=True)
    group = numbered.astype(np.int64)
    answering = [run for run in outcomes if run.answers is not None]
    if not answering:
        raise UsageError("groups are of test images, and no run has predictions", "Leave them out")
    for run in answering:
        assert run.answers is not None
        if len(run.answers.correct) != len(group):
            raise UsageError(
                f"{len(group):,} images have a group, and {run.arm} (seed {run.seed}) was tested on"
                f" {len(run.answers.correct):,}",
                "Give a group for each test image, in the data set's order",
            )
    return [
        run
        if run.answers is None
        else dataclasses.replace(run, answers=dataclasses.replace(run.answers, group=group))
        for run in outcomes
    ]


def _column(path: Path) -> list[Any]:
    import pandas as pd

    try:
        frame = pd.read_csv(path, dtype=str, keep_default_na=False)
    except Exception as error:  # damaged bytes make the reader raise whatever it stumbles on
        raise BadFile(path, f"not a readable table ({first_line(error)})", ADVICE) from error
    found = [name for name in frame.columns if str(name).strip().lower() in GROUPS]
    if not found:
        raise BadFile(path, f"has no column group, but {', '.join(frame.columns[:8])}", ADVICE)
    return list(frame[found[0]])


def _nothing(value: Any) -> bool:
    return value is None or value != value or str(value).strip() == ""


def _same_partition(a: NDArray[np.int64], b: NDArray[np.intp]) -> bool:
    together = np.unique(np.stack([a, b]), axis=1).shape[1]
    return bool(together == len(np.unique(a)) == len(np.unique(b)))
