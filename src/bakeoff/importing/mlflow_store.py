"""MLflow: the file store (mlruns) and the SQLite store (mlflow.db)."""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from pathlib import Path

from bakeoff.importing.files import as_number, guessed, text_of, yaml_of
from bakeoff.importing.runs import MAX_POINTS, Curve, ImportedRun, Log, Setting
from bakeoff.importing.sqlite import opened, tables

_STATUS = {1: "RUNNING", 2: "SCHEDULED", 3: "FINISHED", 4: "FAILED", 5: "KILLED"}
_NAME = "mlflow.runName"
_KEPT_TAGS = ("mlflow.source.git.commit",)
MAX_METRIC_FILE = 256 * 1024**2


def is_database(path: Path) -> bool:
    return {"experiments", "runs", "params", "latest_metrics"} <= tables(path)


def is_run(path: Path) -> bool:
    """A run of the file store."""
    return (
        path.is_dir()
        and (path / "meta.yaml").is_file()
        and (path / "metrics").is_dir()
        and (path / "params").is_dir()
    )


def read_run(path: Path) -> Iterator[ImportedRun]:
    """One run; none where it was deleted."""
    meta = yaml_of(path / "meta.yaml")
    if meta.get("lifecycle_stage") == "deleted":
        return
    log = Log()
    for file in _files(path / "metrics"):
        for at, line in enumerate(text_of(file, MAX_METRIC_FILE).splitlines()):
            parts = line.split()
            if len(parts) >= 2 and (value := as_number(parts[1])) is not None:
                step = as_number(parts[2]) if len(parts) > 2 else None
                log.add(at if step is None else step, _inside(file, path / "metrics"), value)
    settings: dict[str, Setting] = {
        _inside(file, path / "params"): guessed(text_of(file, 64 * 1024).strip())
        for file in _files(path / "params")
    }
    tags = {_inside(file, path / "tags"): file for file in _files(path / "tags")}
    for name, file in tags.items():
        if not name.startswith("mlflow."):
            settings.setdefault(name, text_of(file, 64 * 1024).strip())
    about = path.parent / "meta.yaml"
    experiment = yaml_of(about).get("name") if about.is_file() else None
    if experiment and experiment != "Default":
        settings.setdefault("experiment_name", str(experiment))
    status = meta.get("status")
    yield ImportedRun(
        source=path,
        tool="mlflow",
        name=str(meta.get("run_name") or path.name),
        settings=settings,
        values=log.values,
        curves=log.curves,
        axis="step",
        status=_STATUS.get(status, str(status or "")) if isinstance(status, int) else str(status),
        unknown=log.unknown,
    )


def read_database(path: Path) -> Iterator[ImportedRun]:
    """Every run of the store that was not deleted."""
    with opened(path) as store:
        runs = store.execute(
            "select r.run_uuid, r.name, r.status, e.name from runs r left join experiments e"
            " on e.experiment_id = r.experiment_id where r.lifecycle_stage is not 'deleted'"
            " order by r.start_time, r.run_uuid"
        ).fetchall()
        settings: dict[str, dict[str, Setting]] = {}
        for run, key, value in store.execute("select run_uuid, key, value from params"):
            settings.setdefault(run, {})[str(key)] = guessed(str(value))
        for run, key, value in store.execute("select run_uuid, key, value from tags"):
            if not str(key).startswith("mlflow."):
                settings.setdefault(run, {}).setdefault(str(key), str(value))
        values: dict[str, dict[str, float]] = {}
        latest = "select run_uuid, key, value, is_nan from latest_metrics"
        for run, key, value, is_nan in store.execute(latest):
            values.setdefault(run, {})[str(key)] = float("nan") if is_nan else float(value)
    for uuid, name, status, experiment in runs:
        mine = settings.get(uuid, {})
        if experiment and experiment != "Default":
            mine.setdefault("experiment_name", str(experiment))
        yield ImportedRun(
            source=path,
            tool="mlflow",
            name=str(name or uuid),
            settings=mine,
            values=values.get(uuid, {}),
            curves=_StoredCurves(path, uuid),
            axis="step",
            status=str(status or ""),
        )


class _StoredCurves(Mapping[str, Curve]):
    """A run's curves, read when they are asked for: no verdict needs the millions of points that
    thousands of runs have. Reading raises BadFile."""

    def __init__(self, store: Path, run: str) -> None:
        self._store, self._run = store, run

    def _read(self) -> dict[str, Curve]:
        found: dict[str, Curve] = {}
        with opened(self._store) as store:
            for key, step, value in store.execute(
                "select key, step, value from metrics where run_uuid = ? and not is_nan"
                " order by key, step, timestamp limit ?",
                (self._run, MAX_POINTS),
            ):
                curve = found.setdefault(str(key), Curve())
                curve.where.append(step)
                curve.values.append(value)
        return found

    def items(self) -> ItemsView[str, Curve]:
        return self._read().items()

    def __getitem__(self, key: str) -> Curve:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())


def _files(folder: Path) -> list[Path]:
    """Regular files below; MLflow keeps val/acc in a folder val."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def _inside(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()
