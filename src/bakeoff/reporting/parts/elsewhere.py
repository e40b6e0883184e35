"""The finished networks on other test sets, by which nothing was chosen."""

from __future__ import annotations

from bakeoff.records.schema import AlsoTested
from bakeoff.reporting.arms import ArmRuns, Sample
from bakeoff.reporting.document import Arm, Block, Column, Table
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import fixed
from bakeoff.reporting.parts.samples import with_interval


def elsewhere(material: Material) -> list[Block]:
    """Every arm's accuracy on each other test set; nothing where there is none."""
    sets: dict[str, AlsoTested] = {}
    for arm in material.measured:
        for run in arm.complete:
            sets |= {also.data.test_hash: also for also in run.record.also_tested}
    if not sets:
        return []
    return [
        Table(
            "Accuracy (%) on other test sets, mean over seeds ± half-width of its 95 % interval",
            (
                Column("Arm"),
                *(Column(also.data.title or also.data.name, "number") for also in sets.values()),
            ),
            tuple(
                ((Arm(arm.name),), *(_accuracy(arm, test_hash) for test_hash in sets))
                for arm in material.measured
            ),
            note="The finished networks of the runs above, on "
            + ", ".join(
                f"{also.data.test_images:,} images of {also.data.title or also.data.name}"
                for also in sets.values()
            )
            + ". Nothing was chosen by them; which arm is better there is described, unless all "
            "metrics are corrected together (compare --family all).",
        )
    ]


def _accuracy(arm: ArmRuns, test_hash: str) -> str:
    values = [
        also.result.accuracy
        for run in arm.complete
        for also in run.record.also_tested
        if also.data.test_hash == test_hash
    ]
    return with_interval(Sample(tuple(values)) if values else None, fixed)
