"""Where the sentences of a text end."""

from __future__ import annotations

import re
from collections.abc import Iterator

_STOP = re.compile(
    r"[.!?](?:[)\"”’'*_\]]{0,3})\s+(?=[A-Z(\"“*_\[])|;\s|\n(?=\W{0,4}(?:[A-Z][^\n:.]{0,60}:\s"
    r"|(?:Epoch|Step|Iter|Train|Test|Val)))"
)
MAX_SENTENCE = 1_500
_ABBREVIATED = re.compile(
    r"(?:\b(?:et al|e\.g|i\.e|cf|vs|fig|figs|tab|sec|eq|approx|ca|no|dr|mr|acc|err|std|avg|resp"
    r"|incl|max|min)|\b[A-Z])$",
    re.IGNORECASE,
)


def pieces(s: str) -> Iterator[tuple[int, int]]:
    """`sentences`, a long one cut: what runs on for so long is a log or a list."""
    for start, end in sentences(s):
        while end - start > MAX_SENTENCE:
            cut = max(
                s.rfind("\n", start, start + MAX_SENTENCE),
                s.rfind(" ", start, start + MAX_SENTENCE),
            )
            cut = cut + 1 if cut > start else start + MAX_SENTENCE
            yield start, cut
            start = cut
        yield start, end


def sentences(s: str) -> Iterator[tuple[int, int]]:
    """Offsets of the sentences of `s`; a full stop after an abbreviation ends none."""
    start = 0
    for match in _STOP.finditer(s):
        inside = s.count("(", start, match.start()) > s.count(")", start, match.start())
        if match.group()[0] == ";" and inside:
            continue
        if match.group()[0] == "." and _ABBREVIATED.search(
            s[max(0, match.start() - 8) : match.start()]
        ):
            continue
        yield start, match.end()
        start = match.end()
    if start < len(s):
        yield start, len(s)
