"""`idx:FOLDER`: sets in MNIST's layout, four IDX files, gzipped or not."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from bakeoff.data.idx import read_idx
from bakeoff.errors import BadData, BadFile, UnknownName, UsageError

_NAME = re.compile(
    r"(?P<set>.*?)[-_.]?(?P<part>train|t10k|test)[-_.](?P<what>images|labels)[-_.]idx[13][-_.]ubyte"
    r"(?P<zipped>\.gz)?",
    re.IGNORECASE,
)
_DIMENSIONS = {"images": 3, "labels": 1}
MNIST_FILES = tuple((part, what) for part in ("train", "test") for what in _DIMENSIONS)
MOST_FILES = 100_000

Part = tuple[Tensor, Tensor]
"""Images uint8 (N, 1, H, W) and labels int64 (N,)."""
IdxFiles = dict[tuple[str, str], Path]
"""By part (train, test) and content (images, labels)."""


@dataclass(frozen=True)
class IdxSet:
    """A set in MNIST's layout, read. notes: what was decided about its labels."""

    train: Part
    test: Part
    class_names: list[str]
    notes: tuple[str, ...]


def idx_files(folder: Path) -> dict[str, IdxFiles]:
    """The IDX files right in `folder`, by the beginning of their names: "" for MNIST's own.

    Of a file that is there plain and gzipped, the plain one. Raises BadFile where the folder
    cannot be read; one that is not there holds none.
    """
    try:
        names = sorted(entry.name for entry, _ in zip(os.scandir(folder), range(MOST_FILES)))  # noqa: B905
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as trouble:
        raise BadFile(folder, f"cannot be read ({trouble.strerror})", "Check it") from None
    found: dict[str, IdxFiles] = {}
    for name in names:  # "…ubyte" comes before "…ubyte.gz"
        if parsed := _NAME.fullmatch(name):
            part = "train" if parsed["part"].lower() == "train" else "test"
            files = found.setdefault(parsed["set"], {})
            files.setdefault((part, parsed["what"].lower()), folder / name)
    return found


def read_idx_set(place: str) -> IdxSet:
    """The set at FOLDER, or at FOLDER::NAME where there are several (emnist-letters, …).

    Classes are the labels that training images have, in their order. Raises BadFile for what is
    missing or damaged, BadData for labels that do not fit, UsageError where there are several.
    """
    where, _, wanted = place.partition("::")
    folder = Path(where).expanduser()
    sets = idx_files(folder) or idx_files(folder / "raw")
    if not sets:
        raise BadFile(
            folder,
            "no IDX files such as train-images-idx3-ubyte or train-images-idx3-ubyte.gz",
            "Give the folder that holds the four files",
        )
    if wanted and wanted not in sets:
        raise UnknownName(f"set in {folder}", wanted, sets)
    if len(sets) > 1 and not wanted:
        names = ", ".join(name or "(no name)" for name in sets)
        choice = next(name for name in sets if name)
        raise UsageError(f"{folder} holds several sets: {names}", f"Write idx:{where}::{choice}")
    return _numbered(folder, sets[wanted or next(iter(sets))])


def read_parts(folder: Path, files: Mapping[tuple[str, str], Path]) -> tuple[Part, Part]:
    """Training and test part, labels as in the files. Raises BadFile for one that is missing."""
    parts = []
    for part in ("train", "test"):
        images, labels = (_read(folder, files, part, what) for what in _DIMENSIONS)
        if len(images) != len(labels):
            raise BadData(
                f"{folder} has {len(images):,} {part} images and {len(labels):,} labels",
                "Get the files again",
            )
        parts.append((images[:, None], labels.long()))
    return parts[0], parts[1]


def _read(folder: Path, files: Mapping[tuple[str, str], Path], part: str, what: str) -> Tensor:
    path = files.get((part, what))
    if path is None:
        prefix = "train" if part == "train" else "t10k"
        missing = f"{prefix}-{what}-idx{_DIMENSIONS[what]}-ubyte"
        raise BadFile(folder / missing, "no such file, gzipped or not", "Get all four files")
    return torch.from_numpy(read_idx(path, dimensions=_DIMENSIONS[what]))


def _numbered(folder: Path, files: IdxFiles) -> IdxSet:
    (train, labels), (test, test_labels) = read_parts(folder, files)
    classes: list[int] = labels.unique().tolist()  # type: ignore[no-untyped-call]
    if strangers := sorted(set(test_labels.tolist()) - set(classes)):
        raise BadData(
            f"{folder} has test images of class {strangers[0]}, which training images lack",
            "Get the files again",
        )
    if len(classes) < 2:
        raise BadData(f"{folder} has {len(classes)} class", "At least two are needed")
    notes: tuple[str, ...] = ()
    if classes != list(range(len(classes))):
        notes = (f"labels are {classes[0]} to {classes[-1]}: classes are numbered in that order",)
    place = torch.zeros(256, dtype=torch.int64)
    place[classes] = torch.arange(len(classes))
    names = [str(label) for label in classes]
    return IdxSet((train, place[labels]), (test, place[test_labels]), names, notes)
