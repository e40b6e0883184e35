"""JSON lines of training scripts: mmengine's and mmpretrain's scalars.json, log.txt after
torchvision's and DeiT's references, and any other file of a mapping a line with a step."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.importing.files import MAX_YAML, begins_with, json_lines, text_of
from bakeoff.importing.runs import ImportedRun, Log, number, settings_of

AXES = ("epoch", "step", "iter", "iteration", "global_step")
NOT_OF_ONE_RUN = frozenset({"arm", "seed", "model", "run", "run_id", "method", "recipe", "variant"})
"""Where rows name their run, they are a table."""


def is_log(path: Path) -> bool:
    """Whether the first line is a mapping that says how far a run was."""
    if path.suffix.lower() not in (".json", ".jsonl", ".txt", ".log", ".ndjson"):
        return False
    beside = path.parent / "scalars.json"
    if path.parent.name == "vis_data" and path.name != beside.name and beside.is_file():
        return False  # mmengine writes the same rows to both
    first = begins_with(path, 65536).lstrip().partition("\n")[0]
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        return False
    if not isinstance(row, dict) or not NOT_OF_ONE_RUN.isdisjoint(map(str.lower, row)):
        return False
    return any(axis in row for axis in AXES) or "mode" in row


def read(path: Path) -> Iterator[ImportedRun]:
    """One run. mmengine's rows of validation have a step, which is their epoch, and no epoch."""
    log = Log()
    mmengine = path.parent.name == "vis_data"
    for at, row in enumerate(json_lines(path)):
        old_validation = row.get("mode") == "val"
        validation = old_validation or (mmengine and "epoch" not in row and "loss" not in row)
        where = next((n for axis in AXES if (n := number(row.get(axis))) is not None), float(at))
        for key, value in row.items():
            if key in AXES or (figure := number(value)) is None:
                continue
            name = key
            if mmengine or "mode" in row:
                name = f"val/{key}" if validation else f"train/{key}"
            log.add(where, name, figure)
    yield ImportedRun(
        source=path,
        tool="mmengine" if mmengine else "",
        settings=settings_of(_config(path.parent / "config.py")) if mmengine else {},
        values=log.values,
        curves=log.curves,
        unknown=("whether the run finished", *log.unknown),
    )


def _config(path: Path) -> dict[str, Any]:
    """Assignments of plain values in a config that is a Python file; it is parsed, never run."""
    if not path.is_file():
        return {}
    try:
        tree = ast.parse(text_of(path, MAX_YAML))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return {}
    found: dict[str, Any] = {}
    for line in tree.body:
        if isinstance(line, ast.Assign) and isinstance(line.targets[0], ast.Name):
            found[line.targets[0].id] = _plain(line.value)
    wanted = ("model", "optim_wrapper", "randomness", "train_cfg", "data_preprocessor")
    kept = {name: found[name] for name in wanted if isinstance(found.get(name), dict)}
    if isinstance(model := kept.pop("model", None), dict):
        backbone = model.get("backbone")
        if isinstance(backbone, dict):
            depth = backbone.get("depth") or backbone.get("arch") or ""
            kept["model"] = f"{backbone.get('type', '')}{depth}"
    if isinstance(seed := found.get("randomness"), dict) and "seed" in seed:
        kept.pop("randomness", None)
        kept["seed"] = seed["seed"]
    return kept


def _plain(node: ast.expr) -> Any:
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "dict":
        return {key.arg: _plain(key.value) for key in node.keywords if key.arg is not None}
    if isinstance(node, ast.Dict):
        keys = [key.value if isinstance(key, ast.Constant) else None for key in node.keys]
        return {k: _plain(v) for k, v in zip(keys, node.values, strict=True) if k is not None}
    try:
        return ast.literal_eval(node)
    except (ValueError, TypeError, RecursionError):
        return None
