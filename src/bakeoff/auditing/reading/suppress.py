"""`bakeoff: ignore RULE because REASON` in a comment of the document's own format."""

from __future__ import annotations

import re
from collections.abc import Iterator

from bakeoff.auditing.claims import Suppression
from bakeoff.auditing.reading.blocks import Blocks, Comment
from bakeoff.auditing.reading.source import Source

_DIRECTIVE = re.compile(
    r"^\s{0,10}bakeoff\s?:\s{0,3}(\S{0,40})(?:\s{1,3}(\S{1,80}))?(?:\s{1,3}because\s{1,3}"
    r"(\S.{0,400}))?(.{0,400})",
    re.IGNORECASE | re.DOTALL,
)
_RULE = re.compile(r"[a-z0-9][a-z0-9-]{1,60}\Z")
HOW = "Write <!-- bakeoff: ignore RULE because REASON -->"


def suppressions(blocks: Blocks, source: Source) -> Iterator[Suppression]:
    """The document's suppressions; one without rule or reason is a problem, and not in force."""
    for comment in blocks.comments:
        match = _DIRECTIVE.match(comment.text)
        if match is None:
            continue
        verb, rule, reason = (
            match.group(1).lower(),
            match.group(2) or "",
            (match.group(3) or "").strip(),
        )
        if verb != "ignore":
            source.problem(comment.line, f"bakeoff cannot do {verb!r} in a comment. {HOW}")
        elif not _RULE.match(rule):
            source.problem(comment.line, f"this names no rule to ignore. {HOW}")
        elif not reason:
            source.problem(comment.line, f"{rule} is ignored without a reason, so it is not. {HOW}")
        else:
            place = source.place(comment.line, comment.column)
            first, last = _extent(comment, blocks)
            yield Suppression(rule, " ".join(reason.split()), place, first, last)


def _extent(comment: Comment, blocks: Blocks) -> tuple[int, int]:
    """The comment's own line, or, if it stands alone, the block it stands in or the one below."""
    if not comment.alone:
        return comment.line, comment.line
    for first, last in blocks.extents:
        if first <= comment.line < last:
            return comment.line + 1, comment.line + 1
    below = [(first, last) for first, last in blocks.extents if first > comment.line]
    return min(below) if below else (comment.line, comment.line)
