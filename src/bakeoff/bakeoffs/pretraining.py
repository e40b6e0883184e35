"""Weights that a bake-off makes for its arms before it starts: transfer without a network.

Each distinct pretraining is a run of its own, with a record, below `_pretraining` in the
bake-off's folder. It is trained once, whatever the number of arms and seeds that start from it;
what it cost is told apart, and no comparison at equal images counts it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from bakeoff.bakeoffs.engine import BakeoffListener
from bakeoff.bakeoffs.looking_ahead import DryRun, look_ahead
from bakeoff.bakeoffs.places import Place
from bakeoff.bakeoffs.single import carried_out
from bakeoff.bakeoffs.spec import ArmSpec, BakeoffSpec, Pretraining, arm_name
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
from bakeoff.training.job import init_label, weights_hash

NAME = "pretraining"


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
        return plain_name("-".join(words))[-100:].lstrip("-.")

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
        )


def pretrained(
    spec: BakeoffSpec,
    place: Place,
    device: torch.device,
    *,
    retry: bool,
    listener: BakeoffListener,
    command: str,
) -> tuple[BakeoffSpec, tuple[PretrainingFacts, ...]]:
    """`spec` with its arms starting from the weights, once every pretraining is carried out.

    What is there is not trained again, and what was interrupted goes on. Raises UsageError when
    the runs lie at an address or a test image would be trained on, RunFailed when a pretraining
    fails or, without `retry`, has failed before.
    """
    wanted = list(_wanted(spec))
    if not wanted:
        return spec, ()
    if place.address is not None:
        raise UsageError(
            f"arm {wanted[0].arms[0]} is to be pretrained, which needs a folder and no address",
            "Run in a folder; or use bakeoff train first, and init: file:WEIGHTS.safetensors",
        )
    _refuse_what_would_leak(spec, wanted)
    told: list[PretrainingFacts] = []
    starts: dict[str, str] = {}
    for one in wanted:
        folder = place.folder / PRETRAINING_FOLDER / one.name
        record = _carried_out(one.spec(spec), folder, device, retry, listener, command)
        told.append(_facts(one, record, folder))
        starts.update(dict.fromkeys(one.arms, f"file:{folder / WEIGHTS_NAME}"))
    return _starting(spec, starts), tuple(told)


@dataclass(frozen=True, slots=True)
class PretrainingAhead:
    """What one pretraining would take, and where the arms that wait for it will start."""

    ahead: DryRun
    starts: dict[str, str]


def look_ahead_at(
    spec: BakeoffSpec, folder: Path, device: torch.device, price_per_hour: float | None
) -> tuple[BakeoffSpec, list[PretrainingAhead]]:
    """`spec` to be planned before its pretrainings are done (as if from scratch, which takes as
    long), and what each of them would take; nothing is written."""
    wanted = list(_wanted(spec))
    _refuse_what_would_leak(spec, wanted)
    before = []
    for one in wanted:
        there = folder / PRETRAINING_FOLDER / one.name
        ahead = look_ahead(
            one.spec(spec), device, there, single=True, price_per_hour=price_per_hour
        )
        label = init_label(f"file:{there / WEIGHTS_NAME}")
        before.append(PretrainingAhead(ahead, dict.fromkeys(one.arms, label)))
    return _starting(spec, {arm: "scratch" for one in wanted for arm in one.arms}), before


def with_pretraining(ahead: DryRun, before: list[PretrainingAhead]) -> DryRun:
    """What a bake-off would take, together with what comes before it."""
    starts = {arm: label for one in before for arm, label in one.starts.items()}
    arms = tuple(replace(arm, init=starts.get(arm.arm, arm.init)) for arm in ahead.arms)
    ahead = replace(ahead, arms=arms)
    for one in (waited.ahead for waited in before):
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


def _starting(spec: BakeoffSpec, starts: dict[str, str]) -> BakeoffSpec:
    """The arms named in `starts` begin there; they keep their names."""

    def begun(arm: ArmSpec) -> ArmSpec:
        name = arm_name(arm)
        if name not in starts:
            return arm
        return arm.model_copy(update={"name": name, "init": starts[name], "pretrain": None})

    return spec.model_copy(update={"arms": tuple(begun(arm) for arm in spec.arms)})


def _refuse_what_would_leak(spec: BakeoffSpec, wanted: list[_Wanted]) -> None:
    """Raise UsageError where a test image of the bake-off's would be pretrained on.

    Images are compared pixel by pixel, as they are stored: this finds copies, and no more. Sets
    that are streamed are not compared.
    """
    for one in wanted:
        if one.asked.data in spec.sets:
            raise UsageError(
                f"arm {one.arms[0]} would be pretrained on {one.asked.data}, on which it is "
                "trained",
                "Pretrain on another data set, or give a larger budget",
            )
    sources = {one.asked.data for one in wanted}
    opened = {name: open_data(name, channels=spec.channels) for name in sorted(sources)}
    for data in spec.sets if wanted else ():
        target = open_data(data, channels=spec.channels, exclude=spec.exclude)
        for name, source in opened.items():
            if not (isinstance(source, Dataset) and isinstance(target, Dataset)):
                continue
            shared = shared_images(source.train, target.test)
            if shared:
                raise UsageError(
                    f"{shared:,} of the {len(target.test):,} test images of {data} are training "
                    f"images of {name}",
                    "Pretrain on data without them: no test image may be trained on",
                )


def _carried_out(
    spec: BakeoffSpec,
    folder: Path,
    device: torch.device,
    retry: bool,
    listener: BakeoffListener,
    command: str,
) -> Record:
    if (folder / RECORD_NAME).exists():
        there = load_record(folder)
        if there.status == "failed" and not retry:
            said = there.failure.message if there.failure else "it says not why"
            raise RunFailed(f"pretraining {there.arm} failed before: {said}", "Use --retry")
    return carried_out(spec, Place(folder), device, listener=listener, command=command)


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
