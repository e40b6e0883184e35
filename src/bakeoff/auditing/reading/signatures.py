"""What a file is, from its first bytes: the kinds that are read, and the true names of the rest.

A file that is not read is refused by its true name, whatever its ending says: a checkpoint that is
called results.md is a checkpoint.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path, PurePath
from typing import Literal

from bakeoff.errors import BadFile

Kind = Literal["text", "pdf", "docx", "gzip", "bzip2", "xz", "tar", "zip", "other"]
MOST_MEMBERS = 10_000
"""Names of a ZIP archive that are looked at to tell what it is."""

SAVE_AS_PDF = "Save it as PDF, Word (.docx) or text, and audit that"
TABLE = "Save the table as CSV, and audit that"
TEXT = "Name the document that tells its figures"
CAPTURE = "Type the figures into a text or CSV file, or run text recognition (OCR) first"


@dataclass(frozen=True, slots=True)
class Nature:
    """What a file is. name: as a person calls it, with its article; advice: what to do instead."""

    kind: Kind
    name: str = ""
    advice: str = ""


def _other(name: str, advice: str = TEXT) -> Nature:
    return Nature("other", name, advice)


_STARTS: tuple[tuple[bytes, Nature], ...] = (
    (b"%PDF-", Nature("pdf", "a PDF document")),
    (b"\x1f\x8b", Nature("gzip", "a gzip archive")),
    (b"BZh", Nature("bzip2", "a bzip2 archive")),
    (b"\xfd7zXZ\0", Nature("xz", "an xz archive")),
    (b"\x28\xb5\x2f\xfd", _other("a Zstandard archive", "Unpack it, and name the documents")),
    (b"7z\xbc\xaf\x27\x1c", _other("a 7-Zip archive", "Unpack it, and name the documents")),
    (b"Rar!\x1a\x07", _other("a RAR archive", "Unpack it, and name the documents")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _other(
        "an Office document in the format of before 2007 (.doc, .xls, .ppt)", SAVE_AS_PDF)),
    (b"{\\rtf", _other("a Rich Text document (RTF)", SAVE_AS_PDF)),
    (b"%!PS", _other("a PostScript document", "Convert it with ps2pdf, and audit the PDF")),
    (b"\x89PNG\r\n\x1a\n", _other("a picture (PNG)", CAPTURE)),
    (b"\xff\xd8\xff", _other("a picture (JPEG)", CAPTURE)),
    (b"GIF8", _other("a picture (GIF)", CAPTURE)),
    (b"II*\0", _other("a picture (TIFF)", CAPTURE)),
    (b"MM\0*", _other("a picture (TIFF)", CAPTURE)),
    (b"BM", _other("a picture (BMP)", CAPTURE)),
    (b"AT&TFORM", _other("a DjVu document", "Convert it to PDF with ddjvu, and audit that")),
    (b"PAR1", _other("a Parquet table", TABLE)),
    (b"ARROW1", _other("an Arrow table", TABLE)),
    (b"FEA1", _other("a Feather table", TABLE)),
    (b"\x89HDF\r\n\x1a\n", _other("an HDF5 file")),
    (b"\x93NUMPY", _other("a NumPy array", TABLE)),
    (b"SQLite format 3\0", _other("a SQLite database", TABLE)),
    (b"MATLAB 5.0 MAT-file", _other("a MATLAB file", TABLE)),
    (b"\x7fELF", _other("a program (ELF)")),
    (b"MZ", _other("a Windows program")),
    (b"\xca\xfe\xba\xbe", _other("a compiled program")),
    (b"version https://git-lfs.github.com/spec/", _other(
        "a Git LFS pointer, not the file that it stands for", "Fetch it with: git lfs pull")),
)  # fmt: skip
_TEXT_STARTS = (b"{\\rtf", b"%!PS", b"version https://git-lfs")
"""Signatures that are text all the same, so that no zero byte must prove them."""
_AMBIGUOUS = (b"BM", b"MZ", b"BZh", b"II*\0", b"GIF8", b"PAR1", b"FEA1", b"ARROW1")
"""Signatures that a text may begin with by chance: only believed where the rest is no text."""


def nature(content: bytes, name: str) -> Nature:
    """What the file is. Text is "text", also where its encoding cannot be read."""
    head = content[:8192]
    for start, found in _STARTS:
        if content.startswith(start):
            if start in _AMBIGUOUS and not _binary(head):
                break
            return found
    # Readers of PDF accept up to a kilobyte of other bytes before the header.
    if b"%PDF-" in content[:1024] and _binary(head):
        return _STARTS[0][1]
    if content.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _archive(content)
    if content[257:262] == b"ustar":
        return Nature("tar", "a tar archive")
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return _other("a picture (WebP)", CAPTURE)
    if head[4:8] == b"ftyp":
        return _other("a video or a picture (MP4, HEIC)", CAPTURE)
    if len(head) > 9 and head[8:9] == b"{" and head[3:8] == b"\0\0\0\0\0":
        return _other("a checkpoint (safetensors)")
    if head[:1] == b"\x80" and head[1:2] in (b"\2", b"\3", b"\4", b"\5"):
        return _other("a pickle, possibly a checkpoint")
    if b"tfevents" in PurePath(name).name.encode() and _binary(head):
        return _other("a TensorBoard log", "Export its scalars as CSV, and audit that")
    if head.lstrip(b"\xef\xbb\xbf \t\r\n")[:4].lower() == b"<svg":
        return _other("a picture (SVG)", CAPTURE)
    return Nature("text")


def _binary(head: bytes) -> bool:
    return b"\0" in head or any(b > 0x7F for b in head[:256])


def _archive(content: bytes) -> Nature:
    """What a ZIP archive holds, from the names in it."""
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            names = {m.filename for m in archive.infolist()[:MOST_MEMBERS]}
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, RuntimeError):
        return _other("a ZIP archive that is damaged", "Fetch or save it again")
    if "word/document.xml" in names:
        return Nature("docx", "a Word document")
    if any(n.startswith("xl/") for n in names):
        return _other("an Excel workbook", TABLE)
    if any(n.startswith("ppt/") for n in names):
        return _other("a PowerPoint presentation", SAVE_AS_PDF)
    if "mimetype" in names and "content.xml" in names:
        return _other("an OpenDocument file (LibreOffice)", SAVE_AS_PDF)
    if "META-INF/container.xml" in names:
        return _other("an e-book (EPUB)", "Save it as PDF or HTML, and audit that")
    if any(n.endswith("data.pkl") for n in names):
        return _other("a checkpoint (PyTorch)")
    if names and all(n.endswith(".npy") for n in names):
        return _other("an archive of NumPy arrays", TABLE)
    return Nature("zip", "a ZIP archive")


def refused(path: Path | str, found: Nature) -> BadFile:
    """The error for a file that is known and not read."""
    return BadFile(path, f"is {found.name}, which the audit does not read", found.advice or TEXT)
