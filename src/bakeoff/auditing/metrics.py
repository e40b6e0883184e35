"""Names, kinds, units and synonyms of what a results document reports; the list is `metrics.csv`.

A figure is only ever read as one of these metrics when its label says so; mAP, mIoU, BLEU, FID,
pixel accuracy, word error rate … are named in `OTHER` so that they are never taken for the
accuracy of a classifier.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

Kind = Literal[
    "share", "score", "loss", "count", "time", "rate", "setting", "probability", "gain", "word"
]
AVERAGED = ("f1", "precision", "recall")
"""Metrics that also come as macro_…, micro_… and weighted_… (averages over classes)."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric. kind:

    "share"        lies in [0, 1] as a fraction (accuracy, F1, ECE …)
    "score"        has another range (kappa and MCC reach to -1, Brier summed over classes to 2)
    "loss"         nats unless said otherwise, at least 0
    "count"        a number of things, or a size (parameters, FLOPs)
    "time" "rate"  seconds; images per second
    "setting"      a hyper-parameter
    "probability"  a p-value
    "gain"         a difference between two figures
    "word"         no number (see `bakeoff.auditing.claims`)

    better: "up", "down", or "" where neither. synonyms: labels in `normal` form, without split,
    data set and unit.
    """

    name: str
    title: str
    kind: Kind
    better: Literal["up", "down", ""] = ""
    synonyms: tuple[str, ...] = ()


_NOT_WORD = re.compile(r"[^\w@.]|_")
_AT = re.compile(r"@|(?<!\d)\.|\.(?!\d)")


def normal(label: str) -> str:
    """A label in normal form: lower case, words separated by one blank, "Acc@1" as "acc 1"."""
    return " ".join(_AT.sub(" ", _NOT_WORD.sub(" ", label.lower())).split())


def _read_list() -> Iterator[Metric]:
    with (Path(__file__).parent / "metrics.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            name, title = row["name"], row["title"]
            synonyms = tuple(s.strip() for s in row["synonyms"].split("|") if s.strip())
            kind = cast(Kind, row["kind"])
            better = cast(Literal["up", "down", ""], row["better"])
            yield Metric(name, title, kind, better, synonyms)
            for average in ("macro", "micro", "weighted") if name in AVERAGED else ():
                forms = tuple(
                    form.format(s)
                    for s in synonyms
                    for form in (
                        f"{average} {{}}",
                        f"{{}} {average}",
                        f"{average} avg {{}}",
                        f"{average} averaged {{}}",
                        f"{average} average {{}}",
                    )
                )
                yield Metric(
                    f"{average}_{name}", f"{average}-averaged {title}", kind, better, forms
                )


METRICS: dict[str, Metric] = {m.name: m for m in _read_list()}
"""Every metric a claim may name."""

SYNONYMS: dict[str, str] = {s: m.name for m in reversed(METRICS.values()) for s in m.synonyms}
"""Label in normal form to metric name."""

OTHER = frozenset({
    "map", "ap", "ap50", "ap75", "miou", "iou", "macc", "aacc", "pq", "bleu", "rouge", "wer",
    "cer", "fid", "psnr", "ssim", "lpips", "perplexity", "ppl", "mae", "mse", "rmse", "dice",
    "mce", "em", "ndcg", "hits", "mrr", "epe", "auprc", "pixel", "pix", "token", "word", "mask",
    "box", "bbox", "asr", "fpr", "fpr95", "tnr", "tpr", "hter", "eer", "r2", "spearman",
    "pearson", "elo", "vqa", "cider", "meteor", "spice", "mpjpe", "nds", "hota", "mota", "idf1",
    "retrieval", "depth", "angular", "attack", "segmentation", "detection", "caption", "answer",
    "math", "gsm8k", "mmlu", "drop", "gap", "degradation", "decrease", "forgetting",
    "retention", "agreement", "consistency", "fooling",
})  # fmt: skip
"""Words of a label that make it a metric Bakeoff does not know, whatever else it says."""


def kind_of(name: str) -> Kind:
    """The kind of a metric named by a claim; KeyError for a name that is not in METRICS."""
    return METRICS[name].kind
