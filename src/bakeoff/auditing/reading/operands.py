"""The two figures that a stated difference is between: "accuracy improves from 93.2 to 94.5".

Most figures said "from A to B" are settings (a resolution, a rate, a number of epochs) and have
nothing to do with the gain beside them. A pair is taken only where every word that ties it to a
share metric, and the gain to the pair, is known to be harmless; any other word breaks the tie.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

from bakeoff.auditing.claims import Number
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.numbers import Figure
from bakeoff.auditing.reading.phrases import Mention

Span = tuple[int, int]
_TO = re.compile(r"\s?\\?%?\s?(?:to|→|->|\\to|\\rightarrow)\s{0,2}", re.IGNORECASE)
_WORD = re.compile(r"[^\W\d_]+(?:['’]\w{1,2})?")
_FILLER = frozenset({
    "of", "the", "a", "an", "on", "in", "for", "from", "at", "is", "are", "was", "were", "be",
    "been", "can", "has", "have", "had", "it", "its", "this", "our", "we", "to", "by", "only",
    "even", "further", "clearly", "slightly", "significantly", "substantially", "steadily",
    "set", "split", "test", "validation", "training", "data", "dataset", "images", "model",
    "models", "network", "networks", "classifier", "student", "baseline", "averaged", "overall",
})  # fmt: skip
_VERBS = frozenset({
    "improve", "improves", "improved", "improving", "increase", "increases", "increased",
    "increasing", "rise", "rises", "rose", "risen", "raise", "raises", "raised", "raising",
    "grow", "grows", "grew", "grown", "climbs", "climbed", "jumps", "jumped", "boosts", "boosted",
    "boosting", "gains", "gained", "go", "goes", "went", "going", "move", "moves", "moved",
    "change", "changes", "changed", "drop", "drops", "dropped", "dropping", "fall", "falls",
    "fell", "fallen", "decrease", "decreases", "decreased", "decreasing", "reduce", "reduces",
    "reduced", "reducing", "cut", "cuts", "cutting", "lower", "lowers", "lowered", "lowering",
    "decline", "declines", "declined", "degrades", "degraded", "sinks", "sank", "down", "up",
})  # fmt: skip
_OF_GAIN = frozenset({
    "i.e", "i", "e", "that", "which", "thus", "so", "hence", "corresponds", "corresponding",
    "amounts", "meaning", "absolute", "relative", "relatively", "absolutely", "improvement",
    "gain", "boost", "decline", "reduction", "difference", "or", "about", "over", "point",
    "points", "percent", "percentage", "just", "more", "than", "roughly", "around", "nearly",
    "almost", "small", "large", "clear", "modest", "removes", "removing", "respectively",
    "error", "errors",
})  # fmt: skip
_ELSEWHERE = re.compile(
    r"\s?\)?\s?(?:(?:absolute|relative|abs\.|rel\.|more|higher|lower|better|worse|points?"
    r"|improvements?|gains?|reductions?|drops?|increases?|decreases?)\s){0,3}"
    r"(?:than|over|above|below|against|compared|relative\sto|from\s(?!\\?\$?\d)|per|each|every|on\saverage|when"
    r"|for|with|by|after|under|versus|vs)\b",
    re.IGNORECASE,
)
_IN_WHAT = re.compile(r"\s?\)?\s?(?:\w{1,14}\s){0,2}?(?:in|of)\s", re.IGNORECASE)
_FAR, _MOST = 160, 6
"""Characters between a mention, a pair and a gain; pairs of a sentence: more are not looked at."""
_SAME = {"error": "accuracy", "top5_error": "top5"}


@dataclass(frozen=True, slots=True)
class Pair:
    """Two figures of one share metric, in the order they were said."""

    before: Figure
    after: Figure
    mention: Mention

    @property
    def numbers(self) -> tuple[Number, Number]:
        """What a claim keeps of them."""
        return self.before.number, self.after.number


def operands(
    s: str, gain: Figure, figures: Sequence[Figure], mentions: Sequence[Mention], names: list[Span]
) -> Pair | None:
    """The one pair of figures that a difference in `s` is of, None where none or several are.

    figures: all of the sentence; names: spans of models and data sets, which any words may hold.
    """
    said = list(islice(_said_from_to(s, figures), _MOST + 1))
    if len(said) > _MOST:
        return None
    found = [
        Pair(a, b, mention)
        for a, b in said
        if (mention := _whose(s, (a.start, b.end), gain, mentions, names)) is not None
        and _reaches(s, (a.start, b.end), gain, figures, mentions, mention, names)
        and _is_told_of(s, gain, mentions, mention)
    ]
    return found[0] if len(found) == 1 else None


def _said_from_to(s: str, figures: Sequence[Figure]) -> Iterator[tuple[Figure, Figure]]:
    for a, b in pairwise(figures):
        if (
            _TO.fullmatch(s, a.end, b.start)
            and a.number.unit in {b.number.unit, ""}
            and b.number.unit in {"percent", "fraction", ""}
            and max(a.number.value, b.number.value) <= 100
            and not (a.signed or a.whole or b.whole)
        ):
            yield a, b


def _whose(
    s: str, pair: Span, gain: Figure, mentions: Sequence[Mention], names: list[Span]
) -> Mention | None:
    """The share metric right before a pair, or right after it, with harmless words between."""
    shares = [m for m in mentions if m.metric in METRICS and METRICS[m.metric].kind == "share"]
    before = [m for m in mentions if m.end <= pair[0]]
    if before:
        last = before[-1]
        hidden = [*names, (gain.start, gain.end)] if last.end <= gain.start < pair[0] else names
        allowed = _FILLER | _VERBS | (_OF_GAIN if hidden is not names else frozenset())
        close = _harmless(s, last.end, pair[0], hidden, allowed)
        return last if close and last in shares else None
    behind = next((m for m in shares if m.start >= pair[1]), None)
    clause = max(s.rfind(mark, 0, pair[0]) for mark in ",;:(") + 1
    if behind is None or not re.fullmatch(r"\s?(?:in\s)?", s[pair[1] : behind.start]):
        return None
    return behind if _harmless(s, clause, pair[0], names, _FILLER | _VERBS) else None


def _reaches(
    s: str,
    pair: Span,
    gain: Figure,
    figures: Sequence[Figure],
    mentions: Sequence[Mention],
    of: Mention,
    names: list[Span],
) -> bool:
    """True if nothing else is spoken of between a pair and a gain, and right after the pair."""
    first, last = (pair[1], gain.start) if gain.start >= pair[1] else (gain.end, pair[0])
    if any(first <= f.start and f.end <= last for f in figures):
        return False
    inside = [m for m in mentions if first <= m.start and m.end <= last]
    if any(_kind(m) != _kind(of) for m in inside):
        return False
    spoken = [*names, *((m.start, m.end) for m in mentions)]
    if (
        gain.start < pair[0]
        and s[gain.start - 1 : gain.start] == "("
        and s[gain.end : gain.end + 1] == ")"
    ):
        return False  # "from 240 to 480 scans (+100%) raised …": it is of what stands before it
    allowed = (_FILLER | _VERBS | _OF_GAIN) - {"further"}
    if not _harmless(s, first, last, spoken, allowed):
        return False
    if gain.start >= pair[1]:
        return True
    tail = re.compile(r"[^,;()]*?(?=[,;()]|\.(?:\s|$)|$)").match(s, pair[1])
    return tail is not None and _harmless(s, pair[1], tail.end(), spoken, _FILLER)


def _is_told_of(s: str, gain: Figure, mentions: Sequence[Mention], of: Mention) -> bool:
    """False where the words after a gain say that it is over, or in, something else."""
    if _ELSEWHERE.match(s, gain.end):
        return False
    said = _IN_WHAT.match(s, gain.end)
    if said is None:
        return True
    near = next((m for m in mentions if 0 <= m.start - said.end() <= 5), None)
    return near is not None and _kind(near) == _kind(of)


def _kind(mention: Mention) -> str:
    name = mention.of or mention.metric
    return _SAME.get(name, name)


def _harmless(s: str, start: int, end: int, hidden: list[Span], allowed: frozenset[str]) -> bool:
    if end - start > _FAR:
        return False
    near = [(a, b) for a, b in hidden if a < end and start < b]
    gap = "".join(" " if any(a <= i < b for a, b in near) else s[i] for i in range(start, end))
    return all(w.lower() in allowed for w in _WORD.findall(gap)) and not re.search(r"[;?!]", gap)
