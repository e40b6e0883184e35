"""Reading one image file, which may be damaged, odd or hostile: pixels, or an error naming it."""

from __future__ import annotations

import io
import logging
import stat
import struct
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image, UnidentifiedImageError
from PIL.ExifTags import Base

from bakeoff.errors import BadFile

SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
)
FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP", "TIFF", "PPM")
"""What is read, whatever a file is called: PostScript, for one, would start another program."""
MOST_PIXELS = 100_000_000
MOST_BYTES = 1 << 28
EMPTY_TAIL = 512
BITS_PER_SAMPLE = 258
LEAVE_OUT = "leave it out with --exclude (in a bake-off file: exclude)"
ADVICE = f"Replace it, or {LEAVE_OUT}"
GREY_MODES = frozenset({"1", "L", "LA", "La", "I", "I;16", "I;16L", "I;16B", "I;16N"})
COLOUR_MODES = frozenset({"P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr"})
DEEP_WHITE = 65_535
"""The level of 16 bits that is white where nothing else is known."""
DEPTHS = (8, 10, 12, 14, 16)
"""Bits that cameras and scanners have; their levels come in files of 16."""
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_NOTES = frozenset({b"iCCP", b"tEXt", b"zTXt", b"iTXt"})

# Without any handler, Python would print what Pillow logs to the terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True)
class Header:
    """What an image file says of itself before its pixels are decoded.

    turned: its EXIF data asks viewers to turn or mirror it, which neither timm nor torchvision do.
    deep: its levels have 16 bits, of which Pillow gives the upper 8 where it is coloured.
    highest: of a deep image, the highest level, on the scale 0 to 65,535. warned: what Pillow warns
    of when it opens the file.
    """

    width: int
    height: int
    mode: str
    animated: bool
    turned: bool = False
    deep: bool = False
    highest: int = 0
    warned: tuple[str, ...] = ()

    @property
    def grey(self) -> bool:
        return self.mode in GREY_MODES


def read_header(path: Path, content: bytes) -> Header:
    """What `content`, the bytes of `path`, says of itself. Raises BadFile naming the file."""
    image, header = _opened(path, content)
    if not header.deep:
        return header
    _load(path, content, image)
    levels = np.asarray(image)
    if image.mode in ("LA", "RGBA"):
        levels = levels[..., :-1]
    # Of colour, Pillow keeps the upper 8 bits of 16.
    highest = int(levels.max()) * (257 if levels.dtype == np.uint8 else 1)
    return replace(header, highest=highest)


def white_level(highest: int) -> int:
    """The level that is white in a set whose highest is `highest`: the top of 8, 10 … 16 bits."""
    return next((1 << bits) - 1 for bits in DEPTHS if highest < 1 << bits)


def read_image(path: Path, channels: int, white: int = DEEP_WHITE) -> Image.Image:
    """The image as Pillow's "L" (channels 1) or "RGB" (channels 3), its first frame.

    16-bit grey levels from 0 to `white` are scaled to 8 bits; palettes, CMYK and transparency are
    converted as Pillow converts them (transparency is dropped). Raises BadFile naming the file for
    what is damaged, too large, brighter than `white`, or has levels without a scale (32-bit
    integers, floats) or colours that Pillow does not convert (LAB).
    """
    return decode_image(path, read_bytes(path), channels, white)


def decode_image(path: Path, content: bytes, channels: int, white: int = DEEP_WHITE) -> Image.Image:
    """`read_image` of bytes already read; `path` is only named in errors."""
    assert channels in (1, 3)
    image, header = _opened(path, content)
    _load(path, content, image)
    if header.deep and header.grey and "A" not in header.mode:
        levels = np.asarray(image).astype(np.uint32)
        if (highest := int(levels.max())) > white:
            raise BadFile(
                path,
                f"level {highest:,}, where the highest of the data set was to be {white:,}",
                "It was changed since the set was opened; run the command again",
            )
        image = Image.fromarray(((levels * 255 + white // 2) // white).astype(np.uint8))
    wanted = "L" if channels == 1 else "RGB"
    if image.mode == wanted:
        return image
    if "transparency" in image.info:
        with _listening():  # Pillow warns of transparent palettes.
            image = image.convert("RGBA") if image.mode == "P" else image
            return image.convert(wanted)
    return image.convert(wanted)


def _load(path: Path, content: bytes, image: Image.Image) -> None:
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as damage:
        raise BadFile(path, _damage(content, damage), ADVICE) from None


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What Pillow warns of, in place of lines on the terminal.

    Python keeps what it does with warnings for all threads together, so one listens at a time.
    """
    said: list[str] = []
    with _ONE_AT_A_TIME, warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield said
        said += [
            " ".join(str(warning.message).split())
            for warning in caught
            if not issubclass(warning.category, Image.DecompressionBombWarning)
        ]


def byte_count(path: Path) -> int:
    """Size of a file in bytes. Raises BadFile naming it when it cannot be looked at."""
    try:
        return path.stat().st_size
    except OSError as trouble:
        raise BadFile(path, f"cannot be read ({trouble.strerror or trouble})", ADVICE) from None


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file of bounded size. Raises BadFile naming it."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BadFile(path, "not a regular file", ADVICE)
        if status.st_size == 0:
            raise BadFile(path, "empty file", ADVICE)
        if status.st_size > MOST_BYTES:
            raise BadFile(path, f"{status.st_size:,} bytes, more than {MOST_BYTES:,}", ADVICE)
        return path.read_bytes()
    except OSError as trouble:
        raise BadFile(path, f"cannot be read ({trouble.strerror or trouble})", ADVICE) from None


def _opened(path: Path, content: bytes) -> tuple[Image.Image, Header]:
    with _listening() as warned:
        image, turned = _identified(path, content)
        try:
            animated = bool(getattr(image, "is_animated", False))
        except Exception as damage:  # looking for a second frame reads what may be damaged
            raise BadFile(path, _damage(content, damage), ADVICE) from None
    width, height = image.size
    header = Header(
        width, height, image.mode, animated, turned, _is_deep(image, content), warned=tuple(warned)
    )
    return image, header


def _identified(path: Path, content: bytes) -> tuple[Image.Image, bool]:
    """The image, not decoded yet, and whether EXIF turns it."""
    try:
        image = Image.open(io.BytesIO(_without_notes(content)), formats=FORMATS)
    except Image.DecompressionBombError:
        raise BadFile(path, f"more than {MOST_PIXELS:,} pixels", ADVICE) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error):
        what = _truncation(content) or "not an image that Pillow can read"
        raise BadFile(path, what, ADVICE) from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise BadFile(path, f"{width:,} × {height:,} pixels, more than {MOST_PIXELS:,}", ADVICE)
    if image.mode == "F" or (image.mode == "I" and image.format != "PPM"):
        kind = "32-bit integers" if image.mode == "I" else "floating-point numbers"
        raise BadFile(
            path,
            f"its levels are {kind}, whose scale nobody knows",
            f"Convert it to 8 or 16 bits, or {LEAVE_OUT}",
        )
    if image.mode not in GREY_MODES | COLOUR_MODES:
        raise BadFile(
            path,
            f"its colours are {image.mode}, which is not converted to RGB here",
            f"Convert it to RGB, or {LEAVE_OUT}",
        )
    return image, _is_turned(image)


def _is_deep(image: Image.Image, content: bytes) -> bool:
    """Whether levels have 16 bits. Of a PGM, Pillow scales its maxval to 65,535."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        return True
    if image.format == "PNG":
        return image.mode != "P" and content[24:25] == b"\x10"
    if image.format == "TIFF":
        bits = image.tag_v2.get(BITS_PER_SAMPLE, ())  # type: ignore[attr-defined]
        return bool(bits) and max(bits) > 8
    return False


def _without_notes(content: bytes) -> bytes:
    """A PNG file without its texts and colour profile, which Pillow reads up to 1 MiB only."""
    if not content.startswith(PNG_START):
        return content
    kept, place = [PNG_START], len(PNG_START)
    while place + 12 <= len(content):
        end = place + 12 + int.from_bytes(content[place : place + 4], "big")
        kind = content[place + 4 : place + 8]
        if end > len(content) or kind == b"IEND":
            break
        if kind not in PNG_NOTES:
            kept.append(content[place:end])
        place = end
    kept.append(content[place:])
    return b"".join(kept) if sum(map(len, kept)) < len(content) else content


def _is_turned(image: Image.Image) -> bool:
    if "exif" not in image.info:
        return False
    try:
        return image.getexif().get(Base.Orientation, 1) in range(2, 9)
    except (OSError, SyntaxError, ValueError, EOFError, TypeError, KeyError, struct.error):
        return False  # damaged EXIF data turns nothing


def _damage(content: bytes, damage: Exception) -> str:
    cut = _truncation(content)
    if not cut and "truncated" in str(damage).lower():
        cut = f"truncated after {len(content):,} bytes"
    return cut or f"damaged image data ({damage})"


def _truncation(content: bytes) -> str:
    """How an image that cannot be read was cut short, or "" if it does not look so."""
    filled = len(content.rstrip(b"\0"))
    if len(content) - filled > EMPTY_TAIL:
        # Downloaders reserve a file's length first and fill it afterwards.
        return f"truncated after {filled:,} of {len(content):,} bytes, the rest is zeros"
    expected = _announced_length(content)
    if expected and len(content) < expected:
        return f"truncated after {len(content):,} of {expected:,} bytes"
    if content[:2] == b"\xff\xd8" and not content.endswith(b"\xff\xd9"):
        return f"truncated after {len(content):,} bytes"
    return ""


def _announced_length(content: bytes) -> int | None:
    """Bytes that the file should have, where its format says so; for PNG at least so many."""
    if content[:4] == b"RIFF" and len(content) >= 8:
        return 8 + int.from_bytes(content[4:8], "little")
    if content[:2] == b"BM" and len(content) >= 6:
        return int.from_bytes(content[2:6], "little")
    if content.startswith(PNG_START):
        place = len(PNG_START)
        while place + 8 <= len(content):
            if content[place + 4 : place + 8] == b"IEND":
                return place + 12
            place += 12 + int.from_bytes(content[place : place + 4], "big")
        return place + 12
    return None
