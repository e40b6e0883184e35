"""What a bake-off would do, how long it would take and what it would cost; nothing is written.

The rates are measured, as they are before a real start: a few steps of every arm on this device.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bakeoff.bakeoffs.execution.looks import runs_ahead
from bakeoff.bakeoffs.execution.plan_table import plan_table, trials_told
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.execution.single_run import as_manifest, single_folder
from bakeoff.bakeoffs.execution.tuning import outline, trial_places
from bakeoff.bakeoffs.execution.wording import notices
from bakeoff.bakeoffs.planning.lengths import Left
from bakeoff.bakeoffs.planning.plan import Plan, plan
from bakeoff.bakeoffs.planning.planned_runs import PlannedRuns
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.errors import UsageError
from bakeoff.progress import duration
from bakeoff.records.store import (
    PRETRAINING_FOLDER,
    RECORD_NAME,
    TRIALS_FOLDER,
    load_record,
    run_folder,
)
from bakeoff.training.device import choose, describe
from bakeoff.training.job import Job, init_label, weights_file
from bakeoff.training.model import feature_flops, training_flops


@dataclass(frozen=True, slots=True, kw_only=True)
class DryArm:
    """One arm. images_per_second: of training, measured. seconds, flops: of one run; seconds are
    an estimate from the measured rates, evaluation included. pretraining: the one whose weights it
    waits for; empty for most. learning_rate: the highest, as used. there, missing: seeds that have
    their record, and those that would run. budget: as asked for."""

    arm: str
    data: str
    recipe: str
    model: str
    init: str
    steps: int
    batch_size: int
    epochs: float
    images: int
    images_per_second: float
    seconds: float
    flops: float
    there: tuple[int, ...]
    missing: tuple[int, ...]
    learning_rate: float = 0.0
    budget: str = ""
    pretraining: str = ""
    scaling: tuple[dict[str, Any], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DryRun:
    """seconds, flops: of all runs that are missing, `workers` at a time. hours: of the device;
    price: hours times the price of one, None where no price was given. looks: after how many seeds
    they are taken, empty where all seeds run; expected_runs: then, of the runs that are the most
    there can be, how many are expected where arms are "equal" and where one is 2 standard
    deviations "apart". one_search: where each seed has a search of its own, the trials that one for
    all seeds would take; else 0."""

    name: str
    data: str
    folder: str
    device: str
    budget: str
    seeds: tuple[int, ...]
    runs: int
    workers: int
    seconds: float
    hours: float
    flops: float
    price: float | None
    arms: tuple[DryArm, ...]
    notices: tuple[str, ...] = ()
    rates: str = "measured"
    trials: int = 0
    one_search: int = 0
    precision: str = ""
    looks: tuple[int, ...] = ()
    expected_runs: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return asdict(self)

    def __str__(self) -> str:
        return "\n".join(plan_table(self))

    def lines(self) -> Iterator[str]:
        """All of it in words: speeds, FLOPs, every scaling rule with its source, every note."""
        yield f"{self.name} on {self.data}, on {self.device}. Nothing is written."
        for notice in self.notices:
            yield f"Notice: {notice}"
        yield f"Budget: {self.budget}."
        if self.precision:
            yield f"Precision: {self.precision}."
        several = len({arm.data for arm in self.arms}) > 1

        def on(data: str) -> str:
            return f" on {data}" if several else ""

        for arm in self.arms:
            seeds = ", ".join(map(str, arm.missing)) or "none, all are there"
            yield (
                f"  {arm.arm}{on(arm.data)}: recipe {arm.recipe}, {arm.model}, {arm.init}, "
                f"{arm.steps:,} steps of {arm.batch_size} ({arm.epochs:.3g} epochs), "
                f"{arm.images_per_second:,.0f} images/s measured, about {duration(arm.seconds)} "
                f"and {arm.flops:.3g} FLOPs a run; seeds to run: {seeds}"
            )
            if arm.pretraining:
                yield f"    starts from the weights that the pretraining {arm.pretraining} leaves"
            for step in arm.scaling:
                yield (
                    f"    scaled: {step['key']} {step['published']} → {step['used']}: "
                    f"{step['rule']} ({step['source']})"
                )
            for note in arm.notes:
                yield f"    note: {note}"
        runs = "1 run" if self.runs == 1 else f"{self.runs} runs"
        runs += f" and {trials_told(self)} before them" if self.trials else ""
        at_once = f", {self.workers} at a time" if self.workers > 1 else ""
        if not self.arms:
            yield f"{runs}{at_once}; how long they take is not known. Folder: {self.folder}"
            return
        price = "" if self.price is None else f", at a price of {self.price:.2f}"
        yield (
            f"{runs}{at_once}: about {duration(self.seconds)} ({self.hours:.2g} hours, estimated "
            f"from the measured rates), {self.flops:.3g} FLOPs{price}. Folder: {self.folder}"
        )
        if self.looks:
            whole = sum(len(arm.there) + len(arm.missing) for arm in self.arms)
            equal, apart = self.expected_runs["equal"], self.expected_runs["apart"]
            # The most there can be was told; of the rest, as many as are not there yet.
            left = self.seconds / max(1, self.runs)
            there = whole - self.runs

            def cost(runs: float) -> str:
                seconds = max(0.0, runs - there) * left
                paid = ""
                if self.price is not None and self.seconds:
                    paid = f", at a price of {self.price * seconds / self.seconds:.2f}"
                return f"{runs:.0f} runs (about {duration(seconds)} more{paid})"

            yield (
                f"That is the most. Looks after {', '.join(map(str, self.looks))} seeds: "
                f"{cost(equal)} are expected where all arms are equal, {cost(apart)} where one is "
                "ahead by 2 standard deviations over seeds."
            )


def look_ahead(
    planned: Plan,
    folder: Path,
    *,
    single: bool = False,
    retry: bool = False,
    workers: int = 1,
    price_per_hour: float | None = None,
) -> DryRun:
    """What carrying out `planned` in `folder` would take. single: `folder` is the one run's own,
    in which a failed run is tried again at each call."""
    if price_per_hour is not None and not price_per_hour >= 0:
        raise UsageError(f"{price_per_hour} is no price", "Give what an hour of the device costs")
    spec = planned.spec
    arms = tuple(_arm(a, spec.seeds, folder, single, retry or single) for a in planned.arms)
    trials = [(a, _missing_trials(a, spec, folder)) for a in outline(planned)]
    seconds = sum(a.seconds * len(a.missing) for a in arms) / workers
    seconds += sum(a.seconds * missing for a, missing in trials) / workers
    hours = seconds / 3600
    return DryRun(
        name=spec.name,
        data=planned.arms[0].job.dataset.facts.title,
        folder=str(folder),
        device=describe(planned.device),
        budget=planned.reason,
        seeds=spec.seeds,
        runs=sum(len(a.missing) for a in arms),
        workers=workers,
        seconds=seconds,
        hours=hours,
        flops=sum(a.flops * len(a.missing) for a in arms)
        + sum(run_flops(a.job) * missing for a, missing in trials if missing),
        price=None if price_per_hour is None else hours * price_per_hour,
        arms=arms,
        trials=sum(missing for _, missing in trials),
        one_search=spec.tune.trials * len(trials)
        if spec.tune is not None and spec.tune.searches == "per-seed"
        else 0,
        notices=notices(planned),
        precision=str(planned.precision or ""),
        looks=spec.looks.after if spec.looks is not None else (),
        expected_runs=_expected(planned),
    )


def _expected(planned: Plan) -> dict[str, float]:
    ahead = runs_ahead(planned)
    return {} if ahead is None else {"equal": ahead.equal, "apart": ahead.apart}


def joined(parts: Sequence[DryRun], name: str) -> DryRun:
    """The parts of a bake-off on several data sets or at several budgets as one."""
    first = parts[0]
    if len(parts) == 1:
        return first
    prices = [part.price for part in parts if part.price is not None]
    return replace(
        first,
        name=name,
        data=", ".join(dict.fromkeys(part.data for part in parts)),
        budget="; ".join(f"{part.data}: {part.budget}" for part in parts),
        runs=sum(part.runs for part in parts),
        trials=sum(part.trials for part in parts),
        one_search=sum(part.one_search for part in parts),
        seconds=sum(part.seconds for part in parts),
        hours=sum(part.hours for part in parts),
        flops=sum(part.flops for part in parts),
        price=sum(prices) if prices else None,
        arms=tuple(arm for part in parts for arm in part.arms),
        expected_runs={
            case: sum(part.expected_runs[case] for part in parts) for case in first.expected_runs
        },
        notices=tuple(dict.fromkeys(notice for part in parts for notice in part.notices)),
    )


def of_commands(spec: BakeoffSpec, place: Place, notices: tuple[str, ...], workers: int) -> DryRun:
    """A bake-off whose arms are all commands: what would run, and no time, which nobody knows."""
    return DryRun(
        name=spec.name,
        data=spec.data,
        folder=str(place),
        device="this machine",
        budget="the commands' own",
        seeds=spec.seeds,
        runs=len(spec.seeds) * len(spec.commands),
        workers=workers,
        seconds=0.0,
        hours=0.0,
        flops=0.0,
        price=None,
        arms=(),
        notices=notices,
        rates="not known",
    )


def look_ahead_at_one(
    spec: BakeoffSpec,
    *,
    out: Path | str | None = None,
    device: str | None = None,
    price_per_hour: float | None = None,
) -> DryRun:
    """`look_ahead` at a single run, of `single_run`. Raises what planning raises."""
    place = Place.at(out if out is not None else single_folder(spec))
    before = as_manifest(place.folder, spec)
    planned = plan(spec, choose(device), before=before, left=Left(kept=True))
    ahead = look_ahead(planned, place.folder, single=True, price_per_hour=price_per_hour)
    return replace(ahead, folder=str(place))


def _arm(
    planned: PlannedRuns, seeds: tuple[int, ...], folder: Path, single: bool, retry: bool
) -> DryArm:
    job, recipe = planned.job, planned.job.scaled.recipe
    places = {s: folder if single else run_folder(folder, job.arm, s) for s in seeds}
    there = tuple(seed for seed, place in places.items() if _is_there(place, retry))
    return DryArm(
        arm=job.arm,
        data=job.dataset.facts.title,
        recipe=recipe.name,
        model=job.model,
        init=init_label(job.init),
        steps=job.budget.steps,
        batch_size=recipe.batch_size,
        epochs=recipe.epochs,
        images=job.budget.images,
        images_per_second=planned.rate.train,
        seconds=planned.seconds,
        flops=run_flops(job),
        there=there,
        learning_rate=recipe.optimizer.lr,
        budget=job.budget.asked,
        missing=tuple(seed for seed in seeds if seed not in there),
        pretraining=_awaited(job.init),
        scaling=tuple(step.model_dump(mode="json") for step in job.scaled.steps),
        notes=job.notes,
    )


def _awaited(init: str) -> str:
    """The name of the pretraining whose weights a run starts from; empty where it starts from none
    of its own bake-off's."""
    path = weights_file(init)
    if path is None or path.parent.parent.name != PRETRAINING_FOLDER:
        return ""
    return path.parent.name


def _missing_trials(trial: PlannedRuns, spec: BakeoffSpec, folder: Path) -> int:
    """Trials of one arm that have no final record yet."""
    places = trial_places(spec, trial.arm_name)
    return sum(
        not _is_there(run_folder(folder / TRIALS_FOLDER, name, seed), retry=False)
        for name, seed in places
    )


def _is_there(place: Path, retry: bool) -> bool:
    if not (place / RECORD_NAME).exists():
        return False
    status = load_record(place).status
    return status == "complete" or (status == "failed" and not retry)


def run_flops(job: Job) -> float:
    """FLOPs of one run, counted as its record will: forward and backward of its training images,
    or, where only the head is trained, their features once (the head's own are few)."""
    facts, recipe = job.dataset.facts, job.scaled.recipe
    shape = {"classes": facts.classes, "channels": facts.channels}
    if recipe.trains == "all":
        size = recipe.resolution.train
        return job.budget.images * training_flops(job.model, size=size, **shape)
    seen = min(job.budget.images, len(job.dataset.train))
    return seen * feature_flops(job.model, size=recipe.resolution.test, **shape)
