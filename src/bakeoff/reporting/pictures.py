"""The test images that a report shows: few, small, and only those the runs were tested on."""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bakeoff.data.facts import DataFacts
from bakeoff.errors import BakeoffError
from bakeoff.extras import has

if TYPE_CHECKING:
    from bakeoff.data.folder import Files

SIDE = 192
"""Longest side in pixels of an image in a report: twice that on the page, for sharp screens."""
SMALL = 64
"""Images up to this side are kept to the pixel, as PNG; larger ones become a JPEG thumbnail."""
QUALITY = 80
NAMES_ONLY = "names-and-sizes:"


class NotAtHand(Exception):
    """Why the images cannot be shown, as a sentence."""


def pictures_of(
    facts: DataFacts, chosen: Sequence[int], asked_for: str, known: Sequence[str] = ()
) -> list[bytes]:
    """PNG or JPEG of each chosen test image of the set with these facts.

    asked_for: where to look first, a name of the catalog or a path ("" for nowhere); known: where
    the records say that it was. Nothing is downloaded.
    Raises NotAtHand when no place holds the very images that the runs were tested on.
    """
    if not has("train"):
        raise NotAtHand("Test images are shown where bakeoff[train] is installed.")
    why = ""
    for place in dict.fromkeys(place for place in (asked_for, *known) if place):
        try:
            return _from_place(facts, chosen, place, asked=place == asked_for)
        except NotAtHand as reason:
            why = why or str(reason)
        except BakeoffError as error:
            why = why or f"The images cannot be shown: {error.message}."
    raise NotAtHand(
        why
        or f"The images of {facts.title} are not at hand here; bakeoff report --data says where "
        "they are."
    )


def _from_place(facts: DataFacts, chosen: Sequence[int], place: str, *, asked: bool) -> list[bytes]:
    from bakeoff.data import catalog

    kind, colon, rest = place.partition(":")
    folder = Path(rest if colon and kind in ("folder", "imagenet") else place)
    if place not in catalog.names() and folder.is_dir():
        return _from_folder(facts, chosen, folder)
    # An archive is unpacked only where the reader of the report names it, not where a record does.
    known = place in catalog.names() or kind in ("hf", "webdataset")
    if not known and not (asked and folder.exists()):
        raise NotAtHand(
            f"The images of {facts.title} are not at hand here; bakeoff report --data says where "
            "they are."
        )
    data = catalog.open_data(
        place,
        channels=facts.channels,
        offline=True,
        exclude=facts.excluded,
        idle_patterns=True,
        stream=None if place in catalog.names() else True,
    )
    if data.facts.test_hash != facts.test_hash:
        raise _others(facts)
    import torch

    images = data.test.batch(torch.tensor(list(chosen)))[0]
    return [_thumbnail(_picture(image.numpy())) for image in images]


def _from_folder(facts: DataFacts, chosen: Sequence[int], folder: Path) -> list[bytes]:
    """Only the test files are read, and only the chosen ones decoded."""
    from bakeoff.data.file_sets import files_hash
    from bakeoff.data.folder import list_folder

    listing = list_folder(folder, exclude=facts.excluded, idle_patterns=True)
    if len(listing.test) != facts.test_images or listing.class_names != facts.class_names:
        raise _others(facts)
    named = facts.test_hash.startswith(NAMES_ONLY)
    digests = [_digest(path, listing.root if named else None) for path in listing.test.paths]
    kind = NAMES_ONLY if named else ""
    if kind + files_hash(digests, listing.test.labels) != facts.test_hash:
        raise _others(facts)
    return [_thumbnail(_decoded(listing.test, index, facts)) for index in chosen]


def _digest(path: Path, root: Path | None) -> bytes:
    """Of the file's bytes; of its name below `root` and its size where that is given."""
    from bakeoff.data.images import read_bytes

    if root is None:
        return hashlib.sha256(read_bytes(path)).digest()
    text = f"{path.relative_to(root).as_posix()}\0{path.stat().st_size}"
    return hashlib.sha256(text.encode()).digest()


def _decoded(files: Files, index: int, facts: DataFacts) -> Image.Image:
    from bakeoff.data.images import read_image

    return read_image(files.paths[index], facts.channels, facts.white)


def _others(facts: DataFacts) -> NotAtHand:
    return NotAtHand(
        f"The images of {facts.title} at hand here are not the ones these runs were tested on, so "
        "they are not shown."
    )


def _picture(image: NDArray[np.uint8]) -> Image.Image:
    """A uint8 image (C, H, W); equal channels are one."""
    grey = image.shape[0] != 3 or bool((image == image[:1]).all())
    pixels: NDArray[Any] = image[0] if grey else np.moveaxis(image[:3], 0, -1)
    return Image.fromarray(np.ascontiguousarray(pixels))


def _thumbnail(picture: Image.Image) -> bytes:
    if max(picture.size) > SMALL:
        picture.thumbnail((SIDE, SIDE))
    return encoded(picture, max(picture.size))


def data_address(image: bytes) -> str:
    """A PNG or JPEG as an address that holds it."""
    kind = "png" if image.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(image).decode()}"


def image_size(image: bytes) -> tuple[int, int]:
    """Width and height in pixels of a picture of ours."""
    with Image.open(io.BytesIO(image)) as opened:
        return opened.size


def encoded(picture: Image.Image, side: int) -> bytes:
    """PNG where `side`, of the images that the picture shows, is small; else JPEG."""
    out = io.BytesIO()
    if side <= SMALL:
        picture.save(out, format="PNG", optimize=True)
    else:
        picture.save(out, format="JPEG", quality=QUALITY, optimize=True)
    return out.getvalue()
