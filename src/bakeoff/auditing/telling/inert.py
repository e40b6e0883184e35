"""Making a document's text harmless and visible."""

from __future__ import annotations

import unicodedata

LONGEST = 400
"""Characters of a document's text shown in one place."""

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def visible(text: str) -> str:
    """Control, formatting and unassigned characters as escapes, tabs as blanks.

    So a document can neither move the cursor of a terminal nor reverse the direction of a line.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(_shown(c) for c in text)


def _shown(character: str) -> str:
    if character == "\t":
        return " "
    if unicodedata.category(character) not in _HIDDEN:
        return character
    code = ord(character)
    return (
        f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
    )


def line(text: str, longest: int = LONGEST) -> str:
    """Visible text on one line, cut to a length."""
    shown = visible(" ".join(text[: 4 * longest].split()))
    return shown if len(shown) <= longest else f"{shown[: longest - 1]}…"
