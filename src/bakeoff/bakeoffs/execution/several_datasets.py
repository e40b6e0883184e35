"""Several data sets or budgets in one bake-off: each is a bake-off of its own in its own folder.

`runs/mine/<data set>/<arm>/seed-N`, `runs/mine/<budget>/…`, or `runs/mine/<data set>-<budget>/…`.
Lengths are planned, schedules fitted and arms judged within a part; the manifest in each folder
names all of them, so that `compare` corrects for all pairs together. Shorter runs come first.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import torch

from bakeoff.bakeoffs.execution.deciding import refuse_foreign
from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.pretraining import Pretrainings
from bakeoff.bakeoffs.execution.run_store import Place
from bakeoff.bakeoffs.execution.tuning import outline
from bakeoff.bakeoffs.planning.lengths import Left
from bakeoff.bakeoffs.planning.plan import Plan, Rates, plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec
from bakeoff.data.catalog import patterns_of_each
from bakeoff.errors import UsageError
from bakeoff.records.manifest import MANIFEST_NAME, load_manifest
from bakeoff.records.store import plain_name


def folder_names(sets: Sequence[str]) -> list[str]:
    """A folder's name for each data set: "folder:/x/cats & dogs" lies in `cats-dogs`."""
    names: list[str] = []
    for data in sets:
        last = Path(data.partition("::")[0].rpartition(":")[2]).name
        plain = plain_name(last) or "data"
        taken = sum(re.fullmatch(rf"{re.escape(plain)}(-\d+)?", name) is not None for name in names)
        names.append(f"{plain}-{taken + 1}" if taken else plain)
    return names


def part_names(spec: BakeoffSpec) -> list[str]:
    """A folder's name for each part, all data sets at the first budget first."""
    sets = folder_names(spec.sets) if len(spec.sets) > 1 else [""]
    budgets = [plain_name(budget) for budget in spec.budgets] or [""]
    return ["-".join(filter(None, (name, budget))) for budget in budgets for name in sets]


def parts(spec: BakeoffSpec, place: Place) -> list[tuple[BakeoffSpec, Place]]:
    """The bake-off of each data set and budget, and where it lies; itself where there is only one.

    Raises UsageError when the folder holds a bake-off of one part.
    """
    if len(spec.sets) == len(spec.lengths) == 1:
        return [(spec, place)]
    if MANIFEST_NAME in place.contents():
        one = "one data set" if len(spec.sets) > 1 else "one budget"
        raise UsageError(f"{place} holds a bake-off of {one}", "Choose another folder with --out")
    # A pattern that names files of one set has no effect on the others.
    patterns = [spec.exclude]
    if len(spec.sets) > 1:
        patterns = patterns_of_each(spec.sets, spec.exclude)
    wanted = [
        spec.part(data, budget).model_copy(update={"exclude": exclude})
        for budget in spec.lengths
        for data, exclude in zip(spec.sets, patterns, strict=True)
    ]
    return [(part, place / name) for part, name in zip(wanted, part_names(spec), strict=True)]


def planned(
    spec: BakeoffSpec,
    place: Place,
    device: torch.device,
    *,
    listener: BakeoffListener,
    command: str = "",
) -> tuple[Pretrainings, list[tuple[Plan, Place]]]:
    """What comes before all arms, and the plan of each part and where it lies, shorter runs first.

    Everything is read, checked and measured here, before the first image is trained on. Raises
    what planning raises, and UsageError where the place holds something else.
    """
    before_all = Pretrainings(spec, place)
    plans = []
    rates = Rates()
    for part, where in parts(before_all.spec, place):
        listener.measuring(part, device)
        before = load_manifest(where.folder)
        # At an address other machines may be at work by the lengths that are written down.
        left = Left(kept=True) if where.address is not None else Left.there(where.folder)
        made = plan(part, device, before=before, left=left, command=command, known=rates)
        outline(made)  # ranges that fit no arm are found now
        made = before_all.started(made)
        if where.address is None:  # what lies at an address is known when it is held
            refuse_foreign(made, where)
        plans.append((made, where))
    before_all.refuse_leaks([made for made, _ in plans])
    return before_all, _shorter_first(plans)


def _shorter_first(plans: list[tuple[Plan, Place]]) -> list[tuple[Plan, Place]]:
    """Raises UsageError where two budgets are the same number of images of a data set."""
    if len(plans) == 1 or not plans[0][0].spec.budgets:
        return plans
    met: dict[tuple[str, int], str] = {}
    for made, _ in plans:
        images = _images(made)
        other = met.setdefault((made.spec.data, images), made.asked)
        if other != made.asked:
            raise UsageError(
                f"{other} and {made.asked} are both {images:,} training images of "
                f"{made.arms[0].job.dataset.facts.title}",
                "Leave one of them out of budgets",
            )
    return sorted(plans, key=lambda part: _images(part[0]))


def _images(made: Plan) -> int:
    budget = made.arms[0].job.budget
    return budget.allowed or budget.images
