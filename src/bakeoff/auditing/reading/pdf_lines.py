"""From words on a page to lines in reading order: margins cleared, columns told apart.

Distances are in ems (the font size) where not said otherwise; they hold for what LaTeX and word
processors set: a word space is a third of an em, stretched to 0.7; columns of tables and of text
stand an em and more apart.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from statistics import median

from bakeoff.auditing.reading.pdf_words import Word

SAME_BASELINE = 0.25
WORD_GAP = 0.12
CELL_GAP = 0.75
GUTTER = 0.9
_NUMBERED_LINES = 15
"""So many consecutive numbers in a margin are line numbers of a manuscript."""
_KEPT_RAISED = ("±",)


@dataclass(slots=True)
class Line:
    """Words from left to right. number: in the text that was read, set later."""

    words: list[Word]
    y: float
    scripts: dict[int, int] = field(default_factory=dict)
    number: int = 0

    @property
    def x0(self) -> float:
        return self.words[0].x0

    @property
    def x1(self) -> float:
        return max(w.x1 for w in self.words)

    @property
    def size(self) -> float:
        sizes = Counter[float]()
        for word in self.words:
            sizes[word.size] += len(word.text)
        return sizes.most_common(1)[0][0]

    @property
    def bold(self) -> bool:
        strong = sum(len(w.text) for w in self.words if w.bold)
        return 2 * strong > sum(len(w.text) for w in self.words)

    def segments(self, gap: float = CELL_GAP) -> list[list[Word]]:
        """Runs of words that stand closer than `gap` ems."""
        limit = gap * self.size
        runs: list[list[Word]] = []
        reach = 0.0
        for word in self.words:
            if runs and word.x0 - reach <= limit:
                runs[-1].append(word)
            else:
                runs.append([word])
            reach = max(reach, word.x1) if len(runs[-1]) > 1 else word.x1
        return runs

    def say(self, words: Sequence[Word]) -> str:
        """The words as text: raised marks left out, indices closed up."""
        parts: list[str] = []
        reach = 0.0
        for word in words:
            script = self.scripts.get(id(word), 0)
            if script > 0 and not word.text.startswith(_KEPT_RAISED):
                continue
            close = word.x0 - reach < WORD_GAP * self.size
            signed = script and word.text.startswith(_KEPT_RAISED)
            if parts and (not close or signed):
                parts.append(" ")
            parts.append(word.text)
            reach = word.x1
        return "".join(parts)


def body_size(words: Iterable[Word]) -> float:
    """The font size that most characters have."""
    sizes = Counter[float]()
    for word in words:
        sizes[round(word.size * 2) / 2] += len(word.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def to_lines(words: Sequence[Word]) -> list[Line]:
    """Words by their baselines, from top to bottom; indices joined to the line they belong to."""
    rows: list[Line] = []
    for word in sorted(words, key=lambda w: (w.y, w.x0)):
        last = rows[-1] if rows else None
        if last is not None and word.y - last.y < SAME_BASELINE * min(
            word.size, last.words[0].size
        ):
            last.words.append(word)
        else:
            rows.append(Line([word], word.y))
    for row in rows:
        row.words.sort(key=lambda w: w.x0)
    return _with_scripts(rows)


def _with_scripts(rows: list[Line]) -> list[Line]:
    """Small words that stand close above or below a line's words are its scripts."""
    kept = list(rows)
    for n, row in enumerate(rows):
        for other in (*rows[max(0, n - 2) : n], *rows[n + 1 : n + 3]):
            if other is row or not other.words or not row.words:
                continue
            if abs(other.y - row.y) > 0.6 * other.size:
                continue
            moved = [
                w for w in row.words if w.size < 0.85 * other.size and _touches(w, other.words)
            ]
            if len(moved) == len(row.words):
                for word in moved:
                    other.scripts[id(word)] = 1 if word.y < other.y else -1
                other.words = sorted((*other.words, *moved), key=lambda w: w.x0)
                row.words = []
                break
    return [row for row in kept if row.words]


def _touches(small: Word, words: Sequence[Word]) -> bool:
    reach = 0.35 * small.size
    return any(
        w.x0 - reach <= small.x1 and small.x0 <= w.x1 + reach and w.size > small.size for w in words
    )


def without_margins(words: list[Word], width: float, height: float) -> list[Word]:
    """The words without line numbers in the margins and without the number of the page."""
    numbers = [w for w in words if re.fullmatch(r"\d{1,4}", w.text)]
    dropped: set[int] = set()
    by_edge: dict[int, list[Word]] = {}
    for word in numbers:
        by_edge.setdefault(round(word.x1 / 4), []).append(word)
    for members in by_edge.values():
        members.sort(key=lambda w: w.y)
        values = [int(w.text) for w in members]
        if len(values) >= _NUMBERED_LINES and values == list(
            range(values[0], values[0] + len(values))
        ):
            dropped.update(id(w) for w in members)
    for word in numbers:
        edge = word.y < 0.07 * height or word.y > 0.9 * height
        alone = edge and not any(abs(w.y - word.y) < word.size and w is not word for w in words)
        if alone:
            dropped.add(id(word))
    return [w for w in words if id(w) not in dropped] if dropped else words


def in_reading_order(words: list[Word]) -> Iterator[list[Line]]:
    """The lines of a page by region: what runs over the whole page, left column, right column."""
    rows = to_lines(words)
    gutter = _gutter(rows)
    if gutter is None:
        yield rows
        return
    left: list[Word] = []
    right: list[Word] = []
    for band, whole in _bands(rows, gutter):
        inside = [w for row in band for w in row.words]
        if not whole:
            left += [w for w in inside if (w.x0 + w.x1) / 2 < gutter]
            right += [w for w in inside if (w.x0 + w.x1) / 2 >= gutter]
            continue
        yield from (to_lines(side) for side in (left, right) if side)
        left, right = [], []
        yield to_lines(inside)
    yield from (to_lines(side) for side in (left, right) if side)


def _gutter(rows: Sequence[Line]) -> float | None:
    """Where the white between two columns of text is; None if there is one column."""
    if len(rows) < 8:
        return None
    begin = min(r.x0 for r in rows)
    width = max(r.x1 for r in rows) - begin
    best, where = 0.0, None
    total = sum(len(r.words) for r in rows)
    for step in range(61):
        x = begin + width * (0.35 + 0.3 * step / 60)
        free = both = 0
        for row in rows:
            if _is_white(row, x):
                free += len(row.words)
                both += row.x0 < x < row.x1
        if free > best and (both >= 5 or _two_sided(rows, x)):
            best, where = free, x
    if where is None or best < 0.55 * total:
        return None
    # The middle of the white, not its first edge.
    last = where
    while last < begin + 0.65 * width and (
        sum(len(r.words) for r in rows if _is_white(r, last + 1)) >= best
    ):
        last += 1
    return (where + last) / 2


def _two_sided(rows: Sequence[Line], x: float) -> bool:
    """Columns whose baselines differ never share a row, and yet stand side by side."""
    free = [r for r in rows if _is_white(r, x)]
    left = [r.y for r in free if r.x1 <= x]
    right = [r.y for r in free if r.x0 >= x]
    if len(left) < 5 or len(right) < 5:
        return False
    return max(left) > min(right) and max(right) > min(left)


def _is_white(row: Line, x: float) -> bool:
    reach = 0.45 * row.words[0].size
    return all(w.x1 <= x or w.x0 >= x for w in row.words) and (
        not row.x0 < x < row.x1
        or min((w.x0 for w in row.words if w.x0 >= x), default=x)
        - max((w.x1 for w in row.words if w.x1 <= x), default=x)
        >= 2 * reach
    )


def _bands(rows: Sequence[Line], gutter: float) -> Iterator[tuple[list[Line], bool]]:
    """Consecutive rows that are cut by the gutter (False), or run over it (True)."""
    pitch = 2.3 * median(r.size for r in rows)
    band: list[Line] = []
    before = False
    for row in rows:
        whole = not _is_white(row, gutter)
        if band and (whole != before or row.y - band[-1].y > pitch):
            yield band, before or _is_wide_table(band, gutter)
            band = []
        band.append(row)
        before = whole
    if band:
        yield band, before or _is_wide_table(band, gutter)


def _is_wide_table(band: Sequence[Line], gutter: float) -> bool:
    """Whether rows that leave the gutter free are those of one table over both columns."""
    both = [r for r in band if r.x0 < gutter < r.x1]
    if len(both) < 2 or len(both) < 0.6 * len(band):
        return False
    column = (max(r.x1 for r in band) - min(r.x0 for r in band)) / 2
    texts = sum(
        any(s[-1].x1 - s[0].x0 > 0.6 * column for s in row.segments(GUTTER)) for row in band
    )
    return texts < 0.2 * len(band)
