"""Names and texts from records are data: they never become markup, in any of the formats."""

from __future__ import annotations

import re

# Markup wherever it stands: code, emphasis, links, tags, cells, strike-through, formulas, entities.
_ANYWHERE = re.compile(r"[\\`*\[\]<|~$]|(?<![^\W_])_|_(?![^\W_])|&(?=#?\w+;)")
_CONTROL = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]"
)
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": "$<$",
    ">": "$>$",
    "|": r"\textbar{}",
    "“": "``",
    "”": "''",
    "‘": "`",
    "’": "'",
    "…": r"\ldots{}",
    "×": r"$\times$",
    "±": r"$\pm$",
    "▲": r"$\uparrow$",
    "▼": r"$\downarrow$",
    "\u2212": "$-$",
    "–": "--",
    "\u00a0": "~",
}


def printable(text: str) -> str:
    """Without control characters and without those that turn the direction of reading."""
    return _CONTROL.sub("\ufffd", text)


def markdown_text(text: str) -> str:
    """Plain text for Markdown: nothing in it is markup, a table cell or a link."""
    text = re.sub(r"\s+", " ", printable(text))
    text = _ANYWHERE.sub(lambda match: f"\\{match[0]}", text)
    # Where a line begins also headings, quotes, lists and rules.
    text = re.sub(r"^( *)([#>=]|[+-](?=[ +-]|$))", r"\1\\\2", text)
    return re.sub(r"^( *\d{1,9})([.)])(?= |$)", r"\1\\\2", text)


def markdown_code(text: str) -> str:
    """Inline code that holds any text, backticks included."""
    text = re.sub(r"\s*[\r\n]+\s*", " ", printable(text)).replace("|", "\\|")
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * (longest + 1)
    pad = " " if text.startswith("`") or text.endswith("`") or not text else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def web_address(url: str) -> str | None:
    """The address if it is plain http(s) and cannot break out of an attribute, else None."""
    return url if re.fullmatch(r"https?://[A-Za-z0-9._~:/?#@!$&*+,;=%-]+", url) else None


def latex_text(text: str) -> str:
    return "".join(_LATEX.get(letter, letter) for letter in printable(text))
