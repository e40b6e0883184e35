"""How long every run is, and why: decided by rates, kept while finished runs are there."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

import torch

from bakeoff.bakeoffs.planning.planned_runs import AnyDataset, job_for, run_seconds
from bakeoff.bakeoffs.specification.spec import ArmSpec, BakeoffSpec, arm_name
from bakeoff.data.places import same_place
from bakeoff.errors import UsageError
from bakeoff.progress import duration
from bakeoff.recipes.budget import Budget
from bakeoff.recipes.loading import LoadedRecipe
from bakeoff.recipes.loading import load as load_recipe
from bakeoff.records.manifest import Manifest, PlanFacts, RateFacts
from bakeoff.records.store import RECORD_NAME, TRIALS_FOLDER, load_record
from bakeoff.training.throughput import Rate

Draft = tuple[ArmSpec, LoadedRecipe, AnyDataset, Rate]
"""An arm whose length is not decided yet: its recipe and data, and how fast it trains."""

QUICK_SECONDS = 630.0
"""A quick bake-off is planned to this, so that it ends within 12 minutes on a disturbed machine."""

QUICK_LEAST_IMAGES = 2_000

WORTHWHILE_IMAGES = 10_000
"""A quick bake-off that could have more is worth nothing below this many images a run."""

OFF = 1.5
"""A rate is wrong when the machine turns out so many times faster or slower."""

SHARE = 0.1
"""Of the planned time: within it a wrong plan is mended, and no more than it is thrown away."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an interrupted bake-off left: finished runs, and seconds trained in unfinished ones."""

    finished: int = 0
    unfinished_seconds: float = 0.0
    kept: bool = False
    """Lengths are not ours to change: other machines may be at work, or a single run goes on."""

    @classmethod
    def there(cls, folder: Path) -> Left:
        """What lies in a bake-off's folder. Raises BadFile for a record that cannot be read."""
        found = [*folder.glob(f"*/seed-*/{RECORD_NAME}")]
        found += folder.glob(f"{TRIALS_FOLDER}/*/seed-*/{RECORD_NAME}")
        records = [load_record(path.parent) for path in found if not _hidden(path, folder)]
        spent = [r.cost.seconds for r in records if r.status == "incomplete" and r.cost]
        return cls(sum(r.status != "incomplete" for r in records), sum(spent))


NOTHING_LEFT = Left()


def _hidden(path: Path, folder: Path) -> bool:
    top = path.relative_to(folder).parts[0]
    return top.startswith("_") and top != TRIALS_FOLDER


@dataclass(frozen=True, slots=True)
class Lengths:
    """images: training images a run may see, of each draft. reason: in words, for the records."""

    images: list[int]
    reason: str
    facts: PlanFacts
    notices: tuple[str, ...] = ()


def chosen_budget(spec: BakeoffSpec, device: torch.device) -> tuple[Budget, str]:
    """The budget asked for, or the one that this device gets; and why, in words."""
    if spec.budget is not None:
        return Budget.parse(spec.budget), "asked for"
    if device.type == "cuda":
        return Budget.parse("full"), "chosen because a GPU is here"
    return Budget.parse("quick"), "chosen because there is no GPU here"


def draft_images(asked: Budget, spec: BakeoffSpec, dataset: AnyDataset) -> int:
    """Images a run sees where time does not matter."""
    n = dataset.facts.train_images
    if asked.kind == "full" and spec.full is None:
        return round(n * max(load_recipe(arm.recipe).recipe.epochs for arm in spec.arms))
    word = {"quick": spec.quick, "seconds": spec.quick, "full": spec.full}.get(asked.kind)
    budget = Budget.parse(word) if word else asked
    images = budget.images(n)
    if images is None:
        raise UsageError(
            f"a bake-off cannot say that {asked.kind} means {budget.asked}",
            "Write epochs or images there",
        )
    return images


def decided_before(before: Manifest, spec: BakeoffSpec, asked: str) -> bool:
    """Whether an earlier call set out to do this bake-off (seeds and arms may have been added)."""
    return (before.name, same_place(before.data), before.budget_asked) == (
        spec.name,
        spec.data,
        asked,
    )


def decide(
    asked: Budget,
    why: str,
    spec: BakeoffSpec,
    drafts: Sequence[Draft],
    *,
    before: Manifest | None = None,
    left: Left = NOTHING_LEFT,
    because: Literal["first", "wrong rate"] = "first",
) -> Lengths:
    """The length of every draft's runs.

    before, left: what an earlier call decided for the same bake-off, and what it left. With
    finished runs its lengths are kept. Without, they are planned anew, unless what was trained
    since is more than SHARE of what is to come, or the new lengths are within OFF of the old.
    because: "wrong rate" where the drafts' rates are those of the first run, and not a probe's.
    """
    fresh = _by_rates(asked, why, spec, drafts, because)
    if because == "wrong rate" or before is None or not decided_before(before, spec, asked.asked):
        return fresh
    old = _as_before(before, asked, drafts, fresh)
    planned = _seconds(spec, drafts, fresh.images)
    too_much = left.unfinished_seconds > SHARE * planned
    if too_much:  # to be thrown away, by whatever the rate turns out to be
        settled = fresh.facts.model_copy(update={"by_rate": False})
        fresh = replace(fresh, facts=settled)
    if old == fresh.images:
        if not left.finished:
            return fresh
        there = {"because": "finished runs", "finished": left.finished}
        return replace(fresh, facts=fresh.facts.model_copy(update=there))
    if left.finished:
        return _kept(asked, fresh, old, left)
    off = [max(a / b, b / a) for a, b in zip(old, fresh.images, strict=True)]
    if left.kept or max(off) <= OFF or too_much:
        return _kept(asked, fresh, old, left)
    said = f"no run had finished, so this was planned anew ({_counted(old)} a run before)"
    facts = fresh.facts.model_copy(update={"because": "no finished run"})
    return Lengths(fresh.images, f"{fresh.reason}; {said}", facts, fresh.notices)


def _as_before(
    before: Manifest, asked: Budget, drafts: Sequence[Draft], fresh: Lengths
) -> list[int]:
    """The lengths of an earlier call; an arm that was added gets what the others have."""
    kept = {arm.name: arm.budget.allowed or arm.budget.images for arm in before.arms}
    counts = list(fresh.images)
    if asked.kind != "seconds":  # every arm is as long as the others
        counts = [next(iter(kept.values()))] * len(drafts)
    return [kept.get(arm_name(arm), count) for (arm, *_), count in zip(drafts, counts, strict=True)]


def _kept(asked: Budget, fresh: Lengths, old: list[int], left: Left) -> Lengths:
    """The old lengths, with today's reason for them."""
    names = list(fresh.facts.images)
    facts = fresh.facts.model_copy(
        update={
            "because": "finished runs" if left.finished else "first",
            "images": dict(zip(names, old, strict=True)),
            "today": fresh.facts.images if old != fresh.images else {},
            "finished": left.finished,
            "limit": "none",
            "worthless": bool(fresh.facts.most and _worthless(min(old), fresh.facts.most)),
        }
    )
    whose = "as was planned when this began"
    if left.finished:
        runs = "the finished run" if left.finished == 1 else f"the {left.finished} finished runs"
        whose = f"as {runs} here had"
    reason = f"{asked.asked}: {_counted(old)} per run, {whose}"
    if facts.today:
        reason += (
            f"; by today's rate it would be {_counted(fresh.images)}. To start over, choose "
            "another folder with --out, or remove this one"
        )
    notices = (_useless(old, None),) if facts.worthless and left.finished else ()
    return Lengths(old, reason, facts, notices)


def _counted(images: Sequence[int]) -> str:
    shown = f"{min(images):,}"
    return (shown if len(set(images)) == 1 else f"{shown} to {max(images):,}") + " training images"


def _by_rates(
    asked: Budget,
    why: str,
    spec: BakeoffSpec,
    drafts: Sequence[Draft],
    because: Literal["first", "wrong rate"],
) -> Lengths:
    """Training images per run for each arm, by the rates in the drafts, and the reason."""
    most: int | None = None
    limit: Literal["none", "time", "least"] = "none"
    rate = "the rate of the first run" if because == "wrong rate" else "the rate measured now"
    if asked.kind == "seconds":
        seconds = asked.value
        assert seconds is not None
        counts = [
            max(1, measured.images_in(seconds, len(dataset.train)))
            if measured.fits
            else draft_images(asked, spec, dataset)
            for _, _, dataset, measured in drafts
        ]
        reason = f"{asked.asked} of training per run, {why}; the number of images follows from " + (
            rate if because == "wrong rate" else "the rate measured before the start"
        )
    elif asked.kind != "quick":
        counts = [draft_images(asked, spec, dataset) for _, _, dataset, _ in drafts]
        reason = f"{asked.asked}, {why}: {counts[0]:,} training images per run"
    else:
        most = min(draft_images(asked, spec, dataset) for _, _, dataset, _ in drafts)
        images = _most_in_time(spec, drafts, most)
        if images < most:
            limit = "time"
            why += f"; at {rate}, {most:,} would take longer than 12 minutes"
        if _seconds(spec, drafts, images) > QUICK_SECONDS:
            limit = "least"
            why += f", and so do {images:,}, the least that trains anything"
        counts = [images] * len(drafts)
        reason = f"quick, {why}: {images:,} training images per run"
    worthless = most is not None and _worthless(min(counts), most)
    facts = PlanFacts(
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        because=because,
        images={arm_name(arm): n for (arm, *_), n in zip(drafts, counts, strict=True)},
        most=most,
        limit=limit,
        worthless=worthless,
        by_rate=asked.kind in ("quick", "seconds"),
        rates=tuple(_rate_facts(draft, because) for draft in drafts),
    )
    notices: tuple[str, ...] = ()
    if worthless:
        notices = (_useless(counts, _seconds(spec, drafts, WORTHWHILE_IMAGES)),)
    return Lengths(counts, reason, facts, notices)


def _worthless(images: int, most: int) -> bool:
    return images < min(WORTHWHILE_IMAGES, most)


def _useless(counts: Sequence[int], seconds: float | None) -> str:
    """What a person must know before such a bake-off begins; seconds: that a worthy one takes."""
    said = (
        f"{_counted(counts)} a run are too few for a network to learn much, so the result will be "
        f"worth nothing. "
    )
    if seconds is None:
        return said + (
            "Start over when the machine is free, in another folder (--out), or with a longer "
            f"budget there (--budget {WORTHWHILE_IMAGES}images)."
        )
    return said + (
        "To wait, stop this and run the same command again when the machine is free: as long as "
        "no run has finished, it is planned anew. To override, give the length: --budget "
        f"{WORTHWHILE_IMAGES}images takes about {duration(seconds)} at this rate."
    )


def _rate_facts(draft: Draft, because: str) -> RateFacts:
    arm, _, _, rate = draft
    return RateFacts(
        arm=arm_name(arm),
        training=rate.train,
        evaluation=rate.evaluate,
        measured="training" if because == "wrong rate" else "before",
        steps=rate.steps,
        spread=rate.spread,
        others=rate.others,
        crowded=rate.crowded,
    )


def _most_in_time(spec: BakeoffSpec, drafts: Sequence[Draft], most: int) -> int:
    """Images per run, `most` or thousands fewer, that end in time; the least where none do."""

    def fewer(thousands: int) -> int:
        return min(most, max(QUICK_LEAST_IMAGES, most - 1_000 * thousands))

    def in_time(thousands: int) -> bool:
        return _seconds(spec, drafts, fewer(thousands)) <= QUICK_SECONDS

    choices = range(max(0, math.ceil((most - QUICK_LEAST_IMAGES) / 1_000)))
    return fewer(bisect_left(choices, True, key=in_time))


def _seconds(spec: BakeoffSpec, drafts: Sequence[Draft], images: int | Sequence[int]) -> float:
    """Expected seconds of all runs and trials, one after the other, of so many images each."""
    counts = [images] * len(drafts) if isinstance(images, int) else images
    each = sum(
        run_seconds(job_for(spec, arm, loaded, dataset, count, "", "", ""), rate)
        for (arm, loaded, dataset, rate), count in zip(drafts, counts, strict=True)
        if rate.fits
    )
    variants = 3 if spec.robust else 1
    return each * (len(spec.seeds) * variants + trials_of(spec))


def trials_of(spec: BakeoffSpec) -> int:
    """Trials of one arm, in all its searches."""
    if spec.tune is None:
        return 0
    return spec.tune.trials * (len(spec.seeds) if spec.tune.searches == "per-seed" else 1)
