"""Runs read from tables: a row a run, with columns arm, seed, accuracy and whatever else."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bakeoff.comparison.columns import Columns, as_text, renamed
from bakeoff.comparison.comparability import CONDITION_NAMES, Conditions
from bakeoff.comparison.metrics import ALIASES, METRICS
from bakeoff.comparison.outcome import Outcome
from bakeoff.errors import UsageError

_DATA_SETS = ("test_dataset", "test_data", "dataset", "data_set", "data")
_ALIASES = ALIASES | dict.fromkeys(_DATA_SETS, "test_set")
NAMES = frozenset({"arm", "seed", "status", "test_images", *CONDITION_NAMES, *METRICS, *_ALIASES})
"""Of the columns that are read; any other is left alone."""

# What trackers and queues call a run (Bakeoff, W&B, MLflow, Optuna, Slurm), with spaces for
# hyphens and underscores. Any other word is asked about: a failure must not pass for a result.
_FINISHED = {"complete", "completed", "finished", "ok", "success", "succeeded", "done"}
_FAILED = {"failed", "fail", "crashed", "crash", "error", "diverged", "nan", "nan loss", "killed"}
_FAILED |= {"out of memory", "oom", "timeout", "timed out", "aborted", "cancelled", "preempted"}
_UNFINISHED = {"incomplete", "running", "stopped", "interrupted", "paused", "pending", "waiting"}
_NOT_STATED = {"", "none", "null", "na", "n/a", "-", "<na>"}


def is_run_table(columns: Columns) -> bool:
    """Whether these columns (names in lower case) are a row a run."""
    return "accuracy" in {ALIASES.get(name, name) for name in columns}


def from_tables(tables: Sequence[tuple[Columns, str]]) -> list[Outcome]:
    """Outcomes of tables, each with the arm's name where it has no column arm.

    columns: by name in lower case, all of one length. arm, seed (row number within the arm if
    absent) and accuracy, in percent or as fractions, but not both, in one table or over several;
    other metrics by name; status; test_images; conditions such as test_set (or dataset, where
    there is no test_set) or test_resolution. A value that is missing or not finite is a failed run.
    Raises UsageError for a table that cannot be read so.
    """
    named = [
        (renamed(columns, _ALIASES, own_name_first=("test_set",)), default)
        for columns, default in tables
    ]
    scales = _scales([columns for columns, _ in named])
    return [
        outcome
        for (columns, default), scale in zip(named, scales, strict=True)
        for outcome in _outcomes(columns, default, scale)
    ]


def _outcomes(columns: Columns, default_arm: str, scale: Mapping[str, float]) -> list[Outcome]:
    """scale: to percent, by metric."""
    rows = len(columns["accuracy"])
    if not rows:
        raise UsageError("the table has no rows", "Give a row a run: arm, seed, accuracy")
    if "arm" not in columns and not default_arm:
        raise UsageError("the table has no column arm", "Give columns arm, seed and accuracy")
    arms = [arm_name(arm, row) for row, arm in enumerate(columns.get("arm", [default_arm] * rows))]
    seeds = _seeds(columns, arms)
    present = [name for name in columns if name in METRICS]
    stated = [name for name in columns if name in CONDITION_NAMES]
    numbers = {name: [_number(value, name) for value in columns[name]] for name in present}
    outcomes = []
    for i in range(rows):
        # Rounding undoes what turning fractions into percent did to the last digits.
        values = {
            name: round(numbers[name][i] * scale[name], 10) if name in scale else numbers[name][i]
            for name in present
        }
        status = ""
        if "status" in columns:
            status = _status(columns["status"][i], f"seed {seeds[i]} of {arms[i]}")
        failed = status in _FAILED or not math.isfinite(values["accuracy"])
        unfinished = status in _UNFINISHED
        why = status if status in _FAILED else "no finite accuracy"
        conditions = Conditions(**{name: as_text(columns[name][i]) for name in stated})
        size = _number(columns["test_images"][i], "test_images") if "test_images" in columns else 0
        outcomes.append(
            Outcome(
                arm=arms[i],
                seed=seeds[i],
                values={} if failed or unfinished else values,
                status="incomplete" if unfinished else "failed" if failed else "complete",
                failure=f"seed {seeds[i]}: {why}" if failed else "",
                images=int(size) if 0 < size < math.inf else None,
                conditions=conditions if stated else None,
                data=conditions.test_set,
            )
        )
    return outcomes


def arm_name(value: Any, row: int) -> str:
    """An arm's name fit for a line of text. Raises UsageError for a row without one."""
    text = "" if value is None or value != value else " ".join(str(value).split())
    if not text or text == "<NA>":
        raise UsageError(f"row {row + 1} of the table has no arm", "Name the arm in every row")
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)


def _status(value: Any, run: str) -> str:
    """A status word as the sets above have it. Raises UsageError for one that is in none."""
    said = as_text(value)
    word = " ".join(re.sub(r"[-_]", " ", said.lower()).split())
    if said.lower() in _NOT_STATED:
        return ""
    if word not in _FINISHED | _FAILED | _UNFINISHED:
        raise UsageError(
            f"{run} has the status {said[:40]!r}: did it finish?",
            "Write complete, failed or incomplete",
        )
    return word


def _seeds(columns: Columns, arms: Sequence[str]) -> list[int | str]:
    if "seed" in columns:
        for row, value in enumerate(columns["seed"]):
            if value is None or str(value) in ("nan", "<NA>", "NaT", ""):
                raise UsageError(
                    f"row {row + 1} of the table has no seed",
                    "Give the seed in every row, or leave the column out",
                )
        return [_seed(value) for value in columns["seed"]]
    seen: dict[str, int] = {}
    seeds: list[int | str] = []
    for arm in arms:
        seeds.append(seen.get(arm, 0))
        seen[arm] = seen.get(arm, 0) + 1
    return seeds


def _seed(value: Any) -> int | str:
    try:
        return int(value) if float(value) == int(value) else str(value)
    except (TypeError, ValueError, OverflowError):
        return str(value)


def _percent_scale(tables: Sequence[Columns]) -> float:
    """1 for percent, 100 for fractions. Raises UsageError where it is neither, or both."""
    values = [
        number
        for columns in tables
        for name in ("accuracy", "top5")
        for value in columns.get(name, ())
        if math.isfinite(number := _number(value, name))
    ]
    if any(value < 0 or value > 100 for value in values):
        odd = next(value for value in values if value < 0 or value > 100)
        raise UsageError(f"an accuracy of {odd:g} cannot be", "Give percent, 0 to 100")
    if all(value <= 1 for value in values):
        return 100.0
    small = [value for value in values if 0 < value <= 1]
    if small:
        raise UsageError(
            f"accuracies mix percent and fractions: {max(values):g} and {min(small):g}",
            "Give all in percent, or all as fractions of 1",
        )
    return 1.0


def _scales(tables: Sequence[Columns]) -> list[dict[str, float]]:
    """What makes percent or points of each table's metrics, by name.

    Accuracies have one unit over all tables, calibration errors one of their own: above 1 they are
    points; up to 1 beside accuracies as fractions, and no table above 1, they are fractions.
    Raises UsageError where they may be either, or are neither.
    """
    scale = _percent_scale(tables)
    of_accuracy = {"accuracy": scale, "top5": scale}
    if not any("calibration_error" in columns for columns in tables):
        return [of_accuracy] * len(tables)
    largest = [_largest_error(columns) for columns in tables]
    scales = []
    for columns, most in zip(tables, largest, strict=True):
        stated = any("%" in str(value) for value in columns.get("calibration_error", ()))
        fractions = scale == 100 and max(largest) <= 1
        if 0 < most <= 1 and not stated and not fractions:
            raise UsageError(
                f"calibration errors up to {most:g} may be points or fractions of 1",
                "Write points with a percent sign: 0.8%, and 1.2% for a fraction of 0.012",
            )
        of_errors = {"calibration_error": 100.0 if fractions and not stated else 1.0}
        scales.append(of_accuracy | of_errors)
    return scales


def _largest_error(columns: Columns) -> float:
    values = [_number(value, "calibration error") for value in columns.get("calibration_error", ())]
    for value in values:
        if value < 0 or 100 < value < math.inf:
            raise UsageError(f"a calibration error of {value:g} cannot be", "Give points, 0 to 100")
    return max((value for value in values if math.isfinite(value)), default=0.0)


def _number(value: Any, name: str) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool | complex):
        raise UsageError(f"{name} {value} is not a number", "Give numbers")
    try:
        return float(value)
    except (TypeError, ValueError):
        text = str(value).strip()
        if text.lower() in {"", "na", "n/a", "none", "null", "<na>", "failed", "-"}:
            return math.nan
        try:
            return float(text.removesuffix("%"))
        except ValueError:
            raise UsageError(f"{name} {text[:40]!r} is not a number", "Give numbers") from None
