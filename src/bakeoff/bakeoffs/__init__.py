"""MANY: arms × seeds on a data set under one budget."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from bakeoff.bakeoffs.engine import BakeoffListener, Finished
    from bakeoff.bakeoffs.spec import BakeoffSpec
    from bakeoff.records.manifest import Manifest
    from bakeoff.records.schema import Record


def run(
    spec: BakeoffSpec | Mapping[str, Any] | Path | str,
    *,
    budget: str | None = None,
    seeds: int | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    retry: bool = False,
    workers: int = 1,
    track: Sequence[str] = (),
    listener: BakeoffListener | None = None,
    command: str = "",
) -> Finished:
    """Run a bake-off: what is missing of it, in `out` (default `runs/<name>`).

    spec: a bake-off file's path, the same content as a mapping, or a BakeoffSpec. budget and
    seeds override the file's: "quick", "full", "5epochs", "20000images", "30min"; a number of
    seeds. device: "auto", "cpu", "cuda", "cuda:1", "mps". retry: try failed runs again. workers:
    runs at a time on this machine, its cores shared out among them. track: tools that are told
    every curve as well: "tensorboard", "mlflow", "wandb", "trackio".

    Returns the folder, the manifest, and every run's record, failed ones included. Raises
    UsageError before anything runs, OutputError, or Stopped after a safe save.
    """
    from bakeoff.bakeoffs.engine import BakeoffListener, carry_out
    from bakeoff.bakeoffs.file import read_spec
    from bakeoff.bakeoffs.plan import plan
    from bakeoff.records.files import require_writable
    from bakeoff.records.manifest import load_manifest
    from bakeoff.training.device import choose
    from bakeoff.training.tracking import check, prepare

    chosen = choose(device)
    resolved = read_spec(spec, budget=budget, seeds=seeds, track=track)
    folder = Path(out) if out is not None else Path("runs") / resolved.name
    listener = listener or BakeoffListener()
    prepare(check(resolved.track), resolved.name)
    require_writable(folder)
    listener.measuring(resolved, chosen)
    planned = plan(resolved, chosen, before=load_manifest(folder), command=command)
    return carry_out(
        planned, folder, command=command, listener=listener, retry=retry, workers=workers
    )


def reproduce(
    *,
    budget: str | None = None,
    seeds: int | None = None,
    init: str | None = None,
    channels: int | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    track: Sequence[str] = (),
    listener: BakeoffListener | None = None,
    command: str = "",
) -> Finished:
    """The default bake-off: ResNet-50 on MNIST, the standard procedure against RSB's A3.

    Arguments as in `run`. init: "scratch" or "timm:TAG" for only that; None for scratch, and
    ImageNet-pretrained arms as well where the weights can be had.
    """
    from bakeoff.bakeoffs.spec import default_spec

    return run(
        default_spec(init=init, channels=channels),
        budget=budget,
        seeds=seeds,
        out=out,
        device=device,
        track=track,
        listener=listener,
        command=command,
    )


def train(
    recipe: str = "standard",
    *,
    data: str = "mnist",
    model: str = "resnet50",
    init: str = "scratch",
    seed: int = 0,
    budget: str | None = None,
    channels: int | None = None,
    exclude: Sequence[str] = (),
    pins: Mapping[str, Any] | None = None,
    micro_batch: int | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    track: Sequence[str] = (),
    listener: BakeoffListener | None = None,
    command: str = "",
) -> Record:
    """Train one run and return its record; resumes what an interrupted call left.

    recipe: a library name or a file. data: a catalog name or "folder:PATH". init: "scratch",
    "timm:TAG" or "file:WEIGHTS.safetensors". budget: None for the recipe's own epochs on a GPU
    and "quick" without one. exclude: shell patterns of
    image files to leave out. pins: dotted recipe values fixed by hand. micro_batch: where a batch
    does not fit, images at a time whose gradients are added up. track: as in `run`. out: the run's
    folder, by default `runs/train/<data>-<arm>/seed-N`.

    Raises UsageError, RunFailed after the failure was recorded, Stopped after a safe save, or
    OutputError.
    """
    from bakeoff.bakeoffs.engine import BakeoffListener
    from bakeoff.bakeoffs.file import read_spec
    from bakeoff.bakeoffs.plan import plan
    from bakeoff.bakeoffs.spec import arm_name
    from bakeoff.records.files import require_writable
    from bakeoff.records.store import run_folder
    from bakeoff.training.device import choose
    from bakeoff.training.run import execute
    from bakeoff.training.tracking import check, prepare

    chosen = choose(device)
    spec = read_spec(
        {
            "name": "train",
            "data": data,
            "model": model,
            "init": init,
            "channels": channels,
            "exclude": list(exclude),
            "micro_batch": micro_batch,
            "arms": [{"recipe": recipe, "pin": dict(pins or {})}],
            "seeds": [seed],
            "budget": budget,
            "track": check(track),
        }
    )
    listener = listener or BakeoffListener()
    arm = arm_name(spec.arms[0])
    place = data.rpartition("/")[2].replace(":", "-") or "data"
    folder = (
        Path(out) if out is not None else run_folder(Path("runs/train"), f"{place}-{arm}", seed)
    )
    prepare(spec.track, spec.name)
    require_writable(folder)
    listener.measuring(spec, chosen)
    planned = plan(spec, chosen, before=_as_manifest(folder), command=command)
    listener.planned(planned, folder)
    job = planned.jobs()[0]
    told = listener.run_started(job, 1, 1)
    record = execute(job, folder, device=chosen, listener=told)
    listener.run_ended(job, record, skipped=False)
    return record


def evaluate(
    weights: str | Path,
    *,
    data: str = "mnist",
    model: str | None = None,
    channels: int | None = None,
    size: int | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    command: str = "",
) -> Record:
    """Evaluate weights that exist on a data set's test images; leaves a record like a run's.

    weights: "timm:MODEL.TAG", "timm:TAG" with `model`, a run's folder, or a checkpoint file (with
    `model` unless Bakeoff wrote it). data: a catalog name or "folder:PATH". size: test resolution
    in pixels, instead of the weights' own. out: the record's folder, by default
    `runs/evaluate/<data>/<name>/seed-N`.

    Raises UsageError, with names, when the classes are not those that the weights know, in their
    order; BadFile, UnknownName, WeightsUnavailable, or OutputError.
    """
    from bakeoff.bakeoffs.evaluation import evaluate_weights
    from bakeoff.training.device import choose

    record, _ = evaluate_weights(
        str(weights),
        data=data,
        model=model,
        channels=channels,
        size=size,
        out=Path(out) if out is not None else None,
        device=choose(device),
        command=command,
    )
    return record


def _as_manifest(folder: Path) -> Manifest | None:
    """What an earlier call decided for a single run, from the record it left."""
    from bakeoff.records.manifest import Manifest, PlannedArm
    from bakeoff.records.store import RECORD_NAME, load_record

    if not (folder / RECORD_NAME).exists():
        return None
    record = load_record(folder)
    return Manifest(
        name="train",
        created=record.created,
        data=record.data.name,
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
    )
