"""Which configurations and parts a hub set has: by its card, else by its files' names."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from bakeoff.errors import BadFile, UnknownName, UsageError

CARD = "README.md"
MOST_CARD_BYTES = 1 << 22
WORDS = ("train", "test", "validation", "valid", "val", "dev")
TESTED_FIRST = ("test", "valid", "validation", "val", "dev")
_SHARD = re.compile(r"(?:[-_.]\d+-of-\d+(?:-[0-9a-f]+)?|[-_.]?\d+)\Z")
_WORD = re.compile(rf"(?:^|(?<=[-_.]))(?:{'|'.join(WORDS)})(?=[-_.]|$)")
DEFAULT = "default"

Parts = dict[str, list[Path]]
"""The Parquet files of each part, by its name: train, test, …"""


@dataclass(frozen=True)
class Asked:
    """What `hf:OWNER/SET:CONFIG::PART` names; "" where it is left to the set."""

    name: str
    config: str = ""
    part: str = ""

    @classmethod
    def parse(cls, text: str) -> Asked:
        """The words after `hf:`."""
        whole, _, part = text.partition("::")
        name, _, config = whole.partition(":")
        return cls(name, config, part)


@dataclass(frozen=True)
class Layout:
    """One configuration of a set. class_names: as the card has them; None where it says nothing.

    several: the set has other configurations too.
    """

    config: str
    parts: Parts
    class_names: list[str] | None
    several: bool


def layout_of(asked: Asked, snapshot: Path) -> Layout:
    """The configuration asked for, else the set's default one.

    Raises UsageError where there are several and none is the default, UnknownName for one that
    does not exist, BadFile for a card that cannot be read.
    """
    card = _card(snapshot)
    files = sorted(path.relative_to(snapshot).as_posix() for path in snapshot.rglob("*.parquet"))
    stated = _stated(card, files) or _by_names(files)
    configs = {name: parts for name, parts in stated.items() if parts}
    chosen = _chosen(asked, list(configs), card)
    parts = {part: [snapshot / name for name in names] for part, names in configs[chosen].items()}
    return Layout(chosen, parts, _class_names(card, chosen), len(configs) > 1)


def _chosen(asked: Asked, configs: Sequence[str], card: Mapping[str, Any]) -> str:
    if asked.config:
        if asked.config not in configs:
            known = ", ".join(sorted(configs))
            raise UnknownName(
                f"configuration of hf:{asked.name}", asked.config, configs, f"It has: {known}"
            )
        return asked.config
    marked = [str(c.get("config_name", DEFAULT)) for c in _configs(card) if c.get("default")]
    for name in (*marked, DEFAULT):
        if name in configs:
            return name
    if len(configs) > 1:
        raise UsageError(
            f"hf:{asked.name} has {len(configs):,} configurations, and none is the default: "
            f"{', '.join(sorted(configs))}",
            f"Choose one, as hf:{asked.name}:{min(configs)}",
        )
    return next(iter(configs), DEFAULT) if configs else _none(asked)


def _none(asked: Asked) -> str:
    raise UsageError(
        f"hf:{asked.name} has no train and test parts in Parquet",
        "Download it yourself and arrange it as a folder of classes",
    )


def _card(snapshot: Path) -> dict[str, Any]:
    """The YAML at the head of the set's card; empty where there is none."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    path = snapshot / CARD
    if not path.is_file():
        return {}
    try:
        if path.stat().st_size > MOST_CARD_BYTES:
            raise BadFile(path, "too large for a set's card", "Look at what it is")
        text = path.read_text(encoding="utf-8", errors="replace")
        head = re.match(r"\ufeff?---[ \t]*\r?\n(.*?)\r?\n---[ \t]*(?:\r?\n|\Z)", text, re.DOTALL)
        reader = YAML(typ="safe")
        reader.allow_duplicate_keys = True  # as the hub reads cards
        stated = reader.load(head[1]) if head else {}
    except (OSError, YAMLError, RecursionError, ValueError) as damage:
        what = f"its head cannot be read ({type(damage).__name__})"
        raise BadFile(path, what, "Name the configuration: hf:OWNER/SET:CONFIG") from None
    return stated if isinstance(stated, dict) else {}


def _configs(card: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    stated = card.get("configs")
    for config in stated if isinstance(stated, list) else ():
        if isinstance(config, dict):
            yield config


def _stated(card: Mapping[str, Any], files: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """The files of each part of each configuration that the card lists."""
    found: dict[str, dict[str, list[str]]] = {}
    for config in _configs(card):
        parts = found.setdefault(str(config.get("config_name", DEFAULT)), {})
        within = str(config.get("data_dir") or "").strip("/")
        for part, pattern in _patterns(config.get("data_files") or f"{within or '*'}/*"):
            whole = f"{within}/{pattern}" if within and not pattern.startswith(within) else pattern
            for name in files:
                if fnmatch.fnmatchcase(name, whole.removeprefix("./")):
                    parts.setdefault(part or _split_name(name)[1], []).append(name)
    return found if any(found.values()) else {}


def _patterns(stated: object) -> Iterator[tuple[str, str]]:
    """(part or "", pattern) of each entry of `data_files`."""
    if isinstance(stated, str):
        yield "", stated
    elif isinstance(stated, list):
        for entry in stated:
            if isinstance(entry, dict):
                paths = entry.get("path")
                for path in paths if isinstance(paths, list) else [paths]:
                    yield str(entry.get("split", "")), str(path)
            else:
                yield "", str(entry)
    elif isinstance(stated, dict):
        for part, paths in stated.items():
            for path in paths if isinstance(paths, list) else [paths]:
                yield str(part), str(path)


def _by_names(files: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    for name in files:
        config, part = _split_name(name)
        found.setdefault(config, {}).setdefault(part, []).append(name)
    return found


def _split_name(name: str) -> tuple[str, str]:
    """Configuration and part that a file belongs to, by its name and its folders'.

    "blood/train-00000-of-00001.parquet", "blood-train.parquet", "blood/train/0000.parquet".
    """
    path = PurePosixPath(name)
    folders = [step for step in path.parts[:-1] if step != "data"]
    stem = _SHARD.sub("", path.stem)
    word = _WORD.search(stem)
    if word is None and folders and (inside := _WORD.search(folders[-1])):
        folders, stem, word = folders[:-1], folders[-1], inside
    if word is None:
        return "/".join(folders) or DEFAULT, stem
    before = stem[: word.start()].rstrip("-_.")
    return "/".join([*folders, before] if before else folders) or DEFAULT, stem[word.start() :]


def _class_names(card: Mapping[str, Any], config: str) -> list[str] | None:
    """Names that `dataset_info` states for the configuration's labels, in their order."""
    stated = card.get("dataset_info")
    for info in stated if isinstance(stated, list) else [stated]:
        if not isinstance(info, dict) or str(info.get("config_name", config)) != config:
            continue
        features = info.get("features")
        for feature in features if isinstance(features, list) else ():
            dtype = feature.get("dtype") if isinstance(feature, dict) else None
            names = dtype.get("class_label", {}) if isinstance(dtype, dict) else {}
            names = names.get("names") if isinstance(names, dict) else None
            if feature.get("name") in ("label", "fine_label") and names:
                if isinstance(names, dict):
                    names = [names[key] for key in sorted(names, key=lambda key: int(key))]
                return [str(name) for name in names]
    return None
