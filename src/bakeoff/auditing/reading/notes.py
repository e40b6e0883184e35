"""Sentences that speak of all figures of a section: "Every figure is a single run."

Such a note stands above or right below a table or list and belongs to it as a caption would. It
fills only what the figures do not say themselves.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bakeoff.auditing.claims import Claim, SpreadKind
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.lexicon import dataset_names, model_names, splits
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.phrases import level, runs, spread_kind
from bakeoff.auditing.reading.sentences import sentences

LONGEST = 300
_FIGURES = frozenset({"share", "loss", "score"})
_ALL = Pattern(
    r"\b(?:all|every|each|results?|figures|numbers|reported|accurac(?:y|ies)|errors?|mean|average"
    r"|median|best)\b",
    re.IGNORECASE,
)
_MEASURED = Pattern(
    r"\b(?:evaluat\w+|measured|computed|reported|accurac(?:y|ies)|loss|errors?|figures|numbers"
    r"|results)\b",
    re.IGNORECASE,
)
_CHOSEN = Pattern(
    r"\b(?:select\w*|chosen|choose|tun\w+|search\w*|pick\w*|early|hyper\w*|split|held"
    r"|train(?:ed)?\s(?:on|with|for))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Note:
    """What a note says of the figures of its section; empty where it says nothing."""

    runs: int | None = None
    spread_kind: SpreadKind = "unknown"
    level: str = ""
    split: str = ""
    dataset: str = ""


def read_note(s: str, found: Iterable[Claim]) -> Note | None:
    """The note in a paragraph, or None. found: the claims read from it; a sentence with scores of
    its own, or about one model, is not a note."""
    if len(s) > LONGEST or model_names(s) or any(_is_figure(c) for c in found):
        return None
    counts = {r.count for r in runs(s)}
    count = counts.pop() if len(counts) == 1 else None
    if count == 1 and not _ALL.search(s) and len(s) > 40:
        count = None
    spoken = [s[a:b] for a, b in sentences(s)]
    telling = [part for part in spoken if _MEASURED.search(part) and not _CHOSEN.search(part)]
    named = {n.value for part in telling for n in dataset_names(part) if n.kind == "dataset"}
    said = {split for part in telling for _, _, split in splits(part)}
    measured = bool(telling)
    note = Note(
        count,
        spread_kind(s),
        level(s),
        said.pop() if measured and len(said) == 1 else "",
        named.pop() if measured and len(named) == 1 else "",
    )
    return None if note == Note() else note


def noted(claim: Claim, notes: Iterable[Note]) -> Claim:
    """The claim with what notes of its section say; the nearest note, which is the last, wins."""
    if claim.number is None or not _is_figure(claim):
        return claim
    for note in reversed(list(notes)):
        context = {
            key: value
            for key, value in (("split", note.split), ("dataset", note.dataset))
            if value and key not in claim.context
        }
        claim = replace(
            claim,
            runs=claim.runs or note.runs,
            spread_kind=note.spread_kind
            if claim.spread_kind == "unknown" and claim.spread is not None
            else claim.spread_kind,
            level=claim.level or (note.level if claim.spread is not None else ""),
            context=claim.context | context,
            inherited=claim.inherited | context.keys(),
        )
    return claim


def _is_figure(claim: Claim) -> bool:
    return claim.number is not None and METRICS[claim.metric].kind in _FIGURES
