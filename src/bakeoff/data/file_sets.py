"""From listed image files to a data set: resident when small, streamed when large."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD
from torch import Tensor

from bakeoff.data.dataset import Dataset, Split, as_channels, channel_statistics
from bakeoff.data.facts import DataFacts
from bakeoff.data.folder import Files, Listing
from bakeoff.data.images import Header, byte_count, read_bytes, read_header, read_image
from bakeoff.data.oddities import oddities, white_of
from bakeoff.data.pixels import covered, mapped
from bakeoff.data.stream import StreamedDataset, StreamedSplit
from bakeoff.errors import BadData

HELD_SIDE = 256
"""Pixels: what the shorter side of images is shrunk to where nothing else is asked."""
RESIDENT_BYTES = 2 << 30
MOST_READ = 16 << 30
STATISTICS_IMAGES = 4096
FLAT = 0.1 / 255
"""Deviation below which a channel holds nothing but rounding."""

Progress = Callable[[str, int, int], None]
"""Called with what is being done, how many images are done, and of how many."""


def silent(_what: str, _done: int, _total: int) -> None:
    """The progress of nobody watching."""


@dataclass(frozen=True)
class Scan:
    """What the files of a listing say of themselves.

    paths, headers: of every file, or of some if there are too many to read. digests: SHA-256 of
    each file's bytes, or of its name and size if `read` is False.
    """

    paths: tuple[Path, ...]
    headers: tuple[Header, ...]
    digests: tuple[bytes, ...]
    read: bool


def build(
    listing: Listing,
    *,
    name: str,
    title: str,
    channels: int | None,
    size: int | None,
    stream: bool | None,
    progress: Progress = silent,
    licence: str = "",
    citation: str = "",
    valid: tuple[tuple[int, ...], ...] = (),
) -> Dataset | StreamedDataset:
    """The data set of the files in `listing`.

    channels: None takes 3; grey sets are shown as equal channels. size: length that the shorter
    side is shrunk to where it is longer; None takes 256. stream: None keeps the set in memory if
    it takes at most 2 GiB of pixels there, so shrunk, else streams it. valid:
    every class that is right for each test image, where they are several; such sets stream.
    Raises BadFile naming a file that cannot be used, BadData when the set does not fit memory and
    `stream` is False.
    """
    _require_writable(name, title, *listing.class_names)
    paths = listing.train.paths + listing.test.paths
    scan = _scanned(listing.root, paths, progress)
    white = white_of(scan.headers, all_read=scan.read)
    listing = replace(
        listing,
        train=replace(listing.train, white=white),
        test=replace(listing.test, white=white),
    )
    grey = all(header.grey for header in scan.headers)
    shown = channels or 3
    stored = 1 if grey or shown == 1 else 3
    height, width, how = _resident_size(scan.headers, size)
    needed = len(paths) * stored * height * width
    if valid:
        stream = True
    if stream is None:
        stream = needed > RESIDENT_BYTES
    elif not stream and needed > RESIDENT_BYTES:
        raise BadData(
            f"{name} would take {needed / 2**30:.1f} GiB in memory at {height} × {width}",
            "Stream it, or keep it smaller with a lower resolution",
        )
    n = len(listing.train)
    looked_at = [path.relative_to(listing.root).as_posix() for path in scan.paths]
    odd = oddities(looked_at, scan.headers, white)
    notes = [*listing.notes, *odd, *_overlap(scan, n)]
    kind = "" if scan.read else "names-and-sizes:"
    train_hash = kind + files_hash(scan.digests[:n], listing.train.labels)
    test_hash = kind + files_hash(scan.digests[n:], listing.test.labels, valid)

    def facts(mean: Sequence[float], std: Sequence[float], choice: str) -> DataFacts:
        flat = [channel for channel, deviation in enumerate(std, start=1) if deviation < FLAT]
        if len(flat) == len(std):
            raise BadData(
                f"all training images of {name} are one flat colour",
                "Check that the files hold what they should",
            )
        if flat:
            which = " and ".join(map(str, flat))
            notes.append(f"channel {which} is the same everywhere: centred, its deviation set to 1")
            std = [1.0 if deviation < FLAT else deviation for deviation in std]
        return DataFacts(
            name=name,
            title=title,
            train_images=n,
            test_images=len(listing.test),
            classes=len(listing.class_names),
            class_names=listing.class_names,
            channels=shown,
            height=0 if stream else height,
            width=0 if stream else width,
            mean=tuple(mean) * (shown // len(mean)),
            std=tuple(std) * (shown // len(std)),
            train_hash=train_hash,
            test_hash=test_hash,
            white=white,
            licence=licence,
            citation=citation,
            excluded=listing.excluded,
            notes=(choice, *notes),
        )

    if stream:
        view = size or HELD_SIDE
        train = StreamedSplit(listing.train, shown, view)
        test = StreamedSplit(listing.test, shown, view, valid)
        if not n:
            choice = f"only tested on, at {view} × {view} (shorter side resized, centre crop)"
            return StreamedDataset(facts(*_of_imagenet(shown), choice), train, test)
        some = torch.linspace(0, n - 1, min(n, STATISTICS_IMAGES)).long()
        mean, std = channel_statistics(train.batch(some)[0])
        choice = (
            f"streamed from its files; tested at {view} × {view} (shorter side resized, centre "
            f"crop); mean and deviation from {len(some):,} training images seen so"
        )
        return StreamedDataset(facts(mean, std, choice), train, test)

    def pixels(files: Files, what: str) -> Tensor:
        # Copied one by one into their place, so that memory holds the set once.
        images = torch.empty(len(files), stored, height, width, dtype=torch.uint8)
        decoded = mapped(
            lambda path: covered(read_image(path, stored, white), height, width), files.paths
        )
        for place, image in enumerate(decoded):
            images[place] = image
            progress(what, place + 1, len(files))
        return images

    def split(files: Files, images: Tensor) -> Split:
        return Split(as_channels(images, shown), torch.tensor(files.labels, dtype=torch.int64))

    train_pixels = pixels(listing.train, "decoding training images")
    test_pixels = pixels(listing.test, "decoding test images")
    seen = channel_statistics(train_pixels) if n else _of_imagenet(shown)
    only = "" if n else "only tested on, "
    return Dataset(
        facts(*seen, f"{only}in memory at {height} × {width}: {how}"),
        split(listing.train, train_pixels),
        split(listing.test, test_pixels),
    )


def _require_writable(*names: str) -> None:
    """Raise BadData for a name that no record can hold, before anything is trained."""
    for name in names:
        try:
            name.encode("utf-8")
        except UnicodeEncodeError:
            raise BadData(
                f"the data set or a class of it has the name {name!r}, which is not UTF-8",
                "Rename it, as records and reports cannot hold such a name",
            ) from None


def _of_imagenet(channels: int) -> tuple[Sequence[float], Sequence[float]]:
    """Mean and deviation of a set without training images; nothing is normalised by them, as
    weights bring their own."""
    return IMAGENET_DEFAULT_MEAN[:channels], IMAGENET_DEFAULT_STD[:channels]


def _scanned(root: Path, paths: Sequence[Path], progress: Progress) -> Scan:
    sizes = [byte_count(path) for path in paths]
    read = sum(sizes) <= MOST_READ
    looked_at = paths if read else paths[:: max(1, len(paths) // STATISTICS_IMAGES)]

    def look(path: Path) -> tuple[Header, bytes]:
        content = read_bytes(path)
        return read_header(path, content), hashlib.sha256(content).digest()

    headers, digests = [], []
    for done, (header, digest) in enumerate(mapped(look, looked_at)):
        headers.append(header)
        digests.append(digest)
        progress("reading files", done + 1, len(looked_at))
    if not read:
        digests = [
            hashlib.sha256(f"{path.relative_to(root).as_posix()}\0{size}".encode()).digest()
            for path, size in zip(paths, sizes, strict=True)
        ]
    return Scan(tuple(looked_at), tuple(headers), tuple(digests), read)


def _resident_size(headers: Sequence[Header], size: int | None) -> tuple[int, int, str]:
    """Height and width in memory, and why."""
    shapes = {(header.height, header.width) for header in headers}
    shorter = max(min(shape) for shape in shapes)
    side = min(size or HELD_SIDE, shorter)
    if len(shapes) == 1:
        (height, width) = next(iter(shapes))
        if shorter == side:
            return height, width, "the images' own size"
        scale = side / shorter
        return round(height * scale), round(width * scale), "resized, aspect kept"
    return side, side, "images differ in size, so the shorter side is resized and the centre kept"


def _overlap(scan: Scan, train: int) -> Iterator[str]:
    known = set(scan.digests[:train] if scan.read else ())
    both = sum(digest in known for digest in scan.digests[train:])
    if both:
        yield (
            f"WARNING: {both:,} of {len(scan.digests) - train:,} test images are training images "
            "too (the same bytes), so test accuracy is too high"
        )


def files_hash(
    digests: Sequence[bytes], labels: Sequence[int], valid: Sequence[tuple[int, ...]] = ()
) -> str:
    """A half's content hash: over each file's digest and label, in order.

    valid: every class that is right for each image, where they are several.
    """
    whole = hashlib.sha256()
    for digest, label in zip(digests, labels, strict=True):
        whole.update(digest + label.to_bytes(8, "little"))
    if valid:
        whole.update(repr([sorted(labels) for labels in valid]).encode())
    return whole.hexdigest()
