"""The words of a PDF and where they stand, by PDFium, in a process of its own.

    python -m bakeoff.auditing.reading.pdf_words < paper.pdf

PDFium is native code and a PDF is a stranger's: this process has its time and memory bounded by the
system, can crash without harm, and hands back JSON, one page a line.
"""

from __future__ import annotations

import ctypes
import json
import math
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from importlib.util import find_spec
from typing import Any

from bakeoff.errors import BadFile

SECONDS = 60
MEMORY = 2 * 1024**3
"""Bytes of address space, where the system can bound it."""
MAX_PAGES = 400
MAX_CHARACTERS = 2_000_000
MAX_OUTPUT = 512 * 1024 * 1024
LOCKED, DAMAGED, MISSING = 3, 4, 5
"""Exit codes of the process."""
_GENERATED_HYPHEN = {"\x02", "\xad"}
_SHAPES = {"\ufb00": "ff", "\ufb01": "fi", "\ufb02": "fl", "\ufb03": "ffi", "\ufb04": "ffl",
           "\ufb05": "st", "\ufb06": "st", "\xa0": " "}  # fmt: skip


@dataclass(slots=True)
class Word:
    """A word as it stands upright: x to the right, y down to its baseline, both in points.

    angle: 0, 90, 180 or 270 degrees, clockwise; x and y are of the page turned back by it.
    left, top: where the word begins on the page as it is, from its top left corner.
    """

    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool = False
    angle: int = 0
    left: float = 0.0
    top: float = 0.0


@dataclass(slots=True)
class Page:
    """width, height in points. pictured: the share of the page that pictures cover."""

    number: int
    width: float
    height: float
    pictured: float = 0.0
    words: list[Word] = field(default_factory=list)
    cut: bool = False


def pages(content: bytes, name: str) -> list[Page]:
    """The pages of a PDF.

    Raises BadFile for what is locked, damaged, takes longer than SECONDS or more than MEMORY, and
    where the reader is not installed.
    """
    if sys.platform == "emscripten":
        raise BadFile(
            name, "is a PDF document, which a browser cannot read", "Run: bakeoff audit FILE"
        )
    if find_spec("pypdfium2") is None:
        raise BadFile(
            name,
            "is a PDF document, and the library that reads PDF is not installed",
            "pip install pypdfium2 (the extra bakeoff[pdf]), and audit again",
        )
    try:
        done = subprocess.run(  # noqa: S603 (ourselves; the document is its input)
            [sys.executable, "-m", __spec__.name], input=content, capture_output=True,
            timeout=SECONDS, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise BadFile(
            name, f"takes longer than {SECONDS} s to read", "Save only the pages with results"
        ) from None
    if done.returncode == LOCKED:
        raise BadFile(name, "is locked by a password", "Save it without one")
    if done.returncode == DAMAGED:
        raise BadFile(name, "is a damaged PDF document", "Fetch or save it again")
    if done.returncode or len(done.stdout) > MAX_OUTPUT:
        raise BadFile(
            name,
            "cannot be read within the memory and time that a document may take",
            "Save it again, or save only the pages with results",
        )
    return [_page(json.loads(line)) for line in done.stdout.splitlines()]


def _page(read: dict[str, Any]) -> Page:
    words = [Word(**word) for word in read.pop("words")]
    return Page(words=words, **read)


def _bound() -> None:
    """Let the system end this process where it asks for too much."""
    try:
        import resource
    except ImportError:  # Windows; the time is bounded all the same
        return
    for kind, limit in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CPU, SECONDS),
                        (resource.RLIMIT_CORE, 0)):  # fmt: skip
        hard = resource.getrlimit(kind)[1]
        least = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
        resource.setrlimit(kind, (least, hard))


def main() -> int:
    """Read standard input, write the pages."""
    _bound()
    import pypdfium2
    from pypdfium2 import raw

    try:
        document = pypdfium2.PdfDocument(sys.stdin.buffer.read())
    except pypdfium2.PdfiumError as error:
        return LOCKED if "assword" in str(error) else DAMAGED
    left = MAX_CHARACTERS
    for number in range(min(len(document), MAX_PAGES)):
        try:
            handle = document[number]
        except pypdfium2.PdfiumError:
            page = Page(number + 1, 0.0, 0.0, cut=True)
        else:
            page = Page(number + 1, *handle.get_size())
            page.pictured = _pictured(raw, handle.raw, page)
            text = raw.FPDFText_LoadPage(handle.raw)
            count = max(0, raw.FPDFText_CountChars(text))
            page.words = list(_words(raw, text, min(count, left), page))
            page.cut = count > left
            left = max(0, left - count)
            raw.FPDFText_ClosePage(text)
            handle.close()
        sys.stdout.write(json.dumps(asdict(page)) + "\n")
    if len(document) > MAX_PAGES:
        sys.stdout.write(json.dumps(asdict(Page(MAX_PAGES + 1, 0.0, 0.0, cut=True))) + "\n")
    return 0


def _pictured(raw: Any, page: Any, of: Page) -> float:
    """Share of the page under its largest picture."""
    most = 0.0
    sides = [ctypes.c_float() for _ in range(4)]
    for n in range(min(raw.FPDFPage_CountObjects(page), 500)):
        drawn = raw.FPDFPage_GetObject(page, n)
        if raw.FPDFPageObj_GetType(drawn) == raw.FPDF_PAGEOBJ_IMAGE and raw.FPDFPageObj_GetBounds(
            drawn, *sides
        ):
            left, bottom, right, top = (side.value for side in sides)
            most = max(most, abs((right - left) * (top - bottom)))
    return most / max(1.0, of.width * of.height)


@dataclass(slots=True)
class _Glyph:
    character: str
    start: float
    end: float
    base: float
    angle: int
    left: float
    top: float
    index: int


def _glyphs(raw: Any, text: Any, count: int, page: Page) -> Iterator[_Glyph | None]:
    """The characters, each as the page is turned for it; None where a word ends."""
    x, y = ctypes.c_double(), ctypes.c_double()
    box = raw.FS_RECTF()
    for index in range(count):
        code = raw.FPDFText_GetUnicode(text, index)
        character = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
        if character in _GENERATED_HYPHEN or raw.FPDFText_IsHyphen(text, index) == 1:
            character = "-"
        character = _SHAPES.get(character, character)
        if not character.strip() or (len(character) == 1 and not character.isprintable()):
            yield None
            continue
        raw.FPDFText_GetCharOrigin(text, index, x, y)
        raw.FPDFText_GetLooseCharBox(text, index, box)
        turn = round(math.degrees(raw.FPDFText_GetCharAngle(text, index)) / 90) % 4
        low, high = sorted((box.bottom, box.top))
        left, right = sorted((box.left, box.right))
        start, end, base = {
            0: (left, right, page.height - y.value),
            1: (-high, -low, -x.value),
            2: (-right, -left, y.value),
            3: (low, high, x.value),
        }[turn]
        yield _Glyph(character, start, end, base, turn * 90, left, page.height - high, index)


def _words(raw: Any, text: Any, count: int, page: Page) -> Iterator[Word]:
    word: Word | None = None
    before = 0.0
    for glyph in _glyphs(raw, text, count, page):
        if glyph is None:
            if word is not None:
                yield word
            word = None
            continue
        near = (
            word is not None
            and word.angle == glyph.angle
            and abs(glyph.base - word.y) < 0.08 * word.size
            and glyph.start - word.x1 < 0.25 * word.size
            # The letters of a ligature all stand where it begins.
            and glyph.start >= before - 0.05 * word.size
        )
        before = glyph.start
        if word is not None and near:
            word.text += glyph.character
            word.x1 = max(word.x1, glyph.end)
            continue
        if word is not None:
            yield word
        word = Word(
            glyph.character, glyph.start, glyph.end, glyph.base, _size(raw, text, glyph.index),
            _bold(raw, text, glyph.index), glyph.angle, glyph.left, glyph.top,
        )  # fmt: skip
    if word is not None:
        yield word


def _size(raw: Any, text: Any, index: int) -> float:
    matrix = raw.FS_MATRIX()
    scale = 1.0
    if raw.FPDFText_GetMatrix(text, index, matrix):
        scale = math.hypot(matrix.c, matrix.d) or 1.0
    size = float(raw.FPDFText_GetFontSize(text, index) * scale)
    return size if 0.5 < size < 500 else 10.0


def _bold(raw: Any, text: Any, index: int) -> bool:
    if raw.FPDFText_GetFontWeight(text, index) >= 600:
        return True
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    length = raw.FPDFText_GetFontInfo(text, index, name, len(name), flags)
    said = name.value.decode("utf-8", "replace").lower() if 0 < length <= len(name) else ""
    return any(part in said for part in ("bold", "cmbx", "-bd", "black", "medi"))


if __name__ == "__main__":
    sys.exit(main())
