"""Reader of IDX files, the format of MNIST and its siblings; their bytes are not trusted.

Format: two zero bytes, a type code, the number of dimensions, one big-endian uint32 per
dimension, then the values, first dimension slowest (LeCun's description of the MNIST files).
"""

from __future__ import annotations

import gzip
import hashlib
import math
import struct
import zlib
from pathlib import Path
from typing import IO, cast

import numpy as np
from numpy.typing import NDArray

from bakeoff.errors import BadFile

UNSIGNED_BYTE = 0x08
MOST_BYTES = 1 << 31
GZIP_MAGIC = b"\x1f\x8b"


def read_idx(
    path: Path,
    *,
    dimensions: int,
    sha256: str = "",
    advice: str = "Replace it by an intact copy",
    most_bytes: int = MOST_BYTES,
) -> NDArray[np.uint8]:
    """The array of unsigned bytes in an IDX file, plain or gzip'd; shape as its header says.

    sha256: expected digest of the decompressed content, hexadecimal; "" checks none.
    most_bytes: refuse a header that announces more, before anything is allocated.
    Raises BadFile when the file is missing, damaged, not IDX, or not the expected content.
    """
    try:
        with path.open("rb") as raw:
            zipped = raw.read(2) == GZIP_MAGIC
            raw.seek(0)
            stream = cast("IO[bytes]", gzip.GzipFile(fileobj=raw)) if zipped else raw
            content = _content(stream, path, dimensions, advice, most_bytes)
    except FileNotFoundError:
        raise BadFile(path, "no such file", advice) from None
    except (EOFError, zlib.error, gzip.BadGzipFile) as damage:
        raise BadFile(path, f"damaged gzip data ({damage})", advice) from None
    except OSError as trouble:
        raise BadFile(path, f"cannot be read ({trouble.strerror or trouble})", advice) from None
    if sha256 and hashlib.sha256(content).hexdigest() != sha256:
        raise BadFile(path, "its content is not the original (SHA-256 differs)", advice)
    shape = struct.unpack_from(f">{dimensions}I", content, 4)
    return np.frombuffer(content, np.uint8, offset=4 + 4 * dimensions).reshape(shape)


def _content(
    stream: IO[bytes], path: Path, dimensions: int, advice: str, most_bytes: int
) -> bytearray:
    """Header and values, no more bytes read than the header announces (and one, to notice more)."""
    header = stream.read(4 + 4 * dimensions)
    expected = bytes([0, 0, UNSIGNED_BYTE, dimensions])
    if header[:4] != expected or len(header) < 4 + 4 * dimensions:
        raise BadFile(
            path,
            f"not an IDX file of unsigned bytes in {dimensions} dimensions",
            advice,
        )
    size = math.prod(struct.unpack_from(f">{dimensions}I", header, 4))
    if size > most_bytes:
        raise BadFile(path, f"announces {size:,} bytes, more than {most_bytes:,}", advice)
    content = bytearray(header)
    while missing := size + len(header) - len(content):
        part = stream.read(min(missing, 1 << 24))
        if not part:
            got = len(content) - len(header)
            raise BadFile(path, f"truncated after {got:,} of {size:,} bytes", advice)
        content += part
    if stream.read(1):
        raise BadFile(path, f"goes on after the {size:,} bytes that it announces", advice)
    return content
