"""Weights that exist already: a run's, a checkpoint's, or timm's; ready to be evaluated."""

from __future__ import annotations

import json
import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import timm
from safetensors import safe_open
from timm.models import load_state_dict
from torch import Tensor, nn

from bakeoff.data.facts import DataFacts
from bakeoff.errors import BadFile, UnknownName, UsageError
from bakeoff.recipes.schema import Recipe, Resolution
from bakeoff.records.schema import ModelFacts, Record
from bakeoff.records.store import RECORD_NAME, WEIGHTS_NAME, load_record, plain_name
from bakeoff.training.job import weights_hash
from bakeoff.training.model import build, load_tensors
from bakeoff.training.noskip import SUFFIX

DESCRIPTION = "bakeoff"
"""Key, in a safetensors file's metadata, under which Bakeoff says what the weights expect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """How a network wants to be shown images: normalisation (on the scale [0, 1]), size, crop."""

    mean: tuple[float, ...]
    std: tuple[float, ...]
    resolution: Resolution


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A network with weights, and what is known of them.

    name: for an arm. weights: what they are, in words. class_names: in the order of the outputs,
    None where nobody says. made_by: the record of the run that trained them, if it was ours.
    """

    module: nn.Module
    name: str
    weights: str
    facts: ModelFacts
    view: View
    class_names: tuple[str, ...] | None = None
    made_by: Record | None = None
    notes: tuple[str, ...] = ()


def load_existing(weights: str, *, model: str | None = None) -> Existing:
    """The weights of "timm:TAG", "timm:MODEL.TAG", a run's folder, or a checkpoint file.

    model: needed for "timm:TAG" and for files that do not say whose weights they are. Files are
    safetensors, or torch checkpoints (weights only: nothing in them is run) holding a state dict
    or one under "state_dict" or "model", as timm and torchvision save them.

    Raises UnknownName, UsageError, WeightsUnavailable, or BadFile naming tensors that do not fit.
    """
    if weights.startswith("timm:"):
        return _of_timm(weights.removeprefix("timm:"), model)
    path = Path(weights.removeprefix("file:")).expanduser()
    if path.is_dir():
        return _of_run(path, model)
    if not path.is_file():
        raise BadFile(
            path, "no such weights", "Give timm:MODEL.TAG, a checkpoint or a run's folder"
        )
    if path.name == WEIGHTS_NAME and (path.parent / RECORD_NAME).exists():
        return _of_run(path.parent, model)
    return _of_file(path, model)


def description(recipe: Recipe, facts: DataFacts, *, model: str, arm: str) -> dict[str, str]:
    """Metadata for a run's weights file, so that it can be evaluated wherever it is moved."""
    said = {
        "class_names": facts.class_names,
        "mean": facts.mean,
        "std": facts.std,
        "resolution": recipe.resolution.model_dump(),
    }
    return {"model": model, "arm": arm, "data": facts.title, DESCRIPTION: json.dumps(said)}


def _of_run(folder: Path, model: str | None) -> Existing:
    record = load_record(folder)
    if record.status != "complete" or not (folder / WEIGHTS_NAME).exists():
        raise UsageError(
            f"{folder} holds no finished weights (its run is {record.status})",
            "Finish the run first",
        )
    if record.evaluated:
        raise UsageError(f"{folder} is an evaluation itself", "Give the weights it evaluated")
    trained = record.model
    if model not in (None, trained.name):
        raise UsageError(f"{folder} holds weights of {trained.name}, not {model}", "Drop --model")
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
    known = _config(network.module)
    full = f"{model}.{known['tag']}" if known.get("tag") else model
    names = None
    if known["num_classes"] == 1000 and "in1k" in str(known.get("tag")):
        names = tuple(timm.data.ImageNetInfo("imagenet-1k").label_names())
    return Existing(
        module=network.module,
        name=_safe(full),
        weights=f"timm:{full}",
        facts=network.facts,
        view=_timms_view(known),
        class_names=names,
        notes=(*network.notes, *_interpolation(known)),
    )


def _of_file(path: Path, model: str | None) -> Existing:
    found, metadata = _read(path)
    model = model or metadata.get("model")
    if model is None:
        raise UsageError(f"{path.name} does not say whose weights it holds", "Give --model")
    config = timm.get_pretrained_cfg(model.removesuffix(SUFFIX), allow_unregistered=True)
    shapes: list[int] = []
    for part, axis in (("classifier", 0), ("first_conv", 1)):
        name = getattr(config, part, None)
        key = f"{name}.weight" if isinstance(name, str) else ""
        if key not in found or found[key].ndim <= axis:
            raise BadFile(
                path,
                f"has no tensor {key or part!r}, so these are not weights of {model}",
                "Give another --model",
            )
        shapes.append(found[key].shape[axis])
    network = build(model, classes=shapes[0], channels=shapes[1])
    notes = load_tensors(network.module, found, path)
    if notes:
        raise BadFile(path, notes[0], "Only whole weights can be evaluated")
    facts = network.facts.model_copy(
        update={"init": f"file:{path.name}", "init_hash": weights_hash(path)}
    )
    existing = Existing(
        module=network.module,
        name=_safe(f"{model}-{path.stem}"),
        weights=f"file:{path.name}",
        facts=facts,
        view=_timms_view(_config(network.module)),
    )
    if DESCRIPTION in metadata:
        names, view = _described(path, metadata[DESCRIPTION])
        arm = _safe(metadata.get("arm", path.stem))
        return replace(existing, name=arm, view=view, class_names=names)
    return replace(
        existing,
        notes=(
            "the file does not say how its network is shown images: normalisation, size and crop "
            f"are timm's for {model}",
            *_interpolation(_config(network.module)),
        ),
    )


def _config(network: nn.Module) -> dict[str, Any]:
    """timm's own description of a network and of the weights it was loaded with."""
    return dict(network.pretrained_cfg)  # type: ignore[arg-type]


def _read(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    if path.suffix == ".checkpoint":
        raise BadFile(path, "the state of a run in progress", "Finish the run, give its folder")
    metadata: dict[str, str] = {}
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
        found = load_state_dict(str(path), use_ema=False, weights_only=True)
    except Exception as error:  # damaged bytes make the readers raise whatever they stumble on
        if isinstance(error, pickle.UnpicklingError) or "weights_only" in str(error):
            what = "is no checkpoint, or holds more than weights"
            raise BadFile(path, what, "Save its state dict alone") from error
        reason = (str(error).strip().splitlines() or [""])[0][:120]
        raise BadFile(
            path,
            f"not readable weights ({type(error).__name__}: {reason})",
            "Save them again, or give another file",
        ) from error
    if not isinstance(found, dict) or not all(isinstance(v, Tensor) for v in found.values()):
        raise BadFile(path, "holds no state dict", "Save the model's state dict alone")
    return found, metadata


def _described(path: Path, written: str) -> tuple[tuple[str, ...], View]:
    """Class names and view as `description` wrote them."""
    try:
        said = json.loads(written)
        view = View(
            mean=tuple(map(float, said["mean"])),
            std=tuple(map(float, said["std"])),
            resolution=Resolution.model_validate(said["resolution"]),
        )
        return tuple(map(str, said["class_names"])), view
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BadFile(path, "its metadata is damaged", "Save it again") from error


def _timms_view(config: Mapping[str, Any]) -> View:
    size = int(config["input_size"][-1])
    return View(
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        resolution=Resolution(train=size, test=size, crop_ratio=config["crop_pct"]),
    )


def _interpolation(config: Mapping[str, Any]) -> tuple[str, ...]:
    wanted = config.get("interpolation", "bilinear")
    if wanted == "bilinear":
        return ()
    return (f"images were resized bilinearly; timm tests these weights with {wanted}",)


def _safe(name: str) -> str:
    return plain_name(name)[:100] or "weights"
