"""PDF to blocks: columns, paragraphs over line ends and pages, headings, tables with captions.

A PDF holds letters at places and nothing else, so all structure is found from where they stand.
Needs the extra `bakeoff[pdf]` (pypdfium2: PDFium, Apache-2.0 or BSD-3-Clause).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from statistics import median

from bakeoff.auditing.claims import Document, Problem, Spot
from bakeoff.auditing.reading.blocks import Blocks, Grid, Heading, Paragraph
from bakeoff.auditing.reading.pdf_lines import (
    Line,
    body_size,
    in_reading_order,
    to_lines,
    without_margins,
)
from bakeoff.auditing.reading.pdf_tables import CAPTION, gapped, runs, to_grid
from bakeoff.auditing.reading.pdf_words import Page, pages
from bakeoff.auditing.reading.source import Source, Text
from bakeoff.errors import BadFile

FEW_WORDS = 5
PICTURED = 0.4
"""A page with fewer words, so much of it under a picture, was scanned."""
_NUMBERED = re.compile(r"(?:\d{1,2}|[A-Z])(?:\.\d{1,2}){0,3}\.?\s+\S")
_BULLET = re.compile(r"[•◦▪‣]\s?|[–—*]\s")
_ENDS = (".", "!", "?", ":", ";")
_KEPT_HYPHENS = {"cross", "top", "fine", "self", "semi", "multi", "non", "pre", "state", "well",
                 "per", "five", "ten", "single", "macro", "micro", "mean", "leave"}  # fmt: skip


def read_pdf(content: bytes, name: str) -> Document:
    """The claims of a PDF.

    Raises BadFile as `pdf_words.pages` does, and where every page was scanned or none holds text.
    """
    from bakeoff.auditing.reading.walk import to_document

    return to_document(*blocks_of(pages(content, name), name), "pdf")


def blocks_of(read: Sequence[Page], name: str) -> tuple[Blocks, Source]:
    """The blocks of pages that were read, and their lines as a source."""
    scanned = [p.number for p in read if len(p.words) < FEW_WORDS and p.pictured > PICTURED]
    if read and not any(len(p.words) >= FEW_WORDS for p in read):
        what = "holds pictures of pages and no text" if scanned else "holds no text"
        raise BadFile(name, what, "Run text recognition (OCR) on it first, as with ocrmypdf")
    made = _Maker(body_size(w for p in read for w in p.words))
    for page in read:
        made.page(page)
    blocks = made.finish()
    source = Source.of("\n".join(made.text), name, made.spots)
    for number in scanned:
        _problem(source, number, "this page is a picture (scanned?); its text was not read")
    for page in read:
        if page.cut:
            _problem(source, page.number, "from this page on the document is too long or damaged")
            break
    return blocks, source


def _problem(source: Source, page: int, said: str) -> None:
    place = replace(source.place(1), source="", spot=Spot(page=page, line=1))
    source.problems.append(Problem(place, said))


@dataclass(slots=True)
class _Paragraph:
    lines: list[Line]
    kind: str = "text"
    level: int = 0
    grid: Grid | None = None


@dataclass(slots=True)
class _Maker:
    body: float
    text: list[str] = field(default_factory=list)
    spots: list[Spot] = field(default_factory=list)
    made: list[_Paragraph] = field(default_factory=list)
    words: Counter[str] = field(default_factory=Counter)
    on_page: int = 0

    def page(self, page: Page) -> None:
        self.on_page = 0
        upright = [w for w in page.words if w.angle == 0]
        upright = without_margins(upright, page.width, page.height)
        for region in in_reading_order(upright) if upright else ():
            self.region(region, page.number)
        for angle in (90, 270, 180):
            turned = [w for w in page.words if w.angle == angle]
            if len(turned) >= FEW_WORDS:
                self.turned(to_lines(turned), page.number)

    def turned(self, lines: list[Line], page: int) -> None:
        """Of what stands turned, only tables and their captions: the rest labels figures."""
        if not any(table for _, table in runs(lines)):
            return
        before = len(self.made)
        self.region(lines, page)
        kept = [p for p in self.made[before:] if p.grid is not None or p.kind == "caption"]
        self.made[before:] = kept

    def number(self, line: Line, said: str, page: int) -> None:
        self.text.append(said)
        self.on_page += 1
        first = line.words[0]
        self.spots.append(
            Spot(page=page, line=self.on_page, x=round(first.left, 1), y=round(first.top, 1))
        )
        line.number = len(self.text)

    def region(self, lines: Sequence[Line], page: int) -> None:
        for members, is_table in runs(lines):
            if is_table:
                said = [gapped(line) for line in members]
                for line, text in zip(members, said, strict=True):
                    self.number(line, text, page)
                self.made.append(_Paragraph(members, "table", grid=to_grid(members, said)))
            else:
                self.prose(members, page)

    def prose(self, lines: Sequence[Line], page: int) -> None:
        for line in lines:
            said = line.say(line.words)
            self.number(line, said, page)
            self.words.update(re.findall(r"[a-z]+(?:-[a-z]+)*", said.lower()))
        for n, members in enumerate(_paragraphs(lines, self.body)):
            said = self.text[members[0].number - 1]
            level = self.level(members, said)
            if level:
                self.made.append(_Paragraph(members, "heading", level))
            elif CAPTION.match(said):
                self.made.append(_Paragraph(members, "caption"))
            elif n == 0 and (earlier := self.continues(members, said)) is not None:
                earlier.lines += members
            else:
                self.made.append(_Paragraph(members))

    def level(self, members: Sequence[Line], said: str) -> int:
        """The level of a heading, 0 for what is none."""
        length = sum(len(self.text[line.number - 1]) for line in members)
        if length > 160 or len(members) > 3 or not any(c.isalpha() for c in said):
            return 0
        large = members[0].size > 1.12 * self.body
        strong = all(line.bold for line in members)
        if not large and not (strong and not said.rstrip().endswith((".", ",", ";"))):
            return 0
        if members[0].size > 1.5 * self.body and not any(p.kind == "heading" for p in self.made):
            return 1
        if _NUMBERED.match(said):
            return 2 + said.split()[0].rstrip(".").count(".")
        return 2 if large else 4

    def continues(self, members: Sequence[Line], said: str) -> _Paragraph | None:
        """The paragraph of an earlier column or page that goes on here, past tables and notes."""
        if not said[:1].islower() and not said[:1].isdigit():
            return None
        for earlier in reversed(self.made[-12:]):
            if earlier.kind == "heading":
                return None
            if earlier.kind == "text" and len(earlier.lines) > 1:
                end = self.text[earlier.lines[-1].number - 1].rstrip()
                alike = abs(earlier.lines[-1].size - members[0].size) < 0.5
                return earlier if alike and end and not end.endswith(_ENDS) else None
        return None

    def finish(self) -> Blocks:
        blocks = Blocks()
        self._captions()
        for part in self.made:
            if part.grid is not None:
                blocks.items.append(part.grid)
                blocks.extents.append((part.grid.line, part.grid.last_line))
                continue
            text = self._joined(part.lines)
            if part.kind == "heading":
                blocks.items.append(Heading(part.level, text))
            elif part.kind == "text":
                blocks.items.append(Paragraph(text, 1 if _BULLET.match(text.s) else 0))
        return blocks

    def _captions(self) -> None:
        """A caption belongs to the table after it, or to the one before that has none."""
        for n, part in enumerate(self.made):
            if part.kind != "caption":
                continue
            after = self.made[n + 1].grid if n + 1 < len(self.made) else None
            before = self.made[n - 1].grid if n else None
            grid = next((g for g in (after, before) if g is not None and g.caption is None), None)
            if grid is None:
                part.kind = "text"
            else:
                grid.caption = self._joined(part.lines)

    def _joined(self, lines: Sequence[Line]) -> Text:
        """Lines as one text, words that a line end divides put together again."""
        starts: list[tuple[int, int, int]] = []
        parts: list[str] = []
        offset = 0
        for n, line in enumerate(lines):
            said = self.text[line.number - 1]
            following = self.text[lines[n + 1].number - 1] if n + 1 < len(lines) else ""
            joint = " "
            divided = re.search(r"([A-Za-z]+)-$", said)
            if divided and following[:1].isalpha():
                joint = ""
                if not self._is_compound(divided[1], following):
                    said = said[:-1]
            elif re.search(r"\w-$", said) and following[:1].isdigit():
                joint = ""  # "top-" and "1"
            elif not following:
                joint = ""
            starts.append((offset, line.number, 1))
            parts.append(said + joint)
            offset += len(said + joint)
        return Text("".join(parts), tuple(starts) or ((0, 1, 1),))

    def _is_compound(self, first: str, following: str) -> bool:
        """Whether the hyphen at a line's end belongs to the word: the document itself may tell."""
        second = (re.match(r"[A-Za-z]+", following) or [""])[0]
        if second[:1].isupper():
            return True
        whole = self.words[(first + second).lower()]
        hyphened = self.words[f"{first}-{second}".lower()]
        if whole or hyphened:
            return hyphened > whole
        return first.lower() in _KEPT_HYPHENS


def _paragraphs(lines: Sequence[Line], body: float) -> Iterator[list[Line]]:
    """Lines of a region put into paragraphs, by the space between them, indents and fonts."""
    gaps = [b.y - a.y for a, b in pairwise(lines)]
    usual = median(gaps) if gaps else 1.2 * body
    usual = min(usual, 1.6 * body)
    edge = median(line.x0 for line in lines)
    members: list[Line] = []
    for line in lines:
        last = members[-1] if members else None
        begins = (
            last is None
            or line.y - last.y > 1.4 * max(usual, 1.05 * last.size)
            or line.y < last.y
            or abs(line.size - last.size) > 0.08 * body
            or _leaves_heading(members, line, edge, body)
            or _is_indented(last, line, edge, body)
            or bool(_BULLET.match(line.words[0].text + " "))
        )
        if begins and members:
            yield members
            members = []
        members.append(line)
    if members:
        yield members


def _leaves_heading(members: Sequence[Line], line: Line, edge: float, body: float) -> bool:
    """Whether text follows lines that are all bold."""
    strong = len(members) < 4 and all(m.bold for m in members)
    return strong and not line.bold and abs(line.x0 - edge) < body


def _is_indented(last: Line, line: Line, edge: float, body: float) -> bool:
    """Whether a line begins to the right of the one before, as the first of a paragraph does."""
    return 0.7 * body < line.x0 - edge < 4 * body and last.x0 - edge < 0.5 * body
