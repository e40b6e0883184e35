"""Phrases of prose: mentions of metrics, numbers of runs, what ± means.

A mention is found by one bounded pattern; what stands before or after it decides whether the word
is meant ("mixed precision", "accuracy drop", "recall that" are not).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from bakeoff.auditing.claims import SpreadKind
from bakeoff.auditing.metrics import OTHER
from bakeoff.auditing.reading.patterns import Pattern

_TOP = r"top[\s-]?(?:1|5|one|five)"
_PREFIX = (
    rf"{_TOP}|macro|micro|weighted|balanced|per[\s-]class|class[\s-]wise|averaged?|avg\.?|mean"
    rf"|median|best|maximum|"
    r"max|minimum|worst|lowest|highest|final|last|overall|train(?:ing)?|val(?:idation)?|dev"
    r"|test(?:ing)?|"
    r"held[\s-]out|set|split|classification|eval(?:uation)?|class|image|clean|expected|"
    r"cross[\s-]entropy|ce|nll|log|bce|binary|mse|softmax"
)
_EVERYDAY = {
    "depth", "word", "box", "token", "math", "caption", "answer", "drop", "gap", "mask",
}  # fmt: skip
_BASES = (
    r"(?P<ece>(?:calibration\serror|ece)\b)"
    r"|(?P<acc>accurac(?:y|ies)\b|acc\b\.?)"
    r"|(?P<err>error[\s-]rates?\b|misclassification[\s-]rates?\b|errors?\b|err\b\.?)"
    r"|(?P<f1>f1\b(?:[\s-](?:scores?|measure))?|f-(?:score|measure)\b)"
    r"|(?P<precision>precision\b)|(?P<recall>(?:recall|sensitivity)\b)"
    r"|(?P<specificity>specificity\b)"
    r"|(?P<kappa>kappa\b|κ)|(?P<mcc>mcc\b|matthews\scorrelation(?:\scoefficient)?)"
    r"|(?P<auc>auroc\b|roc[\s-]auc\b|auc\b)|(?P<brier>brier(?:\sscores?)?\b)"
    r"|(?P<confidence>confidence\b)"
    r"|(?P<loss>loss(?:es)?\b|cross[\s-]entropy\b|nll\b|negative\slog[\s-]likelihood\b"
    r"|log[\s-]loss\b)"
    rf"|(?P<bare>{_TOP})\b"
    rf"|(?P<other>(?:{'|'.join(sorted(OTHER - _EVERYDAY, key=len, reverse=True))})\b)"
)
_MENTION = Pattern(
    rf"(?<![\w@.-])(?P<prefix>(?:(?:{_PREFIX})(?:[’']s)?[\s-]{{1,2}}){{0,6}})(?:{_BASES})"
    r"(?P<suffix>\s?[@(]\s?(?:top[\s-]?)?(?P<k>[15])\b\s?\)?)?",
    re.IGNORECASE,
)
_CHANGED = re.compile(
    r"[\s-](?:drops?(?!\s(?:from|to|by)\b)|loss|gains?|gap|improvements?|degradation|decrease|increase|differences?|boost|deficit|advantage"
    r"|lead|change|curves?|reductions?|points?|trade-?off|requirements?|thresholds?|target|bars?)\b",
    re.IGNORECASE,
)
_NOT_AFTER = {
    "loss": re.compile(
        r"[\s-](?:function|weight|scal|term|landscape|coefficient"
        r"|of\s(?:accuracy|precision|information|generality)|in\s(?:accuracy|performance))|less\b",
        re.IGNORECASE,
    ),
    "recall": re.compile(r"\s(?:that|how|from|the)\b", re.IGNORECASE),
    "confidence": re.compile(r"[\s-](?:intervals?|levels?|bounds?|bands?|region)\b", re.IGNORECASE),
}  # fmt: skip
_LAST_WORD = re.compile(r"([^\W_]+)[\s-]{1,2}$")
_NOT_BEFORE = {
    "acc": OTHER | {
        "robust", "robustness", "adversarial", "certified", "attribute", "frame", "node",
        "exact", "numerical", "relative", "binary", "linear",
    },
    "err": OTHER | {
        "standard", "squared", "absolute", "rounding", "relative", "margin",
        "reconstruction", "character", "type", "approximation", "estimation", "prediction",
        "measurement", "numerical", "quantization", "human", "an", "no", "percentage",
        "sampling", "runtime", "memory", "bayes", "irreducible",
    },
    "precision": {
        "mixed", "half", "single", "double", "average", "numerical", "floating", "full",
        "fp16", "bf16", "point", "machine", "arithmetic", "low", "high", "reduced",
    },
    "loss": {
        "reconstruction", "contrastive", "distillation", "kd", "perceptual", "triplet",
        "focal", "hinge", "auxiliary", "aux", "total", "pretraining", "pre", "adversarial",
        "gan", "kl", "huber", "l1", "l2", "regularization", "information", "data", "packet",
        "memory", "accuracy", "performance", "precision", "quality", "feature", "dice",
        "no", "without", "significant", "any", "heat", "weight", "little", "consistency",
        "box", "mask", "token", "lm", "mlm", "patch", "objective", "reported",
    },
    "confidence": {"%"},
}  # fmt: skip
_NUMBER_WORDS = {
    word: count
    for count, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve".split()  # noqa: SIM905
    )
} | {"single": 1}  # fmt: skip
_RUNS = Pattern(
    r"\bn\s?=\s?(\d{1,4})\b(?!\.\d)|\b(\d{1,4}|one|two|three|four|five|six|seven|eight|nine|ten|twelve|single)[\s-]"
    r"(?:(?:different|random|independent|separate|training|repeated|consecutive)\s){0,3}"
    r"(?:seeds?|runs?|trials?|repetitions|repeats|restarts|initiali[sz]ations)\b(?![\s-]?(?:\d|up\b|faster|time\b|into))",
    re.IGNORECASE,
)
_KINDS: tuple[tuple[SpreadKind, Pattern], ...] = (
    (
        "interval",
        Pattern(r"\bconfidence[\s-]intervals?\b|\b95\s?\\?%\s?C\.?I|\bCIs?\b|\bcredible\b"),
    ),
    (
        "se",
        Pattern(
            r"\bstandard[\s-]errors?\b|\bs\.?e\.?m\.?\b|(?:±|\+/-|\\pm)\s?SE\b", re.IGNORECASE
        ),
    ),
    (
        "sd",
        Pattern(
            r"\bstandard[\s-]deviations?\b|\bstd\.?(?:[\s-]?dev)?\b|\bstdev\b"
            r"|(?:±|\+/-|\\pm)\s?s\.?d\b|\(s\.?d\.?\)",
            re.IGNORECASE,
        ),
    ),
    ("range", Pattern(r"\bhalf[\s-]ranges?\b|(?:±|\+/-)\s?range\b", re.IGNORECASE)),
)  # fmt: skip
_PLUS_MINUS = Pattern(
    r"(?:±|\+/-|\\pm\$?)\s?(?:one\s|1\s?)?(?:(?P<se>standard[\s-]errors?|s\.?e\.?m?\b)|(?P<sd>standard[\s-]dev|std|stdev|s\.?d\b))",
    re.IGNORECASE,
)
_LEVEL = Pattern(
    r"\b(\d{2}(?:\.\d)?)\s?\\?%\s?(?:confidence|C\.?I\b|credible|interval)", re.IGNORECASE
)
_STATISTIC = {
    "mean": "mean", "average": "mean", "averaged": "mean", "avg": "mean", "median": "median",
    "best": "best",
    "maximum": "best", "max": "best", "highest": "best", "minimum": "worst", "worst": "worst",
    "lowest": "worst",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Mention:
    """A metric's name in a text. metric: "" for one that is not known here; "gain" where the words
    speak of a difference, with `of`. bare: only "top-1" or "top-5" was said;
    unsure: the metric is a guess ("the error" may be that of an estimate).
    """

    start: int
    end: int
    metric: str
    split: str = ""
    statistic: str = ""
    checkpoint: str = ""
    word: str = ""
    of: str = ""
    bare: bool = False
    plural: bool = False
    unsure: bool = False


@lru_cache(maxsize=64)
def mentions(s: str) -> tuple[Mention, ...]:
    """Metrics named in `s`, in order, without overlap."""
    return tuple(m for match in _MENTION.finditer(s) if (m := _mention(s, match)) is not None)


_AVERAGE = re.compile(r"\s?\(\s?(macro|micro|weighted)\b[^()]{0,12}\)", re.IGNORECASE)


def _mention(s: str, match: re.Match[str]) -> Mention | None:
    base = next(name for name in _GROUPS if match.group(name) is not None)
    prefix = match.group("prefix").lower()
    before = _LAST_WORD.search(s[max(0, match.start() - 30) : match.start()])
    last = before.group(1).lower() if before else ""
    counted = base == "err" and last == "the" and match.group(base).lower() == "errors"
    if counted and not prefix:
        return None  # "the errors" are images; "the error" is a share of them
    if not prefix and last in _NOT_BEFORE.get(base, ()):
        return Mention(match.start(), match.end(), "") if last in OTHER else None
    after = _NOT_AFTER.get(base)
    if after is not None and after.match(s, match.end()):
        return None
    words = set(re.findall(r"[a-z]+", prefix))
    average = _AVERAGE.match(s, match.end())
    if average:
        words.add(average.group(1).lower())
    k = (
        "5"
        if match.group("k") == "5"
        or re.search(r"top[\s-]?(?:5|five)", prefix + (match.group("bare") or "").lower())
        else "1"
    )
    metric = _named(base, k, words)
    if metric is None:
        return None
    start = match.start()
    end = average.end() if average else match.end()
    if changed := _CHANGED.match(s, end):
        if base in {"acc", "err", "f1", "bare"}:
            return Mention(start, changed.end(), "gain", of=metric)
        return None
    return Mention(
        start,
        end,
        metric,
        _split(words),
        "" if "class" in words or metric[:5] in {"macro", "micro", "weigh"} else _statistic(words),
        "last" if words & {"final", "last"} else "",
        next((w for w in ("bce", "mse") if w in words), "bce" if "binary" in words else ""),
        bare=base == "bare",
        unsure=not prefix and last == "the" and match.group(base).lower() == "error",
        plural=match.group(base).lower() in {"accuracies", "errors", "error rates", "losses"},
    )


_GROUPS = (
    "ece", "acc", "err", "f1", "precision", "recall", "specificity", "kappa", "mcc", "auc",
    "brier", "confidence", "loss", "bare", "other",
)  # fmt: skip


def _named(base: str, k: str, words: set[str]) -> str | None:
    average = next((w for w in ("macro", "micro", "weighted") if w in words), "")
    if base == "other":
        return ""
    if base == "acc":
        if "balanced" in words or ("class" in words and words & {"mean", "average"}):
            return "balanced_accuracy"
        return "top5" if k == "5" else "accuracy"
    if base == "err":
        return "top5_error" if k == "5" else "error"
    if base == "bare":
        return "top5" if k == "5" else "accuracy"
    if base in {"f1", "precision", "recall"}:
        if base == "precision" and k == "5":
            return "top5"
        return f"{average}_{base}" if average else base
    if base == "confidence":
        return "confidence" if words & {"mean", "average", "avg"} else None
    return base


def _statistic(words: set[str]) -> str:
    return next((said for word, said in _STATISTIC.items() if word in words), "")


def _split(words: set[str]) -> str:
    for name, forms in (
        ("train", {"train", "training"}),
        ("validation", {"val", "validation", "dev"}),
        ("test", {"test", "testing", "held"}),
    ):
        if words & forms:
            return name
    return ""


@dataclass(frozen=True, slots=True)
class Runs:
    """A number of runs said in a text."""

    start: int
    end: int
    count: int


@lru_cache(maxsize=1024)
def runs(s: str) -> tuple[Runs, ...]:
    """ "n=3", "over five random seeds", "single run"."""
    return tuple(
        Runs(m.start(), m.end(), _NUMBER_WORDS.get(said.lower()) or int(said))
        for m in _RUNS.finditer(s)
        if (said := m.group(1) or m.group(2)) and (said.lower() in _NUMBER_WORDS or int(said) > 0)
    )


@lru_cache(maxsize=1024)
def spread_kind(s: str) -> SpreadKind:
    """What a sentence or caption says that ± is; "unknown" if nothing or two things."""
    if match := _PLUS_MINUS.search(s):
        return "se" if match.lastgroup == "se" else "sd"
    found = [kind for kind, pattern in _KINDS if pattern.search(s)]
    return found[0] if len(found) == 1 else "unknown"


@lru_cache(maxsize=1024)
def level(s: str) -> str:
    """ "0.95" for "95% confidence interval", "" if no level is said."""
    match = _LEVEL.search(s)
    return f"{float(match.group(1)) / 100:g}" if match else ""


def count_word(word: str) -> int | None:
    """ "eight" as 8."""
    return _NUMBER_WORDS.get(word.lower())
