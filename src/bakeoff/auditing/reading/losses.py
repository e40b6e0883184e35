"""Which losses a document names, in words and in code: a floor holds for one kind of loss only."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from bakeoff.auditing.reading.patterns import Choice, Pattern
from bakeoff.auditing.reading.words import Word

_I = re.IGNORECASE
_OTHER = Pattern(
    r"\b(?:MSE(?:_?Loss)?|mse_loss|L2_?loss|mean[\s_-]?squared[\s_-]?error|squared[\s-](?:error|loss"
    r"|hinge|difference)s?|(?:half\s)?quadratic\s(?:loss|cost|error|objective)|least[\s-]squares"
    r"|brier\s(?:loss|objective)"
    r"|MAE(?:_?Loss)?|L1_?Loss|smooth_?l1\w{0,6}|mean[\s_-]?absolute[\s_-]?error|huber(?:_?loss)?"
    r"|(?:\w{1,16}_)?focal(?:[\s_-]?(?:loss|cross[\s_-]?entropy|\w{0,8}loss))?|FocalLoss\w{0,8}"
    r"|\w{0,12}hinge(?:[\s_-]?(?:loss|objective|embedding\w{0,6}))?|MultiMarginLoss|multi[\s_-]?margin"
    r"|max[\s-]margin|margin[\s_-]?(?:loss|ranking\w{0,6})|large[\s-]margin"
    r"|triplet\w{0,8}(?:[\s_-]?loss)?|contrastive(?:[\s_-]?loss)?|ContrastiveLoss|NT-?Xent\w{0,5}"
    r"|InfoNCE|SupCon\w{0,5}|arc_?face\w{0,5}|cos_?face\w{0,5}|sphere_?face\w{0,5}"
    r"|center[\s_-]loss|proxy[\s-]?NCA\w{0,3}|prototypical\sloss|cosine[\s_-](?:embedding|similarity"
    r"|proximity)(?:[\s_-]?loss)?|CosineEmbeddingLoss"
    r"|KL[\s-]?div\w{0,10}(?:Loss)?|kullback\w{0,20}|(?:dice|tversky|lovasz|jaccard|iou)[\s_-]?loss"
    r"|poly-?1?[\s_-]?loss|asymmetric[\s_-]loss|equali[sz]ation[\s_-]loss|LDAM\w{0,5}"
    r"|(?:generali[sz]ed|truncated|symmetric|taylor|bi-?tempered)[\s-](?:cross[\s-]entropy|logistic)"
    r"|exponential\sloss|evidential\w{0,8}|spherical\s(?:loss|score)|poisson\s?(?:_?nll)?\w{0,4}loss"
    r"|CTC(?:_?Loss)?|distillation\sloss|KD\sloss|ELBO|wasserstein\s(?:loss|distance)"
    r"|class[\s-]balanced\s(?:loss|cross)|class[\s_-]weighted\s(?:loss|cross)"
    r"|(?:cost|loss)[\s-]sensitive|0-1\sloss|0/1\sloss|0–1\sloss|zero[\s-]one\sloss|modified[\s_]huber)\b",
    _I,
)
_OTHER_IN_CODE = Pattern(
    r"\bloss(?:_?fn|_?func(?:tion)?)?\s?=\s?[\"'](?:mse|mae|hinge|huber|mean_squared_error"
    r"|squared_hinge|categorical_hinge|kl\w{0,12}|poisson|logcosh|log_cosh|cosine\w{0,12})[\"']",
    _I,
)
_OTHER_LOGARITHM = Pattern(
    r"\blog[\s_-]?(?:base[\s-]?)?(?:2|10|₂|₁₀)\b|\b(?:base[\s-](?:2|10|ten|two))\b"
    r"|\b(?:common|decimal|binary)\slog\w{0,8}\b|\bin\sbits\b|\bbits\sper\b|\b(?:hartleys|bans|decibans?)\b",
    _I,
)
_BINARY = Pattern(
    r"\bbinary[\s_-]?cross[\s_-]?entropy\w{0,12}|\bBCE(?:_?With_?Logits)?(?:_?Loss)?\b"
    r"|\bsigmoid[\s_-]cross[\s_-]entropy\b|\b(?:per[\s-]class|one[\s-](?:versus|vs\.?|against)[\s-]"
    r"(?:all|rest))\s(?:logistic|sigmoid)\b",
    _I,
)
_CROSS_ENTROPY = Pattern(
    r"(?<!binary )(?<!binary_)(?<!binary-)(?<!sigmoid )(?<!focal )(?<!generalized )(?<!symmetric )"
    r"(?<!weighted )\b(?:(?:sparse_?)?(?:categorical_?)?cross[\s_-]?entrop(?:y|ies)(?:_?loss)?"
    r"|CrossEntropyLoss|softmax\sloss)\b|\b(?:neg(?:ative)?[\s-]log[\s-]likelihoods?|NLL(?:_?Loss)?"
    r"|nll_loss|log[\s_-]?loss(?:es)?|multinomial\slogistic\sloss)\b|\bCE(?:[\s-]loss)?\b(?!\w)",
    _I,
)
_DENIED = Pattern(
    r"\b(?:no|not|without|neither|instead\sof|rather\sthan|never|unlike|than|versus|vs\.?"
    r"|replac\w{1,4})\s(?:(?:the|a|an|use[ds]?|using|with|any)\s){0,3}$",
    _I,
)


_PATTERNS = (
    ("other", _OTHER_IN_CODE),
    ("other", _OTHER),
    ("other", _OTHER_LOGARITHM),
    ("bce", _BINARY),
    ("cross_entropy", _CROSS_ENTROPY),
)
_CHOICE = Choice(pattern for _, pattern in _PATTERNS)


def losses_of_lines(lines: Sequence[str]) -> Iterator[tuple[int, Word]]:
    """`losses` of each line, with its index."""
    for index, line in _CHOICE.promising(lines):
        for word in losses(line):
            yield index, word


def losses(s: str) -> Iterator[Word]:
    """The kinds of loss named in `s`: "other", "bce", "cross_entropy"."""
    taken: list[tuple[int, int]] = []
    for index in _CHOICE.possible(s):
        word, pattern = _PATTERNS[index]
        for match in pattern.compiled.finditer(s):
            if any(a < match.end() and match.start() < b for a, b in taken):
                continue
            taken.append(match.span())
            if word == "cross_entropy" and match.group() == "ce":
                continue
            denied = bool(_DENIED.search(s[max(0, match.start() - 40) : match.start()]))
            yield Word(*match.span(), "loss_kind", word, denied and word != "other")


@lru_cache(maxsize=1024)
def kind_named(s: str) -> str:
    """The one kind of loss that a short text names, "" if none or several."""
    found = {word.word for word in losses(s)}
    return found.pop() if len(found) == 1 else ""
