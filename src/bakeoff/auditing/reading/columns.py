"""What the columns of a table mean: by header, caption, and the size of their figures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import cached_property

from bakeoff.auditing.claims import Cell, SpreadKind, Unit
from bakeoff.auditing.metrics import METRICS, normal
from bakeoff.auditing.reading.captions import CaptionFacts
from bakeoff.auditing.reading.labels import Label, read_label
from bakeoff.auditing.reading.layout import Sheet, role_of
from bakeoff.auditing.reading.lexicon import model_names
from bakeoff.auditing.reading.phrases import spread_kind

_SINGLE_COLUMN_KINDS = {"share", "loss", "score"}


@dataclass
class Meaning:
    """What one column (or, transposed, one row) stands for."""

    label: Label
    metric: str
    own: dict[str, str] = field(default_factory=dict)
    doubtful: frozenset[str] = frozenset()
    inherited: frozenset[str] = frozenset()
    share_unit: Unit = ""

    @cached_property
    def told(self) -> dict[str, str]:
        """What it says of its cells; asked for once all columns are understood."""
        return {k: v for k, v in self.own.items() if v}

    @cached_property
    def of_intervals(self) -> bool:
        """True if the label says that intervals stand in the cells."""
        return self.label.spread_kind == "interval" or spread_kind(self.label.text) == "interval"

    @cached_property
    def averages(self) -> bool:
        """True if the cells are averages of others of their row."""
        return role_of(self.label.text) == "average"

    @cached_property
    def plain(self) -> bool:
        """True if a bare number in a cell is the metric itself: no duration, no part of a scale."""
        label = self.label
        return (
            label.metric == self.metric in METRICS
            and METRICS[self.metric].kind in _PLAIN_KINDS
            and not self.metric.endswith("resolution")
            and self.metric != "spread"
            and not (label.of or self.averages)
        )

    @cached_property
    def unit_of_plain(self) -> Unit:
        """The unit of a bare number in a cell."""
        kind = METRICS[self.metric].kind
        if kind == "loss":
            return self.label.unit if self.label.unit in {"bits", "nats"} else "nats"
        return self.share_unit if kind == "share" else ""


_PLAIN_KINDS = frozenset({"share", "score", "loss", "setting"})


def is_transposed(sheet: Sheet) -> bool:
    """Metrics stand in the rows: no column names one, and most labelled rows do."""
    if "metric" in sheet.context:
        return True
    if any(m.metric and METRICS[m.metric].kind in _SINGLE_COLUMN_KINDS for m in sheet.read[1:]):
        return False
    named = [read_label(row[0].text.s) for row in sheet.body if row[0].text.s.strip()]
    return (
        bool(named)
        and 2 * sum(bool(n.metric or n.other) for n in named) >= len(named)
        and any(n.metric for n in named)
    )


def column_meaning(
    sheet: Sheet, c: int, caption: CaptionFacts, cells: list[list[Cell]], transposed: bool
) -> Meaning:
    """What a column says by its header, or with the caption's help."""
    label = sheet.read[c]
    metric, doubtful, inherited = label.metric, frozenset[str](), frozenset[str]()
    if label.doubtful:
        doubtful |= {"metric"}
    subject = bool(
        label.dataset
        or label.split
        or label.statistic
        or sheet.context[c] == "run"
        or is_run(label.text)
    )
    if not metric and not label.other and not transposed and subject and caption.metric:
        metric, inherited = caption.metric, frozenset({"metric"})
        doubtful |= caption.doubtful
    own = {
        "dataset": label.dataset,
        "split": label.split,
        "statistic": label.statistic,
        "experiment": label.experiment,
        "checkpoint": label.checkpoint,
        "column": label.text,
        "run": is_run(label.text),
        "variant": label.rest,
    }
    if transposed and (models := model_names(label.text)):
        own["model"] = models[0].value if len(models) == 1 else label.text[:120]
    elif transposed and sheet.context[metric_column(sheet)] == "model" and not subject:
        own["model"] = label.text[:120]
    unit = (
        _share_unit(metric, label, caption, [row[c] for row in cells])
        if metric and not transposed
        else ""
    )
    if metric and METRICS[metric].kind == "share" and unit == "" and not transposed:
        doubtful |= {"unit"}
    return Meaning(label, metric, own, doubtful, inherited, unit)


_ERROR_OF = {"accuracy": "error", "top5": "top5_error"}
STATISTICS = frozenset({"best", "worst", "median", "mean"})


def sole_share(metrics: Iterable[str]) -> str:
    """The one share that a table is about, "" if there are several or none."""
    named = {m for m in metrics if m and METRICS[m].kind == "share"}
    return named.pop() if len(named) == 1 else ""


def bare_statistics(columns: list[Meaning], cells: list[list[Cell]], caption: CaptionFacts) -> None:
    """A column that only says "Best run" is of the one metric that the other columns have."""
    sole = sole_share(m.metric for m in columns)
    runs = [m for m in columns if not m.metric and m.own["run"]]
    if len(runs) > 1 and not any(m.metric and m.metric != "spread" for m in columns):
        sole = "share"  # whatever it is, runs have a mean and a spread
    elif not any(m.metric == sole and m.label.statistic in STATISTICS for m in columns):
        runs = []  # nothing says that they are of this metric
    for c, meaning in enumerate(columns):
        label = meaning.label
        one_of_runs = len(runs) > 1 and bool(meaning.own["run"])
        bare = label.statistic in STATISTICS and not label.other
        if sole and not meaning.metric and (bare or one_of_runs):
            meaning.metric = sole
            meaning.share_unit = _share_unit(sole, label, caption, [row[c] for row in cells])
            if not meaning.share_unit:
                meaning.doubtful |= {"unit"}
    said = {m.label.split for m in columns if m.metric == sole and m.label.split}
    for meaning in columns if sole and len(said) == 1 else ():
        if meaning.label.statistic in STATISTICS and not meaning.label.split:
            meaning.own["split"] = next(iter(said))


def bare_top_k(columns: list[Meaning], cells: list[list[Cell]], caption: CaptionFacts) -> None:
    """Columns that only say "top-1" and "top-5" hold errors if the caption says so, or if top-5 is
    the smaller of the two in most rows; from one row alone it cannot be told."""
    bare = [
        (c, m)
        for c, m in enumerate(columns)
        if m.metric in _ERROR_OF
        and not re.search("acc|prec|err|epoch|↑|⬆", m.label.text.lower())
        and m.label.direction != "down"
    ]
    if len(bare) == 1 and caption.metric == "error":
        bare[0][1].metric = _ERROR_OF[bare[0][1].metric]
    if [m.metric for _, m in bare] not in (["accuracy", "top5"], ["top5", "accuracy"]):
        return
    (one, top1), (five, top5) = sorted(bare, key=lambda pair: pair[1].metric)
    pairs = [(row[one].number, row[five].number) for row in cells]
    falls = [b.value < a.value for a, b in pairs if a is not None and b is not None]
    if 2 * sum(falls) <= len(falls):
        return
    few = all(a.value > 50 and b.value > 50 for a, b in pairs if a and b)
    if len(falls) == 1 and few and "err" not in f"{caption.text} {caption.scope.section}".lower():
        return  # errors as large as these are not reported: it is an accuracy, and wrong
    for meaning in (top1, top5):
        if len(falls) == 1:
            meaning.doubtful |= {"metric"}
        else:
            meaning.metric = _ERROR_OF[meaning.metric]


def errors_beside_accuracies(columns: list[Meaning], cells: list[list[Cell]]) -> None:
    """A bare error below 1 may be a percentage; beside an accuracy that is a fraction it is one as
    well if some row's two add up to 1."""
    for e, error in enumerate(columns):
        accuracy = _ERRORS.get(error.metric)
        if accuracy is None or error.share_unit:
            continue
        for a, column in enumerate(columns):
            if column.metric != accuracy or column.share_unit != "fraction":
                continue
            pairs = ((row[a].number, row[e].number) for row in cells)
            if any(
                x is not None and y is not None and abs(x.value + y.value - 1) <= x.half + y.half
                for x, y in pairs
            ):
                error.share_unit = "fraction"
                error.doubtful -= {"unit"}


_ERRORS = {"error": "accuracy", "top5_error": "top5"}
_WHOLE = frozenset({"total", "all", "out of", "of", "total images", "total samples", "evaluated"})


_LEFT_OUT = frozenset({
    "skipped", "abstained", "abstentions", "unanswered", "unknown", "invalid", "missing",
    "rejected", "timeout", "timeouts", "undecided", "refused", "refusals", "failed", "excluded",
})  # fmt: skip


def counted_columns(columns: list[Meaning], cells: list[list[Cell]]) -> None:
    """ "Total" beside "Correct" is of how many, "Errors" beside accuracies and images a count."""
    known = {m.metric for m in columns}
    if "accuracy" in known and known & {"test_images", "evaluated_images"}:
        _counted_errors(columns, cells)
    if any(_LEFT_OUT.intersection(normal(m.label.text).split()) for m in columns):
        for meaning in columns:  # right and wrong are then not all
            meaning.metric = "" if meaning.metric == "wrong" else meaning.metric
    if len([m for m in columns if m.metric in {"correct", "wrong"}]) != 1:
        return
    wholes = [m for m in columns if not m.metric and normal(m.label.text) in _WHOLE]
    if len(wholes) == 1:
        label = wholes[0].label
        wholes[0].metric = "evaluated_images"
        wholes[0].label = replace(label, metric="evaluated_images", other=False)


def _counted_errors(columns: list[Meaning], cells: list[list[Cell]]) -> None:
    for c, meaning in enumerate(columns):
        if normal(meaning.label.text) not in {"errors", "mistakes", "misclassified", "failures"}:
            continue
        numbers = [row[c].number for row in cells]
        whole = all(n is not None and not n.unit and "." not in n.text for n in numbers)
        if whole and any(n is not None and n.value > 100 for n in numbers):
            meaning.metric, meaning.doubtful, meaning.share_unit = "wrong", frozenset(), ""
            meaning.label = replace(meaning.label, metric="wrong", other=False, unit="")


def spread_columns(columns: list[Meaning], cells: list[list[Cell]]) -> None:
    """ "precision (std)" over plain numbers holds the spreads, not "mean (std)" in one cell."""
    for c, meaning in enumerate(columns):
        label = meaning.label
        if not meaning.metric or label.spread_kind == "unknown" or meaning.metric == "spread":
            continue
        if (
            label.statistic == "mean"
            or "±" in label.text
            or "/" in label.text
            or "pm" in label.text
        ):
            continue
        column = [row[c] for row in cells if row[c].number is not None]
        if column and not any(cell.spread is not None for cell in column):
            meaning.label = replace(label, metric="spread", of=meaning.metric, statistic="")
            meaning.metric = "spread"


_RUN = re.compile(r"^(?:run|seed|trial|fold)\s?#?(\d{1,6})$", re.IGNORECASE)


def is_run(label: str) -> str:
    """The number of "run 3" or "seed 3", "" if the label is no such thing."""
    match = _RUN.match(label.strip())
    return match.group(1) if match else ""


def _share_unit(metric: str, label: Label, caption: CaptionFacts, column: list[Cell]) -> Unit:
    """What bare numbers of a share are: said by header, caption or a cell, else by their size."""
    numbers = [cell.number for cell in column if cell.number is not None]
    if METRICS[metric].kind != "share" or not numbers:
        return ""
    if caption.fraction:
        return "fraction"
    if label.unit == "percent" or (caption.percent and not label.unit):
        return "percent"
    # A sign speaks for its own cell: 0.9312 above 94.1 % is a fraction.
    bare = [n.value for n in numbers if not n.unit]
    if not bare:
        return "percent"
    return unit_by_size(metric, bare)


def unit_by_size(metric: str, values: list[Decimal]) -> Unit:
    """ "percent" or "fraction" where the size of the numbers leaves no doubt, else ""."""
    if any(v > Decimal("1.5") for v in values):
        mixed = METRICS[metric].better == "up" and any(Decimal("0.02") < v < 1 for v in values)
        return "" if mixed else "percent"
    rising = METRICS[metric].better == "up"
    return "fraction" if rising and all(Decimal("0.02") < v <= 1 for v in values) else ""


def metric_column(sheet: Sheet) -> int:
    """Of a transposed table: the column whose cells name the metrics."""
    return sheet.context.index("metric") if "metric" in sheet.context else 0


def is_companion(column: Meaning, metric: str = "") -> bool:
    """True for a column of a transposed table that holds something beside the figures: a spread, an
    end of an interval, a rank, a change."""
    said = column.label
    return said.end != "" or said.beside or (said.metric != "" and said.metric != metric)


def transposed_meaning(
    column: Meaning, row: Label, cells: list[Cell], caption: CaptionFacts
) -> Meaning:
    """What a cell means where its row names the metric."""
    own = column.own | {k: v for k, v in (
        ("dataset", row.dataset or column.own.get("dataset", "")),
        ("split", row.split or column.own.get("split", "")),
        ("statistic", row.statistic or column.own.get("statistic", "")),
        ("checkpoint", row.checkpoint or column.own.get("checkpoint", "")),
        ("variant", row.rest or column.own.get("variant", "")),
    ) if v}  # fmt: skip
    unit: Unit = ""
    doubtful = frozenset({"metric"}) if row.doubtful else frozenset[str]()
    said = column.label
    if is_companion(column, row.metric):
        # A column beside the figures: their spread, an end of their interval, a rank, a change.
        of = row.metric or ""
        kind = said.metric if said.metric in {"spread", "gain"} else ""
        beside = replace(row, metric=kind, of=of, end=said.end, statistic="", other=True)
        return Meaning(beside, kind, own, doubtful)
    if row.metric:
        unit = _share_unit(row.metric, row, caption, cells)
        if METRICS[row.metric].kind == "share" and unit == "":
            doubtful |= {"unit"}
    return Meaning(
        replace(row, spread_kind=_first_kind(row, column.label)),
        row.metric,
        own,
        doubtful,
        share_unit=unit,
    )


def _first_kind(*labels: Label) -> SpreadKind:
    return next(
        (label.spread_kind for label in labels if label.spread_kind != "unknown"), "unknown"
    )
