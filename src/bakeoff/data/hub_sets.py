"""`hf:NAME`: image classification sets of the Hugging Face hub that are stored as Parquet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.data.folder import Listing
from bakeoff.data.imported import Half, Importer, imported
from bakeoff.errors import BadData, BadFile, UsageError, first_line

ANSWER_SECONDS = 10.0
TESTED_FIRST = ("test", "valid", "validation", "val")
ROWS = 256


def list_hub_set(name: str, cache: Path, *, offline: bool) -> Listing:
    """The images of hub data set `name` ("owner/set"), unpacked into `cache`.

    The revision fetched names the folder, so a set that changes on the hub is another folder.
    Tested on its `test` part, else on its validation part. Labels come from the column whose
    features say class label ("label" or "fine_label" if there are several), images from the one
    that says image.
    Raises UsageError when it cannot be reached or pyarrow is missing, BadData when it is not an
    image classification set in Parquet.
    """
    snapshot = _snapshot(name, offline)
    parts = _parts(name, snapshot)
    folder = cache / "hub" / f"{name.replace('/', '--')}-{snapshot.name[:12]}"

    def fill(importer: Importer) -> None:
        names: list[str] | None = None
        for half, paths in parts.items():
            for path in paths:
                image_column, label_column, names = _columns(name, path)
                for content, label in _rows(path, image_column, label_column):
                    importer.add(half, content, label)
        importer.finish(f"hf:{name} at revision {snapshot.name[:12]}", names)

    return imported(folder, fill)


def _snapshot(name: str, offline: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                name,
                repo_type="dataset",
                allow_patterns=["*.parquet"],
                etag_timeout=ANSWER_SECONDS,
                local_files_only=offline,
            )
        )
    except HFValidationError as wrong:
        raise UsageError(f"hf:{name} is not a name of the hub", "Write hf:OWNER/NAME") from wrong
    except LocalEntryNotFoundError as absent:
        reason = "is not in the hub's cache here" if offline else "is not cached and not reachable"
        raise UsageError(f"hf:{name} {reason}", "Allow the network once") from absent
    except (HfHubHTTPError, OSError) as failure:
        raise UsageError(
            f"hf:{name} could not be fetched ({first_line(failure)})",
            "Check the name, and that you are logged in if it is private",
        ) from failure


def _parts(name: str, snapshot: Path) -> dict[Half, list[Path]]:
    files: dict[str, list[Path]] = {}
    for path in sorted(snapshot.rglob("*.parquet")):
        files.setdefault(_part(path.relative_to(snapshot)), []).append(path)
    # A set with several test-like parts is tested on one of them only.
    tested = next((files[word] for word in TESTED_FIRST if word in files), [])
    if "train" not in files or not tested:
        raise BadData(
            f"hf:{name} has no train and test parts in Parquet",
            "Download it yourself and arrange it as a folder of classes",
        )
    return {"train": files["train"], "test": tested}


def _part(path: Path) -> str:
    """The part that a file belongs to by its name, else by its folder's; "" if neither says."""
    for name in reversed(path.parts):
        for word in ("train", *TESTED_FIRST):
            if re.search(rf"(^|[_.-]){word}([_.-]|$)", name):
                return word
    return ""


def _columns(name: str, path: Path) -> tuple[str, str, list[str] | None]:
    """Image column, label column, class names, by the features that the file itself states."""
    with _reading(path) as parquet:
        schema = parquet.schema_arrow
        stated = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))
        features: dict[str, Any] = stated.get("info", {}).get("features", {})
    images = [c for c in schema.names if _type(features.get(c)) == "Image"]
    labels = [c for c in schema.names if _type(features.get(c)) == "ClassLabel"]
    images = images or [c for c in ("image", "img") if c in schema.names]
    labels = labels or [c for c in ("label",) if c in schema.names]
    if not images or not labels:
        raise BadData(
            f"hf:{name} has columns {', '.join(schema.names)}: none of images, or none of labels",
            "Choose an image classification set",
        )
    label = next((c for c in ("label", "fine_label") if c in labels), labels[0])
    names = (features.get(label) or {}).get("names")
    return images[0], label, list(map(str, names)) if names else None


def _type(feature: object) -> str:
    return str(feature.get("_type", "")) if isinstance(feature, dict) else ""


def _rows(path: Path, image: str, label: str) -> Iterator[tuple[bytes, int]]:
    with _reading(path) as parquet:
        for batch in parquet.iter_batches(ROWS, columns=[image, label]):
            for row in batch.to_pylist():
                content, number = row[image], row[label]
                if isinstance(content, dict):
                    content = content.get("bytes")
                if content is None or number is None:
                    raise BadFile(path, "a row has no image or no label", "Choose another set")
                if not isinstance(content, bytes):
                    what = f"column {image!r} holds no image files"
                    raise BadFile(path, what, "Choose an image classification set")
                if not isinstance(number, int):
                    what = f"column {label!r} holds {number!r}, not the number of a class"
                    raise BadFile(path, what, "Choose a set whose labels are class numbers")
                yield content, number


@contextmanager
def _reading(path: Path) -> Iterator[Any]:
    """A Parquet file, open; damage becomes BadFile."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as absent:
        raise UsageError("hf: needs pyarrow", "pip install pyarrow") from absent
    try:
        with pyarrow.parquet.ParquetFile(path) as parquet:
            yield parquet
    except (pyarrow.ArrowException, OSError, ValueError, AttributeError) as damage:
        said = f"damaged Parquet ({first_line(damage)})"
        raise BadFile(path, said, "Download the set again") from damage
