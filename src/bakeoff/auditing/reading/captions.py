"""What a table's caption says of all its cells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bakeoff.auditing.claims import SpreadKind
from bakeoff.auditing.reading.lexicon import dataset_names, experiment_of, model_names, same_model
from bakeoff.auditing.reading.notes import read_note
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.phrases import level, mentions, runs, spread_kind
from bakeoff.auditing.reading.scope import Scope

LONGEST = 2_000
_PERCENT = Pattern(r"(?<![\d\\ ])\s?\\?%|[a-z)] \\?%|\bpercent", re.IGNORECASE)
"""A percent sign that belongs to no number: "(%)", "accuracy %", not "95% confidence"."""


_OF_ALL = Pattern(
    r"\b(?:all|every|each|results?|figures|numbers|accurac(?:y|ies)|errors?|scores)\b[^.;]{0,60}\b(?:single"
    r"|one)\b|^\W{0,3}(?:single|one)[\s-](?:run|seed)|[(,;]\s?(?:single|one)[\s-](?:run|seed)"
    r"|\b(?:single|one)[\s-](?:run|seed)\s(?:each|per\s)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class CaptionFacts:
    """scope: with the data set, model, split of the caption, where it names just one.

    metric: the one share metric it names, "" if none or several. percent: "(%)" is said. fraction:
    the program that printed the table prints shares as fractions, always.
    """

    text: str
    scope: Scope
    metric: str = ""
    doubtful: frozenset[str] = frozenset()
    percent: bool = False
    spread_kind: SpreadKind = "unknown"
    runs: int | None = None
    level: str = ""
    fraction: bool = False


def read_caption(text: str, scope: Scope) -> CaptionFacts:
    """Facts of a caption; without one, the heading above may still name the one metric."""
    text = text.strip()[:LONGEST]
    found = mentions(text)
    heading = "" if text else (scope.section[-1] if scope.section else "")
    said = {
        m.metric
        for m in (found if text else mentions(heading))
        if m.metric not in {"", "gain", "confidence"}
    }
    names = {n.value for n in dataset_names(text) if n.kind == "dataset"}
    if len(names) > 1:
        scope = scope.without("dataset")
    elif names:
        scope = scope.with_(dataset=names.pop())
    models = model_names(text)
    if models and all(same_model(m.value, models[0].value) for m in models):
        scope = scope.with_(model=models[0].value)
    elif models:
        scope = scope.without("model")
    splits = {m.split for m in found if m.split}
    note = read_note(text, ())
    if not splits and note is not None and note.split:
        splits = {note.split}
    counted = {r.count for r in runs(text or heading)}
    if counted == {1} and not _OF_ALL.search(text or heading):
        counted = set()  # "the teacher is a single run" is said of one row
    return CaptionFacts(
        text,
        scope.with_(split=splits.pop() if len(splits) == 1 else "", experiment=experiment_of(text)),
        said.pop() if len(said) == 1 else "",
        frozenset() if text else frozenset({"metric"}),
        bool(_PERCENT.search(text or heading)),
        spread_kind(text or heading),
        counted.pop() if len(counted) == 1 else None,
        level(text),
    )
