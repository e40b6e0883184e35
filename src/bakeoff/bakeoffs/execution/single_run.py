"""One run, asked for without a bake-off: its specification, and where its record lies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from bakeoff.bakeoffs.execution.engine import BakeoffListener
from bakeoff.bakeoffs.execution.run_store import Place, execute_at
from bakeoff.bakeoffs.execution.showing import show_augmentation
from bakeoff.bakeoffs.planning.lengths import Left
from bakeoff.bakeoffs.planning.plan import plan
from bakeoff.bakeoffs.specification.spec import BakeoffSpec, arm_name
from bakeoff.bakeoffs.specification.spec_loading import read_spec
from bakeoff.records.manifest import Manifest, PlannedArm
from bakeoff.records.schema import Record
from bakeoff.records.store import RECORD_NAME, load_record, run_folder
from bakeoff.training.distributed.process_group import ALONE, Group


def single_run(
    recipe: str,
    *,
    data: str,
    model: str,
    init: str,
    seed: int,
    budget: str | None,
    channels: int | None,
    exclude: Sequence[str],
    pins: Mapping[str, Any] | None,
    micro_batch: int | None,
    precision: str = "auto",
    track: Sequence[str] = (),
) -> BakeoffSpec:
    """The bake-off of one arm and one seed that `bakeoff.train` is. Raises UsageError."""
    return read_spec(
        {
            "name": "train",
            "data": data,
            "model": model,
            "init": init,
            "channels": channels,
            "exclude": list(exclude),
            "micro_batch": micro_batch,
            "precision": precision,
            "arms": [{"recipe": recipe, "pin": dict(pins or {})}],
            "seeds": [seed],
            "budget": budget,
            "track": list(track),
        }
    )


def single_folder(spec: BakeoffSpec) -> Path:
    """`runs/train/<data>-<arm>/seed-N`."""
    place = spec.data.rpartition("/")[2].replace(":", "-") or "data"
    return run_folder(Path("runs/train"), f"{place}-{arm_name(spec.arms[0])}", spec.seeds[0])


def carried_out(
    spec: BakeoffSpec,
    place: Place,
    device: torch.device,
    *,
    listener: BakeoffListener,
    command: str,
    group: Group = ALONE,
) -> Record:
    """The complete record of the one run of `spec`, which lies directly in `place`.

    What is there is kept, what was interrupted goes on. Raises what planning and
    `places.execute_at` raise.
    """
    listener.measuring(spec, device)
    before = group.first(lambda: as_manifest(place.folder, spec))
    left = Left(kept=True)
    planned = plan(spec, device, before=before, left=left, command=command, group=group)
    listener.planned(planned, place.name)
    job = planned.jobs()[0]
    told = listener.run_started(job, 1, 1)
    record = execute_at(job, place, device=device, listener=told, group=group)
    if group.is_first:
        show_augmentation(job, place)
    listener.run_ended(job, record, skipped=False)
    return record


def as_manifest(folder: Path, spec: BakeoffSpec) -> Manifest | None:
    """What an earlier call decided for this single run, from the record it left.

    A record knows its data set's content, not how it was asked for; the content is compared
    before anything goes on.
    """
    if not (folder / RECORD_NAME).exists():
        return None
    record = load_record(folder)
    return Manifest(
        name=spec.name,
        created=record.created,
        data=spec.data,
        budget_asked=record.budget.asked,
        budget_reason=record.budget.reason,
        arms=(
            PlannedArm(
                name=record.arm,
                recipe=record.recipe.name,
                model=record.model.name,
                init=record.model.init,
                budget=record.budget,
            ),
        ),
        seeds=(record.seed,),
        precision="bf16" if record.environment.precision == "bf16" else "fp32",
    )
