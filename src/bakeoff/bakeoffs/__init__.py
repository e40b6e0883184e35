"""MANY: arms × seeds on a data set under one budget."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bakeoff.bakeoffs.run_options import RunOptions
from bakeoff.errors import UnknownName, UsageError
from bakeoff.extras import require

if TYPE_CHECKING:
    from bakeoff.bakeoffs.execution.dry_run import DryRun
    from bakeoff.bakeoffs.execution.engine import BakeoffListener, Finished
    from bakeoff.bakeoffs.specification.spec import BakeoffSpec
    from bakeoff.records.schema import Record


def run(
    spec: BakeoffSpec | Mapping[str, Any] | Path | str,
    *,
    budget: str | None = None,
    budgets: Sequence[str] | None = None,
    seeds: int | Sequence[int] | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    retry: bool = False,
    workers: int = 1,
    precision: str | None = None,
    track: Sequence[str] = (),
    on: str = "local",
    address: str | None = None,
    until_decided: bool = False,
    allow_commands: bool = False,
    listener: BakeoffListener | None = None,
    command: str = "",
) -> Finished:
    """Run a bake-off: what is missing of it, in `out` (default `runs/<name>`).

    out: a folder, or an address that other machines may share, as s3://bucket/runs/mine.

    spec: a bake-off file's path, the same content as a mapping, or a BakeoffSpec. budget and
    seeds override the file's: "quick", "full", "5epochs", "20000images", "30min"; a number of
    seeds, or the seeds. budgets: several lengths in images or epochs, shorter ones run first.
    device: "auto", "cpu", "cuda", "cuda:1", "mps". retry: try failed runs
    again. workers: runs at a time on a machine, its cores (or GPUs) shared out among them. on:
    "local", or "ray" for the Ray cluster at `address` (else $RAY_ADDRESS, else the one this
    machine belongs to).
    precision: "auto", "fp32" or "bf16", of the network's products (see `training.precision`).
    track: tools that are told every curve as well: "tensorboard", "mlflow", "wandb", "trackio".
    until_decided: look after 3, 5, 7 … seeds and stop when all pairs of arms are decided; `seeds`
    is then the most there may be, 10 by default (see the bake-off files' `seeds`).
    allow_commands: run the commands of arms that are commands, which are refused otherwise.

    Returns the folder, the manifest, and every run's record, failed ones included. Raises
    UsageError before anything runs, OutputError, or Stopped after a safe save.
    """
    asked = RunOptions.among(locals())
    require("train", "running a bake-off")
    if on not in ("local", "ray"):
        raise UnknownName("place to run on", on, ["local", "ray"])
    with contextlib.ExitStack() as stack:
        ray: Any = None
        if on == "ray":
            from bakeoff.bakeoffs.execution.on_ray import connected

            # First of all: a cluster that does not answer costs nothing.
            ray = stack.enter_context(connected(address))
        return _run(
            spec, asked, ray, allow_commands=allow_commands, listener=listener, command=command
        )


def _run(
    spec: BakeoffSpec | Mapping[str, Any] | Path | str,
    asked: RunOptions,
    ray: Any,
    *,
    allow_commands: bool,
    listener: BakeoffListener | None,
    command: str,
) -> Finished:
    from bakeoff.bakeoffs.execution.command_arms import (
        carry_out_commands,
        refuse_elsewhere,
        refuse_unasked,
    )
    from bakeoff.bakeoffs.execution.engine import BakeoffListener, Finished, carry_out
    from bakeoff.bakeoffs.execution.run_store import Place
    from bakeoff.bakeoffs.execution.several_datasets import planned
    from bakeoff.bakeoffs.specification.spec_loading import read_spec
    from bakeoff.training.device import choose
    from bakeoff.training.distributed.torchrun import refuse_several
    from bakeoff.training.tracking import check, prepare

    refuse_several("a bake-off")
    chosen = choose(asked.device)
    resolved = read_spec(spec, **asked.overrides())
    place = Place.at(asked.folder(resolved.name))
    listener = listener or BakeoffListener()
    refuse_elsewhere(resolved, place, on_ray=ray is not None)
    refuse_unasked(resolved, allow_commands)
    prepare(check(resolved.track), resolved.name)
    place.require_writable()
    engine = None
    if ray is not None:
        from bakeoff.bakeoffs.execution.on_ray import OnRay

        place = place.absolute()
        engine = OnRay(ray, chosen, asked.workers)
        engine.require_reach(place)
    trained = resolved.without_commands()
    finished: list[Finished] = []
    if trained.arms:
        before_all, plans = planned(trained, place, chosen, listener=listener, command=command)
        told = before_all.carry_out(chosen, retry=asked.retry, listener=listener, command=command)
        finished = [
            carry_out(
                replace(made, pretraining=told),
                where,
                command=command,
                listener=listener,
                retry=asked.retry,
                workers=asked.workers,
                engine=engine,
            )
            for made, where in plans
        ]
    if resolved.commands:
        manifest, records = carry_out_commands(
            resolved,
            place,
            workers=asked.workers,
            retry=asked.retry,
            listener=listener,
            command=command,
        )
        finished.append(Finished(place.name, manifest, records))
    every = tuple(record for part in finished for record in part.records)
    # Commands come last, and their plan is the whole bake-off's.
    whole = finished[-1 if resolved.commands else 0].manifest
    return Finished(place.name, whole, every)


def dry_run(
    spec: BakeoffSpec | Mapping[str, Any] | Path | str | None = None,
    *,
    budget: str | None = None,
    budgets: Sequence[str] | None = None,
    seeds: int | Sequence[int] | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    retry: bool = False,
    workers: int = 1,
    precision: str | None = None,
    track: Sequence[str] = (),
    until_decided: bool = False,
    price_per_hour: float | None = None,
) -> DryRun:
    """What `run` would do with these arguments, how long it would take and what it would cost.

    spec: as in `run`; None for the default bake-off. price_per_hour: of the device. The rates of
    the arms are measured, which takes some seconds; no file is written (pretrained weights that
    are not in the hub's cache yet are fetched into it).

    Raises what `run` raises before it starts.
    """
    asked = RunOptions.among(locals())
    require("train", "a dry run")
    from bakeoff.bakeoffs.execution.command_arms import ahead as ahead_of_commands
    from bakeoff.bakeoffs.execution.dry_run import joined, look_ahead, of_commands
    from bakeoff.bakeoffs.execution.engine import BakeoffListener
    from bakeoff.bakeoffs.execution.pretraining import with_pretraining
    from bakeoff.bakeoffs.execution.run_store import Place
    from bakeoff.bakeoffs.execution.several_datasets import planned
    from bakeoff.bakeoffs.specification.spec import default_spec
    from bakeoff.bakeoffs.specification.spec_loading import read_spec
    from bakeoff.training.device import choose

    chosen = choose(device)
    resolved = read_spec(default_spec() if spec is None else spec, **asked.overrides())
    place = Place.at(asked.folder(resolved.name))
    commands = ahead_of_commands(resolved, place)
    if resolved.commands and len(resolved.commands) == len(resolved.arms):
        return of_commands(resolved, place, commands, workers)
    resolved = resolved.without_commands()
    before_all, plans = planned(resolved, place, chosen, listener=BakeoffListener())
    first = before_all.look_ahead(chosen, retry=retry, price_per_hour=price_per_hour)
    ahead = [
        look_ahead(made, where.folder, retry=retry, workers=workers, price_per_hour=price_per_hour)
        for made, where in plans
    ]
    whole = with_pretraining(joined(ahead, resolved.name), first)
    return replace(whole, folder=str(place), notices=(*whole.notices, *commands))


def reproduce(
    *,
    budget: str | None = None,
    seeds: int | Sequence[int] | None = None,
    init: str | None = None,
    channels: int | None = None,
    out: Path | str | None = None,
    device: str | None = None,
    retry: bool = False,
    precision: str | None = None,
    track: Sequence[str] = (),
    until_decided: bool = False,
    listener: BakeoffListener | None = None,
    command: str = "",
) -> Finished:
    """The default bake-off: ResNet-50 on MNIST, the standard procedure against RSB's A3.

    Arguments as in `run`. init: "scratch" or "timm:TAG" for only that; None for scratch, and
    ImageNet-pretrained arms as well where the weights can be had.
    """
    from bakeoff.bakeoffs.specification.spec import default_spec

    return run(
        default_spec(init=init, channels=channels),
        budget=budget,
        seeds=seeds,
        out=out,
        device=device,
        retry=retry,
        precision=precision,
        track=track,
        until_decided=until_decided,
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
    precision: str = "auto",
    out: Path | str | None = None,
    device: str | None = None,
    track: Sequence[str] = (),
    listener: BakeoffListener | None = None,
    command: str = "",
) -> Record:
    """Train one run and return its record; resumes what an interrupted call left.

    recipe: a library name or a file. data: a catalog name or "folder:PATH". init: "scratch",
    "timm:TAG" or "file:WEIGHTS". budget: None for the recipe's own epochs on a GPU
    and "quick" without one. exclude: shell patterns of
    image files to leave out. pins: dotted recipe values fixed by hand. micro_batch: where a batch
    does not fit, images at a time whose gradients are added up. track: as in `run`. out: the run's
    folder, by default `runs/train/<data>-<arm>/seed-N`.

    Under torchrun the processes share each batch and train one run together; each returns the same
    record, the first one (rank 0) writes and tells.

    Raises UsageError, RunFailed after the failure was recorded, Stopped after a safe save, or
    OutputError.
    """
    require("train", "training")
    from bakeoff.bakeoffs.execution.engine import BakeoffListener
    from bakeoff.bakeoffs.execution.run_store import Place
    from bakeoff.bakeoffs.execution.single_run import carried_out, single_folder, single_run
    from bakeoff.training.device import choose
    from bakeoff.training.distributed.process_group import joined
    from bakeoff.training.tracking import check, prepare

    with joined() as group:
        if listener is None or not group.is_first:
            listener = BakeoffListener()
        spec = single_run(
            recipe,
            data=data,
            model=model,
            init=init,
            seed=seed,
            budget=budget,
            channels=channels,
            exclude=exclude,
            pins=pins,
            micro_batch=micro_batch,
            precision=precision,
            track=check(track),
        )
        place = Place.at(out if out is not None else single_folder(spec))
        if place.address is not None and group.processes > 1:
            raise UsageError(
                "one run over several processes is written to a folder, not to an address",
                "Choose a folder with --out",
            )
        chosen = choose(device)
        group.first(lambda: prepare(spec.track, spec.name))
        group.first(place.require_writable)
        return carried_out(spec, place, chosen, listener=listener, command=command, group=group)


def evaluate(
    weights: str | Path,
    *,
    data: str = "mnist",
    model: str | None = None,
    channels: int | None = None,
    size: int | None = None,
    classes: Path | str | None = None,
    key: str | None = None,
    exclude: Sequence[str] = (),
    precision: str = "fp32",
    out: Path | str | None = None,
    device: str | None = None,
    command: str = "",
) -> Record:
    """Evaluate weights that exist on a data set's test images; leaves a record like a run's.

    weights: "timm:MODEL.TAG", "timm:TAG" with `model`, a run's folder, a folder as `export` writes
    it, or a checkpoint file (with `model` where it does not name its own). data: a catalog name or
    "folder:PATH", of which the test folder is tested, and every image where there is none. size:
    test resolution in pixels, instead of the weights' own. classes: for weights that do not name
    their classes, the order of their outputs: a file with a name on each line, "natural" (2 before
    10) or "plain" (10 before 2). key: which weights of a checkpoint that holds several; the
    averaged ones by default. precision: "fp32", as a run tests itself; "bf16"; or "auto", which
    is bf16 where the device has it. exclude: shell patterns of image files to leave out, beside
    those that a run itself left out. out: the record's folder, by default
    `runs/evaluate/<data>/<name>/seed-N`. The record's `weights` says what was read from where, and
    what was guessed.

    Raises UsageError, with names, when the classes are not those that the weights know, in their
    order; BadFile, UnknownName, WeightsUnavailable, or OutputError.
    """
    require("train", "evaluating weights")
    from bakeoff.bakeoffs.execution.evaluation import evaluate_weights
    from bakeoff.bakeoffs.execution.run_store import Place, leaving
    from bakeoff.training.device import choose
    from bakeoff.training.distributed.torchrun import refuse_several

    refuse_several("an evaluation")
    with leaving(Place.at(out) if out is not None else None) as folder:
        record, _ = evaluate_weights(
            str(weights),
            data=data,
            model=model,
            channels=channels,
            size=size,
            classes=None if classes is None else str(classes),
            key=key,
            exclude=exclude,
            precision=precision,
            out=folder,
            device=choose(device),
            command=command,
        )
    return record
