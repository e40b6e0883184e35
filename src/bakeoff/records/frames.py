"""Records as data frames, in long form: one row per run, a point of a curve, or a test image."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from bakeoff.errors import UnknownName, UsageError
from bakeoff.records.run_set import RunSet
from bakeoff.records.schema import CurvePoint, Evaluation, Record

KINDS = ("runs", "curves", "predictions")
BACKENDS = ("pandas", "polars")


def make_frame(
    source: RunSet | Path | str | Sequence[Path | str] | Sequence[Record], kind: str, backend: str
) -> Any:
    """See `bakeoff.records.frame`."""
    if kind not in KINDS:
        raise UnknownName("kind of frame", kind, KINDS)
    if backend not in BACKENDS:
        raise UnknownName("data frame library", backend, BACKENDS)
    if importlib.util.find_spec(backend) is None:
        raise UsageError(f"{backend} is not installed", f"Install it: pip install {backend}")
    runs = RunSet.of(source)
    if kind == "predictions":
        return _predictions(runs, backend)
    rows = [
        row for run in runs for row in (_run(run.stored) if kind == "runs" else _curve(run.stored))
    ]
    columns = list(rows[0]) if rows else list(_POINT if kind == "curves" else ())
    return _framed({name: [row[name] for row in rows] for name in columns}, backend)


def _run(record: Record) -> Iterator[dict[str, Any]]:
    result, cost = record.result, record.cost
    yield {
        "bakeoff": record.bakeoff,
        "arm": record.arm,
        "seed": record.seed,
        "status": record.status,
        "data": record.data.name,
        "recipe": record.recipe.name,
        "model": record.model.name,
        "init": record.model.init,
        "accuracy": result.accuracy if result else None,
        "top5": result.top5 if result else None,
        "loss": result.loss if result else None,
        "calibration_error": result.calibration_error if result else None,
        "test_images": result.images if result else None,
        "train_accuracy": record.train_result.accuracy if record.train_result else None,
        "train_loss": record.train_result.loss if record.train_result else None,
        "epochs": record.budget.epochs,
        "steps": record.budget.steps,
        "images": cost.images if cost else None,
        "flops": cost.flops if cost else None,
        "seconds": cost.seconds if cost else None,
        "images_per_second": cost.images_per_second if cost else None,
        "peak_memory_bytes": cost.peak_memory_bytes if cost else None,
        "device": record.environment.device,
        "resumed": record.resumed,
        "failure": record.failure.message if record.failure else None,
    }


_EVALUATED = ("accuracy", "top5", "loss", "images")
_POINT = (
    "arm", "seed", "epoch", "step", "images", "seconds", "learning_rate", "objective",
    *(f"{part}_{name}" for part in ("test", "train") for name in _EVALUATED),
)  # fmt: skip


def _curve(record: Record) -> Iterator[dict[str, Any]]:
    for point in record.curves:
        yield {"arm": record.arm, "seed": record.seed, **_point(point)}


def _point(point: CurvePoint) -> dict[str, Any]:
    told: dict[str, Any] = {
        "epoch": point.epoch,
        "step": point.step,
        "images": point.images,
        "seconds": point.seconds,
        "learning_rate": point.learning_rate,
        "objective": point.objective,
    }
    for part, seen in (("test", point.test), ("train", point.train)):
        told |= {f"{part}_{name}": _of(seen, name) for name in _EVALUATED}
    return told


def _of(seen: Evaluation | None, name: str) -> float | None:
    return None if seen is None else getattr(seen, name)


def _predictions(runs: RunSet, backend: str) -> Any:
    """A row a finished run and test image, columns as `bakeoff.compare` reads them."""
    import numpy as np

    parts: dict[str, list[Any]] = {
        name: [] for name in ("arm", "seed", "image", "label", "prediction", "probability", "nll")
    }
    for run in runs:
        if run.folder is None:
            raise UsageError(
                "predictions lie beside records, in their folders", "Give folders, not records"
            )
        if run.stored.status != "complete":
            continue
        seen = run.predictions()
        n = len(seen.label)
        parts["arm"].append(np.repeat(np.array([run.stored.arm], dtype=object), n))
        parts["seed"].append(np.full(n, run.stored.seed))
        parts["image"].append(np.arange(n))
        parts["label"].append(seen.label)
        parts["prediction"].append(seen.top5_class[:, 0])
        parts["probability"].append(seen.top5_probability[:, 0])
        parts["nll"].append(seen.nll)
    whole: dict[str, Any] = {
        name: np.concatenate(found) if found else [] for name, found in parts.items()
    }
    return _framed(whole, backend)


def _framed(columns: dict[str, Any], backend: str) -> Any:
    if backend == "polars":
        import polars

        return polars.DataFrame(columns, strict=False)
    import pandas

    return pandas.DataFrame(columns)
