r"""LaTeX sources of several files: a folder, an archive as arXiv or Overleaf gives it, \input.

The files are put together as TeX would, every line with the file and the line that it came from.
Archives are read in memory and never unpacked to disk; names that lead outside, links and devices
in them are not followed, and what is unpacked is bounded.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import IO

from bakeoff.auditing.claims import Spot
from bakeoff.auditing.reading.source import MAX_BYTES, MAX_LINE, Source, decode, load
from bakeoff.errors import BadFile

MAX_UNPACKED = 256 * 1024 * 1024
"""Bytes that an archive may unpack to, pictures included."""
MAX_MEMBERS = 10_000
MAX_INPUTS = 2_000
MAX_DEPTH = 20
TEXTS = {".tex", ".ltx", ".latex", ".txt", ".inc", ".tab", ".table", ""}
_INPUT = re.compile(
    r"\\(?:(?:input|include|subfile|subfileinclude|InputIfFileExists)\s?\{(?P<name>[^{}]{1,200})\}"
    r"|(?:sub)?(?:import|includefrom|inputfrom)\*?\s?\{(?P<folder>[^{}]{0,200})\}\s?"
    r"\{(?P<from>[^{}]{1,200})\}|input\s(?P<bare>[\w./-]{1,200}))"
)
_MAIN = re.compile(r"^[^%\n]{0,200}\\document(?:class|style)\b", re.MULTILINE)
_COMMENT = re.compile(r"(?<!\\)(?:\\\\){0,50}%")
Get = Callable[[str], str | None]
"""The text of a file by its name from the root, None if there is none."""


def is_main(text: str) -> bool:
    """Whether a LaTeX file is a document, and no part of one."""
    return bool(_MAIN.search(text[:200_000]))


def inputs(text: str) -> Iterator[str]:
    """Names of the files that a LaTeX file takes in."""
    for line in text.split("\n"):
        if "\\" in line:
            comment = _COMMENT.search(line)
            for match in _INPUT.finditer(line[: comment.start()] if comment else line):
                yield _named(match)


def _named(match: re.Match[str]) -> str:
    name = (match["name"] or match["bare"] or "").strip().strip('"')
    if match["from"]:
        name = str(PurePosixPath(match["folder"].strip() or ".") / match["from"].strip())
    return name


def inside(name: str) -> str | None:
    """A name relative to the root, None where it leads out of it."""
    parts: list[str] = []
    if name.startswith(("/", "~")) or "\\" in name or ":" in name or "\0" in name:
        return None
    for part in name.split("/"):
        if part == "..":
            if not parts:
                return None
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts) or None


@dataclass(slots=True)
class _Flat:
    """Files put together. shown: the name of a file as a person has it."""

    get: Get
    shown: Callable[[str], str]
    lines: list[str] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    taken: int = 0
    size: int = 0

    def add(self, name: str, text: str, stack: tuple[str, ...]) -> None:
        text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
        for number, line in enumerate(text.split("\n"), start=1):
            self._line(name, number, line, stack)

    def _put(self, line: str, name: str, number: int) -> None:
        self.lines.append(line[:MAX_LINE])
        self.spots.append(Spot(part=self.shown(name), line=number))
        self.size += len(line) + 1

    def _line(self, name: str, number: int, line: str, stack: tuple[str, ...]) -> None:
        if self.size > MAX_BYTES:
            return
        comment = _COMMENT.search(line) if "%" in line and "\\in" in line else None
        end = comment.start() if comment else len(line)
        position = 0
        for match in _INPUT.finditer(line, 0, end) if "\\" in line else ():
            found = self._take(_named(match), name, stack)
            if isinstance(found, str):
                self.problems.append((len(self.lines) + 1, found))
                continue
            if line[position : match.start()].strip():
                self._put(" " * position + line[position : match.start()], name, number)
            self.add(*found, (*stack, found[0]))
            position = match.end()
        if position == 0 or line[position:].strip():
            self._put(" " * position + line[position:], name, number)

    def _take(self, wanted: str, by: str, stack: tuple[str, ...]) -> tuple[str, str] | str:
        """(name, text) of a file that is taken in; or why it is not."""
        self.taken += 1
        if len(stack) >= MAX_DEPTH or self.taken > MAX_INPUTS:
            return f"\\input{{{wanted}}} was not read: files take each other in too often"
        beside = str(PurePosixPath(by).parent / wanted)
        known = [inside(n) for n in (wanted, beside)]
        if not any(known):
            return f"\\input{{{wanted}}} was not read: it lies outside the document's folder"
        for name in (n for n in known if n):
            for full in (name, f"{name}.tex"):
                if full in stack:
                    return f"\\input{{{wanted}}} was not read: the file takes itself in"
                text = self.get(full)
                if text is not None:
                    return full, text
        return f"\\input{{{wanted}}} was not read: there is no such file"


def flattened(mains: list[str], get: Get, shown: Callable[[str], str], file: str) -> Source:
    """The documents `mains` with all that they take in, as one source called `file`."""
    flat = _Flat(get, shown)
    for main in mains:
        text = get(main)
        if text is not None:
            flat.add(main, text, (main,))
    source = Source.of("\n".join(flat.lines), file, flat.spots)
    for line, said in flat.problems[:100]:
        source.problem(min(line, len(source.lines)), said)
    if flat.size > MAX_BYTES:
        source.problem(len(source.lines), f"only the first {MAX_BYTES // 2**20} MiB were read")
    return source


def beside(text: str, path: Path) -> Source:
    """A LaTeX file with the files of its folder that it takes in."""
    folder = path.parent.resolve()

    def get(name: str) -> str | None:
        if name == path.name:
            return text
        there = (folder / name).resolve()
        if not there.is_relative_to(folder) or there.suffix.lower() not in TEXTS:
            return None
        try:
            return decode(load(there, MAX_BYTES), there) if there.is_file() else None
        except BadFile:
            return None

    def shown(name: str) -> str:
        return str(path) if name == path.name else str(path.parent / name)

    return flattened([path.name], get, shown, str(path))


def parts_of(path: Path) -> set[Path]:
    """The files that a LaTeX document on disk takes in, itself left out."""
    try:
        text = decode(load(path, MAX_BYTES), path)
    except BadFile:
        return set()
    if not is_main(text):
        return set()
    named = {Path(s.part) for s in beside(text, path).spots}
    return named - {path}


def of_archive(content: bytes, name: str, kind: str) -> Source | bytes:
    """The LaTeX document in an archive; for a compressed single file, what it holds.

    Raises BadFile for what is damaged, unpacks to too much, or holds no LaTeX document.
    """
    try:
        files = _zip(content) if kind == "zip" else _tar(content, name, kind)
    except (tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, OSError,
            ValueError, RuntimeError, NotImplementedError) as error:  # fmt: skip
        raise BadFile(name, "is a damaged archive", "Fetch or save it again") from error
    if isinstance(files, bytes):
        return files
    texts = {n: t for n, c in files.items() if (t := _text(c)) is not None}
    mains = [n for n, t in texts.items() if n.lower().endswith((".tex", ".ltx", ".latex"))]
    documents = [n for n in mains if is_main(texts[n])] or (mains if len(mains) == 1 else [])
    if not documents:
        raise BadFile(
            name, "is an archive without a LaTeX document", "Unpack it, and name the documents"
        )
    documents.sort(key=lambda n: (n.count("/"), n))
    taken = {
        candidate
        for n in documents
        for wanted in inputs(texts[n])
        for candidate in (inside(wanted), inside(f"{wanted}.tex"))
    }
    kept = [n for n in documents if n not in taken] or documents
    # arXiv and GitHub put all into one folder, from which TeX runs.
    root = str(PurePosixPath(kept[0]).parent)
    root = "" if root == "." else f"{root}/"
    rooted = {n.removeprefix(root): n for n in sorted(texts, key=lambda n: n.startswith(root))}
    return flattened(
        [n.removeprefix(root) for n in kept],
        lambda n: texts[rooted[n]] if n in rooted else None,
        lambda n: f"{name}/{rooted[n]}",
        name,
    )


def _text(content: bytes) -> str | None:
    try:
        return decode(content, "part")
    except BadFile:
        # Old sources are in Latin-1, which TeX reads without being told.
        return content.decode("latin-1") if b"\0" not in content else None


class _Bounded(io.RawIOBase):
    """A stream that ends in an error where it grows too long."""

    def __init__(self, inner: IO[bytes], name: str) -> None:
        self.inner, self.name, self.count = inner, name, 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        taken = self.inner.read(min(size, 2**20) if size >= 0 else 2**20)
        self.count += len(taken)
        if self.count > MAX_UNPACKED:
            raise BadFile(
                self.name,
                f"unpacks to more than {MAX_UNPACKED // 2**20} MiB",
                "Unpack it, and name the documents",
            )
        return taken


_OPENERS: dict[str, Callable[[io.BytesIO], IO[bytes]]] = {
    "gzip": lambda f: gzip.GzipFile(fileobj=f),  # type: ignore[dict-item, return-value]
    "bzip2": lambda f: bz2.BZ2File(f),
    "xz": lambda f: lzma.LZMAFile(f),  # noqa: SIM115  # type: ignore[dict-item, return-value]
    "tar": lambda f: f,
}


def _tar(content: bytes, name: str, kind: str) -> dict[str, bytes] | bytes:
    """The text files of a tar archive; or the bytes of a single compressed file."""
    head = _OPENERS[kind](io.BytesIO(content)).read(512)
    stream = _Bounded(_OPENERS[kind](io.BytesIO(content)), name)
    if head[257:262] != b"ustar":
        whole = bytearray()
        while piece := stream.read(2**20):
            whole += piece
            if len(whole) > MAX_BYTES * 4:
                raise BadFile(name, "is too large when unpacked", "Unpack it, and name the file")
        return bytes(whole)
    found: dict[str, bytes] = {}
    size = count = 0
    with tarfile.open(fileobj=stream, mode="r|") as archive:
        for member in archive:
            count += 1
            if count > MAX_MEMBERS:
                break
            place = _wanted(member.name, member.size) if member.isreg() else None
            file = archive.extractfile(member) if place else None
            if place and file is not None and size + member.size <= 4 * MAX_BYTES:
                found[place] = file.read(MAX_BYTES)
                size += member.size
    return found


def _zip(content: bytes) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    size = 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for member in archive.infolist()[:MAX_MEMBERS]:
            place = None if member.is_dir() else _wanted(member.filename, member.file_size)
            if place and size + member.file_size <= 4 * MAX_BYTES:
                with archive.open(member) as file:
                    found[place] = file.read(MAX_BYTES)
                size += len(found[place])
    return found


def _wanted(name: str, size: int) -> str | None:
    """The name in the archive of a text that may be read, None for the rest."""
    place = inside(name)
    suffix = PurePosixPath(name).suffix.lower()
    return place if suffix in TEXTS and size <= MAX_BYTES else None
