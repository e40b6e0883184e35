"""Build the network: any timm model, with its head for the data set's classes, from an init."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import timm
import torch
from torch import nn

from bakeoff.errors import BadFile, UnknownName, UsageError, first_line
from bakeoff.records.schema import ModelFacts
from bakeoff.training import hub
from bakeoff.training.flops import counter, on_meta
from bakeoff.training.initial import initial_weights
from bakeoff.training.job import init_label, weights_file, weights_hash
from bakeoff.training.noskip import create_model, is_noskip, require_known, without_projections
from bakeoff.training.smallmap import use_small_map_convolutions


@dataclass(frozen=True, slots=True)
class Network:
    """A model ready to train, and what the record says of it."""

    module: nn.Module
    facts: ModelFacts
    notes: tuple[str, ...] = ()


def build(
    name: str,
    *,
    classes: int,
    channels: int,
    init: str = "scratch",
    stochastic_depth: float = 0.0,
    fast_convolutions: bool = True,
) -> Network:
    """Create timm's model `name` with a `classes`-way head and `channels` input planes.

    init: "scratch" draws weights from torch's global generator (seed it first); "timm:TAG" loads
    a pretrained tag through timm's own hub code ("timm:default" is timm's choice);
    "file:PATH" loads weights as other tools wrap and save them (see `initial`).

    name may end in "_noskip" (see `noskip`).
    Raises UnknownName for a model timm does not have, WeightsUnavailable when a tag cannot be
    had, BadFile when a file's tensors do not fit (naming them).
    """
    require_known(name)
    options: dict[str, Any] = {"num_classes": classes, "in_chans": channels}
    if stochastic_depth:
        options["drop_path_rate"] = stochastic_depth
    init_hash = ""
    notes: tuple[str, ...] = ()
    if init == "scratch":
        module = _create(name, options)
    elif init.startswith("timm:"):
        module = _pretrained(name, init.removeprefix("timm:"), options)
    elif (file := weights_file(init)) is not None:
        module = _create(name, options)
        path = file.expanduser()
        notes = _load_weights(module, path, without_skips=is_noskip(name))
        init_hash = weights_hash(path)
        init = init_label(init)
    else:
        raise UsageError(
            f"init {init!r} is not understood", "Use scratch, timm:TAG or file:WEIGHTS"
        )
    parameters = sum(p.numel() for p in module.parameters())
    if fast_convolutions:
        use_small_map_convolutions(module)
    facts = ModelFacts(
        name=name,
        init=init,
        init_hash=init_hash,
        channels=channels,
        classes=classes,
        parameters=parameters,
    )
    return Network(module, facts, notes)


def _create(name: str, options: dict[str, Any]) -> nn.Module:
    try:
        module = create_model(name, **options)
    except TypeError as error:
        raise UsageError(
            f"model {name} cannot be built with {', '.join(options)}: {error}",
            "Pin the recipe's value to 0, or choose a model that has it",
        ) from error
    return module


def _pretrained(name: str, tag: str, options: dict[str, Any]) -> nn.Module:
    if is_noskip(name):
        raise UsageError(
            f"there are no pretrained weights of {name}: skips cannot be taken out afterwards",
            "Use init scratch, or file: with weights trained without skips",
        )
    known = timm.list_pretrained(f"{name}.*")
    full = name if tag == "default" else f"{name}.{tag}"
    if not known or (tag != "default" and full not in known):
        raise UnknownName(
            f"pretrained tag of {name}", tag, [k.removeprefix(f"{name}.") for k in known]
        )
    overlay = hub.reachable_weights(full)
    try:
        module: nn.Module = timm.create_model(
            full, pretrained=True, pretrained_cfg_overlay=overlay, **options
        )
    except Exception as error:  # hub and loader raise some twenty unrelated types
        raise hub.WeightsUnavailable(
            f"pretrained weights {full} cannot be had: {first_line(error)}", hub.ADVICE
        ) from error
    return module


def _load_weights(module: nn.Module, path: Path, *, without_skips: bool) -> tuple[str, ...]:
    found = initial_weights(path, module)
    tensors, notes = found.tensors, found.notes
    if without_skips and len(rest := without_projections(tensors)) < len(tensors):
        tensors = rest
        notes += ("the file's projections of skip connections were left out",)
    return notes + load_tensors(module, tensors, path)


def load_tensors(
    module: nn.Module, found: Mapping[str, torch.Tensor], path: Path
) -> tuple[str, ...]:
    """Load a state dict read from `path`; a head of another shape is left as it is, with a note.

    Raises BadFile naming the tensors that are missing, unexpected or of another shape.
    """
    wanted = module.state_dict()
    head: set[str] = set()
    classifier = getattr(module, "default_cfg", {}).get("classifier", "")
    for prefix in [classifier] if isinstance(classifier, str) else classifier:
        head |= {k for k in wanted if prefix and k.startswith(f"{prefix}.")}
    wrong = [
        f"{key} {tuple(found[key].shape) if key in found else 'missing'}"
        f" (model: {tuple(value.shape)})"
        for key, value in wanted.items()
        if key not in head and (key not in found or found[key].shape != value.shape)
    ]
    wrong += [f"{key} unexpected" for key in found if key not in wanted]
    if wrong:
        shown = "; ".join(wrong[:5]) + (f"; and {len(wrong) - 5} more" if len(wrong) > 5 else "")
        raise BadFile(path, f"tensors do not fit the model: {shown}", "Give this model's weights")
    replaced = sorted(k for k in head if k not in found or found[k].shape != wanted[k].shape)
    module.load_state_dict({k: v for k, v in found.items() if k not in replaced}, strict=False)
    return (f"new head: {', '.join(replaced)} drawn at random",) if replaced else ()


@cache
def training_flops(name: str, *, classes: int, channels: int, size: int) -> float:
    """FLOPs of one image's forward and backward, counted by torch on the meta device.

    Counted on timm's unmodified model, so that a faster way to compute a layer costs no fewer
    FLOPs on paper. A multiply and an add are two; a grouped convolution is what its groups are.
    """
    return _counted(name, classes, channels, size, lambda model, x: model(x).sum().backward())


@cache
def feature_flops(name: str, *, classes: int, channels: int, size: int) -> float:
    """FLOPs of one image's features, without the head and without a backward."""
    return _counted(name, classes, channels, size, lambda model, x: model.forward_features(x))


def require_size(name: str, *, classes: int, channels: int, sizes: Iterable[int]) -> None:
    """Raise UsageError unless the model takes images of these sizes (square, in pixels), or
    UnknownName."""
    require_known(name)
    for size in sorted(set(sizes)):
        if said := _refusal(name, classes, channels, size):
            raise UsageError(
                f"{name} does not take images of {size} pixels: {said}",
                "Pin resolution.train and resolution.test to sizes that it takes, or choose "
                "another model",
            )


@cache
def _refusal(name: str, classes: int, channels: int, size: int) -> str:
    """What a model says of images of a size that it does not take; empty for others. Asked once
    for all arms that share it."""
    try:
        _counted(name, classes, channels, size, lambda model, x: model(x))
    except (AssertionError, RuntimeError) as error:
        return first_line(error)
    return ""


def _counted(
    name: str, classes: int, channels: int, size: int, act: Callable[[Any, torch.Tensor], Any]
) -> float:
    module = on_meta(name, classes=classes, channels=channels)
    images = torch.empty(2, channels, size, size, device="meta")
    with counter() as counted:
        act(module, images)
    return float(counted.get_total_flops()) / len(images)
