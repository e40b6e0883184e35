"""Which figure of a sentence belongs to which metric named in it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.numbers import Figure
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.phrases import Mention
from bakeoff.auditing.reading.scope import beyond, plausible

Span = tuple[int, int]
_FILLER = frozenset({
    "of", "is", "was", "are", "were", "a", "an", "the", "at", "to", "reached", "reaches",
    "reaching", "on", "in", "for", "with", "top", "set", "split", "test", "validation",
    "training", "train", "val", "data", "dataset", "images", "epoch", "epochs", "equals",
    "about", "around", "approximately", "over", "above", "roughly", "model", "achieved",
    "achieves", "attained", "obtained", "came", "score", "scores", "value", "nearly", "almost",
    "just", "only", "final", "best", "mean", "average", "than", "more", "less", "below",
    "under", "least", "most", "ours", "our", "accuracy", "this", "its", "rate", "overall",
    "after", "reported", "as", "high", "by", "std", "ci", "stands", "stood", "hits", "hit",
    "be", "has", "had", "up", "percent", "exact", "exactly", "still", "currently",
    "respectively", "drops", "dropped", "rose", "rises", "fell", "falls", "improves",
    "improved", "increases", "increased", "decreases", "decreased", "went", "goes", "from",
    "between", "1", "5", "result", "results", "single",
})  # fmt: skip
_CHAIN = frozenset(
    (
        "and",
        "on",
        "for",
        "the",
        "to",
        "in",
        "or",
        "with",
        "respectively",
        "at",
        "set",
        "test",
        "validation",
        "epoch",
        "epochs",
        "after",
        "it",
        "data",
        "images",
    )
)
_BREAK = re.compile(
    r"[;?!]|\b(?:but|while|whereas|although|though|which|where|because|since|and|compared|versus"
    r"|vs)\b|,",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W\d_]+(?:['’]\w{1,2})?")
_BETWEEN_MENTIONS = re.compile(
    r"\s{0,3}(?:/|,|&|\band\b|\bor\b|\||,\s?and\b)\s{0,3}", re.IGNORECASE
)
_BETWEEN_FIGURES = re.compile(r"\s{0,3}(?:/|,|&|\band\b|\||,\s?and\b)\s{0,3}", re.IGNORECASE)
_CLOSED = re.compile(r"\s?\)\s?")
_OVER_A_FIGURE = re.compile(
    r"\s?\)?(?P<said>\s?(?:of|is|was|:|=|at)\s?\d{1,3}(?:\.\d{1,4})?\s?\\?%?)?"
    r"\s{0,2}(?:/|,|&|\band\b|,\s?and\b)\s{0,2}(?(said)|\d{1,3}(?:\.\d{1,4})?\s?\\?%?\s?\(?)",
    re.IGNORECASE,
)
_FIGURE_BEFORE = re.compile(r"(?<![\d.])(\d{1,3}(?:\.\d{1,4})?)\s?\\?%?\s?\(?$")
_BEFORE_GAP = re.compile(
    r"[\s*_-]{0,4}(?:(?:in|as|for)\s)?(?:(?:the|a|mean|average|final|overall|its|our|of)\s){0,2}$",
    re.IGNORECASE,
)
_PAREN = re.compile(r"\s?\([\s*_]{0,2}$")
_CONNECTOR = re.compile(
    r"^[\s*_)]{0,4}(?:\([^()]{0,40}\)[\s*_]{0,3})?(?:of\b|is\b|was\b|:|=|at\b|to\b|\|)",
    re.IGNORECASE,
)
_OF_ELSE = re.compile(
    r"\s[(,]?\s?(?:of|that|the|relative|normali[sz]ed|compared|more|higher|larger|over|as)\b",
    re.IGNORECASE,
)
_SCALED = Pattern(
    r"\b(?:relative|normali[sz]ed|retained|recovered|scaled|percentage\sof)\b", re.IGNORECASE
)
_FAR = 120


@dataclass(frozen=True, slots=True)
class Bond:
    """A metric and its figure. shared: the metric has further figures; variant: see `claims`."""

    mention: Mention
    figure: Figure
    doubtful: frozenset[str] = frozenset()
    shared: bool = False
    variant: str = ""
    run: str = ""


def bind(
    s: str,
    mentions: Sequence[Mention],
    figures: list[Figure],
    names: list[Span],
    blocked: list[Figure],
) -> list[Bond]:
    """Bonds of one sentence. names: spans of names; blocked: figures that are something else."""
    mentions = [m for m in _share_bases(s, mentions) if m.metric != "gain"]
    whole = {m.metric for m in mentions if not m.bare}
    if whole & {"error", "top5_error"} and not whole & {"accuracy", "top5"}:
        mentions = [replace(m, unsure=True) if m.bare else m for m in mentions]
    free = list(figures)
    bonds: list[Bond] = []
    used: set[int] = set()
    for run in _series(s, mentions):
        pairs = _respectively(s, run, free, names) if len(run) > 1 else []
        bonds.extend(pairs)
        for pair in pairs:
            free.remove(pair.figure)
            used.add(pair.mention.start)
    for i, mention in enumerate(mentions):
        if mention.start in used:
            continue
        floor = mentions[i - 1].end if i else 0
        ceiling = mentions[i + 1].start if i + 1 < len(mentions) else len(s)
        bond = (
            _after(s, mention, free, ceiling, names, True)
            if _CONNECTOR.match(s, mention.end)
            else None
        )
        bond = (
            bond
            or _before(s, mention, free, floor, names)
            or _after(s, mention, free, ceiling, names, False)
        )
        if bond is None:
            continue
        free.remove(bond.figure)
        chain = _chain(s, bond, free, ceiling, names)
        for further in chain:
            free.remove(further.figure)
        if mention.metric:
            bonds.extend(_numbered(s, [bond, *chain]))
    return [
        replace(b, doubtful=b.doubtful | {"metric"}) if b.mention.unsure else b
        for b in bonds
        if b.mention.metric and (_fits(b.mention.metric, b.figure) or _beyond(s, b))
    ]


def _fits(metric: str, figure: Figure) -> bool:
    number = figure.number
    kind = METRICS[metric].kind
    if kind in {"loss", "score"} and number.unit in {"percent", "points"}:
        return False
    return number.unit != "points" and plausible(metric, number)


def _beyond(s: str, bond: Bond) -> bool:
    """ "accuracy is 103.2 %": out of range, and no word says that it is of something else."""
    mention, figure = bond.mention, bond.figure
    if not beyond(mention.metric, figure.number) or bond.shared:
        return False
    first, last = min(mention.end, figure.end), max(mention.start, figure.start)
    tied = not _OF_ELSE.match(s, figure.end) and not _SCALED.search(s[: mention.start])
    joined = figure.start >= mention.end or not s[first:last].strip()
    return tied and joined and not bond.doubtful


def _share_bases(s: str, mentions: Sequence[Mention]) -> list[Mention]:
    """ "top-1 and top-5 error", "12.0 % top-1 and 2.1 % top-5 error": the bare "top-1" is an error
    too; "7.1 % (top-5) error" is one mention."""
    out = list(mentions)
    for i in range(len(out) - 2, -1, -1):
        a, b = out[i], out[i + 1]
        if not a.bare or b.bare or not b.metric.endswith("error"):
            continue
        error = {"accuracy": "error", "top5": "top5_error"}[a.metric]
        if _CLOSED.fullmatch(s, a.end, b.start) and s[b.start : b.start + 3].lower() == "err":
            out[i : i + 2] = [replace(a, metric=error, bare=False)]
        elif _BETWEEN_MENTIONS.fullmatch(s, a.end, b.start):
            out[i] = replace(a, metric=error, bare=False)
        elif gap := _OVER_A_FIGURE.fullmatch(s, a.end, b.start):
            own = _FIGURE_BEFORE.search(s, max(0, a.start - 24), a.start)
            small = own is not None and float(own.group(1)) < 50 and not gap.group("said")
            out[i] = replace(a, metric=error if small else a.metric, bare=False, unsure=not small)
    return out


def _series(s: str, mentions: list[Mention]) -> list[list[Mention]]:
    runs: list[list[Mention]] = []
    for mention in mentions:
        if runs and _BETWEEN_MENTIONS.fullmatch(s, runs[-1][-1].end, mention.start):
            runs[-1].append(mention)
        else:
            runs.append([mention])
    return runs


def _respectively(s: str, run: list[Mention], free: list[Figure], names: list[Span]) -> list[Bond]:
    """As many figures in a row after the metrics, or before them, as there are metrics."""
    n = len(run)
    after = [f for f in free if f.start >= run[-1].end]
    before = [f for f in free if f.end <= run[0].start][-n:]
    for row, gap in ((after[:n], "after"), (before, "before")):
        if len(row) != n or not all(
            _BETWEEN_FIGURES.fullmatch(s, a.end, b.start) for a, b in pairwise(row)
        ):
            continue
        between = (run[-1].end, row[0].start) if gap == "after" else (row[-1].end, run[0].start)
        doubt = _doubt(s, *between, names)
        if doubt is None or (gap == "before" and not _BEFORE_GAP.fullmatch(s, *between)):
            continue
        if (
            gap == "after"
            and len(after) > n
            and _BETWEEN_FIGURES.fullmatch(s, row[-1].end, after[n].start)
        ):
            continue
        return [Bond(m, f, doubt, shared=True) for m, f in zip(run, row, strict=True)]
    return []


def _after(
    s: str, mention: Mention, free: list[Figure], ceiling: int, names: list[Span], connected: bool
) -> Bond | None:
    figure = next((f for f in free if f.start >= mention.end), None)
    if figure is None or figure.start >= ceiling or figure.start - mention.end > _FAR:
        return None
    doubt = _doubt(s, mention.end, figure.start, names)
    if figure.whole and not connected:
        return _past_a_count(s, mention, figure, free, ceiling)
    return None if doubt is None else Bond(mention, figure, doubt)


_OVER = re.compile(
    r"\s(?:on|over|for|across|of)\s(?:(?:the|all|these|our|its)\s){0,2}", re.IGNORECASE
)
_THINGS_ARE = re.compile(
    r"\s(?:[a-z][\w-]{1,20}\s){1,4}(?:is|was|reaches|comes\sto|equals)\s", re.IGNORECASE
)


def _past_a_count(
    s: str, mention: Mention, count: Figure, free: list[Figure], ceiling: int
) -> Bond | None:
    """ "The accuracy on the 1,000 held-out images is 95.3 %"."""
    figure = next((f for f in free if f.start >= count.end), None)
    if figure is None or figure.start >= ceiling or figure.number.unit != "percent":
        return None
    if not _OVER.fullmatch(s, mention.end, count.start):
        return None
    return Bond(mention, figure) if _THINGS_ARE.fullmatch(s, count.end, figure.start) else None


def _before(
    s: str, mention: Mention, free: list[Figure], floor: int, names: list[Span]
) -> Bond | None:
    figure = next((f for f in reversed(free) if f.end <= mention.start), None)
    if figure is None or figure.start < floor or mention.start - figure.end > _FAR:
        return None
    gap = _blank(s, figure.end, mention.start, names)
    if _PAREN.fullmatch(gap):
        closed = s[mention.end : mention.end + 1] == ")"
        return Bond(mention, figure) if closed and not figure.whole else None
    if figure.whole or not _BEFORE_GAP.fullmatch(gap):
        return None
    return Bond(mention, figure)


def _blank(s: str, start: int, end: int, names: list[Span]) -> str:
    """s[start:end] without the names in it."""
    gap = s[start:end]
    for a, b in sorted(names, reverse=True):
        if start <= a and b <= end:
            gap = gap[: a - start] + gap[b - start :]
    return re.sub(r"\s{2,}", " ", gap)


def _doubt(s: str, start: int, end: int, names: list[Span]) -> frozenset[str] | None:
    """What is doubtful if a metric and figure are bound over this gap; None if they must not be."""
    gap = _blank(s, start, end, names)
    gap = re.sub(r"\([^()]{0,60}\)", " ", gap)
    if _BREAK.search(gap) or ")" in gap or "." in gap.strip().rstrip("."):
        return None
    unknown = [w for w in _WORD.findall(gap) if w.lower() not in _FILLER]
    if not unknown:
        return frozenset()
    return frozenset({"metric"}) if len(unknown) <= 3 else None


def _chain(s: str, bond: Bond, free: list[Figure], ceiling: int, names: list[Span]) -> list[Bond]:
    """Further figures of the same metric: "95.1 % on MNIST and 93.2 % on KMNIST", "93.1, 93.4"."""
    if bond.figure.start < bond.mention.start:
        return []
    chain: list[Bond] = []
    last = bond.figure
    for figure in [f for f in free if f.start >= last.end]:
        if ceiling < len(s) and _BEFORE_GAP.fullmatch(_blank(s, figure.end, ceiling, names)):
            break  # "73.9% and 26.1% top-1 error": the next metric's own figure
        gap = _blank(s, last.end, figure.start, names)
        if (
            figure.start >= ceiling
            or "(" in gap
            or ";" in gap
            or len(gap) > 40
            or figure.whole != bond.figure.whole
        ):
            break
        if any(w.lower() not in _CHAIN for w in _WORD.findall(gap)) and not re.fullmatch(
            r"\s?(?:→|->)\s?", gap
        ):
            break
        if figure.number.unit != bond.figure.number.unit and bond.figure.number.unit:
            break
        chain.append(replace(bond, figure=figure, shared=True))
        last = figure
    return chain


def _numbered(s: str, bonds: list[Bond]) -> list[Bond]:
    """Chained figures told apart: as runs where "accuracies" lists them, else as variants."""
    if len(bonds) == 1:
        return bonds
    gaps = [s[a.figure.end : b.figure.start] for a, b in pairwise(bonds)]
    listed = all(_BETWEEN_FIGURES.fullmatch(g) for g in gaps)
    if listed and bonds[0].mention.plural and len(bonds) > 2:
        return [replace(b, run=str(i), shared=True) for i, b in enumerate(bonds, start=1)]
    return [replace(b, variant=str(i), shared=True) for i, b in enumerate(bonds, start=1)]
