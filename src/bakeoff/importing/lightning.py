"""Lightning: a folder version_N with metrics.csv (CSVLogger) or events, and hparams.yaml."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from bakeoff.importing import tensorboard
from bakeoff.importing.files import as_number, csv_rows, yaml_of
from bakeoff.importing.runs import ImportedRun, Log, settings_of


def is_version(path: Path) -> bool:
    return (
        path.is_dir()
        and (path / "hparams.yaml").is_file()
        and ((path / "metrics.csv").is_file() or tensorboard.is_folder(path))
    )


def read(path: Path) -> Iterator[ImportedRun]:
    """One run. Rows of training and of validation are each other's neighbours; the last value of
    each figure counts."""
    settings = settings_of(yaml_of(path / "hparams.yaml"))
    if not (path / "metrics.csv").is_file():
        for run in tensorboard.read(path):
            yield ImportedRun(
                source=path, tool="lightning", settings={**run.settings, **settings},
                values=run.values, curves=run.curves, axis="step", unknown=run.unknown,
            )  # fmt: skip
        return
    log = Log()
    for at, row in enumerate(csv_rows(path / "metrics.csv")):
        where = as_number(row.get("step"))
        for name, cell in row.items():
            if name not in ("step", "epoch") and (value := as_number(cell)) is not None:
                log.add(at if where is None else where, name, value)
    yield ImportedRun(
        source=path,
        tool="lightning",
        settings=settings,
        values=log.values,
        curves=log.curves,
        axis="step",
        unknown=("whether the run finished", *log.unknown),
    )
