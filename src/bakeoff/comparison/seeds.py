"""Which seeds two arms were run with: missing, other, more of one arm, or run again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.reasons import DifferentSeeds, Reason, RunAgain, SeedsMissing

MOST_GAPS = 1 / 3
"""Of a range of numbers, the share that may be missing before they are no range any more but
numbers that somebody chose, such as 1, 42 and 1337."""


def seed_facts(a: Sequence[Outcome], b: Sequence[Outcome]) -> list[Reason]:
    """What a reader must know of the seeds behind a verdict.

    A seed counts as missing where the bake-off planned it, where the other arm has it, or where it
    lies in a gap of the arm's own consecutive numbers. Whoever leaves an arm's worst seed out makes
    false winners that no test can see; a reader can.
    """
    runs = [(of[0].arm, {run.seed for run in of}, of) for of in (a, b)]
    (name_a, seeds_a, _), (name_b, seeds_b, _) = runs
    facts: list[Reason] = []
    planned = {seed for run in (*a, *b) for seed in run.planned_seeds}
    by_plan = any(run.looks is not None and run.looks.plan for run in (*a, *b))
    if not by_plan and not seeds_a & seeds_b and _numbers(seeds_a | seeds_b) and not planned:
        facts.append(DifferentSeeds(name_a, name_b, len(seeds_a), len(seeds_b), shared=False))
        wanted: list[set[int | str]] = [set(), set()]
    elif not by_plan and not planned and len(seeds_a) != len(seeds_b) and _one_begins(a, b):
        facts.append(DifferentSeeds(name_a, name_b, len(seeds_a), len(seeds_b), shared=True))
        wanted = [set(), set()]
    else:
        # Planned looks stop arms at different numbers of seeds, which is no choice of anybody's.
        both = set() if by_plan or not _numbers(seeds_a | seeds_b) else seeds_a | seeds_b
        wanted = [both | planned, both | planned]
    for (name, seeds, of), expected in zip(runs, wanted, strict=True):
        if missing := sorted((expected | _range(seeds)) - seeds, key=_order):
            facts.append(SeedsMissing(name, tuple(missing)))
        if again := tuple(run.seed for run in of if run.failed_before):
            facts.append(RunAgain(name, again))
    return facts


def _one_begins(a: Sequence[Outcome], b: Sequence[Outcome]) -> bool:
    """Whether the arm with fewer runs has the first seeds of the other: it was only run less."""
    fewer, more = sorted(([run.seed for run in of] for of in (a, b)), key=len)
    if not _numbers({*fewer, *more}):
        return True
    return sorted(fewer, key=_order) == sorted(more, key=_order)[: len(fewer)]


def _range(seeds: Collection[int | str]) -> set[int | str]:
    """The numbers from the first to the last, where the seeds nearly are that; else none."""
    numbers = [seed for seed in seeds if isinstance(seed, int)]
    if len(numbers) < 2 or len(numbers) < len(seeds):
        return set()
    first, last = min(numbers), max(numbers)
    length = last - first + 1
    return set(range(first, last + 1)) if length - len(numbers) <= MOST_GAPS * length else set()


def _numbers(seeds: Iterable[int | str]) -> bool:
    return all(isinstance(seed, int) for seed in seeds)


def _order(seed: int | str) -> tuple[bool, int, str]:
    number = seed if isinstance(seed, int) else 0
    return not isinstance(seed, int), number, str(seed)
