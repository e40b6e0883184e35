"""Which test decides between two arms in one metric, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison import over_seeds
from bakeoff.comparison import reasons as why
from bakeoff.comparison.measured import Measured
from bakeoff.comparison.metrics import Metric
from bakeoff.comparison.outcome import Answers, Group
from bakeoff.comparison.over_seeds import new_images
from bakeoff.comparison.reasons import Reason
from bakeoff.comparison.result import Discordant
from bakeoff.errors import UsageError
from bakeoff.statistics import (
    Interval,
    cluster_bootstrap_interval,
    cluster_sums,
    cluster_t,
    clustered_mcnemar,
    discordant,
    hedges_g_from,
    mcnemar_exact,
    p_superiority,
    p_superiority_interval_from,
    paired_bootstrap_interval,
    paired_t,
    rank_p,
    welch_from,
)
from bakeoff.statistics.clusters import FEWEST_CLUSTERS
from bakeoff.statistics.folds import corrected_resampled_t

T = TypeVar("T")

FEWEST_IMAGES = 30
FEWEST_OF_UNEQUAL = 3


def measure_all(
    metric: Metric,
    pairs: Sequence[tuple[Group, Group]],
    *,
    paired: bool,
    levels: Sequence[float],
) -> list[Measured]:
    """Choose the test for each pair of arms and apply it. levels: of each pair's intervals."""
    found: dict[int, Measured] = {}
    alike: dict[tuple[int, int, float], list[int]] = {}
    for at, ((a, b), level) in enumerate(zip(pairs, levels, strict=True)):
        if not paired and not metric.counted and over_seeds.are_ordinary(a, b):
            alike.setdefault((a.n, b.n, level), []).append(at)
        else:
            found[at] = _measure(metric, a, b, paired=paired, level=level)
    for (_, _, level), places in alike.items():
        measured = over_seeds.measured(metric, [pairs[at] for at in places], level)
        found |= zip(places, measured, strict=True)
    return [found[at] for at in range(len(pairs))]


def _measure(metric: Metric, a: Group, b: Group, *, paired: bool, level: float) -> Measured:
    if metric.counted:
        return _counted(metric, a, b)
    single = a.n + a.failed == 1 and b.n + b.failed == 1
    found = Measured(metric, a, b, "models" if single else "recipes")
    if a.n and b.n:
        found.difference = a.mean - b.mean
    if single and a.n and b.n:
        _two_models(found, level)
    elif not single:
        _two_arms(found, paired, level)
    if not found.why:
        found.why = _nothing_to_test(a, b)
    return found


def _counted(metric: Metric, a: Group, b: Group) -> Measured:
    found = Measured(metric, a, b, "plan", test="none", why=(why.FixedByPlan(),))
    if a.n and b.n:
        found.difference = a.mean - b.mean
    return found


def _two_arms(found: Measured, paired: bool, level: float) -> None:
    """Arms of which runs failed, or are pairs, or too few for Welch's test."""
    a, b = found.a, found.b
    if a.folds or b.folds:
        _folds(found, level)
        return
    if a.summary is not None or b.summary is not None:
        _from_summaries(found, level)
        return
    if len(a.ranked) and len(b.ranked):
        found.p_superiority = better = p_superiority(a.ranked, b.ranked)
        found.p_superiority_interval = _if_exists(
            lambda: p_superiority_interval_from(
                better, len(a.ranked), len(b.ranked), a.moments, b.moments, level
            )
        )
    if paired:
        _paired(found, level)
    else:
        found.estimate = _if_exists(lambda: welch_from(a.moments, b.moments, level))
        if found.estimate is not None:
            found.test = "Welch"
            found.why = (why.Welch(),)
    if found.estimate is not None:
        found.difference, found.interval = found.estimate.value, found.estimate.interval
        found.p = found.estimate.p
        found.effect_size = hedges_g_from(a.moments, b.moments)
        if found.estimate.standard_error == 0:
            _untested(found, why.NoSpread(paired))
    if a.failed or b.failed:
        _count_failures(found)
    elif not paired:
        found.interval_new_images = new_images(a, b, found.metric, level)


def _from_summaries(found: Measured, level: float) -> None:
    """Welch from printed means and standard deviations: all else needs the runs themselves."""
    a, b = found.a, found.b
    found.estimate = _if_exists(lambda: welch_from(a.moments, b.moments, level))
    if found.estimate is None:
        return
    found.test, found.p, found.interval = "Welch", found.estimate.p, found.estimate.interval
    found.effect_size = hedges_g_from(a.moments, b.moments)
    found.why = (why.WelchOfSummaries(),)
    if found.estimate.standard_error == 0:
        _untested(found, why.NoSpread(False))


def _folds(found: Measured, level: float) -> None:
    """Folds share most of their training images, so differences fold by fold vary too little."""
    a, b = found.a, found.b
    shared = [fold for fold in a.seeds if fold in set(b.seeds)]
    alike = a.folds == b.folds and len(shared) == a.n == b.n
    if not alike or a.failed or b.failed:
        found.why = (why.FoldsNotShared(),)
        return
    differences = a.values - b.values[[b.seeds.index(fold) for fold in a.seeds]]
    found.estimate = _if_exists(lambda: corrected_resampled_t(differences, 1 / a.folds, level))
    if found.estimate is None:
        return
    found.test, found.p = "corrected resampled t", found.estimate.p
    found.difference, found.interval = found.estimate.value, found.estimate.interval
    found.why = (why.Folds(a.folds, len(shared)),)
    if found.estimate.standard_error == 0:
        _untested(found, why.NoSpread(True))


def _untested(found: Measured, *because: Reason) -> None:
    found.p = found.interval = None
    found.test, found.why = "none", because


def _paired(found: Measured, level: float) -> None:
    a, b = found.a, found.b
    common = [seed for seed in a.seeds if seed in set(b.seeds)]
    x = np.array([a.values[a.seeds.index(seed)] for seed in common])
    y = np.array([b.values[b.seeds.index(seed)] for seed in common])
    found.estimate = _if_exists(lambda: paired_t(x, y, level))
    if found.estimate is not None:
        found.test, found.paired = "paired t", True
        found.why = (why.PairedSeeds(len(common)),)


def _count_failures(found: Measured) -> None:
    """Failed runs rank below every finished one, and can only make a winner less certain.

    An arm that wins on the runs that survived, but has failed runs itself, must also win by ranks
    with its failures last; the larger p decides (an intersection-union test, Berger 1982). An arm
    without failures that wins needs no more: failures of the other only speak for it.
    """
    a, b = found.a, found.b
    runs = a.n + a.failed, b.n + b.failed
    if runs[0] != runs[1] and min(runs) < FEWEST_OF_UNEQUAL:
        # A failure must not make possible what would be refused had the run finished.
        found.estimate = None
        _untested(found)
        return
    by_rank = rank_p(a.ranked, b.ranked)
    if found.p is None:
        found.test, found.p = "Mann-Whitney", by_rank
        found.why = (
            why.RanksDecide("no spread" if found.estimate is not None else "too few finished"),
        )
        return
    winner = a if found.gain > 0 else b
    if winner.failed:
        assert found.p_superiority is not None
        same_way = (found.p_superiority - 0.5) * found.gain > 0
        found.p = max(found.p, by_rank if same_way else 1.0)
        found.test = f"{found.test} and Mann-Whitney"
        found.why += (why.RanksToo(),)


def _two_models(found: Measured, level: float) -> None:
    answers_a, answers_b = found.a.outcomes[0].answers, found.b.outcomes[0].answers
    if answers_a is None or answers_b is None:
        found.why = (why.NoPredictions(),)
        return
    group = answers_a.group if answers_a.group is not None else answers_b.group
    if found.metric.name == "accuracy":
        _mcnemar(found, answers_a, answers_b, level)
        if group is not None:
            _mcnemar_by_cluster(found, answers_a, answers_b, group, level)
    elif group is not None and found.metric.name == "loss":
        _losses_by_cluster(found, answers_a, answers_b, group, level)
    elif found.metric.name == "loss" and answers_a.nll is not None and answers_b.nll is not None:
        if len(answers_a.nll) < FEWEST_IMAGES:
            found.why = (why.TooFewImages(FEWEST_IMAGES),)
            return
        found.estimate = paired_t(answers_a.nll, answers_b.nll, level)
        found.difference, found.interval = found.estimate.value, found.estimate.interval
        found.p, found.test = found.estimate.p, "paired t over images"
        found.why = (why.PairedImages(),)
        if found.estimate.standard_error == 0 and found.difference != 0:
            _untested(found, why.LossShifted())
    else:
        found.why = (why.OneRunEach(),)


def _mcnemar(found: Measured, a: Answers, b: Answers, level: float) -> None:
    only_a, only_b = discordant(a.correct, b.correct)
    images = len(a.correct)
    found.discordant = Discordant(only_a, only_b, images)
    found.difference = 100 * (only_a - only_b) / images
    found.p, found.test = mcnemar_exact(only_a, only_b), "exact McNemar"
    interval = _if_exists(lambda: paired_bootstrap_interval(only_a, only_b, images, level))
    found.why = (why.McNemar(interval is not None),)
    if interval is not None:
        found.interval = Interval(100 * interval.low, 100 * interval.high)


def _mcnemar_by_cluster(
    found: Measured, a: Answers, b: Answers, group: NDArray[np.int64], level: float
) -> None:
    sums = cluster_sums(a.correct, b.correct, group)
    found.p, found.test = clustered_mcnemar(sums.difference), "McNemar by cluster"
    generator = np.random.default_rng(0)  # the same runs give the same interval
    interval = _if_exists(lambda: cluster_bootstrap_interval(sums, generator, level))
    found.interval = None
    if interval is not None:
        found.interval = Interval(100 * interval.low, 100 * interval.high)
    found.why = (why.McNemarByCluster(len(sums.images), interval is not None),)


def _losses_by_cluster(
    found: Measured, a: Answers, b: Answers, group: NDArray[np.int64], level: float
) -> None:
    if a.nll is None or b.nll is None:
        found.why = (why.OneRunEach(),)
        return
    differences = a.nll - b.nll
    estimate = _if_exists(lambda: cluster_t(differences, group, level))
    if estimate is None:
        found.why = (why.TooFewClusters(FEWEST_CLUSTERS),)
        return
    found.estimate, found.difference, found.interval = estimate, estimate.value, estimate.interval
    found.p, found.test = estimate.p, "t over clusters of images"
    found.why = (why.PairedClusters(len(np.unique(group))),)
    if estimate.standard_error == 0 and estimate.value != 0:
        _untested(found, why.LossShifted())


def did_not_train(arm: Group) -> why.DidNotTrain:
    """The fact of an arm of which every run failed."""
    first = arm.failures[0]
    return why.DidNotTrain(
        arm.arm,
        len(arm.failures),
        first.seed,
        first.failed_by or "failed",
        first.failed_at,
        first.failed_with,
    )


def _nothing_to_test(a: Group, b: Group) -> tuple[Reason, ...]:
    if untrained := [arm for arm in (a, b) if arm.did_not_train]:
        return tuple(map(did_not_train, untrained))
    if not a.n or not b.n:
        return (why.NoRunFinished(a.arm if not a.n else b.arm),)
    if min(a.n, b.n) == 1:
        return (why.LoneRun(a.arm if a.n == 1 else b.arm),)
    return (why.UnequalNumbers(a.n + a.failed, b.n + b.failed, FEWEST_OF_UNEQUAL),)


def _if_exists(compute: Callable[[], T]) -> T | None:
    try:
        return compute()
    except UsageError:
        return None
