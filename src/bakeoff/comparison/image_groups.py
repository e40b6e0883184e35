"""Which test images belong together: patients, frames of one video, near-duplicates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.columns import Columns
from bakeoff.errors import UsageError

GROUPS = ("group", "groups", "cluster", "patient", "patient_id", "subject", "subject_id",
          "video", "video_id", "scene", "sequence")  # fmt: skip
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


def _same_partition(a: NDArray[np.int64], b: NDArray[np.intp]) -> bool:
    together = np.unique(np.stack([a, b]), axis=1).shape[1]
    return bool(together == len(np.unique(a)) == len(np.unique(b)))
