"""What files say of weights, inside or beside them: the model, the classes, how images are shown.

Everything here is a stranger's and is looked at as such: what has not the form it should have
counts as not stated, except class names, where a wrong list would pass for a right one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import timm

from bakeoff.errors import BadFile
from bakeoff.recipes.strict_yaml import parse_yaml

MOST_BYTES = 64 << 20
CONFIG = "config.json"
ARGUMENTS = "args.yaml"
_LISTS = ("class_names", "label_names", "classes", "labels", "names")
_BY_NAME = ("class_to_idx", "label2id")
_BY_NUMBER = ("id2label", "idx_to_class", "idx2label")
_FILES = (
    *(f"{name}.json" for name in (*_BY_NAME, *_LISTS, *_BY_NUMBER)),
    *(f"{name}.txt" for name in ("class_names", "classes", "labels", "class_map")),
)
_PLACEHOLDER = re.compile(r"LABEL_\d+")
_MODEL_KEYS = ("architecture", "arch", "model_name", "model", "architecture_name", "backbone")
_ADVICE = "Give a file with a class name on each line, in the order of the outputs"


def model_name(said: Mapping[str, Any]) -> str:
    """The timm model that a file names, without hub prefix and pretrained tag; "" where none."""
    for key in _MODEL_KEYS:
        value = said.get(key)
        if not isinstance(value, str):
            continue
        name = value.removeprefix("hf-hub:").removeprefix("timm/").partition(".")[0]
        if name and (key in ("architecture", "arch", "model") or timm.is_model(name)):
            return name
    return ""


def class_names(said: Mapping[str, Any], path: Path) -> tuple[tuple[str, ...], str]:
    """Class names in the order of the outputs, and under which key they stand; ((), "") where
    nobody states them. Raises BadFile for a numbering that is none."""
    for key in (*_BY_NAME, *_BY_NUMBER, *_LISTS):
        value = said.get(key)
        names: tuple[str, ...] = ()
        if key in _LISTS:
            listed = isinstance(value, (list, tuple)) and all(isinstance(n, str) for n in value)
            names = tuple(value) if listed and value else ()
        elif isinstance(value, Mapping) and value:
            pairs = value.items() if key in _BY_NUMBER else [(v, k) for k, v in value.items()]
            names = _numbered(pairs, key, path)
        if names and not all(_PLACEHOLDER.fullmatch(name) for name in names):
            return _distinct(names, path), key
    inner = said.get("pretrained_cfg")
    return class_names(inner, path) if isinstance(inner, Mapping) else ((), "")


def _numbered(pairs: Any, key: str, path: Path) -> tuple[str, ...]:
    """Names by their numbers, which must be 0, 1, … without a gap."""
    try:
        by_number = {int(number): str(name) for number, name in pairs}
    except (TypeError, ValueError):
        by_number = {}
    if sorted(by_number) != list(range(len(list(pairs)))):
        raise BadFile(path, f"its {key} does not number the classes 0, 1, 2, …", _ADVICE)
    return tuple(by_number[number] for number in range(len(by_number)))


def _distinct(names: Sequence[str], path: Path) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadFile(path, f"names class {twice!r} twice", _ADVICE)
    return tuple(names)


def read_class_file(path: Path) -> tuple[str, ...]:
    """Class names, in the order of the outputs, from a text file with one on each line, or from
    JSON: a list, a mapping from names to numbers or from numbers to names, or a config.json.

    Raises BadFile.
    """
    text = _text(path)
    if path.suffix.lower() != ".json":
        names = tuple(line.strip() for line in text.splitlines() if line.strip())
        if not names:
            raise BadFile(path, "names no class", _ADVICE)
        return _distinct(names, path)
    try:
        said = json.loads(text)
    except (ValueError, RecursionError):
        raise BadFile(path, "not JSON", _ADVICE) from None
    if isinstance(said, list):
        said = {"classes": said}
    elif isinstance(said, dict) and said and all(isinstance(v, int) for v in said.values()):
        said = {"class_to_idx": said}
    elif isinstance(said, dict) and said and all(key.isdecimal() for key in said):
        # ImageNet's widespread class index has [WordNet id, name] for each number.
        flat = {k: v[0] if isinstance(v, list) and v else v for k, v in said.items()}
        said = {"id2label": flat}
    names, _ = class_names(said, path) if isinstance(said, dict) else ((), "")
    if not names:
        raise BadFile(path, "names no classes", _ADVICE)
    return names


def config_beside(path: Path) -> tuple[dict[str, Any], str]:
    """What config.json in the same folder says, or args.yaml, as timm's train.py leaves it beside
    its checkpoints, and which of them; ({}, "") where there is none, or it is something else's.

    Timm's config.json, transformers' for a timm model, and ours name an architecture; arguments
    of a training name a model.
    """
    for name in (CONFIG, ARGUMENTS):
        there = path.parent / name
        if path.name == name or not there.is_file():
            continue
        try:
            text = _text(there)
            said = json.loads(text) if name == CONFIG else parse_yaml(text, there).value
        except (ValueError, RecursionError, BadFile):
            continue
        if isinstance(said, dict) and model_name(said):
            return {key: value for key, value in said.items() if value is not None}, name
    return {}, ""


def classes_beside(path: Path, outputs: int) -> tuple[tuple[str, ...], str]:
    """Class names from a file of its own beside the weights, and its name; ((), "") where there
    is none with as many names as the network has outputs. Raises BadFile where two disagree."""
    found: dict[str, tuple[str, ...]] = {}
    for name in _FILES:
        there = path.parent / name
        if there.is_file():
            names = read_class_file(there)
            if len(names) == outputs:
                found[name] = names
    if len(set(found.values())) > 1:
        raise BadFile(
            path,
            f"{' and '.join(found)} beside it name the classes in different orders",
            "Say which is right with --classes FILE",
        )
    return next(((names, name) for name, names in found.items()), ((), ""))


def _text(path: Path) -> str:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadFile(path, "too large for a list of classes", _ADVICE)
        return path.read_text(encoding="utf-8-sig")
    except OSError as trouble:
        raise BadFile(path, f"cannot be read ({trouble.strerror})", _ADVICE) from None
    except UnicodeDecodeError:
        raise BadFile(path, "is no text in UTF-8", _ADVICE) from None


def shown(said: Mapping[str, Any], *, channels: int) -> dict[str, Any]:
    """How a network wants to be shown images, as far as that is stated in a form that can be:
    mean, std (a value for each channel), size (pixels), crop_ratio, interpolation."""
    found: dict[str, Any] = {}
    inner = said.get("pretrained_cfg")
    for source in (inner if isinstance(inner, Mapping) else {}, said):
        for key in ("mean", "std"):
            values = _numbers(source.get(key))
            if len(values) in (1, channels) and (key == "mean" or min(values) > 0):
                found[key] = values * (channels // len(values))
        if size := _size(source):
            found["size"] = size
        if (ratio := _ratio(source)) is not None:
            found["crop_ratio"] = ratio
        # timm's arguments hold an empty one where none was asked for.
        if isinstance(source.get("interpolation"), str) and source["interpolation"]:
            found["interpolation"] = source["interpolation"]
    return found


def _numbers(value: Any) -> tuple[float, ...]:
    if not isinstance(value, (list, tuple)) or not 1 <= len(value) <= 4:
        return ()
    numbers = all(isinstance(v, (int, float)) and -1e3 < v < 1e3 for v in value)
    return tuple(map(float, value)) if numbers else ()


def _size(said: Mapping[str, Any]) -> int:
    for key in ("input_size", "img_size", "image_size", "val_crop_size", "size"):
        value = said.get(key)
        if isinstance(value, (list, tuple)) and value:
            value = value[-1]
        if isinstance(value, int) and not isinstance(value, bool) and 8 <= value <= 1024:
            return value
    return 0


def _ratio(said: Mapping[str, Any]) -> float | None:
    ratio = said.get("crop_pct")
    resized, cropped = said.get("val_resize_size"), said.get("val_crop_size")
    if ratio is None and isinstance(resized, int) and isinstance(cropped, int) and resized > 0:
        ratio = cropped / resized
    return float(ratio) if isinstance(ratio, (int, float)) and 0 < ratio <= 1 else None
