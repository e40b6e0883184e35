"""Accuracy, loss and cost compared between the arms."""

from __future__ import annotations

from bakeoff.comparison.curves import overcounted_flops
from bakeoff.comparison.metrics import METRICS, about
from bakeoff.comparison.numbers import sentence_case
from bakeoff.comparison.result import PairVerdict
from bakeoff.comparison.summary import ranks_left_open
from bakeoff.records.flops_counting import overcounted
from bakeoff.reporting.charts.final import cost_accuracy
from bakeoff.reporting.document import (
    Arm,
    Block,
    Column,
    Folded,
    Items,
    Paragraph,
    Section,
    Table,
    Text,
)
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import (
    ABSENT,
    NBSP,
    count,
    duration,
    fixed,
    flops,
    listed,
    p_value,
    signed,
    size,
)
from bakeoff.reporting.parts.looks import looks
from bakeoff.reporting.parts.results import MARKED

MAX_PAIRS = 60
MAX_REASONED = 12
MAIN = ("accuracy", "loss")


def compared(material: Material) -> Section:
    blocks: list[Block] = [Paragraph(text) for text in material.judged.refusals]
    rows = [row for row in material.judged.rows if row.scope != "plan"]
    decides = material.primary
    if decides != "accuracy":
        said = [row.sentence for row in material.judged.of_metric(decides)]
        blocks.append(
            Paragraph(
                f"This bake-off decides by {METRICS[decides].title}, as was said before the runs; "
                "accuracy is described until that decided."
            )
        )
        blocks.append(Items(tuple(map(sentence_case, said))))
    if rows:
        others = [row for row in rows if row.metric not in MAIN]
        main = [row for row in rows if row.metric in MAIN]
        more: list[Block] = [_differences(main, "Accuracy and cross-entropy")]
        more += [_differences(others, "Other metrics")] if others else []
        more += [*_size(material), *_reasons(material), *_ranks(material), *_notes(material)]
        blocks.append(Folded("All pairs of arms, effect sizes and reasons", tuple(more)))
    elif not blocks:
        blocks.append(Paragraph("There are no two arms with results to compare."))
    blocks += looks(material)
    chart = cost_accuracy(material.measured, material.page_names)
    if chart:
        blocks.insert(0, chart)
    if any(arm.costs(lambda cost: cost.seconds) for arm in material.measured):
        blocks.insert(0, _costs(material))
    return Section("compared", "Accuracy, loss and cost compared", tuple(blocks))


def over_all_sets(material: Material) -> Section | None:
    """One answer over all data sets; None where the arms were run on one."""
    over = material.sets[0].judged.over if len(material.sets) > 1 else ()
    if not over:
        return None
    return Section(
        "over-data-sets",
        "Over all data sets",
        (
            Items(tuple(sentence_case(one.sentence) for one in over)),
            Paragraph(
                "Each set is one value, however many runs stand behind it: the answer speaks of "
                "other data sets like these. It has an error rate of its own, beside the one that "
                "the verdicts on each set share."
            ),
        ),
    )


def _ranks(material: Material) -> list[Block]:
    """Which ranks the verdicts leave open to each of three arms or more."""
    names = [arm.name for arm in material.measured]
    rows = material.judged.of_metric("accuracy")
    if len(names) < 3 or not rows:
        return []
    found = ranks_left_open(names, rows)
    said = [
        f"{name} {best}" if best == worst else f"{name} {best} to {worst}"
        for name, (best, worst) in sorted(found.items(), key=lambda one: one[1])
    ]
    told = f"Ranks in accuracy that the verdicts leave open, all at once: {listed(said)}."
    return [Items((told,), folded="Which ranks the verdicts leave open")]


def _differences(rows: list[PairVerdict], folded: str = "") -> Table:
    shown = rows[:MAX_PAIRS]
    tests = sorted({row.test for row in rows if row.p is not None})
    return Table(
        "Difference between arms, first minus second"
        + ("" if rows[0].metric in MAIN else ", other metrics"),
        (
            Column("First"),
            Column("First is"),
            Column("Second"),
            Column("Metric"),
            Column("Difference", "number"),
            Column("95 % interval", "number"),
            Column("p, adjusted", "number"),
            Column("Seeds", "number"),
        ),
        tuple(
            (
                (Arm(row.a),),
                MARKED[row.verdict],
                (Arm(row.b),),
                f"{about(row.metric).title} ({row.unit})",
                ABSENT if row.difference is None else signed(row.difference, _digits(row)),
                ABSENT
                if row.interval is None
                else f"{signed(row.interval.low, _digits(row))} to "
                f"{signed(row.interval.high, _digits(row))}",
                p_value(row.p_adjusted),
                str(row.n_a) if row.n_a == row.n_b else f"{row.n_a} and {row.n_b}",
            )
            for row in shown
        ),
        note=(f"Test: {listed(tests)}. " if tests else "No test could be made. ")
        + "p is two-sided and Holm-adjusted over all pairs of arms within a metric. A lower loss "
        "and a lower calibration error are better."
        + (f" {len(shown)} of {len(rows):,} rows." if len(shown) < len(rows) else ""),
        folded=folded,
    )


def _digits(row: PairVerdict) -> int:
    return {"nats": 4, "s": 0}.get(row.unit, 2)


def _size(material: Material) -> list[Block]:
    """Beside the test: how large the difference is, how often it shows, what would be seen."""
    rows = [row for row in material.judged.of_metric("accuracy") if row.p_superiority is not None]
    if not rows:
        return []
    return [
        Table(
            "How large the difference in accuracy is",
            (
                Column("First"),
                Column("Second"),
                Column("Effect size (g)", "number"),
                Column("P(first better)", "number"),
                Column("Its 95 % interval", "number"),
                Column("Exact permutation p", "number"),
                Column("Would show", "number"),
                Column("More seeds each", "number"),
            ),
            tuple(
                (
                    (Arm(row.a),),
                    (Arm(row.b),),
                    ABSENT if row.effect_size is None else signed(row.effect_size, 1),
                    fixed(row.p_superiority),
                    ABSENT
                    if row.p_superiority_interval is None
                    else f"{fixed(row.p_superiority_interval.low)} to "
                    f"{fixed(row.p_superiority_interval.high)}",
                    p_value(row.permutation_p),
                    ABSENT
                    if row.detectable_difference is None
                    else f"{fixed(row.detectable_difference)}{NBSP}points",
                    ABSENT if row.more_seeds is None else count(row.more_seeds),
                )
                for row in rows[:MAX_PAIRS]
            ),
            folded="Effect sizes, and what these seeds would show",
            note="g is Hedges’ g, the difference in standard deviations over seeds. P(first "
            "better) is the chance that a new run of the first is better than a new run of the "
            "second. “Would show” is the smallest true difference that these seeds show with a "
            "chance of 80 %. The permutation test exists from 4 seeds each.",
        )
    ]


def _notes(material: Material) -> list[Block]:
    """How the other metrics were had."""
    notes = tuple(sentence_case(note) for note in material.judged.notes)
    return [Items(notes, folded="How these metrics were had")] if notes else []


def _reasons(material: Material) -> list[Block]:
    """What all verdicts share is said once; what is a pair's own stands beside the pair."""
    rows = [row for row in material.judged.of_metric("accuracy") if row.reasons]
    if not rows:
        return []
    shared = [r for r in rows[0].reasons if all(r in row.reasons for row in rows)]
    own = [(row, [r for r in row.reasons if r not in shared]) for row in rows]
    items: list[Text] = [f"{sentence_case('; '.join(shared))}"] if shared else []
    items += [
        (Arm(row.a), " against ", Arm(row.b), f": {'; '.join(reasons)}.")
        for row, reasons in own[:MAX_REASONED]
        if reasons
    ]
    return [Items(tuple(items), folded="Why these tests, and what limits them")]


def _overcounted(material: Material) -> str:
    """Which arms' FLOPs an older record counted too high, where the notes have not said it."""
    arms = [(arm.name, overcounted(arm.first)) for arm in material.measured if arm.complete]
    told = [note for note in overcounted_flops(arms) if note not in material.judged.notes]
    return "".join(f" {sentence_case(note)}." for note in told)


def _costs(material: Material) -> Table:
    rows = []
    # Equal numbers of images stand among the conditions.
    differ = len({arm.first.budget.images for arm in material.measured}) > 1
    for arm in material.measured:
        if not arm.costs(lambda cost: cost.seconds):
            continue
        means = {
            name: sample.mean
            for name in (
                "images",
                "flops",
                "seconds",
                "images_per_second",
                "evaluation_seconds",
                "peak_memory_bytes",
            )
            if (sample := arm.costs(lambda cost, name=name: float(getattr(cost, name))))  # type: ignore[misc]
        }
        rows.append(
            (
                (Arm(arm.name),),
                *((count(means["images"]),) if differ else ()),
                flops(means["flops"]),
                duration(means["seconds"]),
                count(means["images_per_second"]),
                duration(means["evaluation_seconds"]),
                size(means["peak_memory_bytes"]),
                arm.first.environment.device,
            )
        )
    devices = {str(row[-1]) for row in rows}
    return Table(
        "Cost of a run, mean over seeds",
        (
            Column("Arm"),
            *((Column("Images", "number"),) if differ else ()),
            Column("Arithmetic", "number"),
            Column("Training", "number"),
            Column("Images/s", "number"),
            Column("Evaluation", "number"),
            Column("Peak memory", "number"),
            *(() if len(devices) == 1 else (Column("Device"),)),
        ),
        tuple(row if len(devices) > 1 else row[:-1] for row in rows),
        note="Arithmetic: forward and backward passes, by torch’s counter."
        + (f" Device: {devices.pop()}." if len(devices) == 1 else "")
        + _overcounted(material),
    )
