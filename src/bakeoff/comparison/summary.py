"""Each arm on its own, and where it stands among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from bakeoff.comparison.data_sets import arms_by_set
from bakeoff.comparison.metrics import about
from bakeoff.comparison.outcome import Group, Outcome, group
from bakeoff.comparison.result import ArmSummary, FailedRun, MetricSummary, PairVerdict
from bakeoff.errors import UsageError
from bakeoff.statistics import Interval, mean_interval_from, rank_intervals, wilson_interval


def summarise(
    arms: Mapping[str, Sequence[Outcome]],
    metrics: Sequence[str],
    rows: Sequence[PairVerdict],
    level: float,
) -> tuple[ArmSummary, ...]:
    """Mean, spread and interval of every arm in every metric, and its rank in the first one."""
    first = [row for row in rows if row.metric == metrics[0]]
    better: Counter[str] = Counter()
    untested = {arm for row in first for arm in (row.a, row.b)}
    ended = {arm for arm, runs in arms.items() if any(run.status == "complete" for run in runs)}
    for row in first:
        if row.verdict in ("better", "worse"):
            better[loser_of(row)] += 1
        if row.p is not None or row.verdict != "cannot tell":
            untested -= {row.a, row.b}
    possible: dict[str, tuple[int, int]] = {}
    for alike in arms_by_set(arms):
        possible |= ranks_left_open([arm for arm in alike if arm in ended], first)
    summaries = []
    several_sets = len({runs[0].data for runs in arms.values()}) > 1
    for arm, runs in arms.items():
        finished = [run for run in runs if run.status == "complete"]
        failed = [run for run in runs if run.status == "failed"]
        summaries.append(
            ArmSummary(
                arm=arm,
                n=max([len(finished), *(m.n for run in finished for m in run.summarised.values())]),
                failed=len(failed),
                incomplete=len(runs) - len(finished) - len(failed),
                # Without a test, no other arm was found to be better; that is no first place.
                rank=1 + better[arm] if finished and arm not in untested else None,
                metrics={name: _summary(group(arm, runs, name), name, level) for name in metrics},
                failures=tuple(run.failure for run in failed),
                rank_interval=possible.get(arm),
                failed_runs=tuple(
                    FailedRun(
                        seed=run.seed,
                        cause=run.failed_by or "failed",
                        message=run.failed_with,
                        step=run.failed_at,
                    )
                    for run in failed
                ),
                did_not_train=group(arm, runs, metrics[0]).did_not_train,
                name=runs[0].arm_anywhere or arm,
                data=runs[0].data if several_sets else "",
                budget=runs[0].at,
            )
        )
    return tuple(summaries)


def ranks_left_open(arms: Sequence[str], rows: Sequence[PairVerdict]) -> dict[str, tuple[int, int]]:
    """Each arm's best and worst rank among these, all at once with the verdicts' own certainty.

    rows: the verdicts of one metric. Verdicts that contradict each other, as ranks now and then
    make them (a over b over c over a), rank none of their arms.
    """
    place = {arm: at for at, arm in enumerate(arms)}
    better = np.zeros((len(arms), len(arms)), dtype=bool)
    for row in rows:
        if row.verdict in ("better", "worse") and row.a in place and row.b in place:
            loser = loser_of(row)
            better[place[row.b if loser == row.a else row.a], place[loser]] = True
    try:
        found = rank_intervals(better)
    except UsageError:
        return {arm: (1, len(arms)) for arm in arms}
    return {arm: (one.best, one.worst) for arm, one in zip(arms, found, strict=True)}


def loser_of(row: PairVerdict) -> str:
    """The arm that a verdict says is worse; there must be one."""
    return row.b if row.verdict == "better" else row.a


def ranking(summaries: Sequence[ArmSummary], metric: str) -> tuple[tuple[str, ...], ...]:
    """Arms by rank, best first; those that share a rank are tied, higher means first."""
    sign = about(metric).sign

    def order(summary: ArmSummary) -> tuple[int, float]:
        assert summary.rank is not None
        return summary.rank, -sign * (summary.metrics[metric].mean or 0.0)

    placed = sorted((s for s in summaries if s.rank is not None), key=order)
    ranks = sorted({s.rank for s in placed if s.rank is not None})
    return tuple(tuple(s.arm for s in placed if s.rank == rank) for rank in ranks)


def _summary(runs: Group, metric: str, level: float) -> MetricSummary:
    values = tuple(float(value) for value in runs.values)
    interval: Interval | None = None
    of = ""
    if runs.n >= 2 and not about(metric).counted:
        interval, of = mean_interval_from(runs.moments, level), "mean over seeds"
    elif runs.n == 1 and metric in ("accuracy", "top5") and runs.outcomes[0].images:
        images = runs.outcomes[0].images
        wilson = wilson_interval(round(values[0] / 100 * images), images, level)
        interval = Interval(100 * wilson.low, 100 * wilson.high)
        of = "this model, over test images"
    return MetricSummary(
        metric=metric,
        unit=about(metric).unit,
        mean=runs.mean if runs.n else None,
        sd=runs.sd if runs.n >= 2 else None,
        n=runs.n,
        values=values,
        seeds=runs.seeds,
        interval=interval,
        interval_of=of,  # type: ignore[arg-type]
    )
