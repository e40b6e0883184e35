"""What is known of a data set before anything is trained on it."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class DataFacts(BaseModel):
    """Facts of a data set as loaded; stored in every record.

    mean, std: per channel, of the training images scaled to [0, 1].
    *_hash: SHA-256 over pixels and labels in the data set's order; for sets of image files over
    the files' bytes and labels, which does not depend on how they are decoded. Two results are on
    the same test set exactly when `test_hash` agrees. "names-and-sizes:" before a hash says that
    the files were too many to read, so only names, sizes and labels agree.
    white: the level of 16-bit grey images that became 255.
    height, width: of the images as held in memory; 0 when they stream in sizes of their own.
    excluded: shell patterns, relative to the set's folder, of files that were left out when it was
    opened; the same test images are found again only without those files.
    notes: what was decided when loading: how it was split, resized, what was left out or overlaps.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    title: str
    train_images: int
    test_images: int
    classes: int
    class_names: tuple[str, ...]
    channels: int
    height: int
    width: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    train_hash: str
    test_hash: str
    white: int = 65_535
    licence: str = ""
    citation: str = ""
    excluded: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
