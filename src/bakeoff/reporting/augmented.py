"""The strips that runs leave: the same training images under each arm's augmentation."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from bakeoff.records.store import AUGMENTED_NAME
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.pictures import encoded

IMAGES = 8
"""In a row of a strip, which is what `bakeoff.data.sheet.picture_strip` draws."""
MAX_BYTES = 4 * 1024**2
MAX_SIDE = 256
BETWEEN = (128, 128, 128)
"""Of the lines between images: seen on white and on black."""


@dataclass(frozen=True, slots=True)
class Strip:
    """PNG or JPEG of the images as they are, and, in the rows below each other, as trained on."""

    originals: bytes
    augmented: bytes


def strip_of(arm: ArmRuns) -> Strip | None:
    """What an arm's runs left, in its folder or beside a run alone; None where there is none that
    can be read."""
    folders = [run.folder for run in arm.runs if run.folder is not None]
    places = dict.fromkeys(place for folder in folders for place in (folder, folder.parent))
    for place in places:
        if (found := _read(place / AUGMENTED_NAME)) is not None:
            return found
    return None


def _read(path: Path) -> Strip | None:
    try:
        if path.stat().st_size > MAX_BYTES:
            return None
        with Image.open(path, formats=["PNG"]) as opened:
            side = opened.width // IMAGES
            whole = opened.width == side * IMAGES and opened.height % max(1, side) == 0
            if not (1 <= side <= MAX_SIDE and whole and 2 <= opened.height // side <= IMAGES):
                return None
            strip = opened.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    rows = range(strip.height // side)
    return Strip(_tiled(strip, side, rows[:1]), _tiled(strip, side, rows[1:]))


def _tiled(strip: Image.Image, side: int, rows: range) -> bytes:
    """Rows of a strip, with a line between its images."""
    step = side + max(1, side // 32)
    out = Image.new("RGB", (step * IMAGES + side - step, step * len(rows) + side - step), BETWEEN)
    for down, row in enumerate(rows):
        for across in range(IMAGES):
            left, top = across * side, row * side
            tile = strip.crop((left, top, left + side, top + side))
            out.paste(tile, (across * step, down * step))
    return encoded(out, side)
