"""Weights that exist already: a run's, a checkpoint's, or timm's; ready to be evaluated."""

from __future__ import annotations

from pathlib import Path

import timm

from bakeoff.errors import BadFile, UnknownName, UsageError
from bakeoff.records.schema import WeightsSource
from bakeoff.records.store import RECORD_NAME, WEIGHTS_NAME, load_record
from bakeoff.training.foreign import (
    interpolation_note,
    load_file,
    pretrained_config,
    safe_name,
    timms_view,
)
from bakeoff.training.known_weights import Existing, View
from bakeoff.training.model import build
from bakeoff.training.stated import CONFIG

_OF_HUBS = ("model.safetensors", "pytorch_model.bin")
"""Names that the Hugging Face hub and timm give to a folder's weights, the better first."""
_STATED = ("model", "class_order", "normalisation", "size", "crop")


def load_existing(weights: str, *, model: str | None = None, key: str | None = None) -> Existing:
    """The weights of "timm:TAG", "timm:MODEL.TAG", a run's folder, a folder as `bakeoff export` and
    the hub have them (config.json and weights), or a checkpoint file.

    model: needed for "timm:TAG" and for files that do not say whose weights they are. key: which
    set of weights, where a checkpoint holds several; by default the averaged ones. Files are
    safetensors, or torch checkpoints (weights only: nothing in them is run), as timm, torchvision,
    Lightning, transformers and plain scripts save them.

    Raises UnknownName, UsageError, WeightsUnavailable, or BadFile naming tensors that do not fit.
    """
    if weights.startswith("timm:"):
        _refuse_key(key, weights)
        return _of_timm(weights.removeprefix("timm:"), model)
    path = Path(weights.removeprefix("file:")).expanduser()
    if path.is_dir():
        file = _of_a_hub(path)
        if file is not None:
            return load_file(file, model, key)
        _refuse_key(key, weights)
        return _of_run(path, model)
    if not path.is_file():
        raise BadFile(
            path, "no such weights", "Give timm:MODEL.TAG, a checkpoint or a run's folder"
        )
    if path.name == WEIGHTS_NAME and (path.parent / RECORD_NAME).exists():
        _refuse_key(key, weights)
        return _of_run(path.parent, model)
    return load_file(path, model, key)


def _of_a_hub(folder: Path) -> Path | None:
    """The weights in a folder as the hub has them; None for every other folder."""
    if (folder / RECORD_NAME).exists() or not (folder / CONFIG).is_file():
        return None
    for name in _OF_HUBS:
        if (folder / name).is_file():
            return folder / name
    raise BadFile(folder, f"has {CONFIG} and no {_OF_HUBS[0]}", "Give the file of weights itself")


def _refuse_key(key: str | None, weights: str) -> None:
    if key is not None:
        raise UsageError(f"{weights} holds one set of weights", "Leave --key out")


def _of_run(folder: Path, model: str | None) -> Existing:
    found = load_run(folder)
    if model not in (None, found.facts.name):
        raise UsageError(
            f"{folder} holds weights of {found.facts.name}, not {model}", "Drop --model"
        )
    return found


def load_run(folder: Path) -> Existing:
    """A finished run's weights, from its folder. Raises UsageError where there are none."""
    record = load_record(folder)
    if record.status != "complete" or not (folder / WEIGHTS_NAME).exists():
        raise UsageError(
            f"{folder} holds no finished weights (its run is {record.status})",
            "Finish the run first",
        )
    if record.evaluated:
        raise UsageError(f"{folder} is an evaluation itself", "Give the weights it evaluated")
    trained = record.model
    network = build(
        trained.name,
        classes=trained.classes,
        channels=trained.channels,
        init=f"file:{folder / WEIGHTS_NAME}",
    )
    return Existing(
        module=network.module,
        name=record.arm,
        weights=f"run {record.arm} seed {record.seed}, trained on {record.data.title}",
        facts=trained,
        view=View(mean=record.data.mean, std=record.data.std, resolution=record.recipe.resolution),
        class_names=record.data.class_names,
        made_by=record,
        by_bakeoff=True,
        sources=_all_by("run"),
        trained_test_hash=record.data.test_hash,
        excluded=record.data.excluded,
    )


def _of_timm(written: str, model: str | None) -> Existing:
    if model is None:
        model, _, tag = written.partition(".")
    else:
        tag = written.removeprefix(f"{model}.")
    tag = tag or "default"
    if not timm.is_model(model):
        raise UnknownName(
            "timm model", model, timm.list_models(), "Write timm:MODEL.TAG, or give --model"
        )
    known_tag = tag == "default" or f"{model}.{tag}" in timm.list_pretrained(f"{model}.*")
    config = (
        timm.get_pretrained_cfg(model if tag == "default" else f"{model}.{tag}")
        if (known_tag)
        else None
    )
    if config is None:
        tags = [name.partition(".")[2] for name in timm.list_pretrained(f"{model}.*")]
        raise UnknownName(f"pretrained tag of {model}", tag, tags)
    network = build(
        model, classes=config.num_classes, channels=config.input_size[0], init=f"timm:{tag}"
    )
    known = pretrained_config(network.module)
    full = f"{model}.{known['tag']}" if known.get("tag") else model
    names = None
    if known["num_classes"] == 1000 and "in1k" in str(known.get("tag")):
        names = tuple(timm.data.ImageNetInfo("imagenet-1k").label_names())
    return Existing(
        module=network.module,
        name=safe_name(full),
        weights=f"timm:{full}",
        facts=network.facts,
        view=timms_view(known),
        class_names=names,
        sources=_all_by("timm") if names else {**_all_by("timm"), "class_order": "guess"},
        notes=(*network.notes, *interpolation_note(known.get("interpolation", "bilinear"))),
    )


def _all_by(source: WeightsSource) -> dict[str, WeightsSource]:
    return dict.fromkeys(_STATED, source)
