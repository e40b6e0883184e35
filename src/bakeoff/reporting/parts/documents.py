"""What a document states beside what was measured here, with the audit's verdict on each figure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bakeoff.auditing.api import Audit
from bakeoff.auditing.claims import Claim
from bakeoff.auditing.facts import Facts
from bakeoff.auditing.findings import VERDICTS
from bakeoff.records.schema import Evaluation, Record
from bakeoff.reporting.arms import ArmRuns, Sample
from bakeoff.reporting.document import (
    Block,
    Chip,
    Code,
    Column,
    Heading,
    Paragraph,
    Section,
    Table,
    Text,
)
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, counted, fixed, listed, nats
from bakeoff.reporting.parts.samples import with_interval

MAX_ROWS = 24
MAX_ARMS = 4
READ: dict[str, tuple[str, Callable[[Evaluation], float]]] = {
    "accuracy": ("accuracy", lambda found: found.accuracy),
    "error": ("error", lambda found: 100 - found.accuracy),
    "top5": ("top-5 accuracy", lambda found: found.top5),
    "top5_error": ("top-5 error", lambda found: 100 - found.top5),
    "loss": ("loss", lambda found: found.loss),
}
"""What a claim's metric is called, and where a record has it."""
CLEAN = len(VERDICTS)
"""The severity of a figure of which the audit says nothing."""


@dataclass(frozen=True, slots=True)
class Stated:
    """A figure of a document, with every line it stands in. severity: of the gravest finding that
    it has a part in. beside: the line that this finding points to, where that is another's."""

    claim: Claim
    lines: tuple[int, ...]
    severity: int
    rules: tuple[str, ...]
    beside: int | None = None


def documents(material: Material) -> Section | None:
    """A table for each document; None where there is none, or none with a figure of this kind.

    Raises BadFile when a document cannot be read.
    """
    blocks: list[Block] = []
    for path, audit in material.documents:
        stated = _stated(audit)
        if stated:
            blocks += [Heading(path.name)] if len(material.documents) > 1 else []
            blocks += _beside(material, path, stated)
    return Section("document", "The document’s figures and ours", tuple(blocks)) if blocks else None


def _stated(audit: Audit) -> list[Stated]:
    """Each figure once, the most severe verdict first, then as they stand in the document."""
    found: dict[tuple[str, ...], list[Claim]] = {}
    for claim in audit.claims:
        if claim.metric in READ and claim.number is not None and claim.number.exact:
            about = (claim.context.get(key, "") for key in ("split", "dataset"))
            found.setdefault((claim.metric, str(claim.number.value), *about), []).append(claim)
    stated = []
    for claims in found.values():
        findings = [f for f in audit.findings if any(c in f.claims for c in claims)]
        worst = min((f.severity for f in findings), default=CLEAN)
        gravest = [f for f in findings if f.severity == worst]
        rules = dict.fromkeys(f.rule for f in gravest)
        lines = tuple(dict.fromkeys(claim.place.named[1] for claim in claims))
        points_to = [f.place.named[1] for f in gravest]
        beside = None if not points_to or set(points_to) & set(lines) else points_to[0]
        stated.append(Stated(claims[0], lines, worst, tuple(rules), beside))
    return sorted(stated, key=lambda one: (one.severity, one.beside is not None))


def _beside(material: Material, path: Path, stated: list[Stated]) -> list[Block]:
    arms = [arm for one in material.sets for arm in one.measured]
    shown = arms[:MAX_ARMS]
    notes = [
        "± is half a 95 % interval of the mean over seeds. Ours on training images are without "
        "augmentation."
    ]
    if len(arms) > len(shown):
        notes.append(f"The first {MAX_ARMS} of {len(arms)} arms.")
    if len(stated) > MAX_ROWS:
        notes.append(f"The first {MAX_ROWS} of {len(stated)} figures.")
    return [
        Paragraph(
            f"{counted(len(stated), 'figure')} of {path.name}, {_in_short(stated)}. Why is said "
            "under “Audit of these figures”."
        ),
        Table(
            f"What {path.name} states, and what these runs measured",
            (
                Column("Figure"),
                Column("Stated", "number"),
                *(Column(arm.name, "number") for arm in shown),
                Column("Audit"),
                Column("Line", "number"),
            ),
            tuple(_row(one, shown) for one in stated[:MAX_ROWS]),
            note=" ".join(notes),
        ),
    ]


def _in_short(stated: list[Stated]) -> str:
    """Such as "1 impossible and 5 implausible", of the figures that findings point to."""
    pointed = [one.severity for one in stated if one.beside is None and one.severity < CLEAN]
    told = [f"{pointed.count(at)} {VERDICTS[at]}" for at in sorted(set(pointed))]
    return listed(told) if told else "none of which the audit doubts"


def _row(one: Stated, arms: list[ArmRuns]) -> tuple[Text, ...]:
    claim = one.claim
    assert claim.number is not None
    return (
        _named(claim),
        claim.number.text,
        *(_ours(claim, arm) for arm in arms),
        _verdict(one),
        ", ".join(map(str, one.lines[:3])) + (" …" if len(one.lines) > 3 else ""),
    )


def _named(claim: Claim) -> str:
    split = {"train": "training"}.get(found := claim.context.get("split", ""), found)
    known = Facts().dataset_of(claim)
    on = known.title if known is not None else claim.context.get("dataset", "")
    said = f"{split} {READ[claim.metric][0]}".strip()
    return f"{said[:1].upper()}{said[1:]}{f', {on}' if on else ''}"


def _verdict(one: Stated) -> Text:
    if one.severity == CLEAN:
        return "nothing found"
    parts: list[Code | Chip | str] = [Chip(VERDICTS[one.severity], one.severity)]
    for rule in one.rules:
        parts += [" ", Code(rule)]
    if one.beside is not None:
        # Both stand in the finding; which of them is wrong it does not say of this one.
        parts = [f"see line {one.beside} (", *parts, ")"]
    return tuple(parts)


def _ours(claim: Claim, arm: ArmRuns) -> Text:
    """The arm's own figure where the document speaks of the same data set; else none."""
    about, ours = Facts().dataset_of(claim), Facts.dataset(arm.first.data.name)
    if about is None or ours is None or about.name != ours.name:
        return ABSENT
    read = READ[claim.metric][1]
    trained = claim.context.get("split") == "train"

    def of(record: Record) -> Evaluation | None:
        return record.train_result if trained else record.result

    found = [one for run in arm.complete if (one := of(run.record)) is not None]
    if not found:
        return ABSENT
    sample = Sample(tuple(read(one) for one in found))
    return with_interval(sample, nats if claim.metric == "loss" else fixed)
