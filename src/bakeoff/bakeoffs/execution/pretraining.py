"""Weights that a bake-off makes for its arms before it starts: transfer without a network.

Each distinct pretraining is a run of its own, with a record, below `_pretraining` in the
bake-off's folder. It is trained once, whatever the number of arms and seeds that start from it;
what it cost is told apart, and no comparison at equal images counts it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from bakeoff.bakeoffs.execution.dry_run import DryRun, look_ahead
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.execution.single_run import as_manifest, carried_out
from bakeoff.bakeoffs.planning.lengths import Left
from bakeoff.bakeoffs.planning.plan import Plan, plan
from bakeoff.bakeoffs.planning.planned_runs import PlannedRuns
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, Pretraining, arm_name
from bakeoff.data.catalog import open_data
from bakeoff.data.dataset import Dataset
from bakeoff.data.facts_report import shared_images
from bakeoff.errors import RunFailed, UsageError
from bakeoff.records.manifest import PretrainingFacts
from bakeoff.records.schema import Record
from bakeoff.records.store import (
    PRETRAINING_FOLDER,
    RECORD_NAME,
    WEIGHTS_NAME,
    load_record,
    plain_name,
)
from bakeoff.training.job import weights_hash

NAME = "pretraining"
LONGEST_NAME = 100


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One pretraining: what is asked for, of which network, and the arms that start from it."""

    asked: Pretraining
    model: str
    channels: int | None
    arms: tuple[str, ...]

    @property
    def name(self) -> str:
        """Its folder's name: what tells it from others."""
        recipe = Path(self.asked.recipe).stem
        words = [self.asked.data, recipe, self.model, self.asked.budget, f"seed{self.asked.seed}"]
        words += [f"{self.channels}ch"] if self.channels else []
        name = plain_name("-".join(words)).lstrip("_+")
        if len(name) > LONGEST_NAME:
            # Two long paths may end alike.
            digest = hashlib.sha256(name.encode()).hexdigest()[:8]
            name = f"{digest}-{name[-(LONGEST_NAME - 9) :]}"
        return name

    def spec(self, whole: BakeoffSpec) -> BakeoffSpec:
        """The bake-off of one arm and one seed that it is."""
        return BakeoffSpec(
            name=NAME,
            data=self.asked.data,
            model=self.model,
            channels=self.channels,
            arms=(ArmSpec(recipe=self.asked.recipe, name=self.name),),
            seeds=(self.asked.seed,),
            budget=self.asked.budget,
            micro_batch=whole.micro_batch,
            precision=whole.precision,
        )


class Pretrainings:
    """The pretrainings that a bake-off at `place` asks for; none, of most.

    Raises UsageError at an address, and where an arm would be pretrained on its own data.
    """

    def __init__(self, spec: BakeoffSpec, place: Place) -> None:
        self._spec, self._place = spec, place
        self._wanted = tuple(_wanted(spec))
        for one in self._wanted:
            if place.address is not None:
                raise UsageError(
                    f"arm {one.arms[0]} is to be pretrained, which needs a folder and no address",
                    "Run in a folder; or bakeoff train first, and init: file:WEIGHTS.safetensors",
                )
            if one.asked.data in spec.sets:
                raise UsageError(
                    f"arm {one.arms[0]} would be pretrained on {one.asked.data}, on which it is "
                    "trained",
                    "Pretrain on another data set, or give a larger budget",
                )

    @property
    def spec(self) -> BakeoffSpec:
        """The bake-off as it is planned before there are any weights: from scratch, which takes
        as long. Arms keep their names."""
        return self._spec.model_copy(update={"arms": tuple(map(_from_scratch, self._spec.arms))})

    def started(self, plan: Plan) -> Plan:
        """`plan`, made from `spec`, with each arm starting where its pretraining ends."""
        starts = {
            arm: f"file:{self._folder(one) / WEIGHTS_NAME}"
            for one in self._wanted
            for arm in one.arms
        }

        def begun(arm: PlannedRuns) -> PlannedRuns:
            init = starts.get(arm.arm_name)
            if init is None:
                return arm
            spec = arm.spec.model_copy(update={"init": init})
            return replace(arm, spec=spec, job=replace(arm.job, init=init))

        return replace(plan, arms=tuple(map(begun, plan.arms)))

    def refuse_leaks(self, plans: Sequence[Plan]) -> None:
        """Raise UsageError where a test image of a planned data set would be pretrained on.

        Images are compared pixel by pixel, as they are stored: this finds copies, and no more.
        Sets that are streamed are not compared.
        """
        for name in sorted({one.asked.data for one in self._wanted}):
            source = open_data(name, channels=self._spec.channels)
            for target in (planned.arms[0].job.dataset for planned in plans):
                if not (isinstance(source, Dataset) and isinstance(target, Dataset)):
                    continue
                shared = shared_images(source.train, target.test)
                if shared:
                    raise UsageError(
                        f"{shared:,} of the {len(target.test):,} test images of "
                        f"{target.facts.name} are training images of {name}",
                        "Pretrain on data without them: no test image may be trained on",
                    )

    def carry_out(
        self, device: torch.device, *, retry: bool, listener: BakeoffListener, command: str
    ) -> tuple[PretrainingFacts, ...]:
        """Train what is not there yet, or was interrupted, and tell what each one was.

        Raises RunFailed when a pretraining fails or, without `retry`, has failed before.
        """
        told = []
        for one in self._wanted:
            folder = self._folder(one)
            self._refuse_failed(one, retry)
            record = carried_out(
                one.spec(self._spec), Place(folder), device, listener=listener, command=command
            )
            told.append(_facts(one, record, folder))
        return tuple(told)

    def look_ahead(
        self, device: torch.device, *, retry: bool, price_per_hour: float | None
    ) -> list[DryRun]:
        """What each of them would take; nothing is written. Raises what `carry_out` raises before
        it starts."""
        ahead = []
        for one in self._wanted:
            folder, spec = self._folder(one), one.spec(self._spec)
            self._refuse_failed(one, retry)
            planned = plan(spec, device, before=as_manifest(folder, spec), left=Left(kept=True))
            ahead.append(look_ahead(planned, folder, single=True, price_per_hour=price_per_hour))
        return ahead

    def _folder(self, one: _Wanted) -> Path:
        return self._place.folder / PRETRAINING_FOLDER / one.name

    def _refuse_failed(self, one: _Wanted, retry: bool) -> None:
        folder = self._folder(one)
        if retry or not (folder / RECORD_NAME).exists():
            return
        there = load_record(folder)
        if there.status == "failed":
            said = there.failure.message if there.failure else "no reason was recorded"
            raise RunFailed(f"pretraining {there.arm} failed before: {said}", "Use --retry")


def with_pretraining(ahead: DryRun, before: Sequence[DryRun]) -> DryRun:
    """What a bake-off would take, together with what comes before it."""
    for one in before:
        price = None if ahead.price is None else ahead.price + (one.price or 0.0)
        notice = (
            "before anything else, and once for all seeds: "
            + "; ".join(f"{arm.arm} ({arm.images:,} images)" for arm in one.arms if arm.missing)
            if one.runs
            else f"{one.arms[0].arm} is there"
        )
        ahead = replace(
            ahead,
            runs=ahead.runs + one.runs,
            seconds=ahead.seconds + one.seconds,
            hours=ahead.hours + one.hours,
            flops=ahead.flops + one.flops,
            price=price,
            arms=one.arms + ahead.arms,
            notices=(*ahead.notices, f"Pretraining {notice}"),
        )
    return ahead


def _wanted(spec: BakeoffSpec) -> Iterator[_Wanted]:
    """Each distinct pretraining, in the order of the arms."""
    arms: dict[tuple[Pretraining, str, int | None], list[str]] = {}
    for arm in spec.arms:
        if arm.pretrain is not None:
            key = (arm.pretrain, arm.model or spec.model, arm.channels or spec.channels)
            arms.setdefault(key, []).append(arm_name(arm))
    for (asked, model, channels), names in arms.items():
        yield _Wanted(asked, model, channels, tuple(names))


def _from_scratch(arm: ArmSpec) -> ArmSpec:
    """The arm as it is without its pretraining, under the name that it has with it."""
    if arm.pretrain is None:
        return arm
    return arm.model_copy(update={"name": arm_name(arm), "init": "scratch", "pretrain": None})


def _facts(one: _Wanted, record: Record, folder: Path) -> PretrainingFacts:
    assert record.cost is not None
    assert record.result is not None
    return PretrainingFacts(
        name=one.name,
        arms=one.arms,
        data=record.data.title,
        recipe=record.recipe.name,
        model=record.model.name,
        seed=record.seed,
        images=record.budget.images,
        accuracy=record.result.accuracy,
        seconds=record.cost.seconds,
        flops=record.cost.flops,
        weights_hash=weights_hash(folder / WEIGHTS_NAME),
    )
