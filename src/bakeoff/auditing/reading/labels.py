"""What a short label says: a column header, a row label, a key of a metafile.

"Val Acc@1 (%) ↑" is metric "accuracy", split "validation", unit "percent". A label with a word
that is not understood gives its metric as doubtful; one that names a metric of `metrics.OTHER`
gives none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from bakeoff.auditing.claims import SpreadKind, Unit
from bakeoff.auditing.metrics import METRICS, OTHER, SYNONYMS, normal
from bakeoff.auditing.reading.lexicon import dataset_names, experiment_of, splits
from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.auditing.reading.phrases import runs

LONGEST = 300
_UP = re.compile(r"[↑⬆▲]|\\uparrow")
_DOWN = re.compile(r"[↓⬇▼]|\\downarrow")
_UNIT = re.compile(
    r"[(\[]\s?(?:in\s)?(%|percent|s|sec|secs|seconds|min|mins|minutes|h|hr|hrs|hours|ms|d|days"
    r"|[KkMBGT]|×?\s?10\^?[369]|nats|bits|px|pixels|million|billion)\.?\s?[)\]]|,\s?(%|[MGh])$"
)
_PERCENT = Pattern(r"%|\bpercent\b|_pct\b|\bpct\b")
_SPREAD_SIGN = Pattern(
    r"(?:±|\+/-|\\pm)\s?\(?(std|sd|stdev|standard deviation|se|sem|standard error|ci"
    r"|95\s?%\s?ci)?\b\)?|\bmean\s?\(std\)|\((?:std|sd)\)",
    re.IGNORECASE,
)
_OVER_RUNS = Pattern(
    r"\b(?:over|across|of|from)\s(?:\d{1,4}|two|three|four|five|six|seven|eight|nine|ten)\s"
    r"(?:(?:random|different|independent|training)\s)?(?:seeds?|runs?|trials?|repetitions?|repeats"
    r"|folds?)\b",
    re.IGNORECASE,
)
_NOISE = re.compile(r"#|\$|\^?\{?\\?(?:dagger|ddagger|ast)\}?|[*†‡§¶⋆★]|\\\w{1,20}")
_SCALES = {
    "k": 3, "m": 6, "million": 6, "b": 9, "g": 9, "billion": 9, "t": 12,
    "p": 15, "e": 18, "peta": 15, "exa": 18, "10^3": 3, "10^6": 6, "10^9": 9,
    "103": 3, "106": 6, "109": 9,
}  # fmt: skip
_PREFIXED = re.compile(r"\b(peta|exa|[kmgtpe])(?=(?:flops?|macs?|params?)\b)")
_SECONDS = {
    "s": 1, "sec": 1, "secs": 1, "seconds": 1, "min": 60, "mins": 60, "minutes": 60, "h": 3600,
    "hr": 3600, "hrs": 3600, "hours": 3600, "ms": -1000, "d": 86400, "days": 86400,
}  # fmt: skip
_STATISTICS = {
    "mean": "mean", "avg": "mean", "average": "mean", "averaged": "mean", "best": "best",
    "max": "best",
    "maximum": "best", "highest": "best", "peak": "best", "median": "median", "min": "worst",
    "minimum": "worst", "worst": "worst", "lowest": "worst", "ensemble": "ensemble",
}  # fmt: skip
_WORDS = re.compile(r"[^\W_]+")
_SPLIT_WORDS = frozenset(
    ("train", "training", "val", "valid", "validation", "dev", "test", "testing", "held", "out")
)
_CHANGE = frozenset(
    {
        "gain",
        "improvement",
        "delta",
        "diff",
        "difference",
        "change",
        "increase",
        "δ",
        "reduction",
        "red",
        "rel",
        "relative",
        "improv",
        "improved",
        "improvements",
        "gains",
        "lift",
        "uplift",
        "boost",
        "vs",
        "absolute",
    }
)
_SPREAD = frozenset({"std", "sd", "stdev", "stddev", "deviation", "σ", "sem", "stderr", "err_std"})
_NOT_A_SCORE = frozenset({
    "threshold", "thresh", "cutoff", "rank", "ranking", "position", "variance", "var", "range",
    "iqr", "quantile", "percentile", "weight", "weights", "target", "required", "requirement",
    "goal", "chance", "tolerance", "bound", "margin", "version", "stars", "votes", "citations",
    "cost", "price", "shot", "shots", "minutes", "seconds", "hours", "fold",
    "correlation", "ratio", "x100", "count", "counts",
})  # fmt: skip
"""Words of a label that make it something beside a score: "accuracy rank", "F1 threshold"."""
_P_VALUE = frozenset({"p", "p.", "sig", "sig.", "t", "z", "df", "q"})
_LOW, _HIGH = (
    re.compile(
        rf"(?:\b|_)(?:{words})(?:\b|_)|(?:\b|_){quantile}(?:\s?%|\b)|^(?:ci|interval)[\s_]?{short}$",
        re.IGNORECASE,
    )
    for words, quantile, short in (
        ("lower|low|lo|lcl|lb|lwr|begin", r"(?:2\.5|q0?25|5th)", "(?:l|lo|low)"),
        ("upper|high|hi|ucl|ub|upr", r"(?:97\.5|q975|95th)", "(?:u|hi|high)"),
    )
)
_BOUND = Pattern(
    r"(?:\b|_)(?:ci|ci95|95ci|conf\w{0,8}|intervals?|bounds?|limits?|credible|2\.5|97\.5|q025|q975)"
    r"(?:\b|_|\s?%)|\b(?:lower|upper)\W{0,3}9[059]\b|\b9[059]\W{0,4}(?:lower|upper)\b|^(?:lower|upper|low|high|lo|hi|lcl|ucl|lb|ub|lwr|upr)$",
    re.IGNORECASE,
)
_NEUTRAL = frozenset({"runs", "run", "seeds", "seed", "trials",
    "the", "on", "of", "in", "for", "at", "a", "im", "1k", "set", "split", "final", "last",
    "our", "ours", "reported", "paper", "original", "reproduced", "val50k", "official", "score",
    "scores", "result", "results", "ft", "finetune", "finetuned", "fine", "tuned", "linear",
    "probe", "probing", "knn", "top", "1crop", "single", "crop", "center", "clean", "standard",
    "px", "num", "number", "total", "performance", "data", "dataset", "model", "eval",
    "evaluation", "ema", "per", "all", "zero", "shot", "arm", "method",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Label:
    """What a label says. metric: "" if it names none that is known; other: True if it names one
    that is not. end: which end of an interval it is. rest: its words that are understood as nothing
    else, a name of what the figure is of. beside: names something that is no score.
    scale: power of ten, or seconds per unit for times
    (negative: a divisor).
    """

    text: str
    metric: str = ""
    other: bool = False
    doubtful: bool = False
    unit: Unit = ""
    scale: int = 0
    split: str = ""
    dataset: str = ""
    statistic: str = ""
    experiment: str = ""
    spread_kind: SpreadKind = "unknown"
    checkpoint: str = ""
    direction: Literal["up", "down", ""] = ""
    loss_kind: str = ""
    datasets: int = 0
    of: str = ""
    runs: int | None = None
    end: Literal["low", "high", ""] = ""
    rest: str = ""
    beside: bool = False


@lru_cache(maxsize=4096)
def read_label(text: str) -> Label:
    """Read one label; LONGEST characters at most, "" for what is longer."""
    if len(text) > LONGEST:
        return Label(text[:LONGEST], other=True)
    direction: Literal["up", "down", ""] = (
        "up" if _UP.search(text) else "down" if _DOWN.search(text) else ""
    )
    unit, scale = _unit(text)
    spread = _SPREAD_SIGN.search(text)
    rest = _SPREAD_SIGN.sub(" ", _UNIT.sub(" ", _DOWN.sub(" ", _UP.sub(" ", text))))
    rest = _NOISE.sub(" ", rest).replace("%", " ")
    names = [n for n in dataset_names(rest) if n.kind == "dataset"]
    for name in reversed(dataset_names(rest)):
        rest = f"{rest[: name.start]} {rest[name.end :]}"
    spelled = rest.replace("_", " ").replace("valid ", "val ")
    found_splits = {split for _, _, split in splits(spelled)}
    experiment = experiment_of(text)
    words = normal(_OVER_RUNS.sub(" ", rest)).split()
    prefix = _PREFIXED.search(" ".join(words))
    if prefix and not scale:
        scale = _SCALES[prefix.group(1)]
    metric, statistic, doubtful, other = _metric(words)
    of = ""
    if (
        metric
        and _CHANGE.intersection(words)
        and METRICS[metric].kind in {"share", "loss", "score"}
    ):
        metric, of, doubtful = "gain", metric, False
    end = _end(text)
    beside = bool(
        text.strip().lower() in _P_VALUE
        or end
        or _NOT_A_SCORE.intersection(words)
        or OTHER.intersection(words)
    )
    if end:
        metric, of, doubtful, other = "", metric, False, True
    elif metric and _NOT_A_SCORE.intersection(words) and METRICS[metric].kind in _SCORES:
        metric, doubtful, other = "", False, True
    elif metric in METRICS and metric != "spread" and _SPREAD.intersection(words):
        metric, of, doubtful, statistic = "spread", metric, False, ""
    elif not metric and (
        (words and words[0] in _NOT_A_SCORE) or (words[-1:] and words[-1] in _NOT_A_SCORE)
    ):
        other = True
    elif not metric and _CHANGE.intersection(words) - {"relative", "absolute", "vs"}:
        metric = "gain"
    own_rest = "" if not metric else _rest(rest, metric, of)
    counted = {r.count for r in runs(text)}
    if doubtful and not metric_in_doubt(_OVER_RUNS.sub(" ", rest), metric):
        doubtful = False
    if metric and METRICS[metric].kind == "time" and scale == 0 and metric != "duration":
        doubtful = True
    return Label(
        text,
        metric,
        other,
        doubtful,
        unit,
        scale,
        found_splits.pop() if len(found_splits) == 1 else "",
        names[0].value if len({n.value for n in names}) == 1 else "",
        statistic,
        experiment,
        _spread_kind(spread.group(1) or spread.group()) if spread else "unknown",
        "last" if {"final", "last"} & set(words) else "ema" if "ema" in words else "",
        direction or (METRICS[metric].better if metric else ""),
        _loss_kind(text, words, metric),
        len({n.value for n in names}),
        of,
        counted.pop() if len(counted) == 1 else None,
        end,
        own_rest,
        beside,
    )


_SCORES = frozenset({"share", "loss", "score"})


def _end(text: str) -> Literal["low", "high", ""]:
    """Which end of an interval a label names: "95% CI lower", "ci_high", "97.5%"."""
    if not _BOUND.search(text.strip()):
        return ""
    low, high = bool(_LOW.search(text)), bool(_HIGH.search(text))
    return "" if low == high else "low" if low else "high"


def _rest(label: str, metric: str, of: str) -> str:
    """The words of a label beside the metric's own, splits, statistics and harmless ones."""
    own = {
        word for name in (metric, of) if name for x in METRICS[name].synonyms for word in x.split()
    }
    known = own | _NEUTRAL | _SPLIT_WORDS | _CHANGE | _SPREAD | set(_STATISTICS)
    return " ".join(w for w in normal(label).split() if w not in known)[:60]


def _loss_kind(text: str, words: list[str], metric: str) -> str:
    """The kind of loss that the label of a loss names itself."""
    if "bce" in words or "binary" in words:
        return "bce"
    if metric != "loss":
        return ""
    from bakeoff.auditing.reading.losses import kind_named

    return kind_named(text.replace("_", " ")) or ("cross_entropy" if "ce" in words else "")


def metric_in_doubt(label: str, metric: str) -> bool:
    """True unless every word beside the metric's own is a name: an acronym, or with a digit.

    "RSB-A2 accuracy" is the accuracy of something called RSB-A2; "frame accuracy" is another thing.
    """
    own = {word for s in METRICS[metric].synonyms for word in s.split()}
    return any(
        not (any(c.isdigit() for c in word) or sum(c.isupper() for c in word) > 1)
        for word in _WORDS.findall(label)
        if word.lower() not in own | _NEUTRAL | _SPLIT_WORDS and word.lower() not in _STATISTICS
    )


def _unit(text: str) -> tuple[Unit, int]:
    match = _UNIT.search(text)
    printed = (match.group(1) or match.group(2)).replace("×", "").replace(" ", "") if match else ""
    if printed in {"nats", "bits"}:
        return ("nats" if printed == "nats" else "bits"), 0
    if printed in {"px", "pixels"}:
        return "pixels", 0
    if printed and printed.lower() in _SECONDS and printed != "M":
        return "seconds", _SECONDS[printed.lower()]
    if printed and printed.lower() in _SCALES:
        return "count", _SCALES[printed.lower()]
    return ("percent", 0) if _PERCENT.search(text) else ("", 0)


def _spread_kind(text: str) -> SpreadKind:
    lowered = text.lower()
    if "std" in lowered or "sd" in lowered or "deviation" in lowered:
        return "sd"
    if "se" in lowered or "error" in lowered:
        return "se"
    return "interval" if "ci" in lowered else "unknown"


def _metric(words: list[str]) -> tuple[str, str, bool, bool]:
    """(metric, statistic, doubtful, other) of a label's words."""
    if not words or len(words) > 12:
        return "", "", False, False
    if OTHER.intersection(words):
        return "", "", False, True
    if (whole := " ".join(words)) in SYNONYMS:
        return SYNONYMS[whole], "", False, False
    statistic = next((_STATISTICS[w] for w in words if w in _STATISTICS), "")
    plain = [w for w in words if w not in _STATISTICS]
    for kept in (
        plain,
        [w for w in plain if w not in _SPLIT_WORDS],
        [w for w in plain if w not in _SPLIT_WORDS and w not in _NEUTRAL],
        [w for w in plain if w not in _SPLIT_WORDS and w not in _NEUTRAL - {"top"}],
    ):
        if (label := " ".join(kept)) in SYNONYMS:
            return SYNONYMS[label], statistic, False, False
    kept = [w for w in plain if w not in _SPLIT_WORDS]
    for length in range(min(5, len(kept)), 0, -1):
        for start in range(len(kept) - length + 1):
            name = SYNONYMS.get(" ".join(kept[start : start + length]))
            if name and METRICS[name].kind in {"share", "loss", "score"}:
                return name, statistic, True, False
    return "", statistic, False, bool(set(kept) - _NEUTRAL)
