"""Prose to claims, a sentence at a time.

1. Figures that say themselves what they are (`facts`), and differences (`gains`), are taken.
2. Each metric named is bound to a figure: "accuracy of 98 %" (after it, over harmless words only),
   "98 % accuracy" (right before it), "76.1 and 92.9 top-1 and top-5" (as many as are named).
3. Context comes from the sentence where it names one of a kind, else from the scope above.

A figure that no metric claims is not a claim. Words that are not understood between a metric and
its figure make the metric doubtful, or break the bond.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from bakeoff.auditing.claims import Claim, Number
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading import asides, facts, gains, losses, phrases, ratios, words
from bakeoff.auditing.reading.binding import Bond, bind
from bakeoff.auditing.reading.lexicon import (
    Name,
    dataset_names,
    experiments,
    model_names,
    papers,
    same_model,
    splits,
)
from bakeoff.auditing.reading.numbers import figures
from bakeoff.auditing.reading.operands import Pair, operands
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.scope import Scope, make_claim
from bakeoff.auditing.reading.sentences import pieces
from bakeoff.auditing.reading.source import Source, Text

_GENERIC = Pattern(
    r"\b(?:is|are|would be|considered)\s(?:very\s)?(?:impressive|typical|common|good|considered"
    r"|expected|possible|state[\s-]of)|\bchance\b|\bif\b|\b(?:target|goal|aim|threshold|required?"
    r"|requirement|expect\w{0,3})\b",
    re.IGNORECASE,
)
_OTHER = Pattern(
    r"\b(?:than|compared\s(?:to|with)|unlike|versus|vs\.?)\s(?:(?:on|for|that\sof|the"
    r"|those\son)\s){0,3}$",
    re.IGNORECASE,
)
_DIGIT = re.compile(r"\d")
_SAYS = re.compile(r"[^\W\d_]|%")
_SUM_WORDS = Pattern(r"\b(?:mean|average)\s(?:of|over|across)\b|\baveraged\b", re.IGNORECASE)


def read_prose(text: Text, scope: Scope, source: Source, group: str) -> list[Claim]:
    """The claims of one paragraph, list item or caption."""
    claims: list[Claim] = []
    last = scope
    for index, (start, end) in enumerate(pieces(text.s)):
        part = text.s[start:end]
        if not _SAYS.search(part):
            continue  # figures alone
        found, last = _read_sentence(part, start, text, last, source, f"{group}.{index}")
        claims.extend(found)
    return sorted(claims, key=lambda c: (c.place.line, c.place.column))


def _read_sentence(
    s: str, offset: int, text: Text, scope: Scope, source: Source, group: str
) -> tuple[list[Claim], Scope]:
    spoken_words = [*words.words(s), *losses.losses(s)]
    ranked = words.ranking(s, scope.values.get("dataset", ""))
    if not (_DIGIT.search(s) or spoken_words or ranked or phrases.runs(s)):
        return [], scope
    names = dataset_names(s)
    datasets = [
        n
        for n in names
        if n.kind == "dataset" and not _OTHER.search(s[max(0, n.start - 40) : n.start])
    ]
    models = model_names(s)
    hidden = facts.masks(s) + [(n.start, n.end) for n in names + models]
    hidden += [(r.start, a) for r, a, _ in ratios.loose(s) if "/" in s[r.start : a]]
    numbers = [f for f in figures(s) if not any(a < f.end and f.start < b for a, b in hidden)]
    local = _local(scope, s, datasets, models)
    reader = _Reader(s, offset, text, local, source, group, datasets, models)
    taken: set[int] = set()
    for fact in facts.sides(s):
        numbers = [f for f in numbers if f.end <= fact.start or f.start >= fact.end]
        reader.fact(fact)
    for fact in facts.single_devices(s):
        reader.fact(fact)
    spoken = phrases.mentions(s)
    named = [(n.start, n.end) for n in names + models]
    for i, figure in enumerate(numbers):
        if gain := gains.gain_of(s, figure, 0, len(s)):
            reader.gain(gain, operands(s, figure, numbers, spoken, named))
            taken.add(i)
        elif fact_found := facts.fact_of(s, figure, s):
            reader.fact(fact_found)
            taken.add(i)
    said = phrases.runs(s)
    free = [
        f
        for i, f in enumerate(numbers)
        if i not in taken and not any(r.start <= f.start and f.end <= r.end for r in said)
    ]
    spans = named + hidden
    spans += [(r.start, r.end) for r in said]
    blocked = [numbers[i] for i in sorted(taken)]
    bonds = bind(s, spoken, free, spans, blocked)
    for bond in asides.all_bonds(s, spoken, free, bonds, said):
        reader.bond(bond)
    for ratio, a, b in ratios.loose(s):
        reader.share(ratio, a, b)
    for word in spoken_words:
        reader.word(word)
    if ranked:
        reader.word(ranked)
    reader.finish()
    return reader.claims, scope


_OF_A_SET = frozenset({"classes", "images", "train_images", "validation_images", "test_images"})
_OWNER = re.compile(r"\b([A-Z][\w-]*(?:\s[A-Z][\w-]*)?)['’]s?\s(?:[a-z-]{1,16}\s){0,3}$")
_OF_NAME = re.compile(r"\s(?:of|in|from)\s(?:the\s)?([A-Z][\w-]*)")
_MAPPED = Pattern(
    r"\b(?:mapp?\w{0,4}|merg\w{1,3}|combin\w{1,5}|union|plus|added|extra|coars\w{1,4}|super-?class\w*"
    r"|sub-?(?:set|class)\w*|new|custom|instead|reduc\w{1,4}|group\w{0,4}|remapp?\w*|collaps\w*"
    r"|together|joint\w*|overlap\w*|shared?|common|another|other|both|and\s(?:our|another)|against"
    r"|match\w{0,3}|align\w{0,4}|correspond\w*|convert\w*|relabel\w*|between|than|versus|vs)\b",
    re.IGNORECASE,
)
_REPORTS = Pattern(
    r"^\W{0,4}In\s[\"“*_\[]|\breport(?:s|ed)?\b|\bpaper\b|\baccording\b|\bauthors?\b", re.IGNORECASE
)
_SENTENCE_SPLIT = Pattern(
    r"\b(?:on|over)\s(?:the\s)?(?:[\w.-]{1,24}\s){0,3}(train(?:ing)?|val(?:idation)?"
    r"|test)\s(?:set|split|data|images)\b",
    re.IGNORECASE,
)


def _local(scope: Scope, s: str, datasets: Sequence[Name], models: Sequence[Name]) -> Scope:
    """The scope with what this sentence names; two of a kind leave that kind open."""
    values = list(dict.fromkeys(n.value for n in datasets))
    if len(values) == 1:
        scope = scope.with_(dataset=values[0])
    elif values:
        scope = scope.without("dataset").guess(dataset=values[0])
    if models and all(same_model(m.value, models[0].value) for m in models):
        scope = scope.with_(model=models[0].value)
    elif models:
        scope = scope.without("model")
    cited = {m.group(1) for m in papers(s)}
    if len(cited) == 1 and _REPORTS.search(s):
        scope = scope.with_(paper=cited.pop(), experiment="paper")
    said = {m.group(1).lower() for m in _SENTENCE_SPLIT.finditer(s)}
    if len(said) == 1 and len({name for _, _, name in splits(s)}) == 1:
        scope = scope.with_(split=next(name for _, _, name in splits(said.pop())))
    return scope


@dataclass(slots=True)
class _Reader:
    """Makes the claims of one sentence."""

    s: str
    offset: int
    text: Text
    scope: Scope
    source: Source
    group: str
    datasets: Sequence[Name]
    models: Sequence[Name]
    claims: list[Claim] = field(default_factory=list)
    bonds: int = 0

    def claim(
        self,
        metric: str,
        number: Number | None,
        start: int,
        end: int,
        own: dict[str, str],
        doubtful: frozenset[str] = frozenset(),
    ) -> Claim:
        line, column = self.text.at(self.offset + start)
        said = self.s[start:end].strip()
        place = self.source.place(line, column, len(said))
        whose = [e for at, e in experiments(self.s) if at < start]
        if whose:
            own = own | {"experiment": whose[-1]}
        claim = make_claim(metric, number, place, said, own, self.scope, doubtful)
        here = self._said_here()
        return replace(
            claim,
            inherited=claim.inherited - here,
            group=self.group,
            bound="near" if "metric" in doubtful else "sentence",
        )

    def _said_here(self) -> frozenset[str]:
        here = set()
        if self.datasets:
            here.add("dataset")
        if self.models:
            here.add("model")
        return frozenset(here)

    def fact(self, fact: facts.Fact) -> None:
        own = {"split": fact.split}
        own["dataset"], doubtful = self._near(self.datasets, fact.start, fact.end)
        if fact.metric in _OF_A_SET and self._of_another(fact.start, fact.end):
            doubtful |= {"dataset"}
        claim = self.claim(
            fact.metric, fact.number, fact.start, fact.end, own, fact.doubtful | doubtful
        )
        self.claims.append(replace(claim, word=fact.word))

    def _of_another(self, start: int, end: int) -> bool:
        """True if classes or images may be another set's: "Northway's 58 classes", a mapping."""
        owner = _OWNER.search(self.s[max(0, start - 60) : start])
        whose = owner.group(1) if owner else ""
        after = _OF_NAME.match(self.s, end)
        whose = whose or (after.group(1) if after else "")
        named = whose.lower() in {"the", "this", "its", "our", ""} or any(
            whose.lower() in self.s[n.start : n.end].lower() for n in self.datasets
        )
        several = len({f.number.value for f in figures(self.s) if f.whole}) > 1
        return not named or (several and _MAPPED.search(self.s) is not None)

    def _near(self, names: Sequence[Name], start: int, end: int) -> tuple[str, frozenset[str]]:
        """The data set a figure is of where the sentence names several: a guess, unless "on X"."""
        values = {n.value for n in names}
        if len(values) < 2:
            return "", frozenset()
        for name in names:
            between = self.s[end : name.start] if name.start >= end else ""
            if name.start >= end and re.fullmatch(
                r"\W{0,3}(?:\w{1,12}\s){0,3}?(?:on|for)\s(?:the\s)?", between
            ):
                return name.value, frozenset()
        nearest = min(names, key=lambda n: min(abs(n.start - end), abs(start - n.end)))
        return nearest.value, frozenset({"dataset"})

    def gain(self, gain: gains.Gain, between: Pair | None) -> None:
        figure = gain.figure
        spoken = [m for m in phrases.mentions(self.s) if m.metric]
        nearest = min(
            spoken,
            key=lambda m: min(abs(m.start - figure.end), abs(figure.start - m.end)),
            default=None,
        )
        told = between.mention if between else nearest
        of = (told.of or told.metric) if told else ""
        claim = self.claim("gain", figure.number, figure.start, figure.end, {"of": of})
        self.claims.append(
            replace(
                claim,
                word=gain.word,
                negated=gain.falls,
                operands=between.numbers if between else (),
                spread=figure.spread,
            )
        )

    def bond(self, bond: Bond) -> None:
        mention, figure = bond.mention, bond.figure
        number = _with_unit(mention.metric, figure.number)
        doubtful = bond.doubtful
        if number.unit == "" and METRICS[mention.metric].kind == "share":
            doubtful |= {"unit"}
        if _GENERIC.search(self.s):
            doubtful |= {"number"}
        first, last = min(mention.start, figure.start), max(mention.end, figure.end)
        own = {
            "split": mention.split or self._split(first, last),
            "epoch": facts.epoch_of(self.s),
            "statistic": mention.statistic,
            "checkpoint": mention.checkpoint,
            "variant": bond.variant or self._another(last),
            "run": bond.run,
        }
        own["dataset"], unsure = self._near(self.datasets, first, last)
        start, end = (first, last) if not bond.shared else (figure.start, figure.end)
        claim = self.claim(mention.metric, number, start, end, own, doubtful | unsure)
        spread = figure.spread
        if spread is not None and not spread.unit:
            spread = replace(spread, unit=number.unit)
        ratio = ratios.beside(self.s, figure.start, figure.end)
        counted = (ratio.k, ratio.n) if ratio and METRICS[mention.metric].kind == "share" else None
        word = mention.word
        if mention.metric == "loss":
            word = word or losses.kind_named(self.s[mention.start : mention.end])
        self.claims.append(replace(claim, spread=spread, word=word, ratio=counted))
        self.bonds += 1

    def share(self, ratio: ratios.Ratio, a: int, b: int) -> None:
        """ "384 of 390 (98.5 %)": whatever it is a share of, where no metric took it."""
        line, _ = self.text.at(self.offset + a)
        taken = any(
            c.number is not None and c.place.line == line and c.ratio == (ratio.k, ratio.n)
            for c in self.claims
        )
        figure = next(figures(f"{self.s[a:b]}%"), None)
        if taken or figure is None:
            return
        claim = self.claim("share", figure.number, ratio.start, ratio.end, {})
        self.claims.append(
            replace(claim, ratio=(ratio.k, ratio.n), context={}, group="", inherited=frozenset())
        )

    def _another(self, last: int) -> str:
        """Which of several models a figure is said to be of: "for the second model"."""
        match = _FOR_ANOTHER.match(self.s, last)
        return match.group(1).lower() if match else ""

    def _split(self, first: int, last: int) -> str:
        """ "… on the test set" after the figure, up to the next figure."""
        match = _ON_SPLIT.match(self.s, last)
        if match is None:
            return ""
        word = match.group(1).lower()
        return (
            "train"
            if word.startswith("tr")
            else "validation"
            if word.startswith(("v", "d"))
            else "test"
        )

    def word(self, word: words.Word) -> None:
        claim = self.claim(word.metric, None, word.start, word.end, word.own)
        self.claims.append(replace(claim, word=word.word, negated=word.negated))

    def finish(self) -> None:
        """Runs, kinds of spread, intervals and levels said in the sentence go to its figures."""
        counted = phrases.runs(self.s)
        kind, level = phrases.spread_kind(self.s), phrases.level(self.s)
        scored = [
            i
            for i, c in enumerate(self.claims)
            if c.number is not None and METRICS[c.metric].kind in {"share", "loss", "score"}
        ]
        counts = {r.count for r in counted}
        for i in scored:
            claim = self.claims[i]
            if len(counts) == 1 and not claim.context.get("run"):
                claim = replace(claim, runs=next(iter(counts)))
                if (
                    claim.runs != 1
                    and "statistic" not in claim.context
                    and _SUM_WORDS.search(self.s)
                ):
                    claim.context["statistic"] = "mean"
            if claim.spread is not None:
                claim = replace(claim, spread_kind=kind, level=level if kind == "interval" else "")
            self.claims[i] = claim
        means = [i for i in scored if not self.claims[i].context.get("run")]
        if len(means) == 1:
            claim = asides.with_words(self.claims[means[0]], self.s)
            if claim.interval is not None:
                claim = replace(claim, level=claim.level or level)
            self.claims[means[0]] = claim
        asides.count_said_first(self.claims, scored, self.s)
        asides.split_said_once(self.claims, scored, self.s)
        tests = {c.word for c in self.claims if c.metric == "test"}
        for i, claim in enumerate(self.claims):
            if claim.metric == "p_value" and len(tests) == 1:
                self.claims[i] = replace(claim, word=next(iter(tests)))
        for said in counted:
            if not scored or said.count == 1:
                number = next(iter(figures(str(said.count)))).number
                self.claims.append(
                    self.claim("runs", replace(number, unit="count"), said.start, said.end, {})
                )


_FOR_ANOTHER = re.compile(
    r"\s?(?:for|of|by|with|from)\s(?:the|their|its|our|his|her|an?)\s((?:first|second|third|other|another"
    r"|larger|smaller|larg|small|older|newer|previous|best|worst)[\w-]{0,3}\s(?:model|network|variant"
    r"|version|method|classifier|run|system|baseline))\b",
    re.IGNORECASE,
)
_ON_SPLIT = re.compile(
    r"[^.;,\d]{0,25}?\b(?:on|in)\s(?:the\s|our\s|its\s|a\s)?(?:[\w-]{1,20}\s){0,2}?(train(?:ing)?"
    r"|val(?:idation)?|dev|test(?:ing)?|held-out)\b[\s-]?(?:set|split|data|images|samples)\b",
    re.IGNORECASE,
)


def _with_unit(metric: str, number: Number) -> Number:
    kind = METRICS[metric].kind
    if kind == "share" and number.unit == "":
        if number.value > 1:
            return replace(number, unit="percent")
        rising = METRICS[metric].better == "up"
        return (
            replace(number, unit="fraction")
            if rising and number.value > 0 and "." in number.text
            else number
        )
    if kind == "loss" and number.unit == "":
        return replace(number, unit="nats")
    return replace(number, unit="count") if kind == "count" else number
