"""What a document asserts, as read: numbers kept as printed, with where they stand and about what.

`bakeoff.auditing.reading.read(...)` gives a `Document`; its `claims` are the input of every rule.
Plain dataclasses: an audit must start in milliseconds, so nothing heavy is imported here. They are
values, and nothing changes one once it is made; they are not frozen, since making a frozen one
takes three times as long, and an audit makes hundreds of thousands.

How each kind of claim is represented
-------------------------------------
Metric names are those of `bakeoff.auditing.metrics`; a figure whose metric is not known there is
not a claim (it stays a `Cell` of its table). One figure printed once is one claim.

============================================  ====================================================
"Validation Accuracy (Epoch 5): 98.87%"       metric="accuracy", number 98.87 unit "percent",
                                              context split="validation", epoch="5"
"accuracy 0.9887"                             the same, unit "fraction"
"Top-1 error of 23.56%"                       metric="error"; "Top-5 …": "top5" / "top5_error"
"Top-1 Accuracy: 76.44% (Top-1 error of …)"   two claims of one `group`
"Validation Loss: 0.0011"                     metric="loss" (unit "nats" unless "bits" is said);
                                              word="bce" … when the kind of loss is named
"95.2 ± 0.3 (n=3)"                            spread 0.3, spread_kind="unknown", runs=3;
                                              "(mean ± std over 3 seeds)" gives "sd"
"95.2 (95% CI 94.9–95.5)"                     interval=(94.9, 95.5), level="0.95"
best of several runs, a median                context statistic="best", "worst", "median", "mean"
the runs themselves, one by one               context run="1", "2", … (statistic is not set)
"single run", "one seed"                      metric="runs", number 1; and `runs=1` on the claims
                                              it is said of (same sentence, row or caption)
"over 5 seeds" with no figure beside it       metric="runs", number 5
"60,000 training images"                      metric="train_images" (…"validation_images",
                                              "test_images", "images" if no split is said)
"10 classes" / "28x28"                        metric="classes" / "resolution" (unit "pixels";
                                              "train_resolution", "test_resolution" where said)
"grayscale" / "RGB"                           metric="color", word="grayscale" | "color"
"5 epochs", "batch size 256", "8 GPUs × 32"   metric="epochs", "batch_size", and "devices" with
                                              "batch_size_per_device"
"78,200 steps"                                metric="steps"
"25.6M params", "4.1 GMACs", "8.2 GFLOPs"     metric="parameters", "macs", "flops" (of one image);
                                              value is scaled: 25600000, half 50000. Beware: many
                                              authors print MACs under "FLOPs"
"took 2.5 hours on 8 V100"                    metric="train_time" unit "seconds" (9000, half 180),
                                              and metric="devices" number 8 word="V100"
"days or even weeks", "a few minutes"         metric="train_time", number None, word="days to weeks"
"F1 0.89", "macro-F1", "precision", "recall"  metric="f1", "macro_f1", "micro_f1", "weighted_f1",
                                              and so for precision and recall; context class="cat"
                                              for one row of a per-class table
per-class accuracy                            metric="accuracy" (or "recall") with context class=…;
                                              "support" is the class's images, with context class=…
confusion matrix                              one claim a cell, metric="confusion", context
                                              true="cat", predicted="dog"; `cell` gives (table, row,
                                              column). If the document does not say which axis is
                                              the truth, "true" and "predicted" are in `doubtful`
"p = 0.03", "p < .05"                         metric="p_value"; word= the named test, see TESTS
"paired t-test" with no figure                metric="test", word= one of TESTS
"improves by 1.3 points", "+1.4% relative"    metric="gain", unit "points" | "percent" | ""; word=
                                              "points" | "relative" | "error_reduction" | "" (not
                                              said); context of="accuracy"; operands=(from, to) when
                                              the sentence states both; negated=True for a fall
kappa, MCC, AUC, ECE, Brier, mean confidence  metric="kappa", "mcc", "auc", "ece", "brier",
                                              "confidence"
correct and wrong images                      metric="correct", "wrong"; "evaluated_images"
lr, weight decay, smoothing, mixup alpha …    metric="learning_rate", "weight_decay",
                                              "label_smoothing", "mixup", "cutmix", "momentum"
============================================  ====================================================

Word-claims have number=None; `word` is the normalised word and `negated` says that it is denied:

==================  =====================================  =========================================
metric              word                                   read from, for example
==================  =====================================  =========================================
init                "pretrained" | "scratch"               "a pre-trained ResNet50", "from scratch"
transfer_learning   "transfer learning" | "fine-tuning"    "was not employed": negated=True (never
                                                           of fine-tuning)
extra_data          name of the data, or "extra data"      "no extra data" (negated),
                                                           "pretrained on ImageNet-21k"
augmentation        "horizontal_flip", "mixup", "cutmix",  "without Mixup or CutMix": two claims,
                    "random_resized_crop", …               negated=True
selection           "best_on_test", "best_on_validation",  "best epoch on the test set";
                    "best", "last"                         "best" if no split is said
ranking             "higher" | "lower"                     accuracy on one data set called higher
                                                           than on another; context dataset,
                                                           other_dataset, of
paper               arXiv id, e.g. "2110.00476", or a DOI  links and citations
hardware            "A100", "V100", "TPU v3", …
loss_kind           "cross_entropy", "bce", "mse", …
bold                "best"                                 "best results are in bold"
test                one of TESTS                           "Wilcoxon signed-rank test"
color               "grayscale" | "color"
==================  =====================================  =========================================

Context keys, each only where known: "dataset" (its name in `bakeoff.published` where known:
"mnist", "imagenet-1k", "cifar-10" …, else as printed), "model" (as printed), "method" (recipe or
training procedure, as printed), "split" ("train", "validation", "test"), "epoch", "experiment"
("ours", "paper", or the table's own words), "paper" (arXiv id the figure is attributed to),
"class", "statistic" (also "average" in an average row or column, whose claims name no data set,
model or class that they average over), "run", "variant" (figures of one sentence that differ in
something not understood: "rose from 93.2 to 94.5"), "checkpoint" ("best", "last", "ema"),
"resolution", "epochs" (length of that row's training), "extra" (extra data of that row), "view"
("single-crop", "ten-crop", "tta", "ensemble"), "level", "of", "true", "predicted", "row" and
"column" (labels in the table, as printed).

`inherited` are keys taken from a heading, caption, header or the file; `doubtful` are keys that
were guessed. `doubtful` may also hold "metric", "number", "unit", "spread", "runs". A claim whose
number was approximate ("~98%", "about 98%") has qualifier "about" and "number" in `doubtful`.
**Nothing doubtful may support *impossible* or *inconsistent*.**

`group` is the same for claims of one sentence, list item or table row ("s17", "t1r3"): figures said
in one breath. Two claims are of the same model and evaluation only if group or context says so.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

Unit = Literal[
    "percent",
    "fraction",
    "points",
    "nats",
    "bits",
    "count",
    "seconds",
    "flop",
    "pixels",
    "per_second",
    "",
]
Qualifier = Literal["", "about", "at least", "at most", "range"]
SpreadKind = Literal["sd", "se", "interval", "range", "unknown"]
Bound = Literal["structure", "sentence", "line", "near"]
Format = Literal[
    "markdown",
    "html",
    "csv",
    "latex",
    "model-card",
    "metafile",
    "record",
    "claims",
    "pdf",
    "docx",
    "notebook",
    "rst",
    "log",
]

TESTS = (
    "t",
    "paired_t",
    "welch",
    "wilcoxon_signed_rank",
    "mann_whitney",
    "permutation",
    "mcnemar",
    "mcnemar_exact",
    "mcnemar_chi2",
    "mcnemar_midp",
    "bootstrap",
    "sign",
    "anova",
    "friedman",
    "z",
)


@dataclass(slots=True, unsafe_hash=True)
class Number:
    """A number as printed. `text` decides the precision: "99.0" is tighter than "99".

    value: a Decimal in `unit` (percent stays 0 to 100; "25.6M" is 25600000; hours are seconds).
    half: half a unit of the last printed digit, in the same unit. qualifier: how the document
    hedges; "range" runs from `value` to `upper`.
    """

    text: str
    value: Decimal
    half: Decimal
    unit: Unit = ""
    qualifier: Qualifier = ""
    upper: Decimal | None = None

    @property
    def low(self) -> Decimal:
        """Least value that prints so by rounding, in `unit`; -Infinity for "at most"."""
        return Decimal("-Infinity") if self.qualifier == "at most" else self.value - self.half

    @property
    def high(self) -> Decimal:
        """Greatest value that prints so by rounding, in `unit`; Infinity for "at least"."""
        if self.qualifier == "at least":
            return Decimal("Infinity")
        return (self.value if self.upper is None else self.upper) + self.half

    @property
    def exact(self) -> bool:
        """True if the document hedges in no way."""
        return self.qualifier == ""

    def of(self, unit: Unit) -> Number:
        """The same number in a unit."""
        return Number(self.text, self.value, self.half, unit, self.qualifier, self.upper)

    def as_fraction(self) -> Number:
        """The same number with unit "fraction" if it is a percentage, else unchanged."""
        if self.unit != "percent":
            return self
        upper = None if self.upper is None else self.upper / 100
        return replace(
            self, value=self.value / 100, half=self.half / 100, upper=upper, unit="fraction"
        )


@dataclass(slots=True, unsafe_hash=True)
class Spot:
    """Where a line of the text that was read stands for a person who opens the document.

    part: the file, where a document is made of several, "" if there is one. page: from 1, 0
    where there are no pages. line: of the part, or of the page from its top. x, y: where the line
    begins on the page, in points (1/72 inch) from its top left corner.
    """

    part: str = ""
    page: int = 0
    line: int = 0
    x: float = 0.0
    y: float = 0.0


@dataclass(slots=True, unsafe_hash=True)
class Place:
    """Where a claim stands: 1-based line and column, the source line, and the length of the text.

    `source` is untrusted (control characters and all) and cut at 2,000 characters. spot: where that
    line stands in the document as a person has it, if it is not simply that line of the file.
    """

    file: str
    line: int
    column: int
    source: str = ""
    length: int = 0
    spot: Spot | None = None

    @property
    def named(self) -> tuple[str, int]:
        """The file and the line in it, as a person has them."""
        if self.spot is None:
            return self.file, self.line
        return self.spot.part or self.file, self.spot.line

    @property
    def said(self) -> str:
        """The line in words: "line 5", or "page 3, line 5"."""
        page = f"page {self.spot.page}, " if self.spot is not None and self.spot.page else ""
        return f"{page}line {self.named[1]}"


@dataclass(slots=True, unsafe_hash=True)
class Claim:
    """One figure (or one word-claim) asserted in a document; see the module's tables.

    metric: a name from `bakeoff.auditing.metrics`. text: the words it was read from.
    section: headings above it, outermost first.
    bound: what ties the figure to its metric. "structure": a cell by its row and header, a key of
    a record; "sentence": words of the same sentence that spell the relation out; "line": key and
    value of one line of a log; "near": nothing but nearness, which supports no accusation.
    ratio: the count that the document prints for the same figure, "384/390" as (384, 390).
    spread: the number after ±; spread_kind says what the document calls it. interval: the two ends
    of a stated interval, `level` its level as a fraction, "" if not said. runs: number of seeds or
    runs stated, if any. operands: see "gain". cell: (index into Document.tables, body row, column).
    """

    metric: str
    number: Number | None
    place: Place
    text: str
    context: dict[str, str] = field(default_factory=dict)
    inherited: frozenset[str] = frozenset()
    doubtful: frozenset[str] = frozenset()
    section: tuple[str, ...] = ()
    spread: Number | None = None
    spread_kind: SpreadKind = "unknown"
    interval: tuple[Number, Number] | None = None
    level: str = ""
    runs: int | None = None
    group: str = ""
    word: str = ""
    negated: bool = False
    operands: tuple[Number, ...] = ()
    cell: tuple[int, int, int] | None = None
    bold: bool = False
    bound: Bound = "structure"
    ratio: tuple[int, int] | None = None

    def sure(self, *keys: str) -> bool:
        """True if metric, number, unit and each of `keys` was read, not guessed."""
        return self.doubtful.isdisjoint(("metric", "number", "unit", *keys))


@dataclass(slots=True, unsafe_hash=True)
class Cell:
    """One table cell. number: what was read from it, also where the metric is unknown."""

    text: str
    place: Place
    number: Number | None = None
    spread: Number | None = None
    bold: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Column:
    """One table column: its label as printed, and what is known of it.

    metric: a name from `metrics`, or "" if unknown. direction: "up" or "down" if the header has
    an arrow or the metric is known, else "". role: an "average" column is the mean of other cells
    of its row.
    """

    label: str
    metric: str = ""
    unit: Unit = ""
    direction: Literal["up", "down", ""] = ""
    role: Literal["data", "average", "sum"] = "data"


@dataclass(slots=True, unsafe_hash=True)
class Row:
    """One body row. role: "average" and "sum" rows say so in their label ("Avg.", "Total")."""

    label: str
    cells: tuple[Cell, ...]
    role: Literal["data", "average", "sum"] = "data"


@dataclass(slots=True, unsafe_hash=True)
class Table:
    """A table as laid out: ragged rows are padded with empty cells, so rows fit `columns`.

    `line` and `last_line`: 1-based, inclusive. transposed: metrics are in the rows' labels.
    """

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    caption: str = ""
    section: tuple[str, ...] = ()
    line: int = 0
    last_line: int = 0
    transposed: bool = False


@dataclass(slots=True, unsafe_hash=True)
class Suppression:
    """`ignore RULE because REASON`, said in the document; covers lines first to last, inclusive.

    A comment beside text covers that line; alone on its line, the block below it; in a claims file,
    the claims it names or (lines 1 to the end) the file.
    """

    rule: str
    reason: str
    place: Place
    first: int
    last: int

    def covers(self, rule: str, place: Place) -> bool:
        """True if a finding of `rule` at `place` is suppressed."""
        return (
            self.rule == rule
            and self.place.file == place.file
            and self.first <= place.line <= self.last
        )


@dataclass(slots=True, unsafe_hash=True)
class Problem:
    """Something in the document that could not be read; the rest was."""

    place: Place
    message: str


@dataclass(slots=True, unsafe_hash=True)
class Document:
    """A document as read. claims: in document order. seen: the figures that stand in it, read as
    claims or not."""

    file: str
    format: Format
    claims: tuple[Claim, ...]
    tables: tuple[Table, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    problems: tuple[Problem, ...] = ()
    title: str = ""
    seen: int = 0

    @property
    def figures(self) -> tuple[Claim, ...]:
        """The claims with a number."""
        return tuple(c for c in self.claims if c.number is not None)

    @property
    def words(self) -> tuple[Claim, ...]:
        """The claims in words."""
        return tuple(c for c in self.claims if c.number is None)
