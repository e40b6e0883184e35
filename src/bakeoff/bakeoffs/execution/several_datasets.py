"""Several data sets in one bake-off: each is a bake-off of its own in a folder of its own.

`runs/mine/<data set>/<arm>/seed-N`. Lengths are planned, and arms judged, within a data set; the
manifest in each folder names all of them, so that `compare` corrects for all pairs together.
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
from bakeoff.bakeoffs.planning.plan import Plan, plan
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


def parts(spec: BakeoffSpec, place: Place) -> list[tuple[BakeoffSpec, Place]]:
    """The bake-off of each data set and where it lies; itself where there is only one.

    Raises UsageError when the folder holds a bake-off of one data set.
    """
    if len(spec.sets) == 1:
        return [(spec, place)]
    if MANIFEST_NAME in place.contents():
        raise UsageError(
            f"{place} holds a bake-off of one data set", "Choose another folder with --out"
        )
    # A pattern that names files of one set has no effect on the others.
    patterns = patterns_of_each(spec.sets, spec.exclude)
    return [
        (spec.on(data).model_copy(update={"exclude": exclude}), place / name)
        for data, name, exclude in zip(spec.sets, folder_names(spec.sets), patterns, strict=True)
    ]


def planned(
    spec: BakeoffSpec,
    place: Place,
    device: torch.device,
    *,
    listener: BakeoffListener,
    command: str = "",
) -> tuple[Pretrainings, list[tuple[Plan, Place]]]:
    """What comes before all arms, and the plan of each data set and where it lies.

    Everything is read, checked and measured here, before the first image is trained on. Raises
    what planning raises, and UsageError where the place holds something else.
    """
    before_all = Pretrainings(spec, place)
    plans = []
    for part, where in parts(before_all.spec, place):
        listener.measuring(part, device)
        before = load_manifest(where.folder)
        # At an address other machines may be at work by the lengths that are written down.
        left = Left(kept=True) if where.address is not None else Left.there(where.folder)
        made = plan(part, device, before=before, left=left, command=command)
        outline(made)  # ranges that fit no arm are found now
        made = before_all.started(made)
        if where.address is None:  # what lies at an address is known when it is held
            refuse_foreign(made, where)
        plans.append((made, where))
    before_all.refuse_leaks([made for made, _ in plans])
    return before_all, plans
