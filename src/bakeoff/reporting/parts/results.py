"""The bake-off's own results at the last epoch, with intervals, and its learning curves."""

from __future__ import annotations

from collections.abc import Callable

from bakeoff.reporting.arms import Sample
from bakeoff.reporting.charts.curves import Axis, Metric, learning_curve
from bakeoff.reporting.charts.objective import objective_curve
from bakeoff.reporting.document import Arm, Block, Column, Paragraph, Section, Table
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, NBSP, counted, fixed, nats
from bakeoff.statistics import wilson_interval

MAX_FAILURES = 50
CURVES: tuple[tuple[Metric, Axis], ...] = (
    ("accuracy", "epoch"),
    ("accuracy", "minutes"),
    ("loss", "epoch"),
    ("loss", "minutes"),
)


def results(material: Material) -> Section:
    blocks: list[Block] = []
    if material.measured:
        blocks.append(_accuracies(material))
        if any(arm.results(lambda found: found.loss) for arm in material.measured):
            blocks.append(_losses(material))
        blocks += _images(material)
        blocks += _curves(material)
    else:
        blocks.append(Paragraph("No run ended with a result."))
    blocks += _failures(material)
    return Section("results", "Results at the last epoch", tuple(blocks))


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
    return [
        Paragraph(
            f"Test figures are on all {counted(images, 'test image')}. For one run alone, the "
            f"choice of test images leaves an uncertainty: {correct:,} right of {images:,} is "
            f"{fixed(100 * correct / images)}{NBSP}% with a 95{NBSP}% Wilson interval of "
            f"{fixed(100 * low)} to {fixed(100 * high)}{NBSP}%.{train}"
        )
    ]


def _curves(material: Material) -> list[Block]:
    if all(len(arm.curve) < 2 for arm in material.measured):
        found = [objective_curve(material.measured, material.page_names)]
        said: list[Block] = [
            Paragraph(
                "Each run was evaluated once, at its end, so there are no learning curves on the "
                "test set."
            )
        ]
    else:
        said = []
        found = [
            learning_curve(material.measured, material.page_names, metric, axis)
            for metric, axis in CURVES
            if axis == "epoch" or not material.imported
        ]
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


def with_interval(sample: Sample | None, write: Callable[[float], str]) -> str:
    """ "98.87 ± 0.12"; the mean alone where there is no interval."""
    if sample is None:
        return ABSENT
    half, mean = sample.half, write(sample.mean)
    if half is None:
        return mean
    # A mean and its interval end at the same decimal.
    return f"{mean} ± {fixed(half, len(mean.partition('.')[2]))}"


def spread(sample: Sample | None) -> str:
    return ABSENT if sample is None or sample.sd is None else fixed(sample.sd)
