"""What else differs between two arms, and on what they were compared: beside every verdict."""

from __future__ import annotations

from collections.abc import Sequence

from bakeoff.comparison.comparability import differences
from bakeoff.comparison.learning_rate_robustness import tuning_of
from bakeoff.comparison.mapping import BEST
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.reasons import (
    AlsoDiffers,
    AtChance,
    RanByCommand,
    Reason,
    UnequalBudgets,
    Unfinished,
)
from bakeoff.statistics import no_better_than

# The recipe and the model are what the arms are; saying that they differ says nothing.
_EXPECTED = ("procedure", "architecture", "train_resolution", "crop_ratio", "epochs", "init")


def circumstances(
    a: Sequence[Outcome], b: Sequence[Outcome], *, rate_checked: bool
) -> list[Reason]:
    """Reasons that hold for a pair in every metric: unequal conditions, budget, tuning."""
    first_a, first_b = a[0], b[0]
    reasons: list[Reason] = []
    if first_a.conditions is not None and first_b.conditions is not None:
        reasons += [
            AlsoDiffers(difference)
            for difference in differences(first_a.conditions, first_b.conditions)
            if difference.condition not in _EXPECTED
        ]
    budgets = first_a.trained_images, first_b.trained_images
    if budgets[0] and budgets[1] and budgets[0] != budgets[1]:
        reasons.append(UnequalBudgets(budgets[0], budgets[1]))
    for runs in (a, b):
        if unknown := dict.fromkeys(what for run in runs for what in run.by_command):
            reasons.append(RanByCommand(runs[0].arm, tuple(unknown)))
    tuning = tuning_of(first_a, first_b, rate_checked=rate_checked)
    if tuning is not None:
        reasons.append(tuning)
    for runs in (a, b):
        unfinished = sum(run.status == "incomplete" for run in runs)
        if unfinished:
            reasons.append(Unfinished(runs[0].arm, unfinished))
        if guessing := tuple(run.seed for run in runs if _guesses(run)):
            assert runs[0].chance is not None
            reasons.append(AtChance(runs[0].arm, guessing, runs[0].chance))
    return reasons


def _guesses(run: Outcome) -> bool:
    """Whether a finished run answers no better than by guessing, where that is known."""
    if run.status != "complete" or run.chance is None or not run.images:
        return False
    accuracy = run.values["accuracy"]
    if not 0 <= accuracy <= 100:
        return False
    right = round(accuracy / 100 * run.images)
    return no_better_than(right, run.images, min(1.0, run.chance / 100))


def place(outcomes: Sequence[Outcome]) -> tuple[str, str]:
    """(" on MNIST at 20,000 images", "MNIST"), as far as it is known and the same for all."""
    names = {outcome.data for outcome in outcomes}
    budgets = {outcome.trained_images for outcome in outcomes}
    data = names.pop() if len(names) == 1 else ""
    where = f" on {data}" if data else ""
    budget = budgets.pop() if len(budgets) == 1 else None
    where = f"{where} at {budget:,} images" if budget and where else where
    chosen = any(run.conditions and run.conditions.selection == BEST for run in outcomes)
    return (f"{where} at best epochs (chosen on the same images)" if chosen else where), data
