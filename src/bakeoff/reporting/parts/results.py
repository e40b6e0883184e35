"""The bake-off's own results at the last epoch, with intervals, and its learning curves."""

from __future__ import annotations

from bakeoff.comparison.result import PairVerdict
from bakeoff.reporting.arms import ArmRuns, Sample
from bakeoff.reporting.charts.curves import Axis, Metric, learning_curves
from bakeoff.reporting.charts.objective import objective_curve
from bakeoff.reporting.document import (
    Arm,
    Block,
    Chart,
    Column,
    Folded,
    Items,
    Paragraph,
    Section,
    Table,
    Text,
    Views,
)
from bakeoff.reporting.judging import TURNED
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, NBSP, counted, fixed, listed, nats, p_value, signed
from bakeoff.reporting.parts.elsewhere import elsewhere
from bakeoff.reporting.parts.samples import with_interval
from bakeoff.reporting.score.making import reference_of
from bakeoff.statistics import wilson_interval

MAX_FAILURES = 50
MARKED = {
    "better": "▲ better",
    "worse": "▼ worse",
    "same": "= the same",
    "cannot tell": "? undecided",
}
METRICS: tuple[Metric, ...] = ("loss", "accuracy")


def results(material: Material) -> Section:
    blocks: list[Block] = []
    if material.measured:
        more: list[Block] = [_accuracies(material)]
        if any(arm.results(lambda found: found.loss) for arm in material.measured):
            more.append(_losses(material))
        more += _images(material)
        blocks += [main_table(material), *elsewhere(material), *_curves(material)]
        blocks.append(Folded("Spread, top 5, training images, calibration", tuple(more)))
    else:
        blocks.append(Paragraph("No run ended with a result."))
        if any(arm.curve for arm in material.arms):
            blocks += _curves(material)
    blocks += _failures(material)
    return Section("results", "Results at the last epoch", tuple(blocks))


def main_table(material: Material) -> Table:
    """Every arm against the reference: the verdict first, then what it rests on."""
    reference = reference_of(material)
    base = reference.name if reference else ""
    rows = [
        _against(arm, base, material.judged.between(arm.name, base))
        for arm in sorted(
            material.measured, key=lambda arm: -(arm.accuracy.mean if arm.accuracy else 0.0)
        )
    ]
    failed = [((Arm(one.arm),), f"✗ {one.briefly}", *(ABSENT,) * 5) for one in material.untrained]
    judged = [row for row in material.judged.of_metric("accuracy") if row.p is not None]
    tests = listed(sorted({row.test for row in judged}), "or")
    how = f" Test: {tests}" if tests else ""
    if how and len(judged) > 1:
        how += f", p adjusted for {len(judged)} pairs (Holm)"
    return Table(
        ("Test results at the last epoch", *((", against ", Arm(base)) if len(rows) > 1 else ())),
        (
            Column("Arm"),
            Column("Verdict"),
            Column("Accuracy (%)", "number", best="high"),
            Column("Difference (points)", "number"),
            Column("p", "number"),
            Column("Cross-entropy (nats)", "number", best="low"),
            Column("Seeds", "number"),
        ),
        (*rows, *failed),
        note=f"±: half-width of the 95{NBSP}% interval over seeds.{how}{'.' if how else ''}",
    )


def _against(arm: ArmRuns, reference: str, row: PairVerdict | None) -> tuple[Text, ...]:
    difference = p = ABSENT
    said = "reference" if arm.name == reference else "not compared"
    if row is not None:
        turned = row.a != arm.name
        said = MARKED[TURNED[row.verdict] if turned else row.verdict]
        p = p_value(row.p_adjusted)
        if row.difference is not None:
            difference = signed(-row.difference if turned else row.difference)
            if row.interval is not None:
                difference += f" ± {fixed(row.interval.half_width)}"
    return (
        (Arm(arm.name),),
        said,
        with_interval(arm.accuracy, fixed),
        difference,
        p,
        with_interval(arm.results(lambda found: found.loss), nats),
        str(len(arm.complete)),
    )


def _accuracies(material: Material) -> Table:
    return Table(
        "Accuracy (%), mean over seeds ± half-width of its 95 % interval",
        (
            Column("Arm"),
            Column("Seeds", "number"),
            Column("Test", "number"),
            Column("SD over seeds", "number"),
            Column("Test, top 5", "number"),
            Column("Training images", "number"),
        ),
        tuple(
            (
                (Arm(arm.name),),
                str(len(arm.complete)),
                with_interval(arm.accuracy, fixed),
                spread(arm.accuracy),
                with_interval(arm.results(lambda found: found.top5), fixed),
                with_interval(arm.training("accuracy"), fixed),
            )
            for arm in material.measured
        )
        + tuple(((Arm(one.arm),), "0", one.briefly, *(ABSENT,) * 3) for one in material.untrained),
        note="Always the last epoch, never the best one. Intervals are Student’s t over seeds; "
        "with one seed there is none.",
        folded="Spread over seeds, top 5, training images",
    )


def _losses(material: Material) -> Table:
    return Table(
        "Test cross-entropy (nats per image) and calibration, mean over seeds ± half-width",
        (
            Column("Arm"),
            Column("Test loss", "number"),
            Column("Training loss", "number"),
            Column("Calibration error (%)", "number"),
        ),
        tuple(
            (
                (Arm(arm.name),),
                with_interval(arm.results(lambda found: found.loss), nats),
                with_interval(arm.training("loss"), nats),
                with_interval(arm.results(lambda found: found.calibration_error), fixed),
            )
            for arm in material.measured
        ),
        note="Test cross-entropy (NLL): in evaluation mode, no augmentation, no label smoothing. "
        "Calibration error: 15 equal-width bins.",
        folded="Test cross-entropy and calibration",
    )


def _images(material: Material) -> list[Block]:
    """How many images stand behind the figures, and what they alone leave uncertain."""
    record = material.measured[0].first
    assert record.result is not None
    if not record.result.images:
        return []
    images, correct = record.result.images, record.result.correct
    low, high = wilson_interval(correct, images)
    every = [run.record for arm in material.measured for run in arm.complete]
    subsets = {r.train_subset.index_hash: r.train_subset.images for r in every if r.train_subset}
    train = ""
    if subsets:
        sizes = counted(max(subsets.values()), "recorded training image")
        alike = "the same for every run" if len(subsets) == 1 else "not the same for every run"
        train = f" Train figures are on {sizes}, {alike}."
    text = (
        f"Test figures are on all {counted(images, 'test image')}. For one run alone, the choice "
        f"of test images leaves an uncertainty: {correct:,} right of {images:,} is "
        f"{fixed(100 * correct / images)}{NBSP}% with a 95{NBSP}% Wilson interval of "
        f"{fixed(100 * low)} to {fixed(100 * high)}{NBSP}%.{train}"
    )
    return [Items((text,), folded="How many images stand behind this")]


def _curves(material: Material) -> list[Block]:
    arms = tuple(arm for arm in material.arms if arm.complete or arm.curve)
    if all(len(arm.curve) < 2 for arm in arms):
        found: list[Chart | Views | None] = [
            objective_curve(material.measured, material.page_names)
        ]
        said: list[Block] = [
            Paragraph(
                "Each run was evaluated once, at its end, so there are no learning curves on the "
                "test set."
            )
        ]
    else:
        said = []
        # Another tool's log tells epochs alone.
        axes: tuple[Axis, ...] = ("epoch",) if material.imported else ("epoch", "images", "minutes")
        found = [learning_curves(arms, material.page_names, metric, axes) for metric in METRICS]
    return [*said, *(chart for chart in found if chart is not None)]


def _failures(material: Material) -> list[Block]:
    rows = tuple(
        (
            (Arm(arm.name),),
            str(run.record.seed),
            run.record.failure.kind if run.record.failure else run.record.status,
            str(run.record.failure.step) if run.record.failure else ABSENT,
            f"{run.record.failure.message}. {run.record.failure.advice}".strip()
            if run.record.failure
            else ABSENT,
        )
        for arm in material.arms
        for run in arm.failed
    )
    if not rows:
        return []
    return [
        Table(
            f"Failed runs: {len(rows)} of {len(material.records)}",
            (
                Column("Arm"),
                Column("Seed", "number"),
                Column("Kind"),
                Column("Step", "number"),
                Column("What happened"),
            ),
            rows[:MAX_FAILURES],
            note=f"The first {MAX_FAILURES}." if len(rows) > MAX_FAILURES else "",
        )
    ]


def spread(sample: Sample | None) -> str:
    return ABSENT if sample is None or sample.sd is None else fixed(sample.sd)
