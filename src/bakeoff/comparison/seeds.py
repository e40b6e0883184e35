"""Which seeds two arms were run with: missing, other, more of one arm, or run again."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.reasons import DifferentSeeds, Reason, RunAgain, SeedsMissing

MOST_GAPS = 1 / 3
"""Of a range of numbers, the share that may be missing before they are no range any more but
numbers that somebody chose, such as 1, 42 and 1337."""


@dataclass(frozen=True, slots=True)
class ArmSeeds:
    """What one arm's runs say of its seeds, whatever it is compared with.

    planned: by a bake-off. by_looks: planned looks may end arms at different numbers of seeds.
    numbers: whether all seeds are. between: all numbers of their range, where they nearly fill it.
    again: those that were run again. alone: what must be said even beside an arm of equal seeds.
    """

    arm: str
    seeds: frozenset[int | str]
    planned: frozenset[int | str]
    by_looks: bool
    numbers: bool
    between: frozenset[int | str]
    again: tuple[int | str, ...]
    alone: tuple[Reason, ...]

    @classmethod
    def of(cls, runs: Sequence[Outcome]) -> ArmSeeds:
        arm = runs[0].arm
        seeds = frozenset(run.seed for run in runs)
        between = _range(seeds)
        again = tuple(run.seed for run in runs if run.failed_before)
        return cls(
            arm=arm,
            seeds=seeds,
            planned=frozenset().union(*{run.planned_seeds for run in runs}),
            by_looks=any(run.looks is not None and run.looks.plan for run in runs),
            numbers=all(isinstance(seed, int) for seed in seeds),
            between=between,
            again=again,
            alone=(*_missing(arm, between - seeds), *_run_again(arm, again)),
        )


def seed_facts(a: ArmSeeds, b: ArmSeeds) -> list[Reason]:
    """What a reader must know of the seeds behind a verdict.

    A seed counts as missing where the bake-off planned it, where the other arm has it, or where it
    lies in a gap of the arm's own consecutive numbers. Whoever leaves an arm's worst seed out makes
    false winners that no test can see; a reader can.
    """
    planned = a.planned | b.planned
    if not planned and a.seeds == b.seeds:
        return [*a.alone, *b.alone]
    facts: list[Reason] = []
    by_looks, numbers = a.by_looks or b.by_looks, a.numbers and b.numbers
    wanted: frozenset[int | str] = frozenset()
    if not by_looks and not a.seeds & b.seeds and numbers and not planned:
        facts.append(DifferentSeeds(a.arm, b.arm, len(a.seeds), len(b.seeds), shared=False))
    elif not by_looks and not planned and len(a.seeds) != len(b.seeds) and _one_begins(a, b):
        facts.append(DifferentSeeds(a.arm, b.arm, len(a.seeds), len(b.seeds), shared=True))
    else:
        # Planned looks stop arms at different numbers of seeds, which is no choice of anybody's.
        wanted = planned if by_looks or not numbers else a.seeds | b.seeds | planned
    for one in (a, b):
        facts += _missing(one.arm, (wanted | one.between) - one.seeds)
        facts += _run_again(one.arm, one.again)
    return facts


def _missing(arm: str, seeds: Collection[int | str]) -> list[Reason]:
    return [SeedsMissing(arm, tuple(sorted(seeds, key=_order)))] if seeds else []


def _run_again(arm: str, seeds: tuple[int | str, ...]) -> list[Reason]:
    return [RunAgain(arm, seeds)] if seeds else []


def _one_begins(a: ArmSeeds, b: ArmSeeds) -> bool:
    """Whether the arm with fewer runs has the first seeds of the other: it was only run less."""
    fewer, more = sorted((a.seeds, b.seeds), key=len)
    if not (a.numbers and b.numbers):
        return True
    return sorted(fewer, key=_order) == sorted(more, key=_order)[: len(fewer)]


def _range(seeds: Collection[int | str]) -> frozenset[int | str]:
    """The numbers from the first to the last, where the seeds nearly are that; else none."""
    numbers = [seed for seed in seeds if isinstance(seed, int)]
    if len(numbers) < 2 or len(numbers) < len(seeds):
        return frozenset()
    first, last = min(numbers), max(numbers)
    length = last - first + 1
    nearly = length - len(numbers) <= MOST_GAPS * length
    return frozenset(range(first, last + 1) if nearly else ())


def _order(seed: int | str) -> tuple[bool, int, str]:
    number = seed if isinstance(seed, int) else 0
    return not isinstance(seed, int), number, str(seed)
