"""How far a running bake-off is: runs that ended, runs under way, and the time that is left."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from bakeoff.progress import duration
from bakeoff.records.run_set import StoredRun
from bakeoff.records.running import RunProgress, load_progress
from bakeoff.reporting.source import Run, Source

MOST_NAMED = 3


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A run in progress. share: of it that is done."""

    arm: str
    seed: int
    share: float


@dataclass(frozen=True, slots=True)
class Status:
    """ended: runs that are over, of all `planned`. left: seconds, where that can be told."""

    ended: int
    planned: int
    running: tuple[UnderWay, ...]
    left: float | None

    @property
    def share(self) -> float:
        """Of the whole bake-off that is done."""
        done = self.ended + sum(run.share for run in self.running)
        return min(1.0, done / self.planned) if self.planned else 1.0

    @property
    def over(self) -> bool:
        return self.ended >= self.planned

    def __str__(self) -> str:
        """Such as "9 of 24 runs · rsb-a3 seed 1, 69 % · about 9 min left"."""
        parts = [f"{self.ended} of {self.planned} runs"]
        parts += [
            f"{r.arm} seed {r.seed}, {100 * r.share:.0f} %" for r in self.running[:MOST_NAMED]
        ]
        if len(self.running) > MOST_NAMED:
            parts.append(f"{len(self.running) - MOST_NAMED} more")
        if self.left is not None and not self.over:
            parts.append(f"about {duration(self.left)} left")
        elif not self.running and not self.over:
            parts.append("none is running")
        return " · ".join(parts)


def with_curves(source: Source, told: Mapping[Path | None, RunProgress]) -> Source:
    """The source with the curves so far of runs under way, which their records do not hold yet."""
    return replace(source, runs=tuple(_with_curve(run, told) for run in source.runs))


def _with_curve(run: Run, told: Mapping[Path | None, RunProgress]) -> Run:
    stored = run.stored
    progress = told.get(stored.folder)
    if progress is None or stored.stored.status != "incomplete":
        return run
    record = stored.stored.model_copy(update={"curves": progress.curves})
    return Run(StoredRun(record, stored.folder, stored.home, stored.manifest))


def progress_of(source: Source, now: float) -> dict[Path | None, RunProgress]:
    """What each run under way tells, by its folder; of those that still run."""
    unfinished = [run for run in source.runs if run.record.status == "incomplete"]
    found = {run.folder: load_progress(run.folder) for run in unfinished if run.folder is not None}
    return {
        folder: progress
        for folder, progress in found.items()
        if folder is not None and progress is not None and progress.is_alive(now)
    }


def status_of(source: Source, told: Mapping[Path | None, RunProgress]) -> Status | None:
    """How far a bake-off is; None where nobody planned anything."""
    plans = {id(run.manifest): run.manifest for run in source.runs if run.manifest is not None}
    if not plans:
        return None
    planned = {
        (at, arm.name, seed)
        for at, plan in plans.items()
        for arm in plan.arms
        for seed in plan.seeds
    }
    by_place = {(id(run.manifest), run.record.arm, run.record.seed): run for run in source.runs}
    ended = {key for key, run in by_place.items() if run.record.status != "incomplete"} & planned
    shares = {
        key: told[run.folder].share
        for key, run in by_place.items()
        if key not in ended and run.folder in told
    }
    running = tuple(UnderWay(arm, seed, share) for (_, arm, seed), share in shares.items())
    seconds = _seconds(source, told)
    left = None
    if seconds:
        usual = statistics.fmean(seconds.values())
        work = sum(
            seconds.get((at, arm), usual) * (1 - shares.get((at, arm, seed), 0.0))
            for at, arm, seed in planned - ended
        )
        left = work / max(1, len(running))
    return Status(len(ended), len(planned), running, left if running else None)


def _seconds(
    source: Source, told: Mapping[Path | None, RunProgress]
) -> dict[tuple[int, str], float]:
    """What a run of each arm takes: as finished ones took, else at the pace of one under way."""
    finished: dict[tuple[int, str], list[float]] = {}
    paces: dict[tuple[int, str], list[float]] = {}
    for run in source.runs:
        key, cost = (id(run.manifest), run.record.arm), run.record.cost
        if run.record.status == "complete" and cost is not None:
            finished.setdefault(key, []).append(cost.seconds + cost.evaluation_seconds)
        elif run.folder in told and (pace := told[run.folder].seconds) is not None:
            paces.setdefault(key, []).append(pace)
    return {key: statistics.fmean(took) for key, took in {**paces, **finished}.items()}
