"""What cannot be compared, said before anything is computed."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence

from bakeoff.comparison.comparability import Conditions, differences, require_comparable
from bakeoff.comparison.metrics import about
from bakeoff.comparison.numbers import amount
from bakeoff.comparison.outcome import Outcome
from bakeoff.errors import NotComparable, UsageError
from bakeoff.statistics.arrays import check_level
from bakeoff.statistics.equivalence import check_margin

Arms = Mapping[str, Sequence[Outcome]]


def check_settings(*, level: float, alpha: float, margin: float | None) -> None:
    """Raise UsageError for a level, alpha or margin that makes no sense."""
    check_level(level)
    check_level(alpha)
    if margin is not None:
        check_margin(margin)


def check_arms(arms: Arms, *, one_is_enough: bool) -> None:
    """Raise UsageError or NotComparable unless these arms can be compared."""
    if not arms:
        raise UsageError("there are no runs to compare", "Give a bake-off's folder")
    if len(arms) == 1 and not one_is_enough:
        only = next(iter(arms))
        raise UsageError(
            f"there is only one arm, {only}",
            "Give the runs of a second arm; bakeoff compare takes a paper's with --published NAME",
        )
    require_comparable(
        (f"{run.arm} (seed {run.seed})", run.conditions)
        for runs in arms.values()
        for run in runs
        if run.conditions is not None
    )
    for runs in arms.values():
        _one_procedure(runs)
        _one_set_of_conditions(runs)
    _test_sizes(arms)
    _not_all_constant(arms)


def as_pairs(arms: Arms, asked: bool | None) -> tuple[bool, list[str]]:
    """Whether equal seeds are pairs, and what a reader must know of that.

    asked: None follows what the bake-off that all runs are of declared before they ran; while
    some of its pairs are incomplete, nothing is paired, and a note says so. Raises UsageError
    where pairs are asked for and not there.
    """
    if asked is not None:
        if asked:
            check_pairs(arms)
        return asked, []
    declared = {run.pairs_of for runs in arms.values() for run in runs}
    if len(declared) != 1 or declared == {""}:
        return False, []
    try:
        check_pairs(arms)
    except UsageError as error:
        return False, [
            f"seeds were declared to be pairs, and were not tested as such: {error.message}"
        ]
    return True, []


def check_pairs(arms: Arms) -> None:
    """Raise UsageError unless every arm has the same seeds: pairs are declared before the runs."""
    seeds = {arm: {run.seed for run in runs} for arm, runs in arms.items()}
    first_arm, first = next(iter(seeds.items()))
    for arm, these in seeds.items():
        if these != first:
            odd = ", ".join(sorted(str(seed) for seed in first ^ these))
            raise UsageError(
                f"{first_arm} and {arm} are not pairs: only one of them has seed {odd}",
                "Run the missing seeds; bakeoff compare takes them as no pairs without --paired",
            )


def _one_procedure(runs: Sequence[Outcome]) -> None:
    """Seeds of one arm must differ in the seed alone."""
    first = next((run for run in runs if run.made_by), None)
    if first is None:
        return
    for run in runs:
        changed = [key for key in first.made_by if run.made_by.get(key) != first.made_by[key]]
        if run.made_by and changed:
            raise NotComparable(
                f"seeds {first.seed} and {run.seed} of {run.arm} were not made alike:"
                f" {', '.join(changed)} differ",
                "Give arms that were trained differently different names",
            )


def _one_set_of_conditions(runs: Sequence[Outcome]) -> None:
    distinct: dict[Conditions, Outcome] = {}
    for run in runs:
        if run.conditions is not None:
            distinct.setdefault(run.conditions, run)
    for (ours, run), (theirs, other) in itertools.combinations(distinct.items(), 2):
        if found := differences(ours, theirs):
            raise NotComparable(
                f"seeds {run.seed} and {other.seed} of {run.arm} were not made alike:"
                f" {'; '.join(map(str, found))}",
                "Give arms that were trained or tested differently different names",
            )


def _test_sizes(arms: Arms) -> None:
    sizes = {run.images: run for runs in arms.values() for run in runs if run.images is not None}
    if len(sizes) > 1:
        a, b = list(sizes.values())[:2]
        raise NotComparable(
            f"{a.arm} (seed {a.seed}) was tested on {a.images:,} images,"
            f" {b.arm} (seed {b.seed}) on {b.images:,}",
            "Compare results on the same test images",
        )


def _not_all_constant(arms: Arms) -> None:
    """Without any spread in any arm the seed was not used, or one result was copied."""
    constant: list[tuple[str, float, int]] = []
    for arm, runs in arms.items():
        finished = [run for run in runs if run.status == "complete"]
        if len(finished) < 2:
            continue
        chance = [name for name in finished[0].values if not about(name).counted]
        if any(
            run.values.get(name) != finished[0].values[name] for run in finished for name in chance
        ):
            return
        constant.append((arm, next(iter(finished[0].values.values())), len(finished)))
    if constant:
        arm, value, n = constant[0]
        raise UsageError(
            f"all {n} seeds of {arm} gave exactly {amount(value)}, and no other arm varies",
            "Check that the seed was used and that results were not copied",
        )
