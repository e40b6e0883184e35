"""Verdicts after more than one look: planned ones share the error rate, others must make do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bakeoff.comparison.kept_looks import KeptLooks
from bakeoff.comparison.metrics import about
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.reasons import AlwaysValid, Look, LookAgain, Reason
from bakeoff.errors import UsageError
from bakeoff.statistics.anytime import t_evidence
from bakeoff.statistics.looks_taken import PairPath, take_looks, unplanned_alpha
from bakeoff.statistics.sequential import Design, design

Arms = Mapping[str, Sequence[Outcome]]
Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class LooksInForce:
    """design: of planned looks, None where nobody planned any. before: then, at how many seeds of
    each arm a verdict was taken earlier. sets: data sets that share the error rate."""

    design: Design | None = None
    race: bool = False
    before: tuple[int, ...] = ()
    sets: int = 1

    def share(self) -> float:
        """Of alpha, what is left for this look; 1 for planned ones, which share it themselves."""
        if self.design is not None or not self.before:
            return 1.0
        return unplanned_alpha(len(self.before) + 1, 1.0)

    def level(self, level: float, n: int) -> float:
        """The level at which an interval from n runs holds `level` over all looks."""
        if self.design is None:
            return 1 - (1 - level) * self.share()
        taken = sum(look <= n for look in self.design.looks)
        return self.design.interval_level(taken - 1, level) if taken else level

    def paths(self, arms: Arms, metric: str, alpha: float) -> dict[Pair, PairPath]:
        """Each pair's way through the planned looks; empty where none were planned."""
        if self.design is None:
            return {}
        runs = {arm: in_order(of, metric) for arm, of in arms.items()}
        taken = take_looks(runs, self.design, alpha=alpha / self.sets, race=self.race)
        return {(path.a, path.b): path for path in taken.pairs}

    def reasons(self, path: PairPath | None) -> tuple[Reason, ...]:
        """What a reader must know of the looks behind one pair's verdict."""
        if self.design is not None and path is not None and path.looks:
            last = path.looks[-1]
            return (
                Look(
                    len(path.looks),
                    self.design.looks,
                    last.n,
                    last.p,
                    last.bound,
                    path.stop,
                    path.winner,
                ),
            )
        if self.design is None and self.before:
            return (LookAgain(len(self.before) + 1, self.before, 0.05 * self.share()),)
        return ()


def looks_in_force(
    outcomes: Sequence[Outcome], asked: Sequence[int] | None, *, paired: bool, sets: int
) -> LooksInForce:
    """The looks that a verdict on these runs must answer for.

    asked: those that the caller planned (`--looks 3,5,10`); None: as the folder of the bake-off
    says that all runs are of. Raises UsageError where runs go beyond the last planned look.
    """
    if asked is not None:
        # Nobody saw that pairs were given up, so the boundaries do not count on it.
        plan = design(asked, test="paired" if paired else "joint", give_up=False)
        most = max(_numbers(outcomes).values(), default=0)
        if most > plan.looks[-1]:
            raise UsageError(
                f"an arm has {most} runs, and the last planned look is after {plan.looks[-1]}",
                "Plan the looks to the last run, as --looks 3,5,10",
            )
        return LooksInForce(plan, sets=sets)
    kept = {outcome.looks for outcome in outcomes}
    if len(kept) != 1 or (found := kept.pop()) is None:
        return LooksInForce()
    return _kept(found, max(_numbers(outcomes).values(), default=0), sets)


def in_order(runs: Sequence[Outcome], metric: str) -> list[float]:
    """Runs in the order of their seeds, higher is better, −inf for a failed one; up to the first
    that is not finished."""
    found: list[float] = []
    for run in sorted(runs, key=_by_seed):
        if run.status == "incomplete":
            break
        value = about(metric).sign * run.values[metric] if run.status == "complete" else -np.inf
        found.append(float(value) if np.isfinite(value) else -np.inf)
    return found


def always_valid(a: Sequence[Outcome], b: Sequence[Outcome], metric: str) -> AlwaysValid | None:
    """The answer that holds however often one looks, from runs paired in the order of their seeds;
    None where runs failed or are too few."""
    x, y = np.array(in_order(a, metric)), np.array(in_order(b, metric))
    n = min(len(x), len(y))
    if n < 2 or not np.isfinite(x[:n]).all() or not np.isfinite(y[:n]).all():
        return None
    last = t_evidence(x[:n] - y[:n])[-1]
    return AlwaysValid(last.p, n)


def _by_seed(run: Outcome) -> tuple[bool, int, str]:
    number = run.seed if isinstance(run.seed, int) else 0
    return not isinstance(run.seed, int), number, str(run.seed)


def _kept(found: KeptLooks, runs: int, sets: int) -> LooksInForce:
    plan = found.plan
    if plan is not None:
        bounds = design(plan.looks, test=plan.test, give_up=plan.give_up)
        return LooksInForce(bounds, plan.race, sets=sets)
    # The verdict on these runs itself may have been counted when the bake-off ended.
    return LooksInForce(before=tuple(n for n in found.verdicts_at if n < runs))


def _numbers(outcomes: Sequence[Outcome]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for outcome in outcomes:
        if outcome.status != "incomplete":
            numbers[outcome.arm] = numbers.get(outcome.arm, 0) + 1
    return numbers
