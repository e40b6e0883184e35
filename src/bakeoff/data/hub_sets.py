"""`hf:OWNER/SET[:CONFIG][::PART]`: image sets of the Hugging Face hub stored as Parquet."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bakeoff.data.folder import Listing
from bakeoff.data.hub_layout import CARD, TESTED_FIRST, Asked, Layout, layout_of
from bakeoff.data.imported import Half, Importer, imported
from bakeoff.errors import BadData, BadFile, UnknownName, UsageError, first_line

ANSWER_SECONDS = 10.0
ROWS = 256
LABEL_ROWS = 65_536


def list_hub_set(text: str, cache: Path, *, offline: bool) -> Listing:
    """The images of a hub data set, OWNER/SET[:CONFIG][::PART], unpacked into `cache`.

    CONFIG: one of several sets inside (see `hub_layout`). PART: what is tested on; else the first
    of `test`, `valid`, `validation`, `val` and `dev` that has labels. The revision fetched names
    the folder, so a set that changes on the hub is another folder. Labels come from the column
    whose features say class label ("label" or "fine_label" if there are several), images from the
    one that says image.
    Raises UsageError when it cannot be reached, when pyarrow is missing, or where it has several
    configurations and none is the default; BadData when it is not an image classification set in
    Parquet.
    """
    asked = Asked.parse(text)
    snapshot = _snapshot(asked.name, offline)
    layout = layout_of(asked, snapshot)
    tested, notes = _tested_part(asked, layout)
    halves: dict[Half, list[Path]] = {"train": layout.parts["train"], "test": layout.parts[tested]}
    known = hashlib.sha256(repr((layout.config, tested)).encode()).hexdigest()[:8]
    folder = cache / "hub" / f"{asked.name.replace('/', '--')}-{snapshot.name[:12]}-{known}"

    def fill(importer: Importer) -> None:
        stated: list[list[str] | None] = []
        for half, paths in halves.items():
            for path in paths:
                image_column, label_column, names = _columns(asked.name, path)
                stated.append(names)
                for content, label in _rows(path, image_column, label_column):
                    importer.add(half, content, label)
        if any(names != stated[0] for names in stated):
            raise BadData(
                f"hf:{asked.name} calls its classes otherwise in one file than in another",
                "Choose another part or configuration: hf:OWNER/SET:CONFIG::PART",
            )
        title = f"{asked.name}:{layout.config}" if layout.several else asked.name
        source = f"hf:{title} at revision {snapshot.name[:12]}"
        importer.finish(source, stated[0] or layout.class_names, notes)

    return imported(folder, fill)


def _tested_part(asked: Asked, layout: Layout) -> tuple[str, list[str]]:
    """The part to test on, and what to note of the choice. Raises BadData where none serves."""
    known = ", ".join(sorted(layout.parts))
    if "train" not in layout.parts:
        raise BadData(
            f"hf:{asked.name} has no train and test parts in Parquet, but {known}",
            "Download it yourself and arrange it as a folder of classes",
        )
    others = sorted(part for part in layout.parts if part != "train")
    if not others:
        raise BadData(
            f"hf:{asked.name} has no train and test parts in Parquet, but {known}",
            "Download it yourself and arrange it as a folder of classes",
        )
    if asked.part and asked.part not in others:
        raise UnknownName(
            f"part of hf:{asked.name}", asked.part, others, f"Test on one of: {', '.join(others)}"
        )
    candidates = [asked.part] if asked.part else [p for p in TESTED_FIRST if p in others]
    if not candidates:  # test_rotated, where it is the only one of its kind
        alike = [part for part in others if part.startswith(("test", "val", "dev"))]
        candidates = alike if len(alike) == 1 else []
    if not candidates:
        raise BadData(
            f"hf:{asked.name} has no train and test parts in Parquet, but {known}",
            f"Name the part to test on: hf:{asked.name}::PART",
        )
    unlabelled: list[str] = []
    for part in candidates:
        if _has_labels(asked.name, layout.parts[part]):
            notes = [f"{p} has no labels and is passed over" for p in unlabelled]
            chosen = asked.part or len(others) > 1
            return part, [*notes, *([f"tested on its part {part}"] if chosen else [])]
        unlabelled.append(part)
    raise BadData(
        f"hf:{asked.name} has no labels in {' and '.join(unlabelled)}",
        f"Test on another part: hf:{asked.name}::PART (it has {known})",
    )


def _has_labels(name: str, paths: Sequence[Path]) -> bool:
    """Whether any row has a label: -1 and nothing stand for none."""
    for path in paths:
        _, column, _ = _columns(name, path)
        with _reading(path) as parquet:
            for batch in parquet.iter_batches(LABEL_ROWS, columns=[column]):
                if any(label not in (-1, None) for label in batch.column(0).to_pylist()):
                    return True
    return False


def _snapshot(name: str, offline: bool) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                name,
                repo_type="dataset",
                allow_patterns=["*.parquet", CARD],
                etag_timeout=ANSWER_SECONDS,
                local_files_only=offline,
            )
        )
    except HFValidationError as wrong:
        raise UsageError(
            f"hf:{name} is not a name of the hub", "Write hf:OWNER/SET or hf:OWNER/SET:CONFIG::PART"
        ) from wrong
    except LocalEntryNotFoundError as absent:
        reason = "is not in the hub's cache here" if offline else "is not cached and not reachable"
        raise UsageError(f"hf:{name} {reason}", "Allow the network once") from absent
    except (HfHubHTTPError, OSError) as failure:
        raise UsageError(
            f"hf:{name} could not be fetched ({first_line(failure)})",
            "Check the name, and that you are logged in if it is private",
        ) from failure


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


def _rows(path: Path, image: str, label: str) -> Iterator[tuple[bytes, int | None]]:
    with _reading(path) as parquet:
        for batch in parquet.iter_batches(ROWS, columns=[image, label]):
            for row in batch.to_pylist():
                content, number = row[image], row[label]
                if isinstance(content, dict):
                    content = content.get("bytes")
                if content is None:
                    raise BadFile(path, "a row has no image", "Choose another set")
                if not isinstance(content, bytes):
                    what = f"column {image!r} holds no image files"
                    raise BadFile(path, what, "Choose an image classification set")
                if number is not None and not isinstance(number, int):
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
