"""A folder as the hub and timm expect it: config.json, model.safetensors, README.md."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from safetensors.torch import save

from bakeoff.errors import OutputError, UsageError
from bakeoff.exporting.card import write_card
from bakeoff.exporting.source import Source
from bakeoff.records.files import require_writable, write_atomically, write_text
from bakeoff.training.known_weights import description
from bakeoff.training.noskip import is_noskip

CARD, CONFIG, WEIGHTS = "README.md", "config.json", "model.safetensors"
MARK = "bakeoff"
"""Key in config.json by which a folder of ours is known again."""

# What timm's description of its own weights says of the network, not of those weights.
_STRUCTURE = ("first_conv", "classifier", "fixed_input_size")


def write_folder(source: Source, folder: Path, *, licence: str) -> None:
    """Fill `folder`. Raises UsageError for a network timm has not, OutputError for a folder that
    holds something else or cannot be written."""
    name = source.record.model.name
    if is_noskip(name):
        raise UsageError(f"timm has no {name}, so it could not load the folder", "Use --onnx FILE")
    _refuse_foreign(folder)
    require_writable(folder)
    weights = {key: value.contiguous() for key, value in source.network.state_dict().items()}
    record = source.record
    about = description(record.recipe, record.data, model=name, arm=record.arm)
    content = _in_order(save(weights, metadata={"format": "pt", **about}))
    write_atomically(folder / WEIGHTS, lambda file: file.write(content))
    write_text(folder / CONFIG, json.dumps(configuration(source), indent=2) + "\n")
    write_text(folder / CARD, write_card(source, licence=licence))


def _in_order(content: bytes) -> bytes:
    """A safetensors file with its metadata sorted: the library writes them in any order, and the
    same weights are to be the same file. The header begins with its length and ends in blanks."""
    end = 8 + int.from_bytes(content[:8], "little")
    header = json.loads(content[8:end])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return len(text).to_bytes(8, "little") + text + content[end:]


def configuration(source: Source) -> dict[str, Any]:
    """config.json in timm's format (timm.models.load_model_config_from_hf reads it)."""
    record, network = source.record, source.network
    timms: dict[str, Any] = dict(network.pretrained_cfg)  # type: ignore[arg-type]
    return {
        "architecture": record.model.name,
        "num_classes": record.model.classes,
        "num_features": network.num_features,
        "label_names": list(record.data.class_names),
        "model_args": {"in_chans": record.model.channels},
        "pretrained_cfg": {
            **{key: timms[key] for key in _STRUCTURE if timms.get(key) is not None},
            "tag": record.arm,
            "custom_load": False,
            "num_classes": record.model.classes,
            "input_size": list(source.input_size),
            "mean": list(record.data.mean),
            "std": list(record.data.std),
            "crop_pct": record.recipe.resolution.crop_ratio,
            "crop_mode": "center",
            "interpolation": "bilinear",
        },
        MARK: {
            "version": record.environment.bakeoff,
            "seed": record.seed,
            "test_hash": record.data.test_hash,
            "excluded": list(record.data.excluded),
        },
    }


def _refuse_foreign(folder: Path) -> None:
    if not folder.exists():
        return
    if not folder.is_dir():
        raise OutputError(f"{folder} is a file", "Name a folder")
    there = sorted(path.name for path in folder.iterdir())
    try:
        ours = MARK in json.loads((folder / CONFIG).read_text())
    except (OSError, ValueError, TypeError):
        ours = False
    if there and not ours:
        raise OutputError(f"{folder} holds other files ({there[0]} …)", "Name an empty folder")
