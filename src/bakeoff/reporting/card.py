"""The score card as one picture, for a slide, a message or a notebook: question, answer, forest."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import wrap

from markupsafe import escape

from bakeoff.records.files import write_atomically
from bakeoff.reporting.charts.draw import as_file
from bakeoff.reporting.charts.theme import FONT, LIGHT
from bakeoff.reporting.document import Document, plain
from bakeoff.reporting.escape import printable

WIDTH, HEIGHT = 1200, 630
"""Pixels of a picture that sites show beside a link."""
MARGIN = 48
LETTER = 0.56
"""Mean width of a letter, in ems: text is wrapped before anything can measure it."""
MOST_CARES = 2
MOST_ANSWERS = 3
LARGEST = 1.4
"""Times as large as on a page: more would be coarse."""
READABLE = 0.85
"""A chart drawn smaller has names that cannot be read; it gets the room of a second caution."""


def card_svg(document: Document) -> str:
    """The card as a self-standing SVG in the light theme."""
    lines = _Lines()
    lines.add(plain(document.question), 22, "soft", most=2)
    shown = document.answers[:MOST_ANSWERS]
    if document.provisional:
        lines.add(document.provisional, 18, "soft", most=1)
    for title, answer, conditions in shown:
        lines.add(title, 20, "ink", most=1, weight=600)
        lines.add(plain(answer), 40 if len(shown) == 1 else 26, "ink", most=2, weight=700)
        lines.add(plain(conditions), 17, "soft", most=2)
    if len(document.answers) > len(shown):
        lines.add(f"{len(document.answers) - len(shown)} more in the report", 17, "soft", most=1)
    foot, top = HEIGHT - MARGIN - 22, lines.top + 6
    cares = _cares(document, MOST_CARES, most=2)
    drawn, scale = _chart(document, top, foot - cares.top - 10)
    if scale < READABLE:
        cares = _cares(document, 1, most=1)
        drawn, scale = _chart(document, top, foot - cares.top - 10)
    told = "; ".join(plain(answer) for _, answer, _ in document.answers)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" '
        f'height="{HEIGHT}" font-family="{escape(FONT)}" role="img">'
        f"<title>{escape(printable(document.title))}</title>"
        f"<desc>{escape(printable(told))}</desc>"
        f'<rect width="100%" height="100%" fill="{LIGHT["ground"]}"/>'
        f'<rect width="10" height="100%" fill="{LIGHT["arm-1"]}"/>'
        f"{lines.drawn(0)}{drawn}{cares.drawn(foot - cares.top)}"
        f'<text x="{MARGIN}" y="{HEIGHT - MARGIN + 8}" font-size="17" fill="{LIGHT["soft"]}">'
        f"{escape(printable(f'{plain(document.subtitle)} · {document.made_with}'))}</text></svg>"
    )


def write_card(document: Document, path: Path) -> None:
    """The card as PNG. Raises OutputError where the folder cannot be written."""
    import vl_convert

    png: bytes = vl_convert.svg_to_png(card_svg(document))
    write_atomically(path, lambda file: file.write(png))


def _cares(document: Document, number: int, *, most: int) -> _Lines:
    lines = _Lines(top=0)
    for notice in document.notices[:number]:
        lines.add(f"Read with care: {plain(notice.text)}", 17, "soft", most=most)
    return lines


def _chart(document: Document, top: float, bottom: float) -> tuple[str, float]:
    """The lead chart, as large as the room between the two heights lets it be, and its scale."""
    if document.lead is None or bottom - top < 60:
        return "", 1.0
    # A chart has the same height however wide: drawn anew, it fills the row at that scale.
    scale = min(LARGEST, (bottom - top) / _box(as_file(document.lead, WIDTH))[1])
    svg = as_file(document.lead, int((WIDTH - 2 * MARGIN) / scale))
    across, high = _box(svg)
    drawn = (
        f'<svg x="{MARGIN}" y="{top:.0f}" width="{across * scale:.0f}" '
        f'height="{high * scale:.0f}" viewBox="0 0 {across} {high}">{svg.partition(">")[2]}'
    )
    return drawn, scale


def _box(svg: str) -> tuple[float, float]:
    """Width and height of a drawing."""
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', svg)
    assert found is not None
    return float(found[1]), float(found[2])


class _Lines:
    """Text set line under line. top: where the next one begins."""

    def __init__(self, top: float = MARGIN - 8) -> None:
        self.top = top
        self._set: list[tuple[float, int, str, int, str]] = []

    def add(self, text: str, size: int, colour: str, *, most: int, weight: int = 400) -> None:
        """Wrapped to at most `most` lines, the last one cut with an ellipsis."""
        room = int((WIDTH - 2 * MARGIN) / (size * LETTER))
        words = [cut for word in printable(text).split() for cut in wrap(word, room)]
        rows = [""]
        for word in words:
            if rows[-1] and len(rows[-1]) + 1 + len(word) > room:
                rows.append(word)
            else:
                rows[-1] = f"{rows[-1]} {word}".strip()
        if len(rows) > most:
            rows = [*rows[: most - 1], f"{rows[most - 1][: room - 1].rstrip()}…"]
        for row in rows if words else ():
            self.top += size * 1.32
            self._set.append((self.top, size, colour, weight, row))
        self.top += size * 0.35 if words else 0

    def drawn(self, down: float) -> str:
        """SVG of the lines, moved down."""
        return "".join(
            f'<text x="{MARGIN}" y="{at + down:.1f}" font-size="{size}" font-weight="{weight}" '
            f'fill="{LIGHT[colour]}">{escape(row)}</text>'
            for at, size, colour, weight, row in self._set
        )
