"""Log lines and printed matrices to claims: one line is one evaluation a split."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal

from bakeoff.auditing.claims import Claim, Number, Unit
from bakeoff.auditing.metrics import METRICS
from bakeoff.auditing.reading.loglines import Entry, LogLine
from bakeoff.auditing.reading.losses import kind_named
from bakeoff.auditing.reading.pasted import Matrix, Said
from bakeoff.auditing.reading.scope import Scope, make_claim
from bakeoff.auditing.reading.source import Source

BEYOND_FRACTION = Decimal("1.5")


def percent_keys(lines: Iterable[LogLine]) -> frozenset[str]:
    """Keys whose values somewhere in a block are too large for a fraction: all are percentages."""
    return frozenset(
        e.label.text
        for line in lines
        for e in line.entries
        if METRICS[e.label.metric].kind == "share"
        and (e.number.unit == "percent" or e.number.value > BEYOND_FRACTION or e.always_percent)
    )


def line_claims(
    said: Said, scope: Scope, source: Source, group: str, percent: frozenset[str], epoch: str = ""
) -> list[Claim]:
    """The claims of one line. percent: keys whose bare values are percentages; epoch: the last one
    that a line above named."""
    log = said.log
    keras_epoch = log.program == "keras" and bool(log.epoch or epoch)
    named = any(e.split for e in log.entries)
    claims: list[Claim] = []
    for entry in log.entries:
        split = entry.split
        if not split and log.program == "keras" and (named or keras_epoch):
            split = "train"
        elif log.program == "pytorch-example" and not split:
            split = "test"
        claims.append(_claim(entry, split, log, epoch, said, scope, source, group, percent))
    return claims


def _claim(
    entry: Entry, split: str, log: LogLine, epoch: str, said: Said, scope: Scope, source: Source,
    group: str, percent: frozenset[str],
) -> Claim:  # fmt: skip
    label = entry.label
    number = entry.pair if entry.pair is not None and log.meter else entry.number
    own = {
        "split": split,
        "epoch": log.epoch or epoch,
        "statistic": "" if label.statistic == "mean" else label.statistic,
        "checkpoint": label.checkpoint,
        "dataset": label.dataset,
        "log": log.program or "line",
    }
    number, doubtful = _with_unit(label.metric, number, entry, percent)
    if label.metric == "loss" and log.meter and entry.pair is None:
        doubtful |= {"number"}  # the loss of one batch
    line, column = said.text.at(entry.start)
    text = said.text.s[entry.start : entry.end].strip()
    word = label.loss_kind or (
        kind_named(label.text.replace("_", " ")) if label.metric == "loss" else ""
    )
    if label.metric == "loss" and log.program == "pytorch-example":
        word = word or "as the program computes it"
    return make_claim(
        label.metric, number, source.place(line, column, len(text)), text, own, scope, doubtful,
        group=group, bound="line", ratio=entry.ratio, word=word,
    )  # fmt: skip


def _with_unit(
    metric: str, number: Number, entry: Entry, percent: frozenset[str]
) -> tuple[Number, frozenset[str]]:
    kind = METRICS[metric].kind
    unit: Unit = number.unit
    if kind == "loss" and not unit:
        unit = "nats"
    elif kind == "share" and not unit:
        if entry.always_percent or entry.label.text in percent or entry.label.unit == "percent":
            unit = "percent"
        elif Decimal("0.02") < number.value <= 1:
            unit = "fraction"
        else:
            return number, frozenset({"unit"})
    return replace(number, unit=unit), frozenset()


def matrix_claims(
    matrix: Matrix, scope: Scope, source: Source, table: int, group: int
) -> list[Claim]:
    """A printed matrix as the cells of a confusion matrix; it does not say which axis is true."""
    claims: list[Claim] = []
    for r, row in enumerate(matrix.rows):
        for c, (printed, line, column) in enumerate(row):
            number = Number(printed, Decimal(printed), Decimal("0.5"), "count")
            own = {"true": str(r), "predicted": str(c)}
            claim = make_claim(
                "confusion", number, source.place(line, column, len(printed)), printed, own, scope,
                frozenset({"true", "predicted"}),
            )  # fmt: skip
            claims.append(replace(claim, group=f"m{group}", cell=(-group, r, c)))
    return claims
