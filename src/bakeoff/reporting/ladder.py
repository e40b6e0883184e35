"""What each ingredient of a recipe does: the whole recipe beside the recipe without it.

Only bake-offs that were planned as an ablation have a ladder; it is never guessed from names.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bakeoff.comparison.result import PairVerdict, Word
from bakeoff.reporting.arms import ArmRuns
from bakeoff.reporting.document import Arm, Code, Inline, Text
from bakeoff.reporting.judging import TURNED
from bakeoff.reporting.material import Material
from bakeoff.reporting.numbers import NBSP, fixed, signed


@dataclass(frozen=True, slots=True)
class Rung:
    """An ingredient left out. difference: accuracy without it minus with it, in points.

    low, high: of its 95 % interval, None where there is none. verdict: on the recipe without it.
    """

    ingredient: str
    arm: ArmRuns
    difference: float
    low: float | None
    high: float | None
    verdict: Word | None
    row: PairVerdict | None


@dataclass(frozen=True, slots=True)
class Ladder:
    """whole: the recipe with everything in it. rungs: what hurts most when left out comes first."""

    whole: ArmRuns
    rungs: tuple[Rung, ...]

    @property
    def of_models(self) -> bool:
        """Whether one run each speaks, so of models and not of ingredients."""
        return any(rung.row is not None and rung.row.scope == "models" for rung in self.rungs)


def read_ladder(material: Material) -> Ladder | None:
    """The ladder of one test set; None where the bake-off left nothing out, or the whole failed."""
    plan = material.manifest
    if plan is None or not plan.ablates:
        return None
    without = {arm.name: arm.without for arm in plan.arms if arm.without}
    rest = [arm for arm in plan.arms if not arm.without]
    names = (plan.ablates, Path(plan.ablates).stem)
    planned = next((arm.name for arm in rest if arm.recipe in names), rest[0].name if rest else "")
    by_name = {arm.planned: arm for arm in material.measured}
    whole = by_name.get(planned)
    if whole is None or whole.accuracy is None:
        return None
    rungs = [
        _rung(material, whole, by_name[name], ingredient)
        for name, ingredient in without.items()
        if name in by_name
    ]
    if not rungs:
        return None
    return Ladder(whole, tuple(sorted(rungs, key=lambda rung: rung.difference)))


def _rung(material: Material, whole: ArmRuns, arm: ArmRuns, ingredient: str) -> Rung:
    assert whole.accuracy is not None
    assert arm.accuracy is not None
    row = material.judged.between(arm.name, whole.name)
    turned = row is not None and row.a != arm.name
    low = high = None
    if row is not None and row.interval is not None:
        low, high = row.interval.low, row.interval.high
        low, high = (-high, -low) if turned else (low, high)
    word = None if row is None else TURNED[row.verdict] if turned else row.verdict
    difference = arm.accuracy.mean - whole.accuracy.mean
    return Rung(ingredient, arm, difference, low, high, word, row)


def ladder_verdict(material: Material) -> Text | None:
    """One sentence on an ablation: what costs accuracy when left out, and what cannot be told."""
    ladder = read_ladder(material)
    if ladder is None:
        return None
    where = ladder.whole.first.data.title
    subject = "These models of " if ladder.of_models else ""
    parts: list[Inline] = [subject, Arm(ladder.whole.name), f" on {where}, one ingredient left out"]
    if ladder.of_models:
        parts.append(" (one seed each, so models are told apart and not ingredients)")
    told = False
    for word, words in (
        ("worse", "it is worse without "),
        ("better", "it is better without "),
        ("same", "it is the same within the stated margin without "),
        ("cannot tell", "no difference can be told without "),
        (None, "it was not compared with the recipe without "),
    ):
        found = [rung for rung in ladder.rungs if rung.verdict == word]
        if not found:
            continue
        parts += ["; " if told else ": ", words]
        for index, rung in enumerate(found):
            last = index == len(found) - 1
            parts += ["" if index == 0 else " and " if last else ", ", Code(rung.ingredient)]
            if word in ("worse", "better"):
                parts.append(f" ({gap(rung)})")
        told = True
    return (*parts, ".")


def gap(rung: Rung) -> str:
    """ "−0.42 ± 0.19 points"; both ends where the interval is not even around the difference."""
    if rung.low is None or rung.high is None:
        return f"{signed(rung.difference)}{NBSP}points"
    below, above = rung.difference - rung.low, rung.high - rung.difference
    if abs(below - above) < 0.02 * max(below, above, 0.01):
        return f"{signed(rung.difference)} ± {fixed(above)}{NBSP}points"
    return f"{signed(rung.difference)}{NBSP}points, {signed(rung.low)} to {signed(rung.high)}"
