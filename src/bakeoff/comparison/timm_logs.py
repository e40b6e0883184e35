"""Runs read from what timm's train.py leaves: summary.csv, with args.yaml beside it."""

from __future__ import annotations

import dataclasses
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from bakeoff.comparison.comparability import Conditions
from bakeoff.comparison.outcome import Outcome
from bakeoff.comparison.result import TableRoles
from bakeoff.errors import BadFile, UsageError

MAX_ARGS_BYTES = 1024**2

# Arguments in which runs of one arm may differ: they do not change what is learned.
_NOT_THE_ARM = re.compile(
    r"seed|output|experiment|log_.*|workers|resume|pin_mem|recovery_interval|checkpoint_hist"
    r"|save_images|wandb.*|device.*|local_rank|world_size|rank|no_prefetcher|eval_metric|initial.*"
)

_OF_THE_IMAGES = frozenset({"data", "data_dir", "dataset", "val_split", "train_split"})
_USUAL = frozenset({"opt", "lr", "sched", "epochs", "aa", "mixup", "cutmix", "smoothing"})

_LIBRARIES = ("torch", "tfds", "hfds", "hfids")


def is_summary(columns: Mapping[str, Sequence[Any]]) -> bool:
    """Whether these columns are timm's summary.csv."""
    return "epoch" in columns and "eval_top1" in columns


def from_summary(path: Path, columns: Mapping[str, Sequence[Any]]) -> tuple[Outcome, TableRoles]:
    """One run, judged by its last epoch (timm's own `best` is chosen on the test set).

    Arm and seed come from `<arm>/seed-N/summary.csv`; else the seed from args.yaml and the arm
    from the folder's name without date and seed. Fewer epochs than args.yaml asks for: the run is
    incomplete. Also which column said what. Raises UsageError or BadFile.
    """
    if not len(columns["epoch"]):
        raise BadFile(path, "no epoch was finished", "Leave it out, or train on")
    args = _args(path.parent / "args.yaml")
    arm, seed, by_default = _arm_and_seed(path.parent, args)
    last = {name: float(values[-1]) for name, values in columns.items() if name != "lr"}
    read = {
        ours: theirs
        for ours, theirs in (
            ("accuracy", "eval_top1"),
            ("top5", "eval_top5"),
            ("loss", "eval_loss"),
        )
        if theirs in last
    }
    values = {ours: last[theirs] for ours, theirs in read.items()}
    failed = not math.isfinite(values["accuracy"])
    epochs = args.get("epochs")
    short = isinstance(epochs, int) and last["epoch"] + 1 < epochs
    roles = TableRoles(
        table=str(path),
        row="epoch",
        rows=len(columns["epoch"]),
        runs=1,
        seed="seed (args.yaml)" if isinstance(args.get("seed"), int) else "",
        epoch="epoch",
        metrics=read,
        unit="percent",
    )
    outcome = Outcome(
        arm=arm,
        seed=seed,
        values={} if failed or short else values,
        status="failed" if failed else "incomplete" if short else "complete",
        failure=f"seed {seed}: accuracy is not finite in epoch {last['epoch']:g}" if failed else "",
        conditions=_conditions(args),
        failed_by="accuracy is not finite" if failed else "",
        made_by={key: str(value) for key, value in args.items() if not _NOT_THE_ARM.fullmatch(key)},
        source=str(path),
        named_by_default=by_default,
    )
    return outcome, roles


def told_apart(runs: Sequence[Outcome]) -> list[Outcome]:
    """Runs whose folder timm named itself, after the time, the model and the image size, are of one
    arm only where they were made alike: else each arm is named by the arguments that differ."""
    arms: dict[str, list[Outcome]] = {}
    for run in runs:
        if run.named_by_default:
            arms.setdefault(run.arm, []).append(run)
    names: dict[int, str] = {}
    for arm, alike in arms.items():
        keys = dict.fromkeys(key for run in alike for key in run.made_by)
        differing = [key for key in keys if len({run.made_by.get(key) for run in alike}) > 1]
        # The fewest arguments that still tell all of them apart; a set of images is no arm's own.
        differing = [key for key in differing if key not in _OF_THE_IMAGES]
        if differing:
            telling = _fewest(differing, alike)
            for run in alike:
                said = ", ".join(f"{key}={run.made_by.get(key, 'unset')[:30]}" for key in telling)
                names[id(run)] = f"{arm} ({said})"
    return [dataclasses.replace(run, arm=names.get(id(run), run.arm)) for run in runs]


def _fewest(keys: Sequence[str], runs: Sequence[Outcome]) -> list[str]:
    """The first of these arguments that tell as many runs apart as all of them do."""

    def kinds(chosen: Sequence[str]) -> int:
        return len({tuple(run.made_by.get(key) for key in chosen) for run in runs})

    # What most often is compared stands first, then timm's own order.
    ranked = sorted(keys, key=lambda key: key not in _USUAL)
    telling: list[str] = []
    for key in ranked:
        if kinds([*telling, key]) > kinds(telling):
            telling.append(key)
    return telling


def _conditions(args: Mapping[str, Any]) -> Conditions:
    size = args.get("img_size") or (args.get("input_size") or [None])[-1]
    return Conditions(
        test_set=_data_set(args),
        split=str(args.get("val_split") or ""),
        architecture=str(args.get("model") or ""),
        test_resolution=str(size or ""),
        selection="last epoch",
        evaluator="timm",
    )


def _data_set(args: Mapping[str, Any]) -> str:
    """The name of a data set that a library holds, such as torch/cifar10: its folder, which the
    command line gives by place or as --data-dir, is then only where it is kept. Else the folder's.
    """
    named = str(args.get("dataset") or "")
    folder = Path(str(args.get("data_dir") or args.get("data") or "")).name
    kept_by, _, name = named.partition("/")
    if name and kept_by.lower() in _LIBRARIES and name not in ("image_folder", "folder"):
        return named
    return folder or named


def _arm_and_seed(folder: Path, args: Mapping[str, Any]) -> tuple[str, int, bool]:
    """Arm, seed, and whether timm named the folder, so that its name says little of the arm."""
    if match := re.fullmatch(r"seed[-_]?(\d{1,18})", folder.name):
        return folder.parent.name or folder.name, int(match[1]), False
    name = re.sub(r"^\d{8}-\d{6}-", "", folder.name)
    named = re.fullmatch(r"(.+?)[-_.]seed[-_]?(\d{1,18})", name)
    arm = named[1] if named else name
    if isinstance(args.get("seed"), int):
        return arm, int(args["seed"]), named is None and name != folder.name
    if named:
        return arm, int(named[2]), False
    raise UsageError(
        f"{folder}: which seed is this?",
        "Keep args.yaml beside summary.csv, or name folders <arm>/seed-N",
    )


def _args(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        if path.stat().st_size > MAX_ARGS_BYTES:
            raise BadFile(path, "larger than 1 MiB, so not timm's arguments", "Remove it")
        found = YAML(typ="safe", pure=True).load(path)
    except (OSError, ValueError, YAMLError) as error:
        raise BadFile(path, "not readable as YAML", "Remove it, or train again") from error
    return found if isinstance(found, dict) else {}
