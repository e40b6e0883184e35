"""Word documents (.docx) to blocks: paragraphs by their styles, tables with spans, footnotes.

A .docx is a ZIP archive of XML (ECMA-376, Office Open XML, part 1). Only the text is read: tracked
deletions, field codes, pictures and embedded files are not. Nothing is unpacked to disk, and what
is unpacked is bounded. A line is a paragraph or the row of a table, counted from the start.
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from xml.etree import ElementTree  # a document type, which entities need, is refused below

from bakeoff.auditing.claims import Document
from bakeoff.auditing.reading.blocks import Blocks, Grid, Heading, Paragraph, RawCell
from bakeoff.auditing.reading.source import Source, Text
from bakeoff.errors import BadFile

MAX_XML = 64 * 1024 * 1024
"""Bytes of one part when unpacked; more is a bomb, or a document that nobody wrote."""
MAX_NESTING = 40
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STRICT = "{http://purl.oclc.org/ooxml/wordprocessingml/main}"
_MATH = "{http://schemas.openxmlformats.org/officeDocument/2006/math}"
_WRAPPERS = {"sdt", "sdtContent", "ins", "moveTo", "customXml", "smartTag", "hyperlink",
             "fldSimple", "AlternateContent", "Choice", "txbxContent"}  # fmt: skip
_SILENT = {"del", "moveFrom", "instrText", "delText", "Fallback", "pPr", "rPr", "tbl", "drawing",
           "pict", "object", "footnoteReference", "endnoteReference"}  # fmt: skip
Element = ElementTree.Element


def read_docx(content: bytes, name: str) -> Document:
    """The claims of a Word document. Raises BadFile for what is damaged, locked or too large."""
    from bakeoff.auditing.reading.walk import to_document

    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            parts = {
                part: _part(archive, f"word/{part}.xml", name)
                for part in ("document", "styles", "footnotes", "endnotes")
            }
    except (zipfile.BadZipFile, OSError, RuntimeError, NotImplementedError, EOFError) as error:
        # zlib.error is none of these, and comes from damaged content.
        raise _damaged(name) from error
    if parts["document"] is None:
        raise _damaged(name)
    reader = _Reader(_styles(parts["styles"]))
    reader.body(parts["document"])
    for notes in (parts["footnotes"], parts["endnotes"]):
        if notes is not None:
            reader.body(notes)
    source = Source.of("\n".join(reader.lines), name)
    return to_document(reader.blocks, source, "docx")


def _damaged(name: str) -> BadFile:
    return BadFile(name, "is a damaged Word document", "Save it again, or save it as PDF")


def _part(archive: zipfile.ZipFile, member: str, name: str) -> Element | None:
    import zlib

    try:
        with archive.open(member) as file:
            xml = file.read(MAX_XML + 1)
    except KeyError:
        return None
    except zlib.error:
        raise _damaged(name) from None
    if len(xml) > MAX_XML:
        raise BadFile(
            name, f"unpacks to more than {MAX_XML // 2**20} MiB", "Save only the pages with results"
        )
    if b"<!DOCTYPE" in xml[:4096] or b"<!ENTITY" in xml:
        raise BadFile(
            name, "declares XML entities, which no Word document does", "Save it again from Word"
        )
    try:
        return ElementTree.fromstring(xml)  # noqa: S314
    except ElementTree.ParseError:
        raise _damaged(name) from None


def _local(element: Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2] if isinstance(tag, str) else ""


def _child(element: Element | None, *path: str) -> Element | None:
    for step in path:
        if element is None:
            return None
        element = next((c for c in element if _local(c) == step), None)
    return element


def _value(element: Element | None, attribute: str = "val") -> str | None:
    if element is None:
        return None
    return element.get(_W + attribute) or element.get(_STRICT + attribute)


def _on(element: Element | None) -> bool:
    """Whether a property is there and not switched off."""
    return element is not None and (_value(element) or "1") not in {"0", "false", "off", "none"}


def _styles(root: Element | None) -> dict[str, str]:
    """By id, the name that Word gives the style in every language: "heading 1", "caption"."""
    found: dict[str, str] = {}
    for style in root if root is not None else ():
        key = _value(style, "styleId")
        if _local(style) == "style" and key:
            level = _value(_child(style, "pPr", "outlineLvl"))
            name = (_value(_child(style, "name")) or "").lower()
            if level and level.isdecimal() and int(level) < 9 and not name.startswith("heading"):
                name = f"heading {int(level) + 1}"
            found[key] = name
    return found


@dataclass(slots=True)
class _Reader:
    styles: dict[str, str]
    lines: list[str] = field(default_factory=list)
    blocks: Blocks = field(default_factory=Blocks)
    caption: Text | None = None
    last: Grid | None = None

    def body(self, root: Element) -> None:
        for element in _flat(root):
            if _local(element) == "p":
                self.paragraph(element)
            else:
                self.table(element)

    def line(self, text: str) -> int:
        self.lines.append(text)
        return len(self.lines)

    def paragraph(self, element: Element) -> None:
        said, bold = _text(element)
        if not said.strip():
            return
        properties = _child(element, "pPr")
        style = _value(_child(properties, "pStyle")) or ""
        name = self.styles.get(style, style.lower())
        text = Text.of_line(said, self.line(said))
        if bold:
            text = replace(text, bold=((0, len(said)),))
        number = len(self.lines)
        last, self.last = self.last, None
        if name == "caption" and said.lstrip()[:3].lower() == "tab":
            # Above its table as a rule; below it where no table has one yet.
            if last is not None and last.caption is None:
                last.caption = text
            else:
                self.caption = text
            return
        self.caption = None
        level = _level(name)
        if level:
            self.blocks.items.append(Heading(level, text))
        else:
            depth = _value(_child(properties, "numPr", "ilvl"))
            listed = _child(properties, "numPr") is not None or name.startswith("list ")
            deep = 1 + int(depth) if depth and depth.isdecimal() and len(depth) < 3 else 1
            self.blocks.items.append(Paragraph(text, min(deep, 9) if listed else 0))
        self.blocks.extents.append((number, number))

    def table(self, element: Element) -> None:
        rows: list[list[RawCell]] = []
        first = len(self.lines) + 1
        headers = 0
        above: dict[int, RawCell] = {}
        for row in (e for e in _flat(element, ("tr",)) if _local(e) == "tr"):
            said: list[str] = []
            bare: list[tuple[str, bool, int, str]] = []
            for cell in _flat(row, ("tc",)):
                pieces = [_text(p) for p in _flat(cell, ("p",))]
                text = " ".join(" ".join(t.split()) for t, _ in pieces if t.strip())
                span = _value(_child(cell, "tcPr", "gridSpan"))
                merge = _child(cell, "tcPr", "vMerge")
                kind = "" if merge is None else (_value(merge) or "continue")
                wide = int(span) if span and span.isdecimal() and len(span) < 4 else 1
                bare.append((text, any(b for _, b in pieces), max(1, wide), kind))
                said.append(text)
            number = self.line(" | ".join(said))
            cells: list[RawCell] = []
            column, at = 0, 1
            for text, bold, wide, kind in bare:
                made = RawCell(Text.of_line(text, number, at), bold, wide)
                if kind == "continue" and not text and column in above:
                    made = replace(above[column], columns=wide)
                elif kind == "restart":
                    above[column] = made
                else:
                    above.pop(column, None)
                cells.append(made)
                column += wide
                at += len(text) + 3
            if cells:
                if _on(_child(row, "trPr", "tblHeader")) and headers == len(rows):
                    headers += 1
                rows.append(cells)
        if not rows:
            return
        grid = Grid(rows, headers if headers < len(rows) else 0, first, len(self.lines))
        grid.caption, self.caption = self.caption, None
        self.last = grid
        self.blocks.items.append(grid)
        self.blocks.extents.append((first, len(self.lines)))


def _level(name: str) -> int:
    if name == "title":
        return 1
    if name.startswith("heading ") and name[8:9].isdecimal():
        return min(9, int(name[8:9]) + 1)
    return 0


def _flat(root: Element, wanted: tuple[str, ...] = ("p", "tbl")) -> Iterator[Element]:
    """The wanted elements under `root`, through the wrappers that Word puts around them."""
    stack = [(child, 0) for child in reversed(root)]
    while stack:
        element, depth = stack.pop()
        name = _local(element)
        if name in wanted:
            yield element
        elif depth < MAX_NESTING and (name in _WRAPPERS or name in {"body", "footnote", "endnote"}):
            stack.extend((child, depth + 1) for child in reversed(element))


def _text(paragraph: Element) -> tuple[str, bool]:
    """What a paragraph says, without what is deleted or raised as a mark; whether it is bold."""
    parts: list[str] = []
    bold = shown = 0
    stack: list[tuple[Element, bool, bool]] = [(c, False, False) for c in reversed(paragraph)]
    while stack:
        element, is_bold, in_math = stack.pop()
        name = _local(element)
        if name in _SILENT:
            continue
        if name == "t":
            said = element.text or ""
            parts.append(said)
            shown += len(said.strip())
            bold += len(said.strip()) if is_bold else 0
        elif name in {"tab", "br", "cr"}:
            parts.append(" ")
        elif name in {"noBreakHyphen", "softHyphen"}:
            parts.append("-" if name == "noBreakHyphen" else "")
        elif name == "r":
            properties = _child(element, "rPr")
            raised = _value(_child(properties, "vertAlign")) == "superscript"
            hidden = _on(_child(properties, "vanish"))
            if hidden or (raised and not in_math):
                continue
            is_bold = _on(_child(properties, "b"))
            stack.extend((c, is_bold, in_math) for c in reversed(element))
        else:
            inside = in_math or element.tag.startswith(_MATH)
            stack.extend((c, is_bold, inside) for c in reversed(element))
    return "".join(parts).replace("\xa0", " ").replace("\n", " "), bool(bold) and 2 * bold >= shown
