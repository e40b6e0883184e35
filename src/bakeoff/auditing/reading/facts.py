"""Figures of prose that say what they are in the words beside them: "60,000 training images".

Each rule is anchored at a figure: what stands right after it, or right before it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache

from bakeoff.auditing.claims import Number, Unit
from bakeoff.auditing.reading.lexicon import hardware, splits
from bakeoff.auditing.reading.numbers import Figure, number
from bakeoff.auditing.reading.patterns import Choice, Pattern
from bakeoff.auditing.reading.phrases import count_word

WINDOW = 60
_MASKED = re.compile(
    r"\b(?:tables?|tab\.|figures?|figs?\.|sections?|sec\.|eqs?\.|equations?|appendix|chapter"
    r"|algorithm|lines?|pages?|p\.|pp\.|"
    r"footnote|ref\.|issue|version|ver\.|layers?|stages?|blocks?|steps?|levels?|seed|random_state"
    r"|gpu|rank|day|part|phase|"
    r"python|pytorch|torch|timm|cuda|cudnn|torchvision|tensorflow|keras|jax|ubuntu|windows|numpy"
    r"|release|commit|no\.|number)"
    r"\s{0,2}[#:=]?\s{0,2}\(?v?\d{1,6}(?:\.\d{1,6}){0,3}(?:[a-z]\b)?(?:(?:\s?[–,-]\s?"
    r"|\sand\s)\d{1,3}\b(?![.%\d]))?(?!\s?%)"
    r"|\[\d{1,4}(?:\s?[,;–-]\s?\d{1,4}){0,12}\]|\\cite\w{0,8}\{[^}]{0,200}\}"
    r"|\b(?:19|20)\d\d[-/.]\d{1,2}[-/.]\d{1,2}\b|\b\d{1,2}(?P<dash>[-/.])\d{1,2}(?P=dash)(?:19"
    r"|20)?\d\d\b"
    r"|(?:\bin\s|\bsince\s|\(|,\s|\bof\s|©\s?|\bet\sal\.?,?\s\(?)(?:19|20)\d\d\b(?![\d.,%]"
    r"|\s(?:images|classes|test|train|samples|epochs|steps))"
    r"|\b(?:january|february|march|april|may|june|july|august|september|october|november|december"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?\s\d{1,2}(?:st|nd|rd|th)?\b,?(?:\s(?:19"
    r"|20)\d\d\b)?"
    r"|\b\d{2}(?:\.\d)?\s?\\?%\s?(?:-\s?)?(?:confidence|C\.?I\b\.?|credible|interval|power"
    r"|significance|level)"
    r"|#\d{1,7}\b|\b\d{4}\.\d{4,5}(?:v\d)?\b|\b\d{1,2}:\d{2}(?::\d{2})?\b"
    r"|\b\d{1,3}(?:\.\d)?\s?\\?%\s(?:of|subset|labels|split|labell?ed|sparsity|pruned|fewer"
    r"|faster|slower|less|more)\b"
    r"|\btop[\s-]?\d{1,3}\b|\bacc@\d\b|\bF1\b|\bL[12]\b",
    re.IGNORECASE,
)
_ADJECTIVE = (
    r"(?:train(?:ing)?|val(?:idation)?|test(?:ing)?|label(?:l?ed)|gr[ae]y(?:scale)?"
    r"|colou?r(?:ed)?|RGB|natural|"
    r"high-resolution|low-resolution|handwritten|hand-written|digit|annotated|real|tiny|small"
    r"|square|held-out|evaluation|total|unique|dev)"
)
_IMAGES = re.compile(
    rf"\s(?:{_ADJECTIVE}\s){{0,4}}(?:images|samples|examples|pictures|photos|photographs"
    rf"|instances)\b(?!\s?/|\s(?:per|an?|each|seen)\b|-)"
    r"|\s(?:for|in)\s(?:the\s)?(?:train(?:ing)?|test(?:ing)?|validation)(?:\s(?:set|split))?\b",
    re.IGNORECASE,
)
_AFTER: tuple[tuple[str, Unit, re.Pattern[str]], ...] = (
    ("epochs", "count", re.compile(r"\s?\+?[\s-]?(?:more\s|training\s|total\s|full\s)?epochs?\b",
        re.IGNORECASE)),
    ("steps", "count", re.compile(r"\s?(?:training\s|optimi[sz]er\s|gradient\s|total\s)?(?:steps"
        r"|iterations|iters|updates)\b", re.IGNORECASE)),
    ("throughput", "per_second", re.compile(r"\s?(?:images|img|imgs|samples|im)\s?(?:/"
        r"|per\s)\s?(?:s|sec|second)\b", re.IGNORECASE)),
    ("parameters", "count", re.compile(r"\s?(?:trainable\s|learnable\s|model\s)?(?:params"
        r"|parameters)\b", re.IGNORECASE)),
    ("macs", "count", re.compile(r"\s?(?:MACs|multiply-adds|mult-adds|multiply-accumulates)\b",
        re.IGNORECASE)),
    ("flops", "count", re.compile(r"\s?(?:FLOPs?|FLOPS)\b(?!\s?(?:/|per\s))")),
    ("classes", "count", re.compile(r"[\s-](?:(?:different|distinct|output|object|image|digit"
        r"|target|fine-grained|balanced|semantic)\s){0,2}(?:classes|categories)\b(?!\s?/)"
        r"|-class\b|[\s-]output\s(?:units|neurons|logits)\b", re.IGNORECASE)),
    ("resolution", "pixels", re.compile(r"\s?-?(?:px|pixels?)\b(?!\s?(?:accuracy|error|per|wise))",
        re.IGNORECASE)),
    ("batch_size_per_device", "count", re.compile(r"\s?(?:images\s|samples\s)?(?:per|/)\s?(?:GPU"
        r"|device|TPU|core|worker)\b", re.IGNORECASE)),
)  # fmt: skip
_COUNTED_CLASSES: tuple[tuple[str, Unit, Pattern], ...] = tuple(
    (short, "count", Pattern(
        rf"\b(?:{first}\s{second}s?(?:\s\({short}s?\))?|{short})\s?[:=]\s?$", re.IGNORECASE))
    for short, first, second in (
        ("tp", "true", "positive"), ("fp", "false", "positive"),
        ("tn", "true", "negative"), ("fn", "false", "negative"),
    )
)  # fmt: skip
_BEFORE: tuple[tuple[str, Unit, Pattern], ...] = (
    ("batch_size", "count", Pattern(r"\b(?:(?:mini-?)?batch[\s_-]?sizes?"
        r"|batches)\s?(?:\((?:total|global)\)\s?)?(?:of|:|=|is|was|to)?\s?$", re.IGNORECASE)),
    ("accumulation", "count", Pattern(r"\b(?:gradient\s)?accumulation(?:\ssteps)?\s?(?:of|:|="
        r"|over|is)?\s?$", re.IGNORECASE)),
    ("learning_rate", "", Pattern(r"\b(?:learning[\s-]rate|lr)\s?(?:of|:|=|is|was|to)?\s?$",
        re.IGNORECASE)),
    ("weight_decay", "", Pattern(r"\b(?:weight[\s-]decay|wd)\s?(?:of|:|=|is|was|to)?\s?$",
        re.IGNORECASE)),
    ("label_smoothing", "", Pattern(r"\blabel[\s-]smoothing\s?(?:of|:|=|with|ε\s?=|is|was"
        r"|\()?\s?(?:ε\s?=\s?)?$", re.IGNORECASE)),
    ("momentum", "", Pattern(r"\bmomentum\s?(?:of|:|=|is|was)?\s?$", re.IGNORECASE)),
    ("dropout", "", Pattern(r"\bdropout(?:\srate)?\s?(?:of|:|=|is|was)?\s?$", re.IGNORECASE)),
    ("mixup", "", Pattern(r"\bmixup\s?(?:\(|alpha|α|of|:|=|with|\s){0,5}$", re.IGNORECASE)),
    ("cutmix", "", Pattern(r"\bcutmix\s?(?:\(|alpha|α|of|:|=|with|\s){0,5}$", re.IGNORECASE)),
    *_COUNTED_CLASSES,
    ("p_value", "", Pattern(r"(?<![\w])p(?:-?\s?values?)?\s?(?:of\s|is\s|was\s|[=:<>≤≥]|\\leq?"
        r"|\\geq?){1,2}\s?$", re.IGNORECASE)),
    ("classes", "count", Pattern(r"\b(?:number\sof\sclasses|num_classes|classes)\s?[:=]\s?$",
        re.IGNORECASE)),
    ("epochs", "count", Pattern(r"\b(?:epochs|number\sof\sepochs|training\sepochs)\s?[:=]\s?$",
        re.IGNORECASE)),
    ("parameters", "count", Pattern(r"\b(?:#?params|parameters"
        r"|number\sof\sparameters)\s?(?:\((?P<scale>[KMBG])\)\s?)?[:=]\s?$", re.IGNORECASE)),
    ("macs", "count", Pattern(r"\bMACs\s?(?:\((?P<scale>[KMBGT])\)\s?)?[:=]\s?$")),
    ("flops", "count", Pattern(r"\bFLOP[sS]\s?(?:\((?P<scale>[KMBGT])\)\s?)?[:=]\s?$")),
    ("train_images", "count", Pattern(r"\b(?:train(?:ing)?(?:\sset|\ssplit)?(?:\s(?:images"
        r"|samples|examples|size))?)\s?[:=]\s?(?=\S)$|\btrain(?:ing)?\s(?:images|samples|examples"
        r"|size)\s?[:=]\s?$", re.IGNORECASE)),
    ("test_images", "count", Pattern(r"\btest(?:ing)?\s(?:images|samples|examples|set\ssize"
        r"|size)\s?[:=]\s?$", re.IGNORECASE)),
    ("validation_images", "count", Pattern(r"\bval(?:idation)?\s(?:images|samples|examples"
        r"|size)\s?[:=]\s?$", re.IGNORECASE)),
    ("resolution", "pixels", Pattern(r"\b(?:resolution|image\ssize|input\ssize"
        r"|crop\ssize)\s?(?:of|:|=|is|was|at)?\s?$", re.IGNORECASE)),
)  # fmt: skip
_SPENT = Pattern(
    r"\b(?:tak(?:es?|en|ing)|took|need(?:s|ed)?|requir(?:es?|ed)|cost(?:s|ed)?|spen[dt]s?|consum(?:es|ed)"
    r"|compute\s(?:of|budget))\b",
    re.IGNORECASE,
)
_A_RATE = Pattern(
    r"\b(?:cluster|supercomputer|machine|delivers?|capable|peak|per\ssecond|sustain\w{0,4})\b",
    re.IGNORECASE,
)
"""Of a machine: "PFLOPs" is then what it does in a second."""
OF_A_TRAINING = 10**15
"""Floating point operations, from which on they are no one image's."""
_BEFORE_CHOICE = Choice(pattern for _, _, pattern in _BEFORE)
_SIDES = re.compile(
    r"(?<![\w.,×/])(\d{1,5})\s?(?:[x×]|\\times)\s?(\d{1,5})(?:\s?(?:[x×]"
    r"|\\times)\s?[13])?(?![\w×])(?P<unit>[\s-]?(?:px|pixels?)\b)?(?!\s?(?:patch|conv|kernel"
    r"|filter|GPU|A100|V100|H100|grid|window|pool|stride|table|matrix))",
    re.IGNORECASE,
)
_DEVICES = re.compile(
    r"\s?[x×]?\s?(?:NVIDIA\s|Nvidia\s|Google\s|Cloud\s)?(?:[A-Z][\w-]{1,12}"
    r"(?:\s[\w-]{1,8}){0,2}\s)?(?:GPUs?|TPUs?|TPU\scores|devices|accelerators)\b"
)
_TIMES = re.compile(
    r"[\s-]?(hours?|hrs?|h|minutes?|mins?|days?|weeks?|seconds?|secs?|s)\b(?!\s?/|-)", re.IGNORECASE
)
_POWERS = {"K": 3, "M": 6, "G": 9, "B": 9, "T": 12}
_SECONDS = {"h": 3600, "m": 60, "d": 86400, "w": 604800, "s": 1}
_TRAINING = Pattern(r"\b(?:train\w{0,5}|took|takes|fit(?:ted|ting)?)\b", re.IGNORECASE)
_NOT_TRAINING = Pattern(
    r"\b(?:per|an?|each|every)\s(?:epoch|image|batch|step|iteration)|\binference|\blatency"
    r"|\bwarm-?up|\bGPU[\s-]hours",
    re.IGNORECASE,
)
_SOME_OF = Pattern(
    r"\b(?:subset|subsampl\w{1,4}|(?:per|each)\s(?:class|category|digit)|few-shot|first"
    r"|random(?:ly)?\s(?:sample|select|chos)\w{0,4}|seen|remaining)\b",
    re.IGNORECASE,
)
_OUT_OF = re.compile(
    r"\s(?:out\sof|of|/)\s(?:the\s)?(?P<all>\d{1,3}(?:,\d{3}){1,3}|\d{2,8})\s(?:(?:test"
    r"|validation|val|held-out|training)\s)?(?:images|samples|examples|digits|instances)?"
    r"(?P<tail>[^.;]{0,40})", re.IGNORECASE)  # fmt: skip
_RIGHT = Pattern(r"\b(?:correct(?:ly)?|right)\b", re.IGNORECASE)
_WRONG = Pattern(
    r"\b(?:wrong(?:ly)?|misclassif\w{1,5}|mistakes?|errors?|incorrect(?:ly)?)\b", re.IGNORECASE
)
_PART = Pattern(
    r"\b(?:warm-?\s?up|dry\srun|every|each|per\s(?:epoch|stage|phase)|first|last|another"
    r"|additional|more|cool-?down|finetun\w{0,3}|fine-tun\w{0,3}|linear\sprob\w{0,3})\b",
    re.IGNORECASE,
)
_EPOCH_NO = Pattern(r"\bepoch\s?[#:=]?\s?(\d{1,5})(?:\s?/\s?\d{1,5})?\b(?!\.\d)", re.IGNORECASE)
_AFTER_EPOCHS = Pattern(
    r"\b(?:after|in|for|within|at)\s(?:only\s|just\s|about\s|the\s)?(?:epoch\s)?(\d{1,5}|one|two"
    r"|three|five|ten)\s?(?:training\s)?epochs?\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Fact:
    """A figure understood by itself. start, end: what was read; word: see `audit.claims`."""

    start: int
    end: int
    metric: str
    number: Number
    word: str = ""
    split: str = ""
    doubtful: frozenset[str] = frozenset()


def masks(s: str) -> list[tuple[int, int]]:
    """Stretches whose numbers are references, dates, versions, levels: never figures."""
    return [m.span() for m in _MASKED.finditer(s)] + [m.span() for m in _EPOCH_NO.finditer(s)]


@lru_cache(maxsize=64)
def epoch_of(s: str) -> str:
    """The one epoch a sentence speaks of ("Epoch 5", "after 5 epochs"), "" if none or several."""
    found = {m.group(1) for m in _EPOCH_NO.finditer(s)}
    for match in _AFTER_EPOCHS.finditer(s):
        said = match.group(1)
        found.add(said if said.isdecimal() else str(count_word(said)))
    return found.pop() if len(found) == 1 else ""


def sides(s: str) -> list[Fact]:
    """ "28x28" and "224 × 224 pixels": equal sides of at least 8 pixels, or with the unit said."""
    return [
        Fact(
            m.start(),
            m.end(),
            "resolution",
            Number(m.group(), Decimal(m.group(1)), Decimal("0.5"), "pixels"),
        )
        for m in _SIDES.finditer(s)
        if m.group(1) == m.group(2) and (int(m.group(1)) >= 8 or m.group("unit"))
    ]


def fact_of(s: str, figure: Figure, sentence: str) -> Fact | None:
    """What the figure is by its own words; None if they do not say."""
    before = s[max(0, figure.start - WINDOW) : figure.start]
    number = figure.number
    if figure.spread is not None or number.unit == "points":
        return None
    if number.unit == "":
        match = _IMAGES.match(s, figure.end)
        if match and not _OWN_VALUE.match(s, match.end()):
            return _images(s, figure, match, sentence)
        for metric, unit, pattern in _AFTER:
            if match := pattern.match(s, figure.end):
                if _OWN_VALUE.match(s, match.end()):
                    return None  # "1800 Classes: 7": the label has its own value
                if metric == "flops" and number.value >= OF_A_TRAINING:
                    if _A_RATE.search(sentence) or not _SPENT.search(sentence):
                        return None
                    metric = "train_flops"
                found = _fact(metric, figure, replace(number, unit=unit), match.end())
                part = metric in {"steps", "epochs"} and _PART.search(sentence)
                return replace(found, doubtful=found.doubtful | {"metric"}) if part else found
        if (
            (counted := _counted(s, figure))
            or (counted := _devices(s, figure))
            or (counted := _time(s, figure, sentence))
        ):
            return counted
    tested = number.unit == "" and figure.whole and _PAIRED.search(sentence) is not None
    if tested and (match := _DISCORDANT.search(before)):
        name = "discordant_b" if match.group("b") else "discordant_c"
        return _fact(name, figure, replace(number, unit="count"), figure.end)
    for index in _BEFORE_CHOICE.possible(before):
        metric, unit, told = _BEFORE[index]
        match = told.compiled.search(before)
        if match and (number.unit == "" or metric in {"p_value", "dropout"}):
            power = _POWERS.get(match.groupdict().get("scale") or "", 0)
            if power and number.value >= 10**5:
                power = 0  # the number says its millions itself
            kept = replace(
                number,
                value=number.value.scaleb(power),
                half=number.half.scaleb(power),
                unit=unit or number.unit,
            )
            return _fact(metric, figure, kept, figure.end)
    return None


_PAIRED = Pattern(r"mcnemar|discordant|disagree|differ\son", re.IGNORECASE)
_DISCORDANT = Pattern(
    r"\b(?:(?P<b>b|n_?\{?01\}?|n_?\{?12\}?)|c|n_?\{?10\}?|n_?\{?21\}?)\s?(?:=|:|is)\s?$",
    re.IGNORECASE,
)
_OWN_VALUE = re.compile(r"\s?[:=]\s?\d|\s\d+(?:\.\d+)?(?=\s+[A-Z][\w@]*[\s:]+\d)")


def _fact(metric: str, figure: Figure, number: Number, end: int) -> Fact:
    doubtful = frozenset() if number.exact else frozenset({"number"})
    return Fact(figure.start, end, metric, number, doubtful=doubtful)


_SET_HOLDS = Pattern(
    r"\b(train(?:ing)?|val(?:idation)?|test)\s(?:set|split)\s(?:has|holds|contains|includes"
    r"|comprises|consists\sof|of|is|with)\s(?:only\s|just\s)?$",
    re.IGNORECASE,
)
_TIMES_A_DEVICE = re.compile(r"(?<![\d.,])(\d{1,4})[x×]\s?(?:NVIDIA\s)?$", re.IGNORECASE)
_ONE_DEVICE = Pattern(r"\b(?:a\ssingle|single|one)\s(?:NVIDIA\s)?$", re.IGNORECASE)


_ONE = Number("1", Decimal(1), Decimal("0.5"), "count")


def single_devices(s: str) -> list[Fact]:
    """ "on a single A100 GPU", "8x A100"."""
    found: list[Fact] = []
    for m in hardware(s):
        before = s[max(0, m.start() - 20) : m.start()]
        several = _TIMES_A_DEVICE.search(before)
        count = number(several.group(1), "count") if several else None
        if count is not None:
            found.append(Fact(m.start(), m.end(), "devices", count, m.group()))
        elif _ONE_DEVICE.search(before):
            found.append(Fact(m.start(), m.end(), "devices", _ONE, m.group()))
    return found


def _images(s: str, figure: Figure, match: re.Match[str], sentence: str) -> Fact | None:
    if not figure.whole and figure.number.half < 1:
        return None
    said = {split for _, _, split in splits(match.group())}
    split = said.pop() if len(said) == 1 else ""
    if not split and (holds := _SET_HOLDS.search(s[max(0, figure.start - 60) : figure.start])):
        split = next(name for _, _, name in splits(holds.group(1)))
    metric = {
        "train": "train_images",
        "validation": "validation_images",
        "test": "test_images",
    }.get(split, "images")
    if figure.number.value < 10:
        return None
    doubtful = {"number"} if not figure.number.exact else set[str]()
    if _SOME_OF.search(sentence):
        doubtful |= {"metric"}
    return Fact(
        figure.start,
        match.end(),
        metric,
        replace(figure.number, unit="count"),
        split=split,
        doubtful=frozenset(doubtful),
    )


def _counted(s: str, figure: Figure) -> Fact | None:
    """ "9,887 of 10,000 test images correct"."""
    match = _OUT_OF.match(s, figure.end)
    if match is None or not figure.whole:
        return None
    around = s[max(0, figure.start - 40) : figure.start] + match.group("tail")
    right, wrong = bool(_RIGHT.search(around)), bool(_WRONG.search(around))
    if right == wrong:
        return None
    return _fact(
        "correct" if right else "wrong", figure, replace(figure.number, unit="count"), figure.end
    )


def _devices(s: str, figure: Figure) -> Fact | None:
    match = _DEVICES.match(s, figure.end)
    names = list(hardware(s[figure.end : figure.end + 30]))
    near = names and s[figure.end : figure.end + names[0].start()].strip().lower() in {
        "",
        "x",
        "×",
        "nvidia",
        "x nvidia",
        "× nvidia",
        "\\times",
    }
    if (not match and not near) or not figure.whole or figure.number.value > 10_000:
        return None
    end = match.end() if match else figure.end + names[0].end()
    word = names[0].group() if names and figure.end + names[0].start() <= end else ""
    return Fact(figure.start, end, "devices", replace(figure.number, unit="count"), word)


def _time(s: str, figure: Figure, sentence: str) -> Fact | None:
    match = _TIMES.match(s, figure.end)
    if match is None or not _TRAINING.search(sentence) or _NOT_TRAINING.search(sentence):
        return None
    factor = _SECONDS[match.group(1)[0].lower()]
    number = figure.number
    scaled = replace(
        number,
        text=s[figure.start : match.end()],
        value=number.value * factor,
        half=number.half * factor,
        unit="seconds",
        upper=None if number.upper is None else number.upper * factor,
    )
    return _fact("train_time", figure, scaled, match.end())
