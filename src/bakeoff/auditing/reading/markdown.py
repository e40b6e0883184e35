"""Markdown to blocks. markdown-it-py finds the structure; the inline text is cleaned here, because
each figure needs its column and no nesting of links and emphasis may cost more than linear time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import chain, islice

from markdown_it import MarkdownIt

from bakeoff.auditing.reading import page
from bakeoff.auditing.reading.blocks import (
    Blocks,
    Comment,
    Grid,
    Heading,
    Paragraph,
    Pasted,
    RawCell,
)
from bakeoff.auditing.reading.inline import clean
from bakeoff.auditing.reading.layout import MAX_COLUMNS
from bakeoff.auditing.reading.pasted import unfenced
from bakeoff.auditing.reading.source import Source, Text

_COMMENT = re.compile(r"<!--(.{0,2000}?)-->")
_MARKER = re.compile(
    r"\s{0,3}(?:>\s?){0,20}\s{0,40}(?:(?:[-*+]|\d{1,9}[.)])\s{1,8}){0,10}(?:\[[ xX]\]\s)?"
)
_HEADING = re.compile(r"[\s>]{0,20}#{1,6}\s{1,8}")
_QUOTE = re.compile(r"\s{0,3}(?:>\s?){1,20}")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable("table")
    parser.core.ruler.enableOnly(["normalize", "block"])
    return parser


def read_markdown(source: Source, front_matter: int = 0) -> Blocks:
    """The blocks of a Markdown document (CommonMark with tables and HTML tables).

    front_matter: the number of lines at the start that are not Markdown.
    """
    blocks = Blocks()
    lines = _without_html_tables(source, blocks)
    lines[:front_matter] = [""] * front_matter
    _take_reports(lines, blocks)
    blocks.comments.extend(_comments(source))
    depth = 0
    tokens = _parser().parse("\n".join(lines))
    skip_to = 0
    for i, token in enumerate(tokens):
        if token.map is None:
            depth -= token.type in {"bullet_list_close", "ordered_list_close"}
            continue
        first, last = token.map[0] + 1, token.map[1]
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            depth += 1
        elif token.type == "heading_open":
            text = _heading(lines, first, last)
            blocks.items.append(Heading(int(token.tag[1]), text))
            blocks.extents.append((first, last))
        elif token.type == "table_open":
            blocks.items.append(_grid(lines, first, last))
            blocks.extents.append((first, last))
            skip_to = last
        elif token.type == "inline" and first > skip_to and tokens[i - 1].type == "paragraph_open":
            text = _paragraph(lines, first, last)
            if text.s.strip():
                blocks.items.append(Paragraph(text, depth))
            blocks.extents.append((first, last))
        elif token.type in {"fence", "code_block"}:
            blocks.items.append(_pasted(lines, first, last, token.type == "fence", token.info))
            blocks.extents.append((first, last))
        elif token.type == "html_block":
            page.read_fragment(lines, first, last, source, blocks)
    return page.in_order(blocks)


def _without_html_tables(source: Source, blocks: Blocks) -> list[str]:
    """The lines with HTML tables read into `blocks` and blanked, since Markdown splits them."""
    lines = list(source.lines)
    fenced, start = False, 0
    for number, line in enumerate(source.lines, start=1):
        lowered = line.lower()
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        if fenced:
            continue
        if not start and "<table" in lowered and not lowered.lstrip().startswith("|"):
            start = number
        if start and "</table" in lowered:
            page.read_fragment(source.lines, start, number, source, blocks)
            lines[start - 1 : number] = [""] * (number - start + 1)
            start = 0
    return lines


_REPORT = re.compile(r"^\s+precision\s+recall\s+f1-score\s+support\s*$")
_REPORT_ROW = re.compile(r"^\s*\S.{0,80}?(?:\s+\d[\d.]*){2,4}\s*$")


_COLUMNS = re.compile(r"\s{0,12}[A-Za-z][^\s|]*(?:\s{2,40}|\t)[A-Za-z]\S*(?:\s{2,40}|\t)[A-Za-z]")


def _take_reports(lines: list[str], blocks: Blocks) -> None:
    """Reports of scikit-learn and tables of columns that stand in the text unfenced, which Markdown
    would tear apart."""
    fenced, number = False, 0
    while number < len(lines):
        line = lines[number]
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        end = number + 1
        if not fenced and _COLUMNS.match(line):
            end = max(end, unfenced(lines, number))
        elif not fenced and _REPORT.match(line):
            while end < len(lines) and (not lines[end].strip() or _REPORT_ROW.match(lines[end])):
                end += 1
        if end > number + 1:
            taken = tuple((lines[n], n + 1, 1) for n in range(number, end))
            blocks.items.append(Pasted(taken))
            blocks.extents.append((number + 1, end))
            lines[number:end] = [""] * (end - number)
        number = end


_LANGUAGES = frozenset({
    "python", "py", "python3", "ipython", "ipython3", "bash", "sh", "shell", "console", "yaml",
    "yml", "json", "toml", "c", "cpp", "c++", "java", "javascript", "js", "ts", "r", "matlab",
    "julia", "latex", "tex", "bibtex", "html", "xml", "diff", "dockerfile", "makefile", "cuda",
    "scala", "go", "rust", "sql", "ini", "pycon",
})  # fmt: skip
_PROGRAM = re.compile(
    r"^\s*(?:import\s\w|from\s[\w.]+\simport\b|def\s\w+\(|class\s\w+[(:]|for\s\w+\sin\s.*:$"
    r"|@\w+|return\b|#include|print\(|if\s.*:$|\$\s|pip\sinstall|python3?\s[\w./-]+\.py)",
    re.MULTILINE,
)
_PRINTING = frozenset({"console", "shell", "bash", "sh", "pycon", "json"})
"""Languages under which output is pasted as often as code."""


def _pasted(lines: list[str], first: int, last: int, fenced: bool, info: str) -> Pasted:
    """A fence without its marks, or an indented block; code is what is called so or looks so."""
    taken = [(lines[n - 1], n, 1) for n in range(first, last + 1)]
    if fenced:
        closed = len(taken) > 1 and re.match(r"[\s>]*(?:```|~~~)", taken[-1][0])
        taken = taken[1:-1] if closed else taken[1:]
    taken = taken or [("", first, 1)]
    words = info.strip().lower().split()
    language = words[0].strip("{}.") if words else ""
    if any(s.lstrip().startswith(">>> ") for s, _, _ in taken):
        language = "pycon"
    code = language in _LANGUAGES - _PRINTING or (
        language not in _PRINTING and bool(_PROGRAM.search("\n".join(s for s, _, _ in taken)))
    )
    return Pasted(tuple(taken), code)


def _comments(source: Source) -> Iterator[Comment]:
    for number, line in enumerate(source.lines, start=1):
        if "<!--" not in line:
            continue
        for match in _COMMENT.finditer(line):
            alone = not _COMMENT.sub("", line).strip()
            yield Comment(match.group(1), number, match.start() + 1, alone)


def _heading(lines: list[str], first: int, last: int) -> Text:
    line = lines[first - 1]
    marker = _HEADING.match(line)
    start = marker.end() if marker else 0
    body = line[start:].rstrip().rstrip("#") if marker else line
    return clean([(body, first, start + 1)]).text()


def _paragraph(lines: list[str], first: int, last: int) -> Text:
    taken: list[tuple[str, int, int]] = []
    for number in range(first, last + 1):
        line = lines[number - 1]
        marker = _MARKER.match(line) if number == first else re.match(r"\s*(?:>\s?){0,20}", line)
        start = marker.end() if marker else 0
        taken.append((line[start:], number, start + 1))
    return clean(taken).text()


def _grid(lines: list[str], first: int, last: int) -> Grid:
    rows = [_row(lines[n - 1], n) for n in range(first, last + 1) if n != first + 1]
    return Grid([row for row in rows if row], 1, first, last)


def _row(line: str, number: int) -> list[RawCell]:
    """Cells between unescaped bars that are not in code."""
    quoted = _QUOTE.match(line)
    position = quoted.end() if quoted else 0
    body = line
    stripped = body[position:].lstrip()
    position = len(body) - len(stripped)
    if stripped.startswith("|"):
        position += 1
    cells: list[RawCell] = []
    end = len(body.rstrip())
    if end > position and body[end - 1] == "|" and not body[: end - 1].endswith("\\"):
        end -= 1
    start = position
    for bar in islice(chain(_bars(body, position, end), (end,)), MAX_COLUMNS):
        raw = body[start:bar]
        lead = len(raw) - len(raw.lstrip())
        text = clean([(raw.strip(), number, start + lead + 1)], in_cell=True).text()
        cells.append(RawCell(text, bool(text.bold)))
        start = bar + 1
    return cells


def _bars(line: str, start: int, end: int) -> Iterator[int]:
    position = line.find("|", start, end)
    while position != -1:
        before = line[max(0, position - 20) : position]
        if (len(before) - len(before.rstrip("\\"))) % 2 == 0:
            yield position
        position = line.find("|", position + 1, end)
