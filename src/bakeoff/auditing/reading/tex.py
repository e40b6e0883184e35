"""TeX markup taken away, every remaining character with its place."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from bakeoff.auditing.reading.source import Text

_TOKEN = re.compile(
    r"\\(?P<dropped>textsuperscript|cite\w{0,10}|[cC]?ref|eqref|autoref|pageref|label"
    r"|footnote\w{0,5}|url|href|cellcolor|rowcolor|color"
    r"|definecolor|[vh]space|includegraphics|fontsize|resizebox|scalebox|textcolor|colorbox"
    r"|tablefootnote|tnote|phantom|hphantom|rotatebox|raisebox|setlength|begin|end)\*?"
    r"(?:\s?\[[^\[\]]{0,200}\]){0,2}(?:\{[^{}]{0,400}\})"
    r"|\\(?P<escaped>[%&#_${}])|(?P<thin>\\[,;:!> ]|~)|(?P<comma>\{,\})"
    r"|(?P<newline>\\\\(?:\[[^\[\]]{0,20}\])?)"
    r"|\\(?P<command>[a-zA-Z]{1,40})\*?(?P<eaten>[ \t]{0,3})"
    r"|(?P<square>\^(?:2\b|\{2\}))|(?P<raised>\^(?:\{[^{}]{0,60}\}|\\?[a-zA-Z*†‡]{1,12}|\d))"
    r"|(?P<quotes>``|'')|(?P<dash>---?)|(?P<other>[{}$_])|(?P<white>[\n\t])"
)
_SYMBOLS = {
    "pm": "±", "times": "×", "uparrow": "↑", "downarrow": "↓", "sim": "~", "approx": "~",
    "leq": "≤", "le": "≤",
    "geq": "≥", "ge": "≥", "rightarrow": "→", "to": "→", "kappa": "κ", "epsilon": "ε",
    "varepsilon": "ε", "Delta": "Δ",
    "delta": "δ", "sigma": "σ", "textpm": "±", "textasciitilde": "~", "dagger": "†",
    "ddagger": "‡", "checkmark": "✓",
    "cdot": "·", "percent": "%", "textemdash": "–", "textendash": "–", "textless": "<",
    "textgreater": ">", "lt": "<", "gt": ">",
}  # fmt: skip
_BOLD = {"textbf", "mathbf", "bm", "boldsymbol", "bf", "bfseries"}
Locate = Callable[[int], tuple[int, int]]


@dataclass(frozen=True, slots=True)
class CleanTex:
    """text: what is printed; bold: some of it in bold."""

    text: Text
    bold: bool


def closing_brace(s: str, opening: int, limit: int) -> int:
    """The offset of the brace that closes the one at `opening`; at most `limit` characters on."""
    depth, position, stop = 0, opening, min(len(s), opening + limit)
    while position < stop:
        c = s[position]
        if c == "\\":
            position += 1
        elif c == "{":
            depth += 1
        elif c == "}":
            depth -= 1
            if depth == 0:
                return position
        position += 1
    return max(stop - 1, opening)


def clean_tex(s: str, start: int, end: int, locate: Locate) -> CleanTex:
    """s[start:end] as it would be printed, roughly: commands dropped, symbols in their place."""
    parts: list[str] = []
    starts: list[tuple[int, int, int]] = []
    length, bold = 0, False

    def put(text: str, at: int) -> None:
        nonlocal length
        if text:
            starts.append((length, *locate(at)))
            parts.append(text)
            length += len(text)

    position = start
    while match := _TOKEN.search(s, position, end):
        put(s[position : match.start()], position)
        position = match.end()
        command = match.group("command")
        if command:
            bold = bold or command in _BOLD
            put(_SYMBOLS.get(command, " " if match.group("eaten") else ""), match.start())
        elif match.group("escaped"):
            put(match.group("escaped"), match.start())
        elif match.group("thin"):
            put("\u2009" if match.group("thin") == "\\," else " ", match.start())
        elif match.group("comma"):
            put(",", match.start())
        elif match.group("square"):
            put("²", match.start())
        elif match.group("dash"):
            put("–", match.start())
        elif match.group("newline") or match.group("white"):
            put(" ", match.start())
    put(s[position:end], position)
    first = locate(start)
    return CleanTex(Text("".join(parts), tuple(starts) or ((0, *first),)), bold)
