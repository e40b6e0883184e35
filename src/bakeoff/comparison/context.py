"""What else differs between two arms, and on what they were compared: beside every verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from bakeoff.comparison.comparability import differences
from bakeoff.comparison.data_sets import pairs
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

Arms = Mapping[str, Sequence[Outcome]]

WHOLE_BATCHES = 1.01
"""Of one budget each arm takes whole batches of its own size: so much more is no other budget."""

# The recipe and the model are what the arms are; saying that they differ says nothing.
_EXPECTED = ("procedure", "architecture", "train_resolution", "crop_ratio", "epochs", "init")


def circumstances(arms: Arms, *, rate_checked: bool) -> dict[tuple[str, str], list[Reason]]:
    """Reasons that hold for a pair in every metric: unequal conditions, budget, tuning."""
    by_command, of_runs = {}, {}
    for arm, runs in arms.items():
        unknown = dict.fromkeys(what for run in runs for what in run.by_command)
        by_command[arm] = [RanByCommand(arm, tuple(unknown))] if unknown else []
        of_runs[arm] = list(_of_runs(arm, runs))
    return {
        (a, b): [
            *_between(arms[a][0], arms[b][0]),
            *by_command[a],
            *by_command[b],
            *_tuning(arms[a], arms[b], rate_checked),
            *of_runs[a],
            *of_runs[b],
        ]
        for a, b in pairs(arms)
    }


def _between(a: Outcome, b: Outcome) -> Iterator[Reason]:
    if a.conditions is not None and b.conditions is not None:
        for difference in differences(a.conditions, b.conditions):
            if difference.condition not in _EXPECTED:
                yield AlsoDiffers(difference)
    of_a, of_b = a.trained_images, b.trained_images
    if of_a and of_b and max(of_a, of_b) > WHOLE_BATCHES * min(of_a, of_b):
        yield UnequalBudgets(of_a, of_b)


def _tuning(a: Sequence[Outcome], b: Sequence[Outcome], rate_checked: bool) -> Iterator[Reason]:
    if (tuning := tuning_of(a, b, rate_checked=rate_checked)) is not None:
        yield tuning


def _of_runs(arm: str, runs: Sequence[Outcome]) -> Iterator[Reason]:
    if unfinished := sum(run.status == "incomplete" for run in runs):
        yield Unfinished(arm, unfinished)
    if guessing := tuple(run.seed for run in runs if _guesses(run)):
        assert runs[0].chance is not None
        yield AtChance(arm, guessing, runs[0].chance)


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
