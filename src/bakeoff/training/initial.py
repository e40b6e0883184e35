"""Weights that training starts from: a file of them, as whatever tool saved it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor, nn

from bakeoff.errors import BadFile
from bakeoff.training.choosing import choose, told, with_counters
from bakeoff.training.weights_file import fits, read_weights


@dataclass(frozen=True, slots=True)
class Initial:
    """Tensors by the model's own names, and what to tell of where they come from."""

    tensors: dict[str, Tensor]
    notes: tuple[str, ...]


def initial_weights(path: Path, module: nn.Module) -> Initial:
    """What a file of weights holds for `module`, whose head may be another, or missing there.

    Safetensors or a torch checkpoint (weights only: nothing in it is run); wrappers, prefixes and
    averages as `bakeoff.evaluate` knows them. Tensors that do not fit are for the caller to name.
    Raises BadFile for what is no weights, UsageError where a file holds several sets.
    """
    if not path.is_file():
        what = "is a folder" if path.is_dir() else "no such file"
        raise BadFile(path, what, "Give the path of a file of weights")
    contents = read_weights(path)
    wanted = module.state_dict()
    classifier = getattr(module, "default_cfg", {}).get("classifier", "")
    heads = (classifier,) if isinstance(classifier, str) else tuple(classifier)
    found = fits(contents, first=_first(wanted, heads), classifier=heads[0], headless=True)
    if not found:  # let the tensors be named that do not fit
        return Initial(dict(contents.state_dicts[0].tensors), ())
    only = "Save the one that is meant alone, and give that file"
    fit = choose(found, contents, path, None, advice=only)
    notes = told(fit, found, classifier=heads[0])
    said = contents.metadata
    if "arm" in said and "data" in said:
        notes.insert(0, f"started from the weights of {said['arm']}, trained on {said['data']}")
    return Initial(with_counters(fit.tensors, wanted), tuple(notes))


def _first(wanted: Mapping[str, Tensor], heads: tuple[str, ...]) -> str:
    """The first layer with weights that is no head: which prefix it has tells all others'."""
    beginnings = tuple(f"{head}." for head in heads if head)
    return next(
        name.removesuffix(".weight")
        for name in wanted
        if name.endswith(".weight") and not (beginnings and name.startswith(beginnings))
    )
