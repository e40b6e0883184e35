"""Inline markup taken away, every remaining character with its column."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from bakeoff.auditing.reading.lexicon import model_names
from bakeoff.auditing.reading.source import Text

_TOKEN = re.compile(
    r"(?P<code>(?<!`)(`{1,2})(?!`)[^`]{1,400}\2(?!`))"
    r"|(?P<comment><!--.{0,2000}?-->)"
    r"|(?P<image>!\[[^\[\]]{0,300}\](?:\([^()\s]{0,1000}(?:\s[^()]{0,200})?\)|\[[^\[\]]{0,100}\])?)"
    r"|(?P<footnote>\[\^[^\[\]]{1,40}\])"
    r"|(?P<open>\[(?=[^\[\]]{1,400}\][(\[]))"
    r"|(?P<link>\](?:\([^()]{0,1000}(?:\([^()]{0,100}\)[^()]{0,200})?\)|\[[^\[\]]{0,100}\]))"
    r"|(?P<url><?(?:https?|ftp)://[^\s<>|()\]]{1,1500}>?)"
    r"|(?P<sup><sup>[^<>]{0,40}</sup>)"
    r"|(?P<tag></?[a-zA-Z][^<>]{0,600}>)"
    r"|(?P<strong>\*\*|__(?=\w)|(?<=\w)__(?!\w))"
    r"|(?P<em>\*(?=\S)|(?<=\S)\*|(?<!\w)_(?=\w)|(?<=[\w.%)])_(?!\w))"
    r"|(?P<escape>\\(?=[%|*_$&#~<>\[\](){}`\\!.+-]))"
    r"|(?P<entity>&(?:[a-zA-Z]{2,8}|#\d{1,6}|#x[0-9a-fA-F]{1,5});)"
)
_MARKED = re.compile(r"[`\[\]<*_&\\]|(?:https?|ftp)://")
"""Without one of these a line holds no token."""
_BOLD_TAG = re.compile(r"<(/?)(?:b|strong)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clean:
    """Pieces (text, line, column) in order, and the offsets (in the pieces joined) of bold text."""

    pieces: list[tuple[str, int, int]]
    bold: list[tuple[int, int]]

    def text(self) -> Text:
        """The pieces as one text."""
        starts: list[tuple[int, int, int]] = []
        offset = 0
        for piece, line, column in self.pieces:
            starts.append((offset, line, column))
            offset += len(piece)
        s = "".join(piece for piece, _, _ in self.pieces)
        return Text(s, tuple(starts) or ((0, 1, 1),), tuple(self.bold))


def clean(lines: list[tuple[str, int, int]], *, in_cell: bool = False) -> Clean:
    """Markdown inline markup removed from (text, line, column) lines, joined by line breaks.

    Links keep their text, code only a model's name (or, in a table cell, all of it), images,
    addresses, tags and footnotes nothing. Emphasis may run over lines.
    """
    pieces: list[tuple[str, int, int]] = []
    bold: list[tuple[int, int]] = []
    opened: int | None = None
    length = 0

    def put(s: str, line: int, column: int) -> None:
        nonlocal length
        if s:
            pieces.append((s, line, column))
            length += len(s)

    for number, (raw, line, column) in enumerate(lines):
        if number:
            put("\n", line, column)
        position = 0
        for match in _TOKEN.finditer(raw) if _MARKED.search(raw) else ():
            put(raw[position : match.start()], line, column + position)
            position = match.end()
            kind, at = match.lastgroup or "", column + match.start()
            kind = next(name for name in _KINDS if match.group(name) is not None)
            if kind == "strong" or (kind == "tag" and _BOLD_TAG.match(match.group())):
                if opened is None:
                    opened = length
                else:
                    bold.append((opened, length))
                    opened = None
            elif kind == "code":
                inner = match.group().strip("`")
                names = model_names(inner.strip())
                if in_cell or (
                    names and names[0].start == 0 and names[0].end == len(inner.strip())
                ):
                    put(inner, line, at + 1)
                else:
                    put(" ", line, at)
            elif kind == "entity":
                put(html.unescape(match.group()).replace("\xa0", " "), line, at)
            elif (
                kind == "tag"
                and match.group().lower().startswith(("<br", "<p", "</p", "<td", "<li"))
            ) or kind == "comment":
                put(" ", line, at)
        put(raw[position:], line, column + position)
    if opened is not None and in_cell:
        bold.append((opened, length))
    return Clean(pieces, bold)


_KINDS = (
    "code", "comment", "image", "footnote", "open", "link", "url", "sup", "tag", "strong", "em",
    "escape", "entity",
)  # fmt: skip
