"""Weights from a file that need not be ours: what it holds is found out, and told with its source.

What a file does not state is looked for beside it, then taken from the training script that saved
it, where that can be told; what is left is a guess, and is called one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import timm
from timm.data import IMAGENET_DEFAULT_MEAN, IMAGENET_DEFAULT_STD

from bakeoff.errors import BadFile, UnknownName, UsageError
from bakeoff.recipes.schema import Resolution
from bakeoff.records.schema import WeightsSource
from bakeoff.records.store import plain_name
from bakeoff.training import stated
from bakeoff.training.choosing import choose, others, told, with_counters
from bakeoff.training.job import weights_hash
from bakeoff.training.known_weights import DESCRIPTION, Existing, View, described
from bakeoff.training.model import build, load_tensors
from bakeoff.training.noskip import SUFFIX, require_known
from bakeoff.training.weights_file import Contents, Fit, fits, read_weights

_TORCHVISION_SIZE, _TORCHVISION_CROP = 224, 224 / 256


def load_file(path: Path, model: str | None, key: str | None) -> Existing:
    """The network of a weights file. model, key: as in `load_existing`.

    Raises UsageError where the file does not say what must be known, UnknownName, BadFile.
    """
    contents = read_weights(path)
    config, named = stated.config_beside(path)
    if named == stated.ARGUMENTS and not contents.trainer:
        contents = replace(contents, trainer="timm")
    name, source = _model(contents, config, model, path)
    timms = timm.get_pretrained_cfg(name.removesuffix(SUFFIX), allow_unregistered=True)
    found, every = _chosen(contents, timms, name, path, key)
    shapes = [
        found.tensors[f"{layer}.weight"].shape[axis]
        for layer, axis in ((timms.classifier, 0), (timms.first_conv, 1))
    ]
    network = build(name, classes=shapes[0], channels=shapes[1])
    if notes := load_tensors(
        network.module, with_counters(found.tensors, network.module.state_dict()), path
    ):
        raise BadFile(path, notes[0], "Only whole weights can be evaluated")
    existing = Existing(
        module=network.module,
        name=safe_name(f"{name}-{path.stem}"),
        weights=f"file:{path.name}",
        facts=network.facts.model_copy(
            update={"init": f"file:{path.name}", "init_hash": weights_hash(path)}
        ),
        view=timms_view(pretrained_config(network.module)),
        key=found.name,
        averaged=found.averaged,
        left_aside=others(found, every),
        sources={"model": source, **({"head": "guess"} if found.head else {})},
        notes=tuple(told(found, every, classifier=timms.classifier, how="--key chooses")),
    )
    if DESCRIPTION in contents.metadata:
        ours = described(path, contents.metadata[DESCRIPTION])
        return replace(
            existing,
            name=safe_name(contents.metadata.get("arm", path.stem)),
            view=ours.view,
            class_names=ours.class_names,
            by_bakeoff=True,
            trained_test_hash=ours.test_hash,
            excluded=ours.excluded,
            sources={
                **existing.sources,
                **dict.fromkeys(("class_order", "normalisation", "size", "crop"), "file"),
            },
        )
    return _with_classes(_with_view(existing, contents, config), contents, config, path)


def pretrained_config(network: Any) -> dict[str, Any]:
    """timm's own description of a network and of the weights it was loaded with."""
    return dict(network.pretrained_cfg)


def timms_view(config: Mapping[str, Any]) -> View:
    """How timm shows images to the weights that `config` describes."""
    size = int(config["input_size"][-1])
    return View(
        mean=tuple(config["mean"]),
        std=tuple(config["std"]),
        resolution=Resolution(train=size, test=size, crop_ratio=config["crop_pct"]),
    )


def interpolation_note(wanted: str) -> tuple[str, ...]:
    """What to tell where weights are tested by their makers with another resizing than ours."""
    if wanted in ("bilinear", "random"):
        return ()
    return (f"images were resized bilinearly; timm tests these weights with {wanted}",)


def safe_name(name: str) -> str:
    """A name of weights as an arm's, which is a folder's, too."""
    return plain_name(name)[:100] or "weights"


def _model(
    contents: Contents, config: Mapping[str, Any], asked: str | None, path: Path
) -> tuple[str, WeightsSource]:
    inside = contents.metadata.get("model") or stated.model_name(
        {**contents.metadata, **contents.said}
    )
    beside = stated.model_name(config)
    name, source = (asked, "asked") if asked else (inside, "file") if inside else (beside, "beside")
    if not name:
        raise UsageError(f"{path.name} does not say whose weights it holds", "Give --model")
    try:
        require_known(name)
    except UnknownName as error:
        if asked:
            raise
        advice = f"Give timm's name of it with --model. {error.advice}"
        raise UsageError(f"{path.name} says that it holds weights of {name!r}", advice) from None
    return name, source  # type: ignore[return-value]


def _layers(timms: Any, model: str, path: Path) -> tuple[str, str]:
    """First layer and classifier. Raises BadFile for a model that has not one of each."""
    for part in ("classifier", "first_conv"):
        if not isinstance(getattr(timms, part, None), str):
            raise BadFile(
                path,
                f"cannot be told whether it holds {model}, which has no single {part}",
                "Evaluate weights of another model",
            )
    return timms.first_conv, timms.classifier


def _every(contents: Contents, timms: Any) -> list[Fit]:
    return fits(contents, first=timms.first_conv, classifier=timms.classifier)


def _chosen(
    contents: Contents, timms: Any, model: str, path: Path, key: str | None
) -> tuple[Fit, list[Fit]]:
    """The weights that are meant, and all that the file holds. Raises BadFile, or UsageError where
    that is a question."""
    first, classifier = _layers(timms, model, path)
    found = _every(contents, timms)
    if not found:
        names = [name for one in contents.state_dicts for name in one.tensors]
        example = f" (it has {', '.join(map(repr, names[:2]))}, …)" if names else ""
        raise BadFile(
            path,
            f"has no tensor {classifier}.weight and {first}.weight beside it{example}, so these "
            f"are not weights of {model}",
            "Give another --model",
        )
    return choose(found, contents, path, key), found


@dataclass(frozen=True, slots=True)
class _Shown:
    """Values for a view, each with its source."""

    values: Mapping[str, Any]
    source: WeightsSource


def _with_view(existing: Existing, contents: Contents, config: Mapping[str, Any]) -> Existing:
    """How images are shown: by the file, by what lies beside it, by its training script, or as
    timm shows them to its own weights of that model, which is a guess."""
    channels = existing.facts.channels
    layers = [
        _Shown(_defaults_of(contents, existing.view, channels), "trainer"),
        _Shown(stated.shown(config, channels=channels), "beside"),
        _Shown(stated.shown(contents.said, channels=channels), "file"),
    ]
    timms = pretrained_config(existing.module)
    values: dict[str, Any] = {
        "mean": existing.view.mean,
        "std": existing.view.std,
        "size": existing.view.resolution.test,
        "crop_ratio": existing.view.resolution.crop_ratio,
        "interpolation": timms.get("interpolation", "bilinear"),
    }
    sources: dict[str, WeightsSource] = dict.fromkeys(values, "guess")
    for layer in layers:
        values.update(layer.values)
        sources.update(dict.fromkeys(layer.values, layer.source))
    both = (sources["mean"], sources["std"])
    of_parts: dict[str, WeightsSource] = {
        "normalisation": "guess" if "guess" in both else both[0],
        "size": sources["size"],
        "crop": sources["crop_ratio"],
    }
    size = int(values["size"])
    return replace(
        existing,
        view=View(
            mean=tuple(values["mean"]),
            std=tuple(values["std"]),
            resolution=Resolution(train=size, test=size, crop_ratio=values["crop_ratio"]),
        ),
        sources={**existing.sources, **of_parts},
        notes=(*existing.notes, *interpolation_note(str(values["interpolation"]))),
    )


def _defaults_of(contents: Contents, view: View, channels: int) -> dict[str, Any]:
    """What the script that saved a checkpoint does where its arguments say nothing."""
    if contents.trainer == "timm":
        # train.py asks the model, as `timms_view` does.
        return {
            "mean": view.mean,
            "std": view.std,
            "size": view.resolution.test,
            "crop_ratio": view.resolution.crop_ratio,
        }
    if contents.trainer == "torchvision" and channels == 3:
        return {
            "mean": IMAGENET_DEFAULT_MEAN,
            "std": IMAGENET_DEFAULT_STD,
            "size": _TORCHVISION_SIZE,
            "crop_ratio": _TORCHVISION_CROP,
            "interpolation": "bilinear",
        }
    return {}


def _with_classes(
    existing: Existing, contents: Contents, config: Mapping[str, Any], path: Path
) -> Existing:
    """Which class each output stands for, as far as anything states it."""
    outputs = existing.facts.classes
    source: WeightsSource = "file"
    names, _ = stated.class_names(contents.said, path)
    if len(names) != outputs and config:
        source = "beside"
        names, _ = stated.class_names(config, path.parent / stated.CONFIG)
    if len(names) != outputs:
        source = "beside"
        names, _ = stated.classes_beside(path, outputs)
    if len(names) == outputs:
        sources = {**existing.sources, "class_order": source}
        mark = config.get("bakeoff") if source == "beside" else None
        tested = mark.get("test_hash") if isinstance(mark, Mapping) else None
        return replace(
            existing,
            class_names=names,
            sources=sources,
            by_bakeoff=isinstance(mark, Mapping),
            trained_test_hash=tested if isinstance(tested, str) else "",
        )
    order = _folder_order(contents, config)
    return replace(existing, folder_order=order)


def _folder_order(contents: Contents, config: Mapping[str, Any]) -> Literal["natural", "plain", ""]:
    """timm's own reader of folders numbers them naturally; torchvision's, which timm also uses
    where asked, plainly. Other readers bring an order of their own."""
    said = {**config, **contents.said}
    if contents.trainer == "torchvision":
        return "plain"
    if contents.trainer != "timm" or said.get("class_map"):
        return ""
    reader = said.get("dataset")
    if reader in (None, "", "folder", "folder/"):
        return "natural"
    torchs = isinstance(reader, str) and reader.startswith(("torch/image_folder", "torch/folder"))
    return "plain" if torchs else ""
