"""The terminal: the line of the document, a caret under the number, the arithmetic."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections import Counter
from typing import TYPE_CHECKING

from bakeoff.auditing.findings import VERDICTS, Finding
from bakeoff.auditing.telling.inert import line, visible

if TYPE_CHECKING:
    from bakeoff.auditing.claims import Claim, Place
    from bakeoff.auditing.result import Audited

WIDTH = 96
MOST_PLACES = 8
COLORS = {
    "impossible": "1;31",
    "inconsistent": "31",
    "implausible": "33",
    "ambiguous": "36",
    "undetermined": "34",
    "note": "2",
}


def tell(audit: Audited, *, color: bool = False) -> str:
    """The whole audit as text; plain unless `color`."""
    parts = [_finding(f, color) for f in audit.findings]
    parts += [_suppressed(f) for f in audit.suppressed]
    parts += [
        f"{_where(p)}: this suppression suppresses nothing\n" for p in audit.unused_suppressions
    ]
    parts += [f"{_where(p.place)}: not read: {line(p.message)}\n" for p in audit.problems]
    return "\n".join([*parts, summary(audit)])


def summary(audit: Audited) -> str:
    """One line: how many claims, and findings by verdict."""
    counts = Counter(f.verdict for f in audit.findings)
    found = ", ".join(f"{counts[v]} {v}" for v in VERDICTS if counts[v])
    found = found or ("nothing was read" if audit.empty else "nothing to object")
    documents = len(audit.files)
    files = f" in {documents:,} document{'s' if documents != 1 else ''}" if documents else ""
    if documents > 1:
        files += f" ({sum(bool(d.figures) for d in audit.documents):,} with figures)"
    ignored = f"; {len(audit.suppressed)} suppressed" if audit.suppressed else ""
    return f"{len(audit.claims):,} claims{files}: {found}{ignored}\n"


def coverage(audit: Audited) -> str:
    """A line a document: figures seen, bound to a metric, left alone."""
    return "".join(
        f"{visible(c.file)}: {c.seen:,} figures seen, {c.bound:,} bound, "
        f"{c.left_alone:,} left alone\n"
        for c in audit.coverage
    )


def _where(place: Place) -> str:
    file, number = place.named
    if place.spot is not None and place.spot.page:
        return f"{visible(file)}, {place.said}"
    return f"{visible(file)}:{number}:{place.column}"


def _finding(finding: Finding, color: bool) -> str:
    head = f"{finding.verdict} [{finding.rule}]"
    if color:
        head = f"\x1b[{COLORS[finding.verdict]}m{head}\x1b[0m"
    lines = [f"{_where(finding.place)}: {head}"]
    shown: set[tuple[str, int]] = set()
    for claim in finding.claims[:4]:
        if (claim.place.file, claim.place.line) not in shown and claim.place.source:
            shown.add((claim.place.file, claim.place.line))
            lines += _excerpt(claim, color)
    lines += _wrapped(finding.message)
    lines += _wrapped(f"arithmetic: {finding.arithmetic}")
    if finding.assumptions:
        lines += _wrapped(f"assumes: {'; '.join(finding.assumptions)}")
    if finding.cause:
        lines += _wrapped(f"likely cause: {finding.cause}")
    if finding.resolve:
        lines += _wrapped(f"would resolve it: {finding.resolve}")
    others = [p for p in finding.places if (p.file, p.line) not in shown]
    if others:
        rest = f" and {len(others) - MOST_PLACES} more" if len(others) > MOST_PLACES else ""
        lines += _wrapped(f"also at: {', '.join(p.said for p in others[:MOST_PLACES])}{rest}")
    return "\n".join(lines) + "\n"


def _suppressed(finding: Finding) -> str:
    return (
        f"{_where(finding.place)}: suppressed {finding.verdict} [{finding.rule}]: "
        f"{line(finding.suppressed)}\n"
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        line(text, 2_000),
        WIDTH,
        initial_indent="    ",
        subsequent_indent="      ",
        break_long_words=False,
        break_on_hyphens=False,
    )


def span(claim: Claim) -> tuple[int, int]:
    """Start and length, in the source line, of the number, or of the words if there is none."""
    place = claim.place
    start = max(0, place.column - 1)
    length = max(1, min(place.length, len(place.source) - start))
    if start >= len(place.source):
        return 0, 0
    if claim.number is not None and claim.number.text:
        text = claim.number.text
        # Markup between the words of a claim makes it longer in the source than its text.
        found = re.compile(rf"(?<![\d.]){re.escape(text)}(?!\d)").search(place.source, start)
        if found is not None and found.start() <= start + 2 * length:
            return found.start(), len(text)
    return start, length


def _excerpt(claim: Claim, color: bool) -> list[str]:
    """The source line and carets under the figure, cut to the width around it."""
    place, source = claim.place, claim.place.source
    start, length = span(claim)
    room = WIDTH - 10
    first = 0 if len(source) <= room else max(0, min(start - room // 3, len(source) - room))
    before = visible(("…" if first else "") + source[first:start])
    marked = visible(source[start : start + length])
    tail = source[start + length : first + room]
    after = visible(tail + ("…" if start + length + len(tail) < len(source) else ""))
    carets = "^" * min(_columns(marked), room)
    if color and carets:
        carets = f"\x1b[1m{carets}\x1b[0m"
    gutter = f"{place.named[1]:>6} | "
    lines = [f"{gutter}{before}{marked}{after}".rstrip()]
    if length:
        lines.append(f"{'|':>8} {' ' * _columns(before)}{carets}")
    return lines


def _columns(text: str) -> int:
    """Columns of a terminal that a visible text takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    narrow = sum(not unicodedata.combining(c) for c in text)
    return wide + narrow
