"""Which test images belong together, by their files' names or by a table."""

from __future__ import annotations

import csv
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bakeoff.data.catalog import files_tested
from bakeoff.data.group_names import COLUMNS, MARK, is_table
from bakeoff.errors import BadFile, UsageError

IMAGES = ("image", "path", "file", "filename")
ADVICE = (
    "Give a CSV with a column group: a row for each test image in the data set's order, or with a"
    " column image that names its file"
)


def group_of_each(
    said: str, data: str, images: int, *, exclude: Sequence[str] = ()
) -> NDArray[np.int32]:
    """A number for the group of each test image, (N,), in the data set's order.

    said: a pattern of files' names with {group} in it, as "{group}_*.png" or "test/*/{group}-*"
    (with a "/" it is matched with the path in the data set's folder, else with the name), or a CSV
    with a column group. Raises UsageError for images that it leaves without a group, BadFile.
    """
    if is_table(said):
        values = _of_table(Path(said).expanduser(), data, images, exclude)
    else:
        values = _of_names(said, files_tested(data, exclude=exclude))
    if len(values) != images:
        raise UsageError(
            f"{said} tells the groups of {len(values):,} images, and {data} has {images:,} test"
            " images",
            ADVICE,
        )
    _, numbered = np.unique(np.array(values), return_inverse=True)
    if numbered.max() == 0:
        raise UsageError(
            f"by {said} all {images:,} test images are one group",
            "Nothing can be told from one group; say what tells patients, videos or scenes apart",
        )
    return numbered.astype(np.int32)


def as_expression(pattern: str) -> re.Pattern[str]:
    """The pattern as a regular expression: * any characters but "/", ? one, {group} what counts.

    Raises UsageError for one that does not hold {group} once.
    """
    if pattern.count(MARK) != 1:
        raise UsageError(
            f"the pattern {pattern!r} does not hold {MARK} once", "Write it as '{group}_*.png'"
        )
    meaning = {"*": "[^/]*", "?": "[^/]"}
    before, after = (
        "".join(meaning.get(c, re.escape(c)) for c in part) for part in pattern.split(MARK)
    )
    # The shortest that fits: of p12_003_a.png and {group}_* it is p12.
    return re.compile(f"{before}(?P<group>[^/]+?){after}")


def _of_names(pattern: str, files: Sequence[str]) -> list[str]:
    wanted = as_expression(pattern)
    found = []
    for file in files:
        name = file if "/" in pattern else file.rpartition("/")[2]
        match = wanted.fullmatch(name)
        if match is None:
            raise UsageError(
                f"the test image {file} does not fit the pattern {pattern!r}, so it has no group",
                "Change the pattern, or name the groups in a CSV",
            )
        found.append(match["group"])
    return found


def _of_table(path: Path, data: str, images: int, exclude: Sequence[str]) -> list[str]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadFile(path, f"not a readable table ({error})", ADVICE) from error
    named = {str(name).strip().lower(): name for name in (rows[0] if rows else {})}
    group = next((named[name] for name in COLUMNS if name in named), None)
    if group is None:
        raise BadFile(path, f"has no column group, but {', '.join(named) or 'no rows'}", ADVICE)
    values = [(row[group] or "").strip() for row in rows]
    if "" in values:
        raise BadFile(
            path, f"row {values.index('') + 2} has no group", "Give every image a group of its own"
        )
    image = next((named[name] for name in IMAGES if name in named), None)
    if image is None:
        return values
    group_of = dict(zip(((row[image] or "").strip() for row in rows), values, strict=True))
    found = []
    for tested in files_tested(data, exclude=exclude):
        name = tested if tested in group_of else tested.rpartition("/")[2]
        if name not in group_of:
            raise BadFile(path, f"does not name the test image {tested}", "Give each image a group")
        found.append(group_of[name])
    return found
