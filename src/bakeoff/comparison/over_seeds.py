"""Two arms of which several runs finished and none failed: Welch, ranks, permutations.

Nearly all pairs of arms are such, and a table of a hundred arms has five thousand of them, so those
with as many runs are measured at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison import reasons as why
from bakeoff.comparison.measured import Measured
from bakeoff.comparison.metrics import Metric
from bakeoff.comparison.outcome import Group
from bakeoff.comparison.reasons import Reason
from bakeoff.errors import UsageError
from bakeoff.statistics import Interval, seeds_and_images_from
from bakeoff.statistics.arrays import ManyMoments
from bakeoff.statistics.effect import hedges_g_of_pairs
from bakeoff.statistics.joint import joint_ps
from bakeoff.statistics.look_simulation import FEWEST_FOR_RANKS
from bakeoff.statistics.means import check_welch_sizes, welch_of_pairs
from bakeoff.statistics.ranks import (
    FEWEST_FOR_PERMUTATION,
    MOST_POOLED,
    p_superiorities,
    p_superiority_intervals,
    permutation_ps,
    rank_ps,
)

MOST_RUNS = 1_000_000
"""Of all pairs that are measured at once."""

Pairs = Sequence[tuple[Group, Group]]
Array = NDArray[np.float64]


def are_ordinary(a: Group, b: Group) -> bool:
    """Whether Welch's test exists for these arms, and no run failed or is a fold or a summary."""
    if a.failed or b.failed or a.folds or b.folds or a.summary is not None or b.summary is not None:
        return False
    try:
        check_welch_sizes(a.n, b.n)
    except UsageError:
        return False
    return True


def measured(metric: Metric, pairs: Pairs, level: float) -> Iterator[Measured]:
    """Of each pair, in order. pairs: ordinary, the first of each with as many runs as the other
    pairs' first, and so the second."""
    n_a, n_b = pairs[0][0].n, pairs[0][1].n
    each = max(1, MOST_RUNS // (n_a + n_b))
    for begin in range(0, len(pairs), each):
        yield from _at_once(metric, pairs[begin : begin + each], n_a, n_b, level)


def _at_once(metric: Metric, pairs: Pairs, n_a: int, n_b: int, level: float) -> Iterator[Measured]:
    a, b = (np.stack([pair[of].values for pair in pairs]) for of in (0, 1))
    of_a, of_b = (ManyMoments.of([pair[of].moments for pair in pairs]) for of in (0, 1))
    by_welch = welch_of_pairs(of_a, of_b, level)
    superior = p_superiorities(metric.sign * a, metric.sign * b)
    low, high = p_superiority_intervals(superior, n_a, n_b, by_welch.degrees_of_freedom, level)
    p, test = by_welch.p, "Welch"
    whys: list[tuple[Reason, ...]] = [(why.Welch(),)] * len(pairs)
    if min(n_a, n_b) >= FEWEST_FOR_RANKS:
        # Ranks may decide as well: one collapsed run blinds a t test.
        p, welch_decides = joint_ps(by_welch.p, rank_ps(a, b), n_a, n_b)
        test = "Welch or ranks"
        either: dict[bool, tuple[Reason, ...]] = {
            True: (why.WelchOrRanks("Welch"),),
            False: (why.WelchOrRanks("ranks"),),
        }
        whys = [either[decides] for decides in welch_decides.tolist()]
    permuted: Sequence[float | None] = [None] * len(pairs)
    if min(n_a, n_b) >= FEWEST_FOR_PERMUTATION and n_a + n_b <= MOST_POOLED:
        permuted = permutation_ps(a, b).tolist()
    columns = zip(
        pairs, by_welch.each(), p.tolist(), whys, superior.tolist(), low.tolist(), high.tolist(),
        hedges_g_of_pairs(of_a, of_b).tolist(), permuted, strict=True,
    )  # fmt: skip
    for (first, second), estimate, p_of, reasons, better, least, most, effect, exact in columns:
        found = Measured(
            metric,
            first,
            second,
            "recipes",
            difference=estimate.value,
            estimate=estimate,
            p_superiority=better,
            p_superiority_interval=Interval(least, most),
            effect_size=effect,
            permutation_p=exact,
            interval_new_images=new_images(first, second, metric, level),
        )
        if estimate.standard_error:
            found.test, found.p, found.interval, found.why = test, p_of, estimate.interval, reasons
        else:
            found.why = (why.NoSpread(False),)
        yield found


def new_images(a: Group, b: Group, metric: Metric, level: float) -> Interval | None:
    """The interval of the difference for new seeds and new test images; None where the runs'
    answers are not known."""
    x, y = a.image_parts, b.image_parts
    if x is None or y is None:
        return None
    try:
        both = seeds_and_images_from(x, y, level).interval
    except UsageError:
        return None
    scale = 100 if metric.name == "accuracy" else 1
    return Interval(scale * both.low, scale * both.high)
