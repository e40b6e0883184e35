"""Verdicts over several budgets in words."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

from bakeoff.comparison.numbers import amount
from bakeoff.comparison.result import AcrossBudgets, AtBudget, Crossing, Foretold


def sentence(found: AcrossBudgets, level: float) -> AcrossBudgets:
    """The same with its sentence: who is ahead where, the crossing, and what a law foretold."""
    where = f" on {found.data}" if found.data else ""
    said = [
        f"{found.a} against {found.b}{where}: {_ahead(found)}.",
        *(_crossing(found, one, level) for one in found.crossings),
    ]
    longest = found.points[-1]
    if found.state == "means cross":
        said.append(
            "The means change order, but not between two budgets that are both decided, so no "
            "crossing is shown."
        )
    elif not found.crossings:
        said.append(f"No crossing seen up to {longest.budget}{_in_images(longest)}.")
    if found.foretold is not None:
        said.append(_foretold(found.foretold, found.unit))
    return dataclasses.replace(found, sentence=" ".join(said))


def _ahead(found: AcrossBudgets) -> str:
    """Such as "standard is better at 1 epoch; cannot tell at 5 epochs"."""
    words = {
        "better": f"{found.a} is better",
        "worse": f"{found.b} is better",
        "same": "the same within the margin",
        "cannot tell": "cannot tell",
    }
    groups: list[tuple[str, list[str]]] = []
    for point in found.points:
        if groups and groups[-1][0] == words[point.verdict]:
            groups[-1][1].append(point.budget)
        else:
            groups.append((words[point.verdict], [point.budget]))
    return "; ".join(f"{word} at {listed(budgets)}" for word, budgets in groups)


def _crossing(found: AcrossBudgets, one: Crossing, level: float) -> str:
    other = found.b if one.winner == found.a else found.a
    return (
        f"{one.winner} overtakes {other} near {images(one.images)} images ({100 * level:g} % "
        f"interval {images(one.interval.low)} to {images(one.interval.high)}; between {one.after} "
        f"and {one.before})."
    )


def _foretold(said: Foretold, unit: str) -> str:
    head = (
        f"By the shorter budgets' power law of the error the difference at {said.budget} would "
        f"have been {amount(said.difference, abs(said.measured) / 10)} {unit}; it was "
        f"{amount(said.measured, abs(said.measured) / 10)}"
    )
    match said.because:
        case "found":
            assert said.meets is not None
            return (
                f"{head}. Carried on, the curves meet near {images(said.meets)} images, which no "
                "run has shown."
            )
        case "law missed":
            return f"{head}, so the law foretells nothing further."
        case "too far" | "never":
            return f"{head}. Carried on, the curves do not meet within ten times that budget."
        case _:
            return f"{head}."


def _in_images(point: AtBudget) -> str:
    return (
        ""
        if point.budget.endswith("image") or point.budget.endswith("images")
        else (f" ({point.images:,} images)")
    )


def images(count: float) -> str:
    """Two digits: 150,000."""
    digits = 1 - math.floor(math.log10(count)) if count >= 1 else 0
    return f"{round(count, digits):,.0f}"


def listed(names: Sequence[str]) -> str:
    """a, b and c."""
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
