"""Jupyter notebooks by their JSON: Markdown cells, what code printed, HTML tables; never as text.

The cells become the lines of one document in Markdown, each of which knows where in the file it
stands. Pictures and other base64 are skipped; source code is read for what it names only.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from bakeoff.auditing.claims import Document, Place
from bakeoff.auditing.reading.blocks import Blocks, Grid, Heading, Pasted
from bakeoff.auditing.reading.markdown import read_markdown
from bakeoff.auditing.reading.page import first_line, read_fragment
from bakeoff.auditing.reading.source import MAX_LINE, SHOWN, Source
from bakeoff.auditing.reading.walk import to_document
from bakeoff.errors import BadFile

MAX_CELLS = 5_000
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_ANSI = re.compile(r"\x1b\[[0-9;?]{0,12}[A-Za-z]")
_MARK = "\x00{}\x00"


@dataclass(slots=True)
class _Strings:
    """The JSON strings of a file in order, and where each of them begins."""

    text: str
    starts: list[int] = field(default_factory=list)
    values: list[str] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)

    def place(self, token: int) -> tuple[int, int]:
        """1-based line and column of the first character of a string."""
        line = bisect_right(self.lines, self.starts[token])
        return line, self.starts[token] - self.lines[line - 1] + 1


@dataclass(frozen=True, slots=True)
class _Line:
    text: str
    line: int
    column: int


@dataclass(slots=True)
class NotebookSource(Source):
    """A document whose lines were put together from a notebook's cells."""

    origin: list[tuple[int, int]] = field(default_factory=list)

    def place(self, line: int, column: int = 1, length: int = 0) -> Place:
        """The place in the notebook's file of a place in the lines."""
        if not 0 < line <= len(self.lines):
            return Place(self.file, 1, 1, "", length)
        at, since = self.origin[line - 1]
        return Place(self.file, at, since + column - 1, self.lines[line - 1][:SHOWN], length)


def read_notebook(text: str, file: str) -> Document:
    """The claims of a notebook. Raises BadFile for JSON that is broken or no notebook."""
    tree, strings = _parse(text, file)
    source = NotebookSource(file, [])
    blocks = Blocks()
    for number, cell in enumerate(_cells(tree, file)[:MAX_CELLS], start=1):
        kind = strings.values[_token(cell.get("cell_type"))] if cell.get("cell_type") else ""
        body = list(_lines(cell.get("source", cell.get("input")), strings))
        if kind == "markdown":
            _markdown(body, source, blocks)
        elif kind == "heading":
            level = cell.get("level")
            marks = "#" * (level if isinstance(level, int) and 0 < level < 7 else 1)
            _markdown([_Line(f"{marks} {x.text}", x.line, x.column) for x in body], source, blocks)
        elif kind == "code":
            _pasted(body, source, blocks, code=True)
            outputs = cell.get("outputs")
            for n, output in enumerate(outputs if isinstance(outputs, list) else []):
                if isinstance(output, dict):
                    _output(output, f"output {number}.{n}", strings, source, blocks)
    blocks.items.sort(key=first_line)
    return to_document(blocks, source, "notebook")


def _cells(tree: Any, file: str) -> list[dict[str, Any]]:
    cells = tree.get("cells") if isinstance(tree, dict) else None
    if cells is None and isinstance(tree, dict) and isinstance(tree.get("worksheets"), list):
        sheets = [w for w in tree["worksheets"] if isinstance(w, dict)]
        cells = [c for w in sheets for c in w.get("cells") or []]
    if not isinstance(cells, list):
        raise BadFile(file, "is JSON, but no notebook: it has no cells", "Name an .ipynb file")
    return [c for c in cells if isinstance(c, dict)]


def _parse(text: str, file: str) -> tuple[Any, _Strings]:
    """The JSON with every string replaced by its number, and the strings."""
    strings = _Strings(text)
    strings.lines = [0, *(m.end() for m in re.finditer("\n", text))]

    def take(match: re.Match[str]) -> str:
        strings.starts.append(match.start() + 1)
        strings.values.append(match.group())
        return f'"{len(strings.starts) - 1}"'

    try:
        tree = json.loads(_STRING.sub(take, text))
        for n, raw in enumerate(strings.values):
            strings.values[n] = json.loads(raw, strict=False) if len(raw) <= MAX_LINE else ""
    except json.JSONDecodeError as error:
        raise BadFile(
            file, f"this is not JSON: {error.msg}", "Save the notebook again", line=error.lineno
        ) from None
    except RecursionError:
        raise BadFile(file, "is nested too deeply", "Save the notebook again") from None
    return _named(tree, strings, 0), strings


def _named(tree: Any, strings: _Strings, depth: int) -> Any:
    """The tree with its keys spelled out; values that are strings stay numbers of strings."""
    if depth > 12:
        return None
    if isinstance(tree, dict):
        return {
            strings.values[int(key)]: _named(value, strings, depth + 1)
            for key, value in tree.items()
        }
    if isinstance(tree, list):
        return [_named(value, strings, depth + 1) for value in tree]
    return tree


def _token(value: Any) -> int:
    return int(value) if isinstance(value, str) and value.isdecimal() else 0


def _lines(value: Any, strings: _Strings) -> Iterator[_Line]:
    """The lines of a cell's text, which is one string or a list of them."""
    parts = value if isinstance(value, list) else [value]
    for part in parts:
        if not isinstance(part, str):
            continue
        token = _token(part)
        line, column = strings.place(token)
        text = _ANSI.sub("", strings.values[token])
        for piece in text.removesuffix("\n").split("\n"):
            shown = piece.rstrip("\r").rpartition("\r")[2]  # as a terminal overwrites a line
            yield _Line(shown, line, column)


def _add(lines: list[_Line], source: NotebookSource) -> int:
    """Lines put at the end of the document; the number of the first."""
    first = len(source.lines) + 1
    source.lines.extend(x.text[:MAX_LINE] for x in lines)
    source.origin.extend((x.line, x.column) for x in lines)
    return first


def _markdown(lines: list[_Line], source: NotebookSource, blocks: Blocks) -> None:
    first = _add(lines, source)
    if not lines:
        return
    inner = Source(source.file, [""] * (first - 1) + source.lines[first - 1 :])
    found = read_markdown(inner)
    blocks.items.extend(found.items)
    blocks.comments.extend(found.comments)
    blocks.extents.extend(found.extents)


def _pasted(
    lines: list[_Line], source: NotebookSource, blocks: Blocks, *, code: bool, cell: str = ""
) -> None:
    first = _add(lines, source)
    if lines:
        taken = tuple((s, first + i, 1) for i, s in enumerate(source.lines[first - 1 :]))
        blocks.items.append(Pasted(taken, code, cell))


def _output(
    output: dict[str, Any], cell: str, strings: _Strings, source: NotebookSource, blocks: Blocks
) -> None:
    data = output.get("data")
    kinds = data if isinstance(data, dict) else output
    html = kinds.get("text/html") or kinds.get("html")
    if html:
        lines = list(_lines(html, strings))
        if any("<table" in x.text for x in lines):
            _html(lines, cell, source, blocks)
            return
    text = output.get("text") or kinds.get("text/plain")
    if text:
        _pasted(list(_lines(text, strings)), source, blocks, code=False, cell=cell)


def _html(lines: list[_Line], cell: str, source: NotebookSource, blocks: Blocks) -> None:
    first = _add(lines, source)
    found = Blocks()
    read_fragment(source.lines, first, first + len(lines) - 1, source, found)
    for item in found.items:
        if isinstance(item, Grid):
            item.cell = cell
            blocks.items.append(item)
        elif isinstance(item, (Heading, Pasted)):
            continue
