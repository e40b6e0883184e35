"""Each arm on its own, and where it stands among the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from bakeoff.comparison.metrics import METRICS
from bakeoff.comparison.outcome import Group, Outcome, group
from bakeoff.comparison.result import ArmSummary, FailedRun, MetricSummary, PairVerdict
from bakeoff.statistics import Interval, mean_interval_from, wilson_interval


def summarise(
    arms: Mapping[str, Sequence[Outcome]],
    metrics: Sequence[str],
    rows: Sequence[PairVerdict],
    level: float,
) -> tuple[ArmSummary, ...]:
    """Mean, spread and interval of every arm in every metric, and its rank in the first one."""
    first = [row for row in rows if row.metric == metrics[0]]
    better: Counter[str] = Counter()
    worse: Counter[str] = Counter()
    against: Counter[str] = Counter()
    untested = {arm for row in first for arm in (row.a, row.b)}
    ended = {arm for arm, runs in arms.items() if any(run.status == "complete" for run in runs)}
    for row in first:
        if row.verdict in ("better", "worse"):
            winner, loser = (row.a, row.b) if row.verdict == "better" else (row.b, row.a)
            better[loser] += 1
            worse[winner] += loser in ended
        if row.p is not None or row.verdict != "cannot tell":
            untested -= {row.a, row.b}
        if {row.a, row.b} <= ended:
            against.update((row.a, row.b))
    summaries = []
    for arm, runs in arms.items():
        finished = [run for run in runs if run.status == "complete"]
        failed = [run for run in runs if run.status == "failed"]
        summaries.append(
            ArmSummary(
                arm=arm,
                n=len(finished),
                failed=len(failed),
                incomplete=len(runs) - len(finished) - len(failed),
                # Without a test, no other arm was found to be better; that is no first place.
                rank=1 + better[arm] if finished and arm not in untested else None,
                metrics={name: _summary(group(arm, runs, name), name, level) for name in metrics},
                failures=tuple(run.failure for run in failed),
                rank_interval=(
                    (1 + better[arm], 1 + against[arm] - worse[arm]) if finished else None
                ),
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
            )
        )
    return tuple(summaries)


def ranking(summaries: Sequence[ArmSummary], metric: str) -> tuple[tuple[str, ...], ...]:
    """Arms by rank, best first; those that share a rank are tied, higher means first."""
    sign = METRICS[metric].sign

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
    if runs.n >= 2 and not METRICS[metric].counted:
        interval, of = mean_interval_from(runs.moments, level), "mean over seeds"
    elif runs.n == 1 and metric in ("accuracy", "top5") and runs.outcomes[0].images:
        images = runs.outcomes[0].images
        wilson = wilson_interval(round(values[0] / 100 * images), images, level)
        interval = Interval(100 * wilson.low, 100 * wilson.high)
        of = "this model, over test images"
    return MetricSummary(
        metric=metric,
        unit=METRICS[metric].unit,
        mean=runs.mean if runs.n else None,
        sd=runs.sd if runs.n >= 2 else None,
        n=runs.n,
        values=values,
        seeds=runs.seeds,
        interval=interval,
        interval_of=of,  # type: ignore[arg-type]
    )
