"""`imagenet:PATH` in the layouts it comes in: whole, validation only, ImageNet-V2, ReaL's labels.

PATH/train, PATH/val         1,000 folders each, named by WordNet (n01440764 …)
PATH/val, or PATH itself     the 1,000 folders, to evaluate on only
PATH                         1,000 folders 0 to 999, as ImageNet-V2 comes: to evaluate on only
PATH::real.json              ReaL's labels for the validation images in PATH, in folders or not
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from bakeoff.data.folder import TEST_NAMES, TRAIN_NAMES, Files, Listing, list_folder, list_tested
from bakeoff.data.images import SUFFIXES
from bakeoff.data.junk import in_junk
from bakeoff.errors import BadData, BadFile, UsageError

CLASSES = 1_000
NUMBERED = re.compile(r"\d{1,3}")
IMAGE_NUMBER = re.compile(r"_(\d{8})\.[A-Za-z]+\Z")
LABEL_FILE_BYTES = 1 << 27


@dataclass(frozen=True)
class ImageNet:
    """One of ImageNet's test sets, with training images or without.

    valid: with ReaL's labels, every class that is right for each test image; else empty.
    """

    name: str
    title: str
    citation: str
    listing: Listing
    valid: tuple[tuple[int, ...], ...] = ()


def list_imagenet(
    place: str,
    *,
    exclude: Sequence[str] = (),
    idle_patterns: bool = False,
    tested_only: bool = False,
) -> ImageNet:
    """What lies at `place` (a folder, or a folder and a label file as FOLDER::LABELS.json).

    exclude, idle_patterns: as of `list_folder`, relative to the folder at `place`.
    tested_only: only the test images are wanted, so that training images may be absent.
    Raises BadFile for what cannot be read, BadData for what is not ImageNet, UsageError when
    training images are wanted and there are none.
    """
    folder_name, colons, labels = place.partition("::")
    folder = Path(folder_name).expanduser()
    if colons:
        found = _real(folder, Path(labels).expanduser(), exclude)
    elif _has(folder, TRAIN_NAMES) and not tested_only:
        found = _whole(list_folder(folder, exclude=exclude, idle_patterns=idle_patterns))
    else:
        found = _tested(
            list_tested(
                _test_folder(folder),
                exclude=exclude,
                idle_patterns=idle_patterns,
                patterns_in=folder,
            )
        )
    if not len(found.listing.train) and not tested_only:
        raise UsageError(
            f"{folder} has no training images, so nothing can be trained on it",
            "Evaluate weights on it: bakeoff evaluate WEIGHTS --data imagenet:PATH",
        )
    return found


def _has(folder: Path, names: Sequence[str]) -> bool:
    return any((folder / name).is_dir() for name in names)


def _test_folder(folder: Path) -> Path:
    """The folder of test images in `folder`, or `folder` itself if they stand right in it."""
    return next((folder / name for name in TEST_NAMES if (folder / name).is_dir()), folder)


def _whole(listing: Listing) -> ImageNet:
    _require_thousand(listing)
    return ImageNet(
        "imagenet",
        "ImageNet (ILSVRC 2012)",
        "Russakovsky et al.: ImageNet large scale visual recognition challenge. IJCV 115(3), 2015",
        listing,
    )


def _tested(listing: Listing) -> ImageNet:
    _require_thousand(listing)
    if not all(NUMBERED.fullmatch(name) for name in listing.class_names):
        return _whole(listing)
    return ImageNet(
        "imagenet-v2",
        "ImageNet-V2",
        "Recht et al.: Do ImageNet classifiers generalize to ImageNet? ICML 2019",
        listing,
    )


def _require_thousand(listing: Listing) -> None:
    if len(listing.class_names) != CLASSES:
        raise BadData(
            f"{listing.root} has {len(listing.class_names):,} classes, ImageNet has 1,000",
            f"For another set write folder:{listing.root}",
        )


def _real(folder: Path, path: Path, exclude: Sequence[str]) -> ImageNet:
    """The validation images with ReaL's labels; those without a valid label are left out."""
    from timm.data import ImageNetInfo

    every = _label_lists(path)
    place = _test_folder(folder)
    images = _images_below(place)
    paths: list[Path] = []
    valid: list[tuple[int, ...]] = []
    without = 0
    for image in images:
        number = IMAGE_NUMBER.search(image.name)
        if number is None or not 1 <= int(number[1]) <= len(every):
            raise BadFile(
                image,
                f"no number from 1 to {len(every):,} in its name, so {path.name} has no label "
                "for it",
                "Keep ImageNet's own names: ILSVRC2012_val_00000001.JPEG",
            )
        labels = every[int(number[1]) - 1]
        if labels:
            paths.append(image)
            valid.append(labels)
        else:
            without += 1
    if not paths:
        raise BadData(f"{place} has no image with a valid label", "Check the folder")
    several = sum(len(labels) > 1 for labels in valid)
    notes = (
        f"labels of {path.name}: {without:,} images without a valid one are left out, {several:,} "
        "have several, of which any is right",
        "where any of several classes is right, the first stands for them in predictions and "
        "confusion; the loss is of the most probable of them",
    )
    listing = Listing(
        place,
        tuple(ImageNetInfo("imagenet-1k").label_names()),
        Files((), ()),
        Files(tuple(paths), tuple(labels[0] for labels in valid)),
        notes,
    )
    if exclude:
        raise UsageError(
            "images cannot be excluded where a label file names them", "Remove the images instead"
        )
    return ImageNet(
        "imagenet-real",
        "ImageNet ReaL",
        "Beyer et al.: Are we done with ImageNet? arXiv 2006.07159, 2020",
        listing,
        tuple(valid),
    )


def _images_below(folder: Path) -> list[Path]:
    """Images in `folder` and in its folders, in the order of their names."""
    if not folder.is_dir():
        raise BadFile(folder, "no such folder", "Give the folder of the validation images")
    found = [
        path
        for depth in ("*", "*/*")
        for path in folder.glob(depth)
        if path.suffix.lower() in SUFFIXES
        and path.is_file()
        and not in_junk(PurePosixPath(path.relative_to(folder).as_posix()))
    ]
    if not found:
        raise BadData(f"{folder} has no images", "Give the folder of the validation images")
    return sorted(found, key=lambda path: path.name)


def _label_lists(path: Path) -> list[tuple[int, ...]]:
    """ReaL's file: a list of the valid classes of each validation image, by the image's number."""
    advice = "Give ReaL's real.json: a list of lists of class numbers"
    try:
        if path.stat().st_size > LABEL_FILE_BYTES:
            raise BadFile(path, "too large for a label file", advice)
        stated = json.loads(path.read_text(encoding="utf-8"))
    except OSError as trouble:
        raise BadFile(path, f"cannot be read ({trouble.strerror})", advice) from None
    except (ValueError, RecursionError):
        raise BadFile(path, "not JSON", advice) from None
    if not isinstance(stated, list) or not stated:
        raise BadFile(path, "not a list of labels", advice)
    lists = []
    for row, labels in enumerate(stated, start=1):
        right = isinstance(labels, list) and all(
            type(label) is int and 0 <= label < CLASSES for label in labels
        )
        if not right:
            raise BadFile(path, f"entry {row:,} is not a list of classes 0 to 999", advice)
        lists.append(tuple(labels))
    return lists
