"""Seeds until it is decided: the planned looks, and the path of every pair through them."""

from __future__ import annotations

from bakeoff.records.looks import LookPlan, LookTaken
from bakeoff.reporting.document import Arm, Block, Column, Paragraph, Table, Text
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import listed, short

_CAME = {
    "decided": "decided",
    "given up": "given up: too little is seen",
    "open": "open",
    "undecided": "undecided at the last look",
}
_TESTS = {
    "joint": "Welch’s test or ranks, calibrated together",
    "welch": "Welch’s test",
    "paired": "the paired t test",
}


def looks(material: Material) -> list[Block]:
    """What was planned and what each look saw; nothing where all seeds run."""
    blocks: list[Block] = []
    for plan in material.plans:
        if plan.look_plan is None:
            continue
        where = f" on {material.title_of(plan)}" if len(material.plans) > 1 else ""
        blocks.append(Paragraph(_planned(plan.look_plan, plan.looks, where)))
        if plan.looks:
            blocks.append(_path(plan.looks, where))
    return blocks


def _planned(plan: LookPlan, taken: tuple[LookTaken, ...], where: str) -> str:
    after = listed([str(seeds) for seeds in plan.looks])
    ahead = [seeds for seeds in plan.looks if not taken or seeds > taken[-1].seeds]
    going = bool(ahead) and (not taken or bool(taken[-1].running))
    come = f" The next look comes after {ahead[0]} seeds." if going else " No more seeds are due."
    gives_up = ", and a pair that shows too little is given up" if plan.give_up else ""
    return (
        f"Seeds ran{where} until it was decided: looks after {after} seeds of each arm were "
        f"planned before the first run. {_TESTS[plan.test].capitalize()} decides at each"
        f"{gives_up}; all looks and pairs together make a false winner in "
        f"{short(100 * plan.alpha)} % at most. {len(taken)} of {len(plan.looks)} looks were "
        f"taken.{come}"
    )


def _path(taken: tuple[LookTaken, ...], where: str) -> Table:
    rows: list[tuple[Text, ...]] = []
    for look in taken:
        for pair in look.pairs:
            won = f"decided: {pair.winner} is better" if pair.winner else _CAME[pair.stop]
            rows.append(
                (
                    str(look.seeds),
                    (Arm(pair.a),),
                    (Arm(pair.b),),
                    short(pair.p),
                    short(pair.bound),
                    won,
                )
            )
    return Table(
        f"The path of every pair through the looks{where}, and the boundary at each",
        (
            Column("Seeds of each", "number"),
            Column("First"),
            Column("Second"),
            Column("p at this look", "number"),
            Column("p needed", "number"),
            Column("What came of it"),
        ),
        tuple(rows),
        note="p is of the runs up to this look alone; the boundary is that of all looks together, "
        "where pairs are corrected together as well.",
    )
