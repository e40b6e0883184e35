"""LaTeX to blocks: sections, captions, tabulars, paragraphs. No TeX is run; simple macros are
replaced (see `macros`).

One pass finds the structure, bounded scans find the ends of braces; an unknown command is dropped
and its argument kept, so that a cell with an unknown macro holds two numbers and is not read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from bakeoff.auditing.reading.blocks import Blocks, Comment, Grid, Heading, Paragraph, RawCell
from bakeoff.auditing.reading.macros import Expanded, Macros
from bakeoff.auditing.reading.page import first_line
from bakeoff.auditing.reading.source import Source, Text
from bakeoff.auditing.reading.tex import clean_tex, closing_brace

_TABULARS = {"tabular", "tabular*", "tabularx", "tabulary", "longtable", "tblr", "array"}
_FLOATS = {
    "table",
    "table*",
    "wraptable",
    "sidewaystable",
    "longtable",
    "minipage",
    "threeparttable",
    "subtable",
}
_SKIPPED = {
    "verbatim", "lstlisting", "minted", "equation", "equation*", "align", "align*", "figure",
    "figure*", "comment",
    "tikzpicture", "algorithm", "algorithmic", "thebibliography", "gather", "eqnarray",
    "filecontents", "axis",
}  # fmt: skip
_LEVELS = {
    "title": 1,
    "chapter": 2,
    "section": 2,
    "subsection": 3,
    "subsubsection": 4,
    "paragraph": 5,
    "subparagraph": 6,
}
_STRUCTURE = re.compile(
    r"\\(?P<env>begin|end)\s?\{(?P<name>[a-zA-Z]{1,30}\*?)\}"
    r"|\\(?P<heading>title|chapter|section|subsection|subsubsection|paragraph"
    r"|subparagraph)\*?\s?(?:\[[^\[\]]{0,300}\])?(?=\{)"
    r"|\\caption(?:of\{\w{1,20}\})?\*?\s?(?:\[[^\[\]]{0,300}\])?(?=(?P<caption>\{))"
    r"|\\(?P<item>item)\b(?:\[[^\[\]]{0,200}\])?"
    r"|(?P<blank>\n[ \t]{0,200}\n)"
)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\){0,50})%")
_ROW_PART = re.compile(
    r"(?P<row>\\\\\*?\s{0,3}(?:\[[^\[\]]{0,30}\])?|\\tabularnewline\b)|(?P<cell>(?<!\\)&)"
    r"|(?P<open>(?<!\\)\{)|(?P<close>(?<!\\)\})"
    r"|(?P<rule>\\(?:toprule|midrule|bottomrule|hline|Xhline|specialrule|cmidrule|cline"
    r"|addlinespace|rowcolor|noalign|hdashline|cdashline|endhead"
    r"|endfirsthead)\*?(?:\s?\([a-z]{0,4}\)|\s?\[[^\[\]]{0,30}\]|\{[^{}]{0,60}\}){0,3})"
    r"|\\(?P<env>begin|end)\s?\{[a-zA-Z]{1,30}\*?\}(?:\[[^\[\]]{0,20}\])?"
)
_SPANNING = re.compile(
    r"\s{0,50}\\(?P<kind>multicolumn|multirow)\*?\s?(?:\[[^\[\]]{0,20}\])?\{\s?"
    r"(?P<n>-?\d{1,3})\s?\}\s?(?:\[[^\[\]]{0,20}\])?\{(?P<spec>(?:[^{}]"
    r"|\{[^{}]{0,60}\}){0,120})\}\s?(?:\[[^\[\]]{0,20}\])?(?=\{)"
)
MAX_CAPTION = 5_000


@dataclass(slots=True)
class _Document:
    """The text without comments, and where each of its lines begins."""

    s: str
    begins: list[int]
    lines: list[Expanded]

    def locate(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self.begins, offset)
        return line, self.lines[line - 1].column(offset - self.begins[line - 1]) + 1


@dataclass(slots=True)
class _State:
    document: _Document
    blocks: Blocks
    floats: list[list[Grid]] = field(default_factory=list)
    captions: list[Text | None] = field(default_factory=list)
    pending: Text | None = None


def read_latex(source: Source) -> Blocks:
    """The blocks of a LaTeX document or fragment."""
    blocks = Blocks()
    lines = [
        _without_comment(line, number, blocks) for number, line in enumerate(source.lines, start=1)
    ]
    macros = Macros()
    expanded = [macros.expand(line) for line in macros.define(lines)]
    begins, offset = [], 0
    for line in expanded:
        begins.append(offset)
        offset += len(line.text) + 1
    document = _Document("\n".join(line.text for line in expanded), begins, expanded)
    _walk(_State(document, blocks))
    blocks.items.sort(key=first_line)
    blocks.extents.sort()
    return blocks


def _without_comment(line: str, number: int, blocks: Blocks) -> str:
    match = _COMMENT.search(line)
    if match is None:
        return line
    at = match.end() - 1
    blocks.comments.append(Comment(line[at + 1 :][:2000], number, at + 1, not line[:at].strip()))
    return line[:at]


def _walk(state: _State) -> None:
    s = state.document.s
    position = 0
    prose_from, depth = 0, 0
    while match := _STRUCTURE.search(s, position):
        position = match.end()
        name = match.group("name") or ""
        _prose(state, prose_from, match.start(), depth)
        prose_from = position
        if match.group("heading"):
            end = closing_brace(s, position, MAX_CAPTION)
            _heading(state, match.group("heading"), position + 1, end)
            position = prose_from = end + 1
        elif match.group("caption"):
            end = closing_brace(s, position, MAX_CAPTION)
            text = clean_tex(s, position + 1, end, state.document.locate).text
            if state.captions:
                state.captions[-1] = text
            else:
                state.pending = text
            position = prose_from = end + 1
        elif match.group("item"):
            depth = 1
        elif match.group("blank"):
            depth = 0 if depth == 0 else depth
        elif match.group("env") == "begin":
            if name in _FLOATS:
                state.floats.append([])
                state.captions.append(None)
            if name in _TABULARS:
                position = prose_from = _tabular(state, match, name)
            elif name in _SKIPPED:
                end = s.find(f"\\end{{{name}}}", position)
                position = prose_from = len(s) if end < 0 else end
        elif match.group("env") == "end":
            if name in _FLOATS and state.floats:
                _close(state)
            if name in {"itemize", "enumerate", "description"}:
                depth = 0
    _prose(state, prose_from, len(s), depth)
    while state.floats:
        _close(state)


def _close(state: _State) -> None:
    grids, caption = state.floats.pop(), state.captions.pop()
    for grid in grids:
        grid.caption = grid.caption or caption


def _heading(state: _State, kind: str, start: int, end: int) -> None:
    text = clean_tex(state.document.s, start, end, state.document.locate).text
    if text.s.strip():
        state.blocks.items.append(Heading(_LEVELS[kind], text))
        state.blocks.extents.append((text.line, text.last_line))


def _prose(state: _State, start: int, end: int, depth: int) -> None:
    if not any(c.isalnum() for c in state.document.s[start:end]):
        return
    text = clean_tex(state.document.s, start, end, state.document.locate).text
    if text.s.strip():
        state.blocks.items.append(Paragraph(text, depth))
        state.blocks.extents.append((state.document.locate(start)[0], text.last_line))


def _tabular(state: _State, match: re.Match[str], name: str) -> int:
    """Read one tabular from its \\begin; returns the offset after its \\end."""
    s, position = state.document.s, match.end()
    for _ in range(3 if name in {"tabular*", "tabularx", "tabulary"} else 2):
        while position < len(s) and s[position] in " \n[":
            if s[position] == "[":
                close = s.find("]", position, position + 60)
                position = close if close > 0 else position
            position += 1
        if position < len(s) and s[position] == "{":
            position = closing_brace(s, position, 1_000) + 1
            if name in {"tabular", "longtable", "tblr", "array"}:
                break
    grid, end = _rows(state.document, position)
    grid.line = state.document.locate(match.start())[0]
    grid.last_line = state.document.locate(min(end, len(s)))[0]
    if grid.rows and name != "array":
        state.blocks.items.append(grid)
        state.blocks.extents.append((grid.line, grid.last_line))
        if state.floats:
            state.floats[-1].append(grid)
        else:
            grid.caption, state.pending = state.pending, None
    return end


def _rows(document: _Document, start: int) -> tuple[Grid, int]:
    s = document.s
    rows: list[list[RawCell]] = []
    row: list[RawCell] = []
    headers, cell_from, braces, nested = 0, start, 0, 0
    falling: dict[int, tuple[int, RawCell]] = {}
    end = len(s)
    position = start

    def finish_row(last: int) -> None:
        nonlocal row
        row.append(_cell(document, cell_from, last))
        if len(row) > 1 or row[0].text.s.strip():
            rows.append(_fall(row, falling))
        row = []

    while part := _ROW_PART.search(s, position):
        position = part.end()
        kind = part.lastgroup
        if kind == "env":
            nested += 1 if part.group("env") == "begin" else -1
            if nested < 0:
                end = position
                finish_row(part.start())
                break
        elif kind in {"open", "close"}:
            braces = max(0, braces + (1 if kind == "open" else -1))
        elif nested or braces:
            continue
        elif kind == "cell":
            row.append(_cell(document, cell_from, part.start()))
            cell_from = position
        elif kind == "row":
            finish_row(part.start())
            cell_from = position
        elif not row and not s[cell_from : part.start()].strip():
            command = part.group()
            if (
                rows
                and not headers
                and command.startswith(("\\midrule", "\\hline", "\\endhead", "\\specialrule"))
            ):
                headers = len(rows)
            cell_from = position
    return Grid(rows, headers if headers < len(rows) else 0, 0, 0), end


def _cell(document: _Document, start: int, end: int) -> RawCell:
    columns = rows = 1
    for _ in range(2):
        match = _SPANNING.match(document.s, start, end)
        if match is None:
            break
        close = closing_brace(document.s, match.end(), 20_000)
        count = max(1, abs(int(match.group("n"))))
        if match.group("kind") == "multicolumn":
            columns = count
        else:
            rows = count
        start, end = match.end() + 1, min(close, end)
    found = clean_tex(document.s, start, end, document.locate)
    return RawCell(found.text, found.bold, columns, rows)


def _fall(row: list[RawCell], falling: dict[int, tuple[int, RawCell]]) -> list[RawCell]:
    """LaTeX leaves the cells under a \\multirow empty: fill them from above."""
    out: list[RawCell] = []
    column = 0
    for cell in row:
        left, above = falling.pop(column, (0, cell))
        if left and not cell.text.s.strip():
            cell = RawCell(above.text, above.bold, above.columns)
            if left > 1:
                falling[column] = (left - 1, above)
        elif cell.rows > 1:
            falling[column] = (cell.rows - 1, cell)
        out.append(RawCell(cell.text, cell.bold, cell.columns))
        column += cell.columns
    return out
