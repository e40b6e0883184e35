"""What every arm was tuned with, and whether verdicts survive another learning rate."""

from __future__ import annotations

from bakeoff.records.manifest import TunedArm, TuningFacts
from bakeoff.reporting.document import Arm, Block, Code, Column, Paragraph, Table, Text
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import ABSENT, count, counted, percent, short
from bakeoff.reporting.recipes import written

_SURVIVES: dict[bool | None, str] = {True: "yes", False: "no", None: "undecided"}
"""None: no rate decided anything that another could overturn."""


def tuning(material: Material) -> list[Block]:
    """Tables of tuning and of other learning rates; a sentence where there was neither."""
    blocks: list[Block] = []
    for plan in material.plans:
        if (facts := plan.tuning) is not None:
            # Trials on two data sets are told apart: each set's arms were tuned on it alone.
            where = f" on {material.title_of(plan)}" if len(material.plans) > 1 else ""
            blocks += [Paragraph(_how(facts, where)), _chosen(facts, where)]
            blocks += [_trials(arm, where) for arm in facts.arms]
    rates = _rates(material)
    if rates is not None:
        blocks.append(rates)
    if not blocks and len(material.arms) > 1:
        blocks.append(
            Paragraph(
                "Nothing here shows that the arms were tuned alike, and none was run at another "
                "learning rate: a difference may be one of tuning."
            )
        )
    return blocks


def _how(facts: TuningFacts, where: str) -> str:
    images, seconds, _ = facts.cost()
    each = luck = ""
    if facts.searches == "per-seed":
        each = " for each of its seeds"
        one = len({arm.arm for arm in facts.arms}) * facts.trials
        made = sum(len(arm.trials) for arm in facts.arms)
        luck = (
            " Each seed had a search of its own, with its own points and held-out images, so the "
            f"luck of a search is part of the spread between seeds: {made:,} trials instead of the "
            f"{one:,} of one search."
        )
    return (
        f"Every arm was tuned{where} with {counted(facts.trials, 'trial')}{each} ({facts.search} "
        f"search, seed {facts.seed}) on {count(facts.training_images)} training images, judged on "
        f"{count(facts.held_out_images)} others that were held out of the training set. No test "
        f"image was looked at. All trials together saw {count(images)} images in "
        f"{short(seconds / 60)} minutes, which the cost of the runs does not contain.{luck}"
    )


def _chosen(facts: TuningFacts, where: str) -> Table:
    rows: list[tuple[Text, ...]] = []
    for arm in facts.arms:
        _, seconds, _ = facts.cost(arm)
        for key, words in arm.ranges.items():
            rows.append(
                (
                    (Arm(arm.arm), "" if arm.seed is None else f", seed {arm.seed}"),
                    (Code(key),),
                    words,
                    written(arm.chosen[key]),
                    f"{arm.trial}",
                    f"{arm.failed} of {len(arm.trials)}",
                    short(seconds / 60),
                )
            )
    return Table(
        f"What was tuned{where}, and what was chosen",
        (
            Column("Arm"),
            Column("Value"),
            Column("Range"),
            Column("Chosen", "number"),
            Column("Trial", "number"),
            Column("Failed", "number"),
            Column("Minutes", "number"),
        ),
        tuple(rows),
    )


def _trials(arm: TunedArm, where: str) -> Table:
    keys = list(arm.ranges)
    of_seed = "" if arm.seed is None else f" for seed {arm.seed}"
    return Table(
        ("Trials of ", Arm(arm.arm), f"{of_seed}{where}, on held-out training images"),
        (
            Column("Trial"),
            *(Column(key, "number") for key in keys),
            Column("Accuracy", "number"),
            Column("Images", "number"),
        ),
        tuple(
            (
                f"{trial.number}" + (" (chosen)" if trial.number == arm.trial else ""),
                *(written(trial.values[key]) for key in keys),
                percent(trial.accuracy) if trial.accuracy is not None else trial.status,
                count(trial.images),
            )
            for trial in arm.trials
        ),
        folded="every trial",
    )


def _rates(material: Material) -> Table | None:
    verdicts = [row for one in material.sets for row in one.judged.of_metric("accuracy")]
    rows = [row for row in verdicts if row.verdict_at_rates]
    if not rows:
        return None
    factors = list(dict.fromkeys(factor for row in rows for factor in row.verdict_at_rates))
    return Table(
        "Verdicts on accuracy with both arms at another learning rate",
        (
            Column("First arm"),
            Column("Second arm"),
            Column("First is"),
            *(Column(f"At × {factor}") for factor in factors),
            Column("Survives"),
        ),
        tuple(
            (
                (Arm(row.a),),
                (Arm(row.b),),
                row.verdict,
                *(row.verdict_at_rates.get(factor, ABSENT) for factor in factors),
                _SURVIVES[row.survives_rate],
            )
            for row in rows
        ),
    )
