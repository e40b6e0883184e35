"""Predictions per image that were made elsewhere, read from tables and arrays."""

from __future__ import annotations

import re
import unicodedata
import zipfile
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bakeoff.comparison.columns import Columns, Table, as_text, renamed, shown
from bakeoff.comparison.comparability import CONDITION_NAMES, Conditions
from bakeoff.comparison.epochs import missing
from bakeoff.comparison.image_groups import GROUPS, with_group
from bakeoff.comparison.image_runs import ImageRun
from bakeoff.comparison.result import TableRoles
from bakeoff.errors import BadFile, UsageError

MAX_BYTES = 2 * 1024**3
_PER_IMAGE = frozenset({"image", "label", "prediction", "correct", "nll", "confidence", "group"})
_SYNONYMS = {
    "image_id": "image",
    "path": "image",
    "filename": "image",
    "id": "image",
    "index": "image",
    "target": "label",
    "true": "label",
    "pred": "prediction",
    "predicted": "prediction",
    "probability": "confidence",
    "loss": "nll",
    "dataset": "test_set",
    "data_set": "test_set",
}
_OWN_NAME_FIRST = ("image", "test_set")
NAMES = frozenset({"arm", "seed", *GROUPS, *_PER_IMAGE, *_SYNONYMS, *CONDITION_NAMES})
"""Of the columns that are read; any other is left alone."""


def is_image_table(columns: Collection[str]) -> bool:
    """Whether these columns (names in lower case) are one row per run and image."""
    names = {_SYNONYMS.get(name, name) for name in columns}
    return "correct" in names or {"label", "prediction"} <= names


def roles_of(table: Table, arms: Sequence[str], runs: int) -> TableRoles:
    """Which column said what in a table with one row per image."""
    rows = len(next(iter(table.columns.values()), ()))
    by = {_SYNONYMS.get(name, name): given for name, given in table.called.items()}
    counted = by["correct"] if "correct" in by else f"{by['label']} = {by['prediction']}"
    return TableRoles(
        table=str(table.path or ""),
        row="image",
        rows=rows,
        runs=runs,
        arm=" with ".join(table.called[name] for name in arms),
        seed=by.get("seed", ""),
        metrics={"accuracy": counted, **({"loss": by["nll"]} if "nll" in by else {})},
    )


def from_image_table(
    columns: Columns, arm_columns: Sequence[str], default_arm: str, default_seed: int
) -> list[ImageRun]:
    """Runs of a table with a row per run and image.

    Columns: arm, seed, image, and label with prediction, or correct (0/1); nll and confidence
    (of the predicted class) where known; conditions such as test_set. Without a column image,
    rows are in the same order in every run. Raises UsageError.
    """
    meant = with_group(renamed(columns, _SYNONYMS, _OWN_NAME_FIRST), arm_columns)
    table = {name: _composed(np.asarray(values)) for name, values in meant.items()}
    rows = len(next(iter(table.values())))
    if not rows:
        raise UsageError(
            "the table has no rows", "Give one row per run and image: arm, seed, image …"
        )
    if "label" in table:
        _no_label_missing(table["label"])
        _as_one_kind(table)
    arms = _arms(columns, arm_columns) if arm_columns else np.full(rows, default_arm)
    seeds = table.get("seed", np.full(rows, default_seed))
    runs = []
    keys, position = np.unique(
        np.char.add(np.char.add(arms, "\x00"), seeds.astype(str)), return_inverse=True
    )
    order = np.argsort(position, kind="stable")
    for chosen in np.split(order, np.cumsum(np.bincount(position, minlength=len(keys)))[:-1]):
        part = {name: values[chosen] for name, values in table.items()}
        runs.append(_run(str(arms[chosen[0]]), _seed(seeds[chosen[0]]), part))
    return sorted(runs, key=lambda run: int(np.argmax(arms == run.arm)))


def _arms(columns: Columns, names: Sequence[str]) -> NDArray[np.str_]:
    """The arm of each row. Raises UsageError for a row without one."""
    parts = []
    for name in names:
        values = np.asarray(columns[name])
        if (gap := _first_missing(values)) is not None:
            raise UsageError(f"row {gap + 1} of the table has no arm", "Name the arm in every row")
        given, position = np.unique(values.astype(str), return_inverse=True)
        parts.append(np.array([shown(text) for text in given])[position])
    joined = parts[0]
    for part in parts[1:]:
        joined = np.char.add(np.char.add(joined, " with "), part)
    return joined


def _first_missing(values: NDArray[Any]) -> int | None:
    """The row where nothing stands: None, NaN or an empty text; not a class that is called NaN."""
    if values.dtype.kind in "biu":
        return None
    if values.dtype.kind == "f":
        gaps = np.isnan(values)
    else:
        gaps = np.array([missing(value) for value in values], dtype=bool)
    return int(np.argmax(gaps)) if gaps.any() else None


def _no_label_missing(label: NDArray[Any]) -> None:
    if (gap := _first_missing(label)) is not None:
        raise UsageError(
            f"row {gap + 1} of the table has no label",
            "Leave images without a label out: nothing can be right of them",
        )


def _as_one_kind(table: dict[str, NDArray[Any]]) -> None:
    """Where one class of a numbered set has a name (None beside 1 and 2), the numbers are names
    too: a column of numbers only is then read as text, in place."""
    label, prediction = table["label"], table.get("prediction")
    if prediction is None or _is_text(label) == _is_text(prediction):
        return
    number = "label" if _is_text(prediction) else "prediction"
    if table[number].dtype.kind not in "iu":
        return
    as_names = table[number].astype(str).astype(object)
    other = prediction if number == "label" else label
    if not set(as_names.tolist()).isdisjoint(other.tolist()):
        table[number] = as_names


def _composed(values: NDArray[Any]) -> NDArray[Any]:
    """Texts as Unicode composes them, so that é is é from a Mac and from Linux."""
    if values.dtype.kind not in "OU":
        return values
    if all(not isinstance(value, str) or value.isascii() for value in values.tolist()):
        return values
    composed = np.empty(len(values), dtype=object)
    composed[:] = [
        unicodedata.normalize("NFC", value) if isinstance(value, str) else value
        for value in values.tolist()
    ]
    return composed


def from_npz(path: Path) -> ImageRun:
    """One run's predictions from an .npz file; arm and seed from its arrays or from its path.

    Arrays: Bakeoff's own (label, top5_class, top5_probability, nll), or label with prediction,
    probabilities or logits of shape (N, K); optionally image, nll, confidence. Pickled arrays
    are refused. Raises BadFile.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MAX_BYTES:
                raise BadFile(path, "larger than 2 GiB when unpacked", "Split the test set")
        with np.load(path, allow_pickle=False) as stored:
            read = {name.lower(): stored[name] for name in stored}
    except BadFile:
        raise
    except Exception as error:  # damaged bytes make zip and numpy raise whatever they stumble on
        raise BadFile(
            path, f"not a readable predictions file ({error})", "Write it with numpy.savez"
        ) from error
    arrays = with_group(renamed(read, _SYNONYMS, _OWN_NAME_FIRST), ())
    arm, seed = arm_and_seed(path)
    if "arm" in arrays:
        arm = str(arrays.pop("arm"))
    if "seed" in arrays:
        seed = _seed(arrays.pop("seed")[()])
    _from_classes(path, arrays)
    if not is_image_table(arrays):
        raise BadFile(
            path,
            f"arrays {', '.join(arrays)} do not say what was predicted",
            "Store label with prediction, probabilities or logits",
        )
    for name, values in arrays.items():
        if name in _PER_IMAGE and values.dtype.kind not in "biufSU":
            raise BadFile(path, f"{name} holds {values.dtype}", "Store numbers or names")
    shapes = {values.shape for name, values in arrays.items() if name in _PER_IMAGE}
    if len(shapes) != 1 or len(shape := shapes.pop()) != 1 or not shape[0]:
        raise BadFile(path, "arrays of different lengths", "Store a row per test image")
    return _run(arm, seed, arrays)


def arm_and_seed(path: Path) -> tuple[str, int | str]:
    """From `<arm>/seed-N/predictions.npz` or `<arm>-seed-N.npz`; else the file's name, seed 0."""
    for name, before in ((path.stem, ""), (path.parent.name, path.parent.parent.name)):
        if match := re.fullmatch(r"(?:(.*?)[-_.]?)seed[-_]?(\d{1,18})", name):
            return match[1] or before or name, int(match[2])
    return path.stem, 0


def _run(arm: str, seed: int | str, part: Mapping[str, NDArray[Any]]) -> ImageRun:
    label = part.get("label")
    if "correct" in part:
        right = part["correct"]
        if right.dtype.kind not in "biuf" or not np.isin(right, (0, 1)).all():
            raise UsageError(
                f"the column correct of {arm} holds other things than 0 and 1", "Give 0 or 1"
            )
        correct = right.astype(bool)
    else:
        assert label is not None
        correct = label == part["prediction"]
        _same_names(arm, label, part["prediction"], correct)
    image = part.get("image", np.arange(len(correct)))
    if image.dtype.kind not in "biufUS":
        image = image.astype(str)  # a column of names and numbers has no order of its own
    if len(np.unique(image)) != len(image):
        raise UsageError(
            f"{arm}, seed {seed}, has a test image twice", "Give one row per run and image"
        )
    nll, confidence = _floats(part, "nll"), _floats(part, "confidence")
    return ImageRun(
        arm,
        seed,
        image,
        correct,
        label,
        nll,
        confidence,
        _group(arm, image, part),
        _conditions(part),
    )


def _group(arm: str, image: NDArray[Any], part: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
    group = part.get("group")
    if group is not None and (gap := _first_missing(group)) is not None:
        raise UsageError(
            f"image {image[gap]} of {arm} has no group",
            "Give every image its group, one of its own where it belongs to no other",
        )
    return group


def _conditions(part: Mapping[str, NDArray[Any]]) -> Conditions | None:
    """What the run was measured under, as far as all its rows say the same of it."""
    stated = {}
    for name in CONDITION_NAMES:
        if name in part:
            values = np.ravel(part[name])
            if len(values) and bool((values == values[0]).all()):
                stated[name] = as_text(values[0])
    return Conditions(**stated) if stated else None


def _same_names(
    arm: str, label: NDArray[Any], prediction: NDArray[Any], correct: NDArray[np.bool_]
) -> None:
    """Raise UsageError where labels and predictions name classes in different ways, such as by
    word and by number: all of them would count as wrong."""
    foreign = _is_text(label) != _is_text(prediction)
    if not foreign and not correct.any():
        known = set(label.tolist())
        foreign = len(known) > 1 and known.isdisjoint(prediction.tolist())
    if foreign:
        shown = [
            f"{str(values[0])[:30]!r}" if _is_text(values) else str(values[0])
            for values in (label, prediction)
        ]
        raise UsageError(
            f"{arm} has labels such as {shown[0]} and predictions such as {shown[1]}: they do not"
            " name the same classes",
            "Give class names in both columns, or class numbers in both",
        )


def _is_text(values: NDArray[Any]) -> bool:
    if values.dtype.kind == "O":
        return any(isinstance(value, str) for value in values)
    return values.dtype.kind in "US"


def _from_classes(path: Path, arrays: dict[str, NDArray[Any]]) -> None:
    """Derive prediction, confidence and nll from class probabilities or logits, in place."""
    advice = "Store it as a row of numbers per test image, a column per class"
    for name, of in (("top5_class", "prediction"), ("top5_probability", "confidence")):
        if name in arrays:
            ranked = arrays.pop(name)
            if ranked.ndim != 2 or not ranked.size or ranked.dtype.kind not in "iuf":
                raise BadFile(path, f"{name} is of shape {ranked.shape}", advice)
            arrays[of] = ranked[:, 0]
    for name in ("logits", "probabilities"):
        if name not in arrays:
            continue
        scores = arrays.pop(name)
        if scores.ndim != 2 or not scores.size or scores.dtype.kind not in "iuf":
            raise BadFile(path, f"{name} is of shape {scores.shape}", advice)
        scores = scores.astype(np.float64)
        if not np.isfinite(scores).all():
            raise BadFile(path, f"{name} are not all finite", advice)
        if name == "logits":
            scores -= scores.max(axis=1, keepdims=True)
            log_p = scores - np.log(np.exp(scores).sum(axis=1, keepdims=True))
        else:
            with np.errstate(divide="ignore"):
                log_p = np.log(scores)
        arrays["prediction"] = log_p.argmax(axis=1)
        arrays["confidence"] = np.exp(log_p.max(axis=1))
        label = arrays.get("label")
        if label is not None and label.dtype.kind in "iu" and label.shape == log_p.shape[:1]:
            if label.min() < 0 or label.max() >= log_p.shape[1]:
                raise BadFile(path, f"labels beyond the columns of {name}", advice)
            arrays.setdefault("nll", -log_p[np.arange(len(label)), label])


def _floats(part: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.float64] | None:
    if name not in part:
        return None
    try:
        if part[name].dtype.kind == "c":
            raise TypeError
        return part[name].astype(np.float64)
    except (TypeError, ValueError):
        raise UsageError(
            f"the column {name} holds something else than numbers", "Give numbers, or leave it out"
        ) from None


def _seed(value: Any) -> int | str:
    try:
        return int(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)
