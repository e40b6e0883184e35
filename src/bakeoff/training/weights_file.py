"""What a file of weights holds: the state dicts in it, and what it says of itself.

Files are strangers': torch checkpoints are unpickled as weights only (beside tensors, classes that
only hold values; see `plain_values`), so nothing in them is run.
"""

from __future__ import annotations

import argparse
import pickle
import re
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import torch
from safetensors import safe_open
from safetensors.torch import load_file
from torch import Tensor

from bakeoff.errors import BadFile, first_line
from bakeoff.training.plain_values import plain_values

Trainer = Literal["timm", "torchvision", ""]
"""Whose training script saved a checkpoint, where that can be told; "" where not."""

DEEPEST = 4
_AVERAGED = re.compile(r"(?:^|[_./])(?:ema|swa|averag\w*)(?:[_./]|$)", re.IGNORECASE)
_NOT_WEIGHTS = re.compile(r"optim|sched|scaler|callback|loops|criterion|loss", re.IGNORECASE)
_WRAPPERS = ("_orig_mod.", "_fsdp_wrapped_module.", "_checkpoint_wrapped_module.")
"""What torch.compile, FSDP and activation checkpointing put into names, anywhere in them."""
_ARGUMENTS = ("args", "hyper_parameters", "hparams", "config", "cfg", "opt")


@dataclass(frozen=True, slots=True)
class StateDict:
    """One set of tensors in a file. key: where, as "state_dict_ema" ("" for the file itself)."""

    key: str
    tensors: Mapping[str, Tensor]

    @property
    def averaged(self) -> bool:
        """Whether it is an average over training (of torch's AveragedModel, by its counter)."""
        return bool(_AVERAGED.search(self.key)) or "n_averaged" in self.tensors


@dataclass(frozen=True, slots=True)
class Contents:
    """said: arguments and facts by name, as the file states them. metadata: of safetensors."""

    state_dicts: tuple[StateDict, ...]
    said: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, str] = field(default_factory=dict)
    trainer: Trainer = ""


@dataclass(frozen=True, slots=True)
class Fit:
    """Tensors under one prefix of one state dict, by the model's own names.

    left: names of tensors outside the prefix. head: what was taken for the classifier, where the
    file calls it otherwise.
    """

    key: str
    prefix: str
    tensors: Mapping[str, Tensor]
    averaged: bool
    left: tuple[str, ...] = ()
    head: str = ""

    @property
    def name(self) -> str:
        """By which it is chosen: its key, and its prefix."""
        return ":".join(part for part in (self.key, self.prefix.rstrip(".")) if part)


def read_weights(path: Path) -> Contents:
    """Raises BadFile for what is no weights, and for what holds more than weights."""
    if path.suffix == ".checkpoint":
        raise BadFile(path, "the state of a run in progress", "Finish the run, give its folder")
    metadata: Mapping[str, str] = {}
    try:
        if path.suffix == ".safetensors":
            with safe_open(path, "pt") as file:
                metadata = file.metadata() or {}
            found: Any = load_file(path)
        else:
            with (
                warnings.catch_warnings(action="ignore"),
                torch.serialization.safe_globals(plain_values()),
            ):
                found = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # damaged bytes make the readers raise whatever they stumble on
        if isinstance(error, pickle.UnpicklingError) or "weights_only" in str(error):
            what = f"is no checkpoint, or holds more than weights{_refused(path)}"
            raise BadFile(path, what, "Save its state dict alone") from error
        raise BadFile(
            path,
            f"not readable weights ({type(error).__name__}: {first_line(error)[:120]})",
            "Save them again, or give another file",
        ) from error
    state_dicts = tuple(_state_dicts(found, ()))
    if not state_dicts:
        raise BadFile(path, "holds no state dict", "Save the model's state dict alone")
    said = _said(found)
    return Contents(state_dicts, said, metadata, _trainer(found, said))


def fits(contents: Contents, *, first: str, classifier: str, headless: bool = False) -> list[Fit]:
    """Every set of tensors in a file that holds a network with these layers, by its own names.

    first, classifier: names of the model's first layer and of its last. A prefix that all of a
    set's tensors share (`module.`, `model.`, `timm_model.`, …) is taken off. Where everything but
    the classifier has the prefix, one other linear layer, and nothing else, is taken for it.
    headless: a network without classifier counts, too.
    """
    found = []
    for one in contents.state_dicts:
        names = {_unwrapped(key): value for key, value in one.tensors.items()}
        anchor = f"{first}.weight"
        ends = [name for name in names if name == anchor or name.endswith(f".{anchor}")]
        for prefix in sorted(name.removesuffix(anchor) for name in ends):
            own = {k.removeprefix(prefix): v for k, v in names.items() if k.startswith(prefix)}
            left = {k: v for k, v in names.items() if not k.startswith(prefix)}
            head = ""
            if f"{classifier}.weight" not in own:
                head = _only_linear(left) if classifier else ""
                if not head and not headless:
                    continue
                for part in ("weight", "bias") if head else ():
                    if f"{head}.{part}" in left:
                        own[f"{classifier}.{part}"] = left.pop(f"{head}.{part}")
            averaged = one.averaged or bool(_AVERAGED.search(prefix))
            found.append(Fit(one.key, prefix, own, averaged, tuple(sorted(left)), head))
    return found


def _only_linear(tensors: Mapping[str, Tensor]) -> str:
    """The name of the linear layer that these tensors are, and nothing else; "" otherwise."""
    weights = [k.removesuffix(".weight") for k, v in tensors.items() if k.endswith(".weight")]
    if len(weights) != 1 or tensors[f"{weights[0]}.weight"].ndim != 2:
        return ""
    [name] = weights
    return name if set(tensors) <= {f"{name}.weight", f"{name}.bias"} else ""


def _unwrapped(name: str) -> str:
    for wrapper in _WRAPPERS:
        name = name.replace(wrapper, "")
    return name


def _state_dicts(value: Any, path: tuple[str, ...]) -> Iterator[StateDict]:
    """Mappings from names to tensors, wherever they lie in what was loaded."""
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        return
    inner = {
        key: one
        for key, one in value.items()
        if isinstance(one, Mapping) and not _NOT_WEIGHTS.search(key)
    }
    tensors = {key: one for key, one in value.items() if isinstance(one, Tensor)}
    if any(one.ndim > 1 for one in tensors.values()):
        yield StateDict("/".join(path), tensors)
    if len(path) < DEEPEST:
        for key, one in inner.items():
            yield from _state_dicts(one, (*path, key))


def _said(found: Any) -> dict[str, Any]:
    """Facts that a checkpoint states beside its tensors; what stands outermost counts most."""
    said: dict[str, Any] = {}
    if not isinstance(found, Mapping):
        return said
    for name in _ARGUMENTS:
        given = found.get(name)
        given = vars(given) if isinstance(given, argparse.Namespace) else given
        if isinstance(given, Mapping):
            said.update((k, v) for k, v in given.items() if isinstance(k, str) and v is not None)
    said.update(_by_mm(found.get("meta")))
    outer = (
        (k, v)
        for k, v in found.items()
        if isinstance(k, str) and k not in _ARGUMENTS and not isinstance(v, Tensor)
    )
    # "model" is a name in arguments, and a state dict outside them.
    said.update((k, v) for k, v in outer if not (k == "model" and isinstance(v, Mapping)))
    return said


def _by_mm(meta: Any) -> dict[str, Any]:
    """Class names where OpenMMLab's trainers keep them."""
    for place in (meta, meta.get("dataset_meta")) if isinstance(meta, Mapping) else ():
        for key in ("CLASSES", "classes"):
            if isinstance(place, Mapping) and isinstance(place.get(key), (list, tuple)):
                return {"classes": place[key]}
    return {}


def _trainer(found: Any, said: Mapping[str, Any]) -> Trainer:
    if not isinstance(found, Mapping):
        return ""
    if "arch" in found and ("version" in found or "args" in found):
        return "timm"
    if "data_path" in said or ("arch" in found and "best_acc1" in found):
        return "torchvision"
    return ""


def _refused(path: Path) -> str:
    """Which classes a checkpoint wants to be unpickled, found without unpickling it."""
    try:
        with torch.serialization.safe_globals(plain_values()):
            names = torch.serialization.get_unsafe_globals_in_checkpoint(path)
    except Exception:  # no zip archive, or damaged: nothing to add
        return ""
    return f" ({', '.join(sorted(names)[:3])})" if names else ""
