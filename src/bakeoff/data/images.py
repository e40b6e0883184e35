"""Reading one image file, which may be damaged, odd or hostile: pixels, or an error naming it."""

from __future__ import annotations

import io
import stat
import struct
from dataclasses import dataclass
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
LEAVE_OUT = "leave it out with --exclude (in a bake-off file: exclude)"
ADVICE = f"Replace it, or {LEAVE_OUT}"
GREY_MODES = frozenset({"1", "L", "LA", "La", "I;16", "I;16L", "I;16B", "I;16N"})


@dataclass(frozen=True)
class Header:
    """What an image file says of itself before its pixels are decoded.

    turned: its EXIF data asks viewers to turn or mirror it, which neither timm nor torchvision do.
    """

    width: int
    height: int
    mode: str
    animated: bool
    turned: bool = False

    @property
    def grey(self) -> bool:
        return self.mode in GREY_MODES


def read_header(path: Path, content: bytes) -> Header:
    """What `content`, the bytes of `path`, says of itself. Raises BadFile naming the file."""
    return _opened(path, content)[1]


def read_image(path: Path, channels: int) -> Image.Image:
    """The image as Pillow's "L" (channels 1) or "RGB" (channels 3), its first frame.

    16-bit grey levels are scaled to 8 bits; palettes, CMYK and transparency are converted as
    Pillow converts them (transparency is dropped). Raises BadFile naming the file for what is
    damaged, too large, or has levels without a scale (32-bit integers, floats).
    """
    return decode_image(path, read_bytes(path), channels)


def decode_image(path: Path, content: bytes, channels: int) -> Image.Image:
    """`read_image` of bytes already read; `path` is only named in errors."""
    assert channels in (1, 3)
    image, header = _opened(path, content)
    try:
        image.load()
    except (OSError, SyntaxError, ValueError, EOFError, IndexError, struct.error) as damage:
        raise BadFile(path, _damage(content, damage), ADVICE) from None
    if header.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.uint32)
        image = Image.fromarray(((levels * 255 + 32767) // 65535).astype(np.uint8))
    elif image.mode == "P" and "transparency" in image.info:
        image = image.convert("RGBA")
    wanted = "L" if channels == 1 else "RGB"
    return image if image.mode == wanted else image.convert(wanted)


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
    try:
        image = Image.open(io.BytesIO(content), formats=FORMATS)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise BadFile(path, f"more than {MOST_PIXELS:,} pixels", ADVICE) from None
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, struct.error):
        what = _truncation(content) or "not an image that Pillow can read"
        raise BadFile(path, what, ADVICE) from None
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise BadFile(path, f"{width:,} × {height:,} pixels, more than {MOST_PIXELS:,}", ADVICE)
    if image.mode in ("I", "F"):
        kind = "32-bit integers" if image.mode == "I" else "floating-point numbers"
        raise BadFile(
            path,
            f"its levels are {kind}, whose scale nobody knows",
            f"Convert it to 8 or 16 bits, or {LEAVE_OUT}",
        )
    try:
        animated = bool(getattr(image, "is_animated", False))
    except Exception as damage:  # looking for a second frame reads what may be damaged
        raise BadFile(path, _damage(content, damage), ADVICE) from None
    return image, Header(width, height, image.mode, animated, _is_turned(image))


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
    if content[:8] == b"\x89PNG\r\n\x1a\n":
        place = 8
        while place + 8 <= len(content):
            if content[place + 4 : place + 8] == b"IEND":
                return place + 12
            place += 12 + int.from_bytes(content[place : place + 4], "big")
        return place + 12
    return None
