"""Names in text: data sets, models, splits, whose experiment, hardware, papers.

Data sets are those of `bakeoff.published`; model names are recognised by family. A data set that
weights were trained on before ("ImageNet-pretrained", "ImageNet-21k") is not the one tested on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from bakeoff.auditing.reading.patterns import Pattern
from bakeoff.published import datasets

_WORD = re.compile(r"[^\W_]+(?:\.\d+)?")
_LONGEST_NAME = 5
_EVERYDAY = {
    "real",
    "v2",
    "letters",
    "digits",
    "balanced",
    "cars",
    "pets",
    "flowers",
    "food",
    "aircraft",
}
CORPORA = {"imagenet-21k", "jft-300m", "jft-3b", "laion-2b", "laion-400m", "ig-1b", "openimages"}
_MORE_NAMES = {
    "imagenet21k": "imagenet-21k", "imagenet22k": "imagenet-21k", "in21k": "imagenet-21k",
    "in22k": "imagenet-21k", "jft": "jft-300m", "jft300m": "jft-300m", "jft3b": "jft-3b",
    "kuzushiji49": "kuzushiji-49", "k49": "kuzushiji-49", "kuzushijikanji": "kuzushiji-kanji",
    "laion2b": "laion-2b", "laion400m": "laion-400m", "ig1b": "ig-1b", "instagram1b": "ig-1b",
}  # fmt: skip
_FAMILIES = (
    r"(?:wide[-_ ]?|se[-_]?|pre[-_ ]?act[-_ ]?|i-?|ig[-_])?res(?:net|next|nest|2net"
    r"|mlp)(?:[-_ ]?v[12])?(?:[-_ ]?[a-z]{0,2}\d{1,4})",
    r"(?:wrn|vgg|densenet|inception|xception|dpn|dla|hrnet|nasnet|googlenet|lenet)[-_ ]?v?\d{1,4}",
    r"(?:deit|deit3|vit|beit|beitv2|cait|xcit|pvt|swin|swinv2|eva|eva02|maxvit|coatnet|poolformer"
    r"|twins|mixer|mlp-mixer|convnext|convnextv2|convnext[-_ ]v2|swin[-_ ]?v2|crossvit|davit"
    r"|convmixer)"
    r"[-_ /]?(?:iii[-_ ])?(?:xxs|xs|tiny|small|base|large|huge|giant|xlarge|atto|femto|pico|nano"
    r"|medium|ti|t|s|b|m|l|h|g|xl)\d{0,3}(?![a-z])",
    r"(?:efficientnet|efficientnetv2|efficientnet[-_ ]v2|nfnet|rexnet"
    r"|ghostnet)[-_ ]?(?:[bflsm]\d?|xl|es|em|lite\d|rw_[tsm])(?![a-z])",
    r"(?:mobilenet|shufflenet|squeezenet|mnasnet|mobilevit|fbnet)[-_ ]?(?:v\d|\d\.\d|\d_\d)",
    r"regnet[xyz]?[-_ ]?\d{1,3}(?:\.\d|_\d)?(?:gf|mf)?",
    r"alexnet|googlenet|lenet|mlp-?mixer|airbench\d{2}",
    r"[a-z][a-z0-9]{2,20}(?:_[a-z0-9]{1,12}){1,8}\.[a-z][a-z0-9_]{1,40}",
)
_MODEL = Pattern(
    rf"(?<![\w.])(?:{'|'.join(_FAMILIES)})(?:[-_./×↑][a-z0-9]{{1,16}}){{0,8}}(?![a-z0-9])",
    re.IGNORECASE,
)
_SPLIT = Pattern(
    r"\b(?:(?P<train>train(?:ing)?)|(?P<validation>val(?:idation)?|dev)|(?P<test>test(?:ing)?"
    r"|held[- ]out))\b",
    re.IGNORECASE,
)
_OURS = Pattern(
    r"\b(?:current|our|this|my)\s(?:own\s)?(?:experiments?|results?|work|runs?|model|study"
    r"|training|implementation|reproduction)\b|\bours\b",
    re.IGNORECASE,
)
_PAPER = Pattern(
    r"\b(?:paper|published|publication|the\soriginal\s(?:authors?|results?)|as\sreported"
    r"|reported\s(?:in|by))\b|\boriginal\sresults?\b",
    re.IGNORECASE,
)
_ARXIV = Pattern(
    r"(?:arxiv(?:\.org)?\s?[:/]?\s?(?:abs/|pdf/|html/)?|\babs/|\bpdf/)\s?(\d{4}\.\d{4,5})",
    re.IGNORECASE,
)
_DOI = Pattern(r"\bdoi(?:\.org/|:\s?)(10\.\d{4,9}/[\w.()/-]{1,80})", re.IGNORECASE)
_HARDWARE = Pattern(
    r"\b(?:(?:RTX|GTX|GeForce|Quadro|Tesla|TITAN)[ -]?(?:RTX |GTX )?(?:A?\d{3,4}|[VPTKM]\d{2,3}"
    r"|RTX|V|Xp)(?:[ -]?(?:Ti|SUPER))?"
    r"|[AH](?:10|30|40|100|200|800)(?:-?\w{2,5})?|V100|P100|T4|K80|L40S?|B200|GH200|MI\d{3}X?"
    r"|TPU[ -]?v\d\w?(?:-\d{1,4})?|M[1-4](?: (?:Pro|Max|Ultra))?(?= chip| GPU))\b"
)
_BEFORE_PRETRAINED = re.compile(
    r"[-\s]{0,2}(?:1k[-\s])?pre-?train(?:ed|ing)|\s(?:weights|initiali[sz]ation|checkpoint|init)\b",
    re.IGNORECASE,
)
_AFTER_PRETRAINED = Pattern(
    r"(?:pre-?train(?:ed|ing)?|initiali[sz]ed|weights)\s{1,2}(?:on|from|with"
    r"|using)\s{1,2}(?:the\s)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Name:
    """A name found in a text. kind: "dataset", "corpus" (trained on before), "model"."""

    start: int
    end: int
    kind: str
    value: str


def _squash(text: str) -> str:
    return "".join(c for c in text.lower() if c.isalnum() or c == ".")


@cache
def _dataset_names() -> dict[str, str]:
    names: dict[str, str] = dict(_MORE_NAMES)
    for dataset in datasets():
        for alias in (dataset.name, dataset.title, *dataset.aliases):
            if alias.lower() not in _EVERYDAY and len(_squash(alias)) > 2:
                names[_squash(alias)] = dataset.name
    return names


@cache
def _dataset_beginnings() -> frozenset[str]:
    return frozenset(name[:n] for name in _dataset_names() for n in range(1, len(name) + 1))


@lru_cache(maxsize=1024)
def dataset_names(s: str) -> tuple[Name, ...]:
    """Data sets named in `s`, in order, longest name first where names overlap."""
    known, beginnings = _dataset_names(), _dataset_beginnings()
    words = list(_WORD.finditer(s))
    found: list[Name] = []
    index = 0
    while index < len(words):
        first = words[index].group()
        if first.lower() not in beginnings and first != "ReaL":
            index += 1
            continue
        best: tuple[int, str] | None = None
        squashed = ""
        for length, word in enumerate(words[index : index + _LONGEST_NAME], start=1):
            if length > 1 and word.start() - words[index + length - 2].end() > 1:
                break
            squashed += word.group().lower()
            if squashed in known or (length == 1 and word.group() == "ReaL"):
                best = (length, known.get(squashed, "imagenet-real"))
            elif squashed not in beginnings:
                break  # no name goes on like this
        if best is None or s[max(0, words[index].start() - 1) : words[index].start()] in {"_", "."}:
            index += 1  # none, or a part of an identifier, such as a weights tag's "_in1k"
            continue
        start, end = words[index].start(), words[index + best[0] - 1].end()
        before = _BEFORE_PRETRAINED.match(s, end) or _AFTER_PRETRAINED.search(
            s[max(0, start - 60) : start]
        )
        kind = "corpus" if best[1] in CORPORA or before else "dataset"
        found.append(Name(start, end, kind, best[1]))
        index += best[0]
    return tuple(found)


def dataset_of(label: str) -> str:
    """The data set a label names, "" if none or several."""
    names = {n.value for n in dataset_names(label) if n.kind == "dataset"}
    return names.pop() if len(names) == 1 else ""


@lru_cache(maxsize=1024)
def model_names(s: str) -> tuple[Name, ...]:
    """Models named in `s`, in order."""
    return tuple(Name(m.start(), m.end(), "model", m.group()) for m in _MODEL.finditer(s))


def same_model(a: str, b: str) -> bool:
    """True if two printed names differ in punctuation and case only."""
    return _squash(a).replace(".", "") == _squash(b).replace(".", "")


def splits(s: str) -> Iterator[tuple[int, int, str]]:
    """Words for a split: (start, end, "train" | "validation" | "test")."""
    for match in _SPLIT.finditer(s):
        yield match.start(), match.end(), match.lastgroup or ""


def experiment_of(s: str) -> str:
    """ "ours" or "paper" if a heading or label says whose figures follow, "" if neither or both."""
    ours, paper = bool(_OURS.search(s)), bool(_PAPER.search(s))
    return "" if ours == paper else "ours" if ours else "paper"


@lru_cache(maxsize=64)
def experiments(s: str) -> tuple[tuple[int, str], ...]:
    """Where a text speaks of "ours" and of a "paper", in order."""
    found = [(m.start(), "ours") for m in _OURS.finditer(s)]
    return tuple(sorted(found + [(m.start(), "paper") for m in _PAPER.finditer(s)]))


def papers(s: str) -> Iterator[re.Match[str]]:
    """arXiv ids and DOIs, as group 1."""
    yield from _ARXIV.finditer(s)
    yield from _DOI.finditer(s)


def hardware(s: str) -> Iterator[re.Match[str]]:
    """Accelerators by name."""
    return _HARDWARE.finditer(s)
