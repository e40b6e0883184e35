"""Claims in words: "from scratch", "transfer learning was not employed", "horizontal flip"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from bakeoff.auditing.reading.lexicon import dataset_names, hardware
from bakeoff.auditing.reading.patterns import Choice, Pattern

_I = re.IGNORECASE


@dataclass(frozen=True, slots=True)
class Word:
    """A word-claim at offsets start to end; see `audit.claims` for metric and word."""

    start: int
    end: int
    metric: str
    word: str
    negated: bool = False
    own: dict[str, str] = field(default_factory=dict)


_PATTERNS: tuple[tuple[str, str, Pattern], ...] = (
    ("init", "scratch", Pattern(r"\b(?:train\w{0,4}\s)?from[\s-]scratch\b"
        r"|\brandom(?:ly)?[\s-]initiali[sz]\w{2,6}\b|\brandom\sinit\b", _I)),
    ("init", "pretrained", Pattern(r"\bpre-?trained\b(?!\s(?:by|at)\b)|\bpretrained=True\b",
        _I)),
    ("transfer_learning", "transfer learning", Pattern(r"\btransfer[\s-]learning\b", _I)),
    ("transfer_learning", "fine-tuning", Pattern(r"\bfine-?tun(?:ed|ing)\b", _I)),
    ("extra_data", "extra data", Pattern(r"\b(?:extra|additional|external)\s(?:training\s"
        r"|labell?ed\s|unlabell?ed\s)?data\b", _I)),
    ("augmentation", "horizontal_flip", Pattern(r"\b(?:random\s?)?horizontal"
        r"(?:ly)?[\s-]?flip\w{0,4}\b|\b(?:left-right|lr)\sflip\w{0,4}\b|\bhflip\b"
        r"|\b(?:mirror(?:ed|ing)|flipped)\shorizontally\b", _I)),
    ("augmentation", "vertical_flip", Pattern(r"\b(?:random\s?)?vertical"
        r"(?:ly)?[\s-]?flip\w{0,4}\b", _I)),
    ("augmentation", "mixup", Pattern(r"\bmix-?up\b", _I)),
    ("augmentation", "cutmix", Pattern(r"\bcut-?mix\b", _I)),
    ("augmentation", "random_resized_crop", Pattern(r"\brandom[\s-]?resized[\s-]?crop\w{0,4}\b",
        _I)),
    ("augmentation", "randaugment", Pattern(r"\brand-?aug(?:ment)?\b", _I)),
    ("augmentation", "autoaugment", Pattern(r"\bauto-?augment\b", _I)),
    ("augmentation", "trivialaugment", Pattern(r"\btrivial-?augment\w{0,4}\b", _I)),
    ("augmentation", "random_erasing", Pattern(r"\brandom[\s-]?eras(?:ing|e)\b", _I)),
    ("augmentation", "color_jitter", Pattern(r"\bcolou?r[\s-]?jitter\w{0,3}\b", _I)),
    ("color", "grayscale", Pattern(r"\bgr[ae]y-?\s?scale\b", _I)),
    ("color", "color", Pattern(r"\bRGB\b|\bcolou?r(?:ed)?\s(?:images|pictures|photos)\b"
        r"|\bcolou?red\b")),
    ("test", "mcnemar_exact", Pattern(r"\bexact\smcnemar\b|\bmcnemar['’]?s?\sexact\b", _I)),
    ("test", "mcnemar_midp", Pattern(r"\bmid-?p\smcnemar\b|\bmcnemar['’]?s?\smid-?p\b", _I)),
    ("test", "mcnemar", Pattern(r"(?<!exact\s)(?<!mid-p\s)\bmcnemar(?:['’]?s)?(?:\stest)?\b"
        r"(?!\s(?:exact|mid))", _I)),
    ("test", "wilcoxon_signed_rank", Pattern(r"\bwilcoxon(?!\srank-?sum)\b|\bsigned[\s-]rank\b",
        _I)),
    ("test", "mann_whitney", Pattern(r"\bmann[\s–-]whitney\b|\brank-?\s?sum\stest\b", _I)),
    ("test", "permutation", Pattern(r"\bpermutation\stests?\b|\brandomi[sz]ation\stests?\b",
        _I)),
    ("test", "welch", Pattern(r"\bwelch(?:['’]?s)?(?:\st-?\s?test)?\b", _I)),
    ("test", "paired_t", Pattern(r"\bpaired\s(?:student['’]?s?\s)?t-?\s?tests?\b", _I)),
    ("test", "t", Pattern(r"(?<!paired\s)(?<!welch\s)(?<!welch's\s)(?<!welch’s\s)\b"
        r"(?:student['’]?s?\s)?t-tests?\b", _I)),
    ("test", "bootstrap", Pattern(r"\bbootstrap\w{0,4}\b", _I)),
    ("test", "sign", Pattern(r"\bsign\stest\b", _I)),
    ("test", "anova", Pattern(r"\bANOVA\b")),
    ("test", "friedman", Pattern(r"\bfriedman\stest\b", _I)),
    ("bold", "best", Pattern(r"\b(?:best|highest|top)\b[^.;]{0,50}\b(?:bold(?:face(?:d)?"
        r"|ed)?)\b|\bbold(?:face(?:d)?|ed)?\b[^.;]{0,40}\b(?:best|highest)\b", _I)),
    ("selection", "best_on_test", Pattern(
        r"\b(?:best|highest|maximum|peak)\b[^.;:]{0,60}\b(?:on|by|using|over|per"
        r"|according\sto)\s(?:the\s)?(?:[A-Za-z0-9-]{1,20}\s)?test(?:ing)?[\s-](?:set|split"
        r"|accuracy|error|loss|data|images|performance)\b"
        r"|\bbest\stest\s(?:accuracy|error|score|epoch)\b|\b(?:checkpoint|epoch|weights)\s(?:with"
        r"|of|at)\s(?:the\s)?highest\stest\b|\b(?:select|chos|choos|pick|early[\s-]stop"
        r"|tun)\w{1,5}\b[^.;]{0,60}\btest(?:ing)?[\s-](?:set|split|accuracy|error|loss|data"
        r"|performance)\b", _I)),
    ("selection", "best_on_validation", Pattern(
        r"\b(?:best|highest|maximum|peak|lowest)\b[^.;:]{0,60}\b(?:on|by|using|over|per"
        r"|according\sto)\s(?:the\s)?(?:[A-Za-z0-9-]{1,20}\s)?val(?:idation)?[\s-](?:set|split"
        r"|accuracy|error|loss|data|performance)\b"
        r"|\b(?:select|chos|choos|pick|early[\s-]stop)\w{1,5}\b[^.;]{0,60}\b(?:val(?:idation)?"
        r"|dev)[\s-](?:set|split|accuracy|error|loss|data|performance)\b", _I)),
    ("selection", "best", Pattern(r"\bbest\s(?:epoch|checkpoint)\b", _I)),
    ("selection", "last", Pattern(r"\b(?:last|final)\s(?:epoch|checkpoint)\b", _I)),
)  # fmt: skip
_CHOICE = Choice(pattern for _, _, pattern in _PATTERNS)
_DENIED_BEFORE = Pattern(
    r"(?:\b(?:no|without|neither|nor|excluding|instead\sof|rather\sthan|lacks?|lacking|unlike"
    r"|omit\w{0,4}|remov\w{1,3}|disabl\w{1,3}|avoid\w{0,3})\b"
    r"[\s-](?:[\w/’'-]{1,18},?\s){0,4}"
    r"|(?:\bnot|\bnever|n[’']t)\s(?:(?:use[ds]?|using|employ(?:ed|ing)?|appl(?:y|ied)|includ(?:e"
    r"|ed|ing)|perform(?:ed)?|do|done|need(?:ed)?|requir(?:e|ed)"
    r"|rel(?:y|ied)|on|any|the|an?|been|with|by|from|trained|of|model|involve[ds]?|make|made|even"
    r"|in|weights|have|has|either|such|data|mixup|or|cutmix|and),?\s){0,6})$", _I)  # fmt: skip
_DENIED_AFTER = Pattern(
    r"\s(?:techniques?\s|methods?\s|weights?\s)?(?:(?:was|were|is|are|has|have|had|been"
    r"|being)\s){0,2}(?:not|never|n[’']t)\b|\s(?:is|was|were|are)n[’']t\b|-free\b"
    r"|\s?[:=]\s?(?:no\b|none\b|false\b|✗|❌|off\b|0\b)",
    _I,
)
_BREAK = Pattern(r"[.;:!?]|\bbut\b|\bhowever\b|\bwhile\b|\bwhereas\b", _I)
_HYPOTHETICAL = Pattern(
    r"\b(?:would|could|might|should|if|unlike|compared\s(?:to|with)|versus|vs\.?|instead\sof"
    r"|rather\sthan|future\swork)\b[^.;]{0,40}$",
    _I,
)
_ABOUT_TRAINING = frozenset({"init", "transfer_learning", "extra_data"})
_GENERAL = Pattern(
    r"\b(?:not|n[’']t|never)\s(?:always|necessarily|often|generally|usually)\b|\b(?:may|might|can|could"
    r"|would|should|must|need(?:s|ed)?)\s(?:not\s|also\s|often\s|be\b)|\bcannot\b|\bcan\s\w+|\b(?:is|are)\s(?:often|usually"
    r"|generally|typically|commonly|sometimes|rarely|a\s(?:common|popular|widely|technique|method"
    r"|way|strategy|form|kind|type))\b|\b(?:in\sgeneral|typically|usually|generally|commonly|some"
    r"(?:times|\sauthors|\sworks)|many\s(?:works|authors|methods|papers)|prior\swork|related\swork"
    r"|recent\swork|previous\s(?:work|studies))\b",
    _I,
)
"""A sentence about methods in general."""
_SPANS = r"(?:days|weeks|months|hours|minutes|seconds)"
_VAGUE_TIME = Pattern(
    rf"(?<!\d\s)(?<!\d-)\b(?P<a>{_SPANS}|an?\s(?:hour|day|week|minute))\b(?:\s?(?:to|or|and|–"
    rf"|-)\s(?:even\s)?(?P<b>{_SPANS})\b)?",
    _I,
)
_TIMED = Pattern(r"\b(?:train\w{0,5}|took|takes)\b", _I)
_NOT_TIMED = Pattern(r"\bper\s(?:epoch|image|batch|step)|\binference\b", _I)
_HIGHER = Pattern(
    r"\b(?:much\s|far\s|significantly\s|considerably\s|substantially\s)?(?P<w>higher|better|lower"
    r"|worse|outperform\w{0,3}|superior|inferior)\b",
    _I,
)
_COMPARED = Pattern(r"\b(?:than|compared\s(?:to|with)|versus|vs\.?|relative\sto|against)\b", _I)
_RANKED = Pattern(
    r"\b(?P<m>accurac(?:y|ies)|performance|performs?|errors?|loss(?:es)?|results?)\b", _I
)
_RANKED_METRIC = {
    "accuracy": "accuracy",
    "accuracies": "accuracy",
    "error": "error",
    "errors": "error",
    "loss": "loss",
    "losses": "loss",
}
_LOWER = {"lower", "worse", "inferior"}


def words(s: str) -> Iterator[Word]:
    """The word-claims of one sentence, in order of kind. `selection` gives its most exact only."""
    selected = False
    for index in _CHOICE.possible(s):
        metric, word, pattern = _PATTERNS[index]
        for match in pattern.compiled.finditer(s):
            if metric == "selection" and selected:
                break
            if metric in {"init", "transfer_learning", "extra_data"} and _HYPOTHETICAL.search(
                s[max(0, match.start() - 60) : match.start()]
            ):
                continue
            if metric in _ABOUT_TRAINING and _GENERAL.search(s):
                continue  # of methods in general, not of what was done here
            selected = selected or metric == "selection"
            denied = _denied(s, match.start(), match.end())
            if denied and word == "fine-tuning":
                continue  # "without fine-tuning" does not deny that weights were pretrained
            yield Word(match.start(), match.end(), metric, word, denied)
    yield from _pretraining_data(s)
    yield from _times(s)
    for match in hardware(s):
        yield Word(match.start(), match.end(), "hardware", match.group())


def _denied(s: str, start: int, end: int) -> bool:
    before = s[max(0, start - 70) : start]
    breaks = [m.end() for m in _BREAK.finditer(before)]
    clause = before[breaks[-1] :] if breaks else before
    return bool(_DENIED_BEFORE.search(clause) or _DENIED_AFTER.match(s, end))


def _pretraining_data(s: str) -> Iterator[Word]:
    for name in dataset_names(s):
        if name.kind == "corpus":
            yield Word(
                name.start, name.end, "extra_data", name.value, _denied(s, name.start, name.end)
            )


def _times(s: str) -> Iterator[Word]:
    if not _TIMED.search(s) or _NOT_TIMED.search(s):
        return
    for match in _VAGUE_TIME.finditer(s):
        first = match.group("a").lower().split()[-1]
        first = first if first.endswith("s") else f"{first}s"
        second = (match.group("b") or "").lower()
        yield Word(
            match.start(), match.end(), "train_time", f"{first} to {second}" if second else first
        )


def ranking(s: str, dataset: str) -> Word | None:
    """A sentence that calls a figure on one data set higher or lower than on another.

    dataset: what the sentence is about where it names one data set only, as the other.
    """
    verb, metric, than = _HIGHER.search(s), _RANKED.search(s), _COMPARED.search(s)
    if not (verb and metric and than):
        return None
    names = [n for n in dataset_names(s) if n.kind == "dataset"]
    values = list(dict.fromkeys(n.value for n in names))
    if len(values) == 1 and dataset and dataset != values[0] and names[0].start > than.start():
        values.insert(0, dataset)
    if len(values) != 2:
        return None
    word = "lower" if verb.group("w").lower() in _LOWER else "higher"
    own = {
        "dataset": values[0],
        "other_dataset": values[1],
        "of": _RANKED_METRIC.get(metric.group("m").lower(), metric.group("m").lower()),
    }
    return Word(
        metric.start(),
        verb.end() if verb.end() > metric.start() else metric.end(),
        "ranking",
        word,
        own=own,
    )
