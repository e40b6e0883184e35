"""Pasted output to tables, matrices and log lines: what a fence, an indented block or a log holds.

Tables come with bars, with box characters, or as columns of white space (pandas, scikit-learn's
report, Lightning); confusion matrices as nested brackets; everything else is read a line at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.blocks import Grid, Pasted, RawCell
from bakeoff.auditing.reading.labels import read_label
from bakeoff.auditing.reading.loglines import LogLine, read_line
from bakeoff.auditing.reading.source import Text

MAX_LINES = 60_000
"""Lines of one block that are read; with LONGEST it bounds time."""
LONGEST = 1_000
MOST_COLUMNS = 40
_BARS = str.maketrans(dict.fromkeys("┃│║╎┆┊", "|"))
_BORDER = re.compile(r"^[\s|+\-=:─━═┄┏┓┗┛┡┩╇┳┻┼┬┴├┤└┘┌┐╔╗╚╝╠╣╦╩╬╒╕╘╛╞╡╪╤╧┠┨╂┷┯▏▕╰╯╭╮.~*_#]+$")
_CHUNK = re.compile(r"\S+(?: \S+)*")
_TOKEN = re.compile(r"\S+")
_PRINTED = re.compile(
    r"^\(?-?\d[\d.,]*%?(?:e[-+]?\d+)?\)?$|^(?:nan|NaN|None|-|inf)$|^[±+]\S*$", re.I
)
_MATRIX_ROW = re.compile(
    r"\[\s{0,8}(\d{1,9}(?:(?:\s{0,3},\s{0,3}|\s{1,12})\d{1,9}){1,199})\s{0,3},?\s{0,3}\]"
)
_MATRIX_START = re.compile(r"\[\s{0,3}\[")


@dataclass(slots=True, unsafe_hash=True)
class Said:
    """A line of keys and values, with its place."""

    log: LogLine
    text: Text


@dataclass(slots=True, unsafe_hash=True)
class Matrix:
    """A square matrix of counts in nested brackets. rows: of (printed, line, column)."""

    rows: tuple[tuple[tuple[str, int, int], ...], ...]
    line: int


Line = tuple[str, int, int]


def pieces(block: Pasted) -> Iterator[Grid | Said | Matrix]:
    """What a block holds, in order. Its source code (`code`) holds nothing."""
    if block.code:
        return
    lines = block.lines[:MAX_LINES]
    index = 0
    while index < len(lines):
        text = lines[index][0]
        if not text.strip() or len(text) > LONGEST:
            index += 1
            continue
        if _TYPED.match(text):
            if (said := _computed(lines, index)) is not None:
                yield said
            index += 1
            continue
        read = (
            _commas(lines, index)
            or _barred(lines, index)
            or _matrix(lines, index)
            or _spaced(lines, index)
        )
        if read is not None:
            piece, index = read
            if piece is not None:
                yield piece
            continue
        if (log := read_line(text)) is not None:
            yield Said(log, Text.of_line(*lines[index]))
        index += 1


_TYPED = re.compile(r"\s{0,8}(?:>>>|\.\.\.|In \[\d{1,4}\]:)(?:\s|$)")
_CALL = re.compile(
    r"[^\w.]*(?:print\()?(?:\w{1,20}\.){0,3}(?P<name>accuracy_score|balanced_accuracy_score"
    r"|cohen_kappa_score|matthews_corrcoef|roc_auc_score|log_loss)\((?P<given>[^()]{0,120})\)\)?\s*$"
)
_COMPUTES = {
    "accuracy_score": "accuracy", "balanced_accuracy_score": "balanced accuracy",
    "cohen_kappa_score": "kappa", "matthews_corrcoef": "mcc", "roc_auc_score": "auc",
    "log_loss": "log loss",
}  # fmt: skip
_ANSWER = re.compile(
    r"\s{0,8}(?:Out\s?\[\d{1,4}\]:\s?)?(?:np\.float64\()?(\d{1,3}\.\d{1,20})\)?\s*$"
)


def _computed(lines: Sequence[Line], index: int) -> Said | None:
    """What a session prints below a call of one of scikit-learn's metrics."""
    typed, line, column = lines[index]
    prompt = _TYPED.match(typed)
    call = _CALL.match(typed, prompt.end() if prompt else 0)
    if call is None or index + 1 == len(lines) or "normalize" in call.group("given"):
        return None
    shown, below, left = lines[index + 1]
    answer = _ANSWER.match(shown)
    if answer is None:
        return None
    key = f"{_COMPUTES[call.group('name')]}: "
    said = f"{key}{answer.group(1)}"
    log = read_line(said)
    starts = ((0, line, column + call.start("name")), (len(key), below, left + answer.start(1)))
    return None if log is None else Said(log, Text(said, starts))


def _barred(lines: Sequence[Line], first: int) -> tuple[Grid | None, int] | None:
    """A table whose cells stand between bars, with or without a border of dashes."""
    begins = lines[first][0].lstrip()[:1]
    if begins.isalnum() or begins in "[(":
        return None  # neither a bar nor of a border
    rows: list[list[RawCell]] = []
    index = first
    while index < len(lines):
        text, line, column = lines[index]
        bars = text.translate(_BARS)
        if _BORDER.match(text) and (
            "-" in text or "─" in text or "━" in text or "=" in text or "═" in text
        ):
            index += 1
            continue
        stripped = bars.strip()
        if (
            stripped.count("|") < 2
            or not stripped.startswith("|")
            or "█" in text
            or len(text) > LONGEST
        ):
            break
        rows.append(_cells(bars, line, column))
        index += 1
    width = len(rows[0]) if rows else 0
    if len(rows) < 2 or any(len(row) != width for row in rows):
        return (None, index) if rows and index - first > 1 else None
    head, body = rows[0], rows[1:]
    return Grid([head, *body], 1, lines[first][1], lines[index - 1][1]), index


def _commas(lines: Sequence[Line], first: int) -> tuple[Grid | None, int] | None:
    """Comma-separated values under a header that names a metric."""
    head = lines[first][0]
    if not 1 <= head.count(",") < MOST_COLUMNS or any(c in head for c in ":={}()[]"):
        return None
    labels = [read_label(part.strip()) for part in head.split(",")]
    if not any(x.metric and METRICS[x.metric].kind in {"share", "loss", "score"} for x in labels):
        return None
    rows: list[list[RawCell]] = []
    index = first
    while index < len(lines) and len(lines[index][0]) <= LONGEST:
        text, line, column = lines[index]
        if text.count(",") != head.count(","):
            break
        row: list[RawCell] = []
        at = 0
        for part in text.split(","):
            lead = len(part) - len(part.lstrip())
            row.append(RawCell(Text.of_line(part.strip(), line, column + at + lead)))
            at += len(part) + 1
        rows.append(row)
        index += 1
    if len(rows) < 2 or not any(c.text.s[:1].isdigit() for c in rows[1]):
        return None
    return Grid(rows, 1, lines[first][1], lines[index - 1][1]), index


def _cells(bars: str, line: int, column: int) -> list[RawCell]:
    start = bars.index("|") + 1
    cells: list[RawCell] = []
    while (end := bars.find("|", start)) != -1 and len(cells) < MOST_COLUMNS:
        raw = bars[start:end]
        lead = len(raw) - len(raw.lstrip())
        cells.append(RawCell(Text.of_line(raw.strip(), line, column + start + lead)))
        start = end + 1
    return cells


def _matrix(lines: Sequence[Line], first: int) -> tuple[Matrix | None, int] | None:
    """ "[[95  5]" and " [10 90]]": rows of whole numbers, as many as there are columns."""
    text, line, column = lines[first]
    start = _MATRIX_START.search(text)
    if start is None:
        return None
    rows: list[tuple[tuple[str, int, int], ...]] = []
    for index in range(first, min(first + 200, len(lines))):
        text, line, column = lines[index]
        if len(text) > LONGEST:
            return None
        begin = start.start() + 1 if index == first else 0
        for match in _MATRIX_ROW.finditer(text, begin):
            at = column + match.start(1)
            row = [(m.group(), line, at + m.start()) for m in re.finditer(r"\d+", match.group(1))]
            rows.append(tuple(row))
        if re.search(r"\]\s{0,3}\]", text[begin:]):
            width = len(rows)
            if width >= 2 and all(len(row) == width for row in rows):
                return Matrix(tuple(rows), lines[first][1]), index + 1
            return None, index + 1
        if index > first and "[" not in text:
            return None
    return None


def _spaced(lines: Sequence[Line], first: int) -> tuple[Grid | None, int] | None:
    """A table of columns that white space sets apart, under a header that names a metric."""
    heads = _header(lines[first][0])
    if heads is None:
        return None
    rows: list[list[RawCell]] = []
    index, blanks = first + 1, 0
    while index < len(lines):
        text, line, column = lines[index]
        if not text.strip() or (_BORDER.match(text) and not rows):
            blanks += not text.strip()
            if blanks > 3 and rows:
                break
            index += 1
            continue
        row = _row(text, line, column, heads) if len(text) <= LONGEST else None
        if row is None:
            break
        rows.append(row)
        blanks = 0
        index += 1
    if not rows:
        return None
    _, line, column = lines[first]
    report = [h for h, _, _ in heads][-1].lower() == "support"
    label = "class" if report else ""
    header = [RawCell(Text.of_line(label, line, column))]
    header += [RawCell(Text.of_line(h, line, column + a)) for h, a, _ in heads]
    if all(not row[0].text.s for row in rows):  # no index and no names before the first column
        header, rows = header[1:], [row[1:] for row in rows]
    return Grid([header, *rows], 1, line, lines[index - 1][1]), index


def unfenced(lines: Sequence[str], first: int) -> int:
    """Where a table of columns ends that stands in a text as a program printed it, its header on
    the line with index `first`; `first` itself if none begins there."""
    heads = _header(lines[first])
    if heads is None or len(heads) != len(_CHUNK.findall(lines[first])):
        return first
    end = first + 1
    while end < len(lines) and lines[end].strip():
        cells = _TOKEN.findall(lines[end])
        if len(cells) != len(heads) or not any(map(_PRINTED.match, cells)):
            break
        end += 1
    return end if end > first + 1 else first


def _header(text: str) -> list[tuple[str, int, int]] | None:
    """Labels of a header line with their extent, None unless two are labels and one is a metric."""
    if ":" in text or "=" in text or "(" in text[:1]:
        return None
    for pattern in (_CHUNK, _TOKEN):
        found = [(m.group(), m.start(), m.end()) for m in pattern.finditer(text)]
        if not 2 <= len(found) <= MOST_COLUMNS or any(_PRINTED.match(t) for t, _, _ in found):
            continue
        labels = [read_label(t) for t, _, _ in found]
        known = [x for x in labels if x.metric and METRICS[x.metric].kind != "setting"]
        scores = [x for x in known if METRICS[x.metric].kind in {"share", "loss", "score"}]
        if scores and len(known) >= 2:
            return found
    return None


def _row(
    text: str, line: int, column: int, heads: list[tuple[str, int, int]]
) -> list[RawCell] | None:
    """The cells of a line under the header's labels, the first for what stands before them."""
    tokens = [(m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
    printed = [bool(_PRINTED.match(t)) for t, _, _ in tokens]
    if not any(printed):
        return None
    chunks = [(m.group(), m.start(), m.end()) for m in _CHUNK.finditer(text)]
    n = len(heads)
    blank = Text.of_line("", line, column)

    def cell(piece: tuple[str, int, int]) -> RawCell:
        return RawCell(Text.of_line(piece[0], line, column + piece[1]))

    for found in (chunks, tokens):
        if len(found) == n:
            return [RawCell(blank), *map(cell, found)]
        if len(found) == n + 1:
            return [*map(cell, found)]
    # Words of a name, then a value for every column: "macro avg   0.94  0.95  0.95  2115".
    values = len(printed) - next((i for i in range(len(printed), 0, -1) if not printed[i - 1]), 0)
    if values == n and len(tokens) > n:
        names = text[: tokens[-n][1]].strip()
        lead = len(text) - len(text.lstrip())
        return [cell((names, lead, lead + len(names))), *map(cell, tokens[-n:])]
    if 0 < values < n:  # "accuracy      0.95   2115": columns by where they end
        row = [RawCell(blank)] * (n + 1)
        for token in tokens[-values:]:
            c = min(
                range(n),
                key=lambda c: min(abs(heads[c][2] - token[2]), abs(heads[c][1] - token[1])),
            )
            if row[c + 1].text.s:
                return None
            row[c + 1] = cell(token)
        names = text[: tokens[-values][1]].strip()
        if names:
            lead = len(text) - len(text.lstrip())
            row[0] = cell((names, lead, lead + len(names)))
        return row
    return None
