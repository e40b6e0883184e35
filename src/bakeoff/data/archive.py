"""Unpacking an archive of images: nothing outside its folder, nothing without bounds."""

from __future__ import annotations

import hashlib
import lzma
import stat
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO

from bakeoff.data.images import SUFFIXES as IMAGE_SUFFIXES
from bakeoff.data.junk import is_junk
from bakeoff.errors import BadFile, OutputError, first_line

SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
MOST_FILES = 5_000_000
MOST_BYTES = 1 << 40
MOST_EXPANSION = 200
CHUNK = 1 << 20
MOST_AFTER_END = 1 << 30
DAMAGE = (
    tarfile.TarError,
    zipfile.BadZipFile,
    EOFError,
    OSError,
    lzma.LZMAError,
    zlib.error,
    RuntimeError,
    ValueError,
)
ADVICE = "Unpack it yourself, look at what it holds, and give the folder"


def is_archive(path: Path) -> bool:
    """Whether `path` is called like an archive that `unpacked` knows, and is a file."""
    return path.name.lower().endswith(SUFFIXES) and path.is_file()


def unpacked(archive: Path, keep_in: Path) -> Path:
    """The folder in `keep_in` that holds the archive's files; unpacked there once.

    Only regular files are written, each inside that folder. A member whose name is absolute or
    leads out of it, a link or a device makes the whole archive refused, as does one that grows
    more than 200-fold (a bomb). What was unpacked is found again by the archive's SHA-256.
    Raises BadFile naming archive and member, OutputError when the folder cannot be written.
    """
    folder = keep_in / f"{archive.name.split('.')[0]}-{_digest(archive)[:16]}"
    if folder.is_dir():
        return folder
    try:
        keep_in.mkdir(parents=True, exist_ok=True)
        # Unpacked aside and then renamed, so that an interrupted attempt is never taken for whole.
        with tempfile.TemporaryDirectory(dir=keep_in, prefix=".unpacking-") as aside:
            whole = Path(aside) / "whole"
            whole.mkdir()
            _unpack(archive, whole)
            whole.rename(folder)
    except OSError as trouble:
        if folder.is_dir():  # another process was faster
            return folder
        raise OutputError(
            f"{keep_in} cannot hold what is in {archive.name} ({trouble.strerror or trouble})",
            "Make room, or choose another folder with $BAKEOFF_DATA",
        ) from trouble
    return folder


def _unpack(archive: Path, into: Path) -> None:
    most = min(MOST_BYTES, MOST_EXPANSION * archive.stat().st_size)
    written = 0
    with _reading(archive) as members:
        for count, (name, content) in enumerate(members):
            if count >= MOST_FILES:
                raise BadFile(archive, f"more than {MOST_FILES:,} files", ADVICE)
            target = into / _safe(archive, name)
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("xb") as file:
                while part := content.read(CHUNK):
                    written += len(part)
                    if written > most:
                        raise BadFile(
                            archive, f"unpacks to more than {MOST_EXPANSION} times its size", ADVICE
                        )
                    file.write(part)


Members = Iterator[tuple[str, IO[bytes]]]


@contextmanager
def _reading(archive: Path) -> Iterator[Members]:
    """Names and contents of the regular files in an archive; damage becomes BadFile."""
    try:
        if archive.name.lower().endswith(".zip"):
            with zipfile.ZipFile(archive) as zipped:
                yield _zip_members(archive, zipped)
        else:
            with tarfile.open(archive) as tar:
                yield _tar_members(archive, tar)
    except FileExistsError as twice:
        name = Path(twice.filename).name
        raise BadFile(archive, f"holds two files called {name!r}", ADVICE) from None
    except DAMAGE as damage:
        if isinstance(damage, OSError) and damage.errno is not None:
            raise  # of the disk; that of damaged bytes has no number
        said = first_line(damage).rstrip(":")
        raise BadFile(archive, f"damaged archive ({said})", "Get it again") from None


def _zip_members(archive: Path, zipped: zipfile.ZipFile) -> Members:
    for member in zipped.infolist():
        kind = stat.S_IFMT(member.external_attr >> 16)
        if member.is_dir():
            _safe(archive, member.filename)
        elif kind not in (0, stat.S_IFREG):
            raise BadFile(archive, f"member {member.filename!r} is a link or a device", ADVICE)
        else:
            with zipped.open(member) as content:
                yield member.filename, content


def _tar_members(archive: Path, tar: tarfile.TarFile) -> Members:
    for member in tar:
        if member.isdir():
            _safe(archive, member.name)
        elif not member.isreg():
            raise BadFile(archive, f"member {member.name!r} is a link or a device", ADVICE)
        else:
            content = tar.extractfile(member)
            assert content is not None
            yield member.name, content
    require_whole(tar)


def require_whole(tar: tarfile.TarFile) -> None:
    """Read what follows the last member that was found: the end mark and a compressor's check sum.

    tarfile takes a header that it cannot read, and a file cut between two members, for the end.
    Raises ReadError, or what the compressor raises, where more was meant to come.
    """
    assert tar.fileobj is not None
    tar.fileobj.seek(tar.offset)
    block = tar.fileobj.read(tarfile.BLOCKSIZE)
    if block != bytes(tarfile.BLOCKSIZE):
        what = "a damaged header" if block else "no end mark"
        raise tarfile.ReadError(f"{what} after {tar.offset:,} bytes")
    for _ in range(MOST_AFTER_END // CHUNK):
        if not tar.fileobj.read(CHUNK):
            return
    raise tarfile.ReadError(f"more than {MOST_AFTER_END:,} bytes follow its end mark")


def _safe(archive: Path, name: str) -> PurePosixPath:
    """The member's path below the folder. Raises BadFile when it leads elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    outside = path.is_absolute() or ".." in path.parts or ":" in (path.parts or ("",))[0]
    if outside or "\0" in name:
        raise BadFile(archive, f"member {name!r} leads out of the archive's folder", ADVICE)
    return path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def only_folder(folder: Path) -> Path:
    """The folder inside, while there is one and no image beside it: archives often wrap their
    content, with a README or a licence beside it."""
    while True:
        inside = [
            path
            for path in folder.iterdir()
            if not is_junk(path.name) and (path.is_dir() or path.suffix.lower() in IMAGE_SUFFIXES)
        ]
        if len(inside) != 1 or not inside[0].is_dir():
            return folder
        folder = inside[0]
