r"""Simple TeX macros: `\newcommand{\res}[2]{#1 $\pm$ #2}`, and what `\res{98.2}{0.1}` stands for.

Text in, text out: no TeX is run. Only macros whose arguments stand on one line are replaced, and no
text may grow beyond bounds, since a macro that doubles itself thirty times is a gigabyte.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from bakeoff.auditing.reading.tex import closing_brace

MAX_MACROS = 2_000
MAX_BODY = 1_000
MAX_DEPTH = 6
MAX_LINE = 20_000
MAX_GROWTH = 4_000_000
"""Characters that all replacements of a document may add."""
_DEFINES = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand)\*?\s?"
    r"(?:\{\s?\\(?P<braced>[A-Za-z@]{1,60})\s?\}|\\(?P<bare>[A-Za-z@]{1,60}))\s?"
    r"(?:\[(?P<count>\d)\])?\s?(?:\[(?P<default>[^\[\]]{0,200})\])?\s?(?=\{)"
    r"|\\[gex]?def\s?\\(?P<def>[A-Za-z@]{1,60})\s?(?P<marks>(?:#\d\s?){0,9})(?=\{)"
)
_CALL = re.compile(r"\\([A-Za-z@]{1,60})\*?")
_KEPT = frozenset({"begin", "end", "input", "include", "section", "caption", "item", "textbf"})
"""Commands that give the document its structure: a redefinition is for looks."""


@dataclass(frozen=True, slots=True)
class Macro:
    """arguments: how many, the optional one included; default: of that one, None without."""

    arguments: int
    default: str | None
    body: str


@dataclass(frozen=True, slots=True)
class Expanded:
    """A line with its macros replaced. moved: (offset here, offset in the line as written), where
    the two begin to differ by another amount."""

    text: str
    moved: tuple[tuple[int, int], ...] = ()

    def column(self, offset: int) -> int:
        """The 0-based column as written of an offset in `text`."""
        at = (0, 0)
        for piece in self.moved:
            if piece[0] > offset:
                break
            at = piece
        return at[1] + offset - at[0]


@dataclass(slots=True)
class Macros:
    """The macros of a document."""

    known: dict[str, Macro] = field(default_factory=dict)
    grown: int = 0

    def define(self, lines: Sequence[str]) -> list[str]:
        """Take the definitions out of lines without comments; the lines without them."""
        text = "\n".join(lines)
        if "\\def" not in text and "command" not in text and "Command" not in text:
            return list(lines)
        parts: list[str] = []
        position = 0
        for match in _DEFINES.finditer(text):
            if match.start() < position or len(self.known) >= MAX_MACROS:
                continue
            end = closing_brace(text, match.end(), MAX_BODY + 2)
            if text[end : end + 1] != "}":
                continue
            name = match["braced"] or match["bare"] or match["def"]
            count = match["marks"].count("#") if match["def"] else int(match["count"] or 0)
            if name not in _KEPT:
                body = text[match.end() + 1 : end].replace("\n", " ")
                self.known[name] = Macro(count, match["default"], body)
            parts.append(text[position : match.start()])
            parts.append("\n" * text.count("\n", match.start(), end + 1))
            position = end + 1
        parts.append(text[position:])
        return "".join(parts).split("\n")

    def expand(self, line: str) -> Expanded:
        """A line with the macros in it replaced."""
        if not self.known or "\\" not in line:
            return Expanded(line)
        moved: list[tuple[int, int]] = []
        parts: list[str] = []
        position = length = 0
        for match in _CALL.finditer(line):
            if match.start() < position or match[1] not in self.known:
                continue
            said, end = self._call(line, match, 0)
            if end < 0:
                continue
            parts.append(line[position : match.start()])
            length += len(parts[-1])
            moved.append((length, match.start()))
            parts.append(said)
            length += len(said)
            moved.append((length, end))
            position = end
        if not moved:
            return Expanded(line)
        parts.append(line[position:])
        return Expanded("".join(parts)[:MAX_LINE], tuple(moved))

    def _call(self, line: str, match: re.Match[str], depth: int) -> tuple[str, int]:
        """What a call stands for, and the offset after it; (…, -1) where it cannot be replaced."""
        macro = self.known[match[1]]
        given: list[str] = []
        position = match.end()
        if macro.default is not None:
            given.append(macro.default)
            if line[position : position + 1] == "[" and (close := line.find("]", position)) > 0:
                given[0] = line[position + 1 : close]
                position = close + 1
        while len(given) < macro.arguments:
            while line[position : position + 1] == " ":
                position += 1
            if line[position : position + 1] != "{":
                return "", -1
            end = closing_brace(line, position, MAX_LINE)
            if line[end : end + 1] != "}":
                return "", -1
            given.append(line[position + 1 : end])
            position = end + 1
        said = re.sub(
            r"#(\d)",
            lambda m: given[int(m[1]) - 1] if 0 < int(m[1]) <= len(given) else "",
            macro.body,
        )
        self.grown += len(said)
        if depth >= MAX_DEPTH or len(said) > MAX_LINE or self.grown > MAX_GROWTH:
            return "", -1
        return self._inner(said, depth + 1), position

    def _inner(self, said: str, depth: int) -> str:
        """A replacement with the macros in it replaced."""
        parts: list[str] = []
        position = 0
        for match in _CALL.finditer(said):
            if match.start() < position or match[1] not in self.known:
                continue
            inner, end = self._call(said, match, depth)
            if end < 0:
                continue
            parts += [said[position : match.start()], inner]
            position = end
            if sum(map(len, parts)) > MAX_LINE:
                break
        parts.append(said[position:])
        return "".join(parts)[:MAX_LINE]
