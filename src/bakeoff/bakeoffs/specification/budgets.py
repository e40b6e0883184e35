"""One budget, or several lengths of one bake-off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bakeoff.errors import BadValue, UsageError
from bakeoff.recipes.budget import Budget

MOST_BUDGETS = 12


def require_budget(value: str) -> str:
    """`value`, if it is a budget; raises ValueError, for pydantic, if not."""
    _parsed(value)
    return value


def one_budget_or_several(values: Mapping[str, Any]) -> dict[str, Any]:
    """A bake-off file's keys with `budgets` checked; a list of one is that budget.

    Raises ValueError, for pydantic, for what is no list of lengths, and beside `budget`.
    """
    said = values.get("budgets")
    if not said:
        if isinstance(said, (list, tuple)) or said is None:
            return dict(values)
        raise ValueError("budgets wants a list of lengths, as [20000images, 1epochs, 5epochs]")
    if not isinstance(said, (list, tuple)) or not all(isinstance(one, str) for one in said):
        raise ValueError("budgets wants a list of lengths, as [20000images, 1epochs, 5epochs]")
    if values.get("budget") is not None:
        raise BadValue("a bake-off has both budget and budgets", "Keep one of them")
    if len(said) > MOST_BUDGETS:
        raise ValueError(f"budgets wants at most {MOST_BUDGETS} lengths")
    budgets = [_parsed(one) for one in said]
    for one in budgets:
        if one.kind not in ("images", "epochs"):
            # By time every arm would see another number of images at one budget.
            raise BadValue(
                f"{one.asked} under budgets is no number of images or epochs",
                "Write each as 20000images or 5epochs",
            )
    if len({(one.kind, one.value) for one in budgets}) != len(budgets):
        raise ValueError("the same length stands twice in budgets")
    asked = tuple(one.asked for one in budgets)
    if len(asked) == 1:
        return {**values, "budget": asked[0], "budgets": ()}
    return {**values, "budgets": asked}


def _parsed(value: str) -> Budget:
    try:
        return Budget.parse(value)
    except UsageError as error:
        raise BadValue(error.message, error.advice) from None
