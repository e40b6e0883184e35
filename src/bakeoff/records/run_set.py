"""Runs as every reader takes them: found once, read once, predictions loaded when asked for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bakeoff.errors import UsageError
from bakeoff.progress import tracked
from bakeoff.records.counted import as_counted
from bakeoff.records.manifest import MANIFEST_NAME, Manifest, load_manifest
from bakeoff.records.predictions import FILE_NAME, Predictions
from bakeoff.records.schema import Record
from bakeoff.records.storage import Address, is_address
from bakeoff.records.store import (
    RECORD_NAME,
    VIEWED,
    digest,
    find_run_folders,
    load_record,
    readable,
)

MAX_KEPT_BYTES = 512 * 1024**2
"""Predictions that a set of runs keeps in memory; beyond it they are read again when asked for."""


@dataclass(slots=True)
class _Memory:
    left: int = MAX_KEPT_BYTES


@dataclass(slots=True, eq=False)
class StoredRun:
    """A record and, where it was read from files, its folder and its bake-off's plan.

    stored: the record as it was read. record: as it counts, a run whose metrics are not finite
    being a failure. home: the bake-off's folder.
    """

    stored: Record
    folder: Path | None = None
    home: Path | None = None
    manifest: Manifest | None = None
    record: Record = field(init=False)
    _memory: _Memory = field(default_factory=_Memory, repr=False)
    _kept: Predictions | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        self.record = as_counted(self.stored)

    @property
    def has_predictions(self) -> bool:
        """Whether a file of per-image predictions lies beside the record."""
        return self.folder is not None and (self.folder / FILE_NAME).exists()

    def predictions(self) -> Predictions:
        """The per-image predictions; the same object at each call while memory allows.

        Raises BadFile where there are none or they cannot be read.
        """
        assert self.folder is not None
        if self._kept is not None:
            return self._kept
        found = Predictions.load(self.folder)
        size = sum(
            part.nbytes
            for part in (found.label, found.top5_class, found.top5_probability, found.nll)
        )
        if size <= self._memory.left:
            self._memory.left -= size
            self._kept = found
        return found


@dataclass(frozen=True, slots=True)
class RunSet(Sequence[StoredRun]):
    """runs: sorted by folder, or in the order of the records given.

    places: the folders, files or globs that they were read from; empty for records. address: where
    they were copied from, when that is one address and no folder of this machine.
    """

    runs: tuple[StoredRun, ...]
    places: tuple[Path | str, ...] = ()
    address: Address | None = None

    @classmethod
    def of(
        cls, source: RunSet | Record | Path | str | Sequence[Path | str] | Sequence[Record]
    ) -> RunSet:
        """The runs of folders, files, globs or addresses, or of records.

        A run that lies in several places, copied, is there once. Raises UsageError when there is
        none, or BadFile.
        """
        if isinstance(source, RunSet):
            return source
        several = [source] if isinstance(source, (str, Path, Record)) else list(source)
        records = [item for item in several if isinstance(item, Record)]
        if records and len(records) == len(several):
            return cls(tuple(StoredRun(record) for record in records))
        paths = [item for item in several if isinstance(item, (str, Path))]
        if not paths or len(paths) != len(several):
            raise UsageError("records or folders of runs are needed", "Give a bake-off's folder")
        return cls._read(paths)

    @classmethod
    def _read(cls, paths: Sequence[Path | str]) -> RunSet:
        addresses = [_folder_at(str(path)) for path in paths if is_address(path)]
        places = tuple(readable(path) for path in paths)
        folders = find_run_folders(places)
        read = [(load_record(folder), folder) for folder in tracked(folders, "reading records")]
        kept = _each_once(read)
        homes = [_home(folder.resolve()) for _, folder in kept]
        plans = {home: load_manifest(home) for home in set(homes)}
        memory = _Memory()
        runs = tuple(
            StoredRun(record, folder, home, plans[home], _memory=memory)
            for (record, folder), home in zip(kept, homes, strict=True)
        )
        one = addresses[0] if addresses and len(paths) == 1 else None
        return cls(runs, () if addresses else places, one)

    @property
    def records(self) -> tuple[Record, ...]:
        """The records as they were stored, in order."""
        return tuple(run.stored for run in self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self.runs[index]

    def __iter__(self) -> Iterator[StoredRun]:
        return iter(self.runs)


def _each_once(read: Sequence[tuple[Record, Path]]) -> list[tuple[Record, Path]]:
    """Without copies: of runs with one arm, seed and test set, those that differ in some byte."""
    named = Counter(_name(record) for record, _ in read)
    met: set[tuple[str, str]] = set()
    kept = []
    for record, folder in read:
        if named[_name(record)] > 1:
            content = (digest(folder / RECORD_NAME), digest(folder / FILE_NAME))
            if content in met:
                continue
            met.add(content)
        kept.append((record, folder))
    return kept


def _name(record: Record) -> tuple[str, int, str]:
    return record.arm, record.seed, record.data.test_hash


def _folder_at(url: str) -> Address:
    """The folder at an address, or that of the file that it names."""
    folder, _, name = url.rpartition("/")
    return Address(folder if name in VIEWED else url)


def _home(run: Path) -> Path:
    """The bake-off's folder of a run: runs/<bake-off>/<arm>/seed-N, or a data set's folder deeper.

    Without a plan in either it is two folders up.
    """
    above = run.parent.parent
    return next((p for p in (above, above.parent) if (p / MANIFEST_NAME).is_file()), above)
