"""What a report is made from: runs, their predictions, and what the bake-off set out to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bakeoff.errors import BadFile, UsageError
from bakeoff.progress import tracked
from bakeoff.records.counted import as_counted
from bakeoff.records.manifest import MANIFEST_NAME, Manifest, load_manifest
from bakeoff.records.predictions import Predictions
from bakeoff.records.schema import Record
from bakeoff.records.storage import Address, is_address
from bakeoff.records.store import VIEWED, find_run_folders, load_record, readable


@dataclass(frozen=True, slots=True)
class Run:
    """A record and, where it was read from files, its folder and its bake-off's plan."""

    record: Record
    folder: Path | None = None
    manifest: Manifest | None = None

    def predictions(self) -> Predictions | None:
        """Per-image predictions, or None where there are none that fit this record."""
        if self.folder is None or self.record.result is None:
            return None
        try:
            found = Predictions.load(self.folder)
        except BadFile:
            return None
        return found if len(found.label) == self.record.result.images else None


@dataclass(frozen=True, slots=True)
class Source:
    """folder: of the bake-off, when the runs are of one; it is where the report goes.

    data: where the test images are, if said. documents: whose claims are audited too.
    address: where they were copied from, when that is no folder of this machine; the report goes
    there.
    """

    runs: tuple[Run, ...]
    manifest: Manifest | None = None
    folder: Path | None = None
    data: str = ""
    documents: tuple[Path, ...] = ()
    address: Address | None = None


def read_source(source: Path | str | Sequence[Path | str] | Sequence[Record]) -> Source:
    """Read what `bakeoff.reporting.report` was given.

    Raises UsageError when it holds no records, BadFile when one cannot be read.
    """
    if isinstance(source, (str, Path)):
        return _read_folders([source])
    records = [item for item in source if isinstance(item, Record)]
    if records and len(records) == len(source):
        return Source(tuple(Run(as_counted(record)) for record in records))
    paths = [item for item in source if isinstance(item, (str, Path))]
    if not paths or len(paths) != len(source):
        raise UsageError(
            "a report needs records or folders of runs",
            "Give a bake-off's folder, as in runs/mnist",
        )
    return _read_folders(paths)


def _read_folders(sources: list[Path | str]) -> Source:
    addresses = [_folder_at(str(source)) for source in sources if is_address(source)]
    address = addresses[0] if addresses and len(sources) == 1 else None
    sources = [readable(source) for source in sources]
    folders = find_run_folders(sources)
    homes = [_home(folder.resolve()) for folder in folders]
    plans = {home: load_manifest(home) for home in set(homes)}
    runs = tuple(
        Run(as_counted(load_record(folder)), folder, plans[home])
        for folder, home in zip(tracked(folders, "reading records"), homes, strict=True)
    )
    if len(plans) > 1:
        # A bake-off on several data sets, each in a folder of its own, is one level up.
        tops = {home.parent for home, plan in plans.items() if plan is not None and plan.datasets}
        whole = len(tops) == 1 and all(plan and plan.datasets for plan in plans.values())
        if not whole or (addresses and address is None):
            return Source(runs)
        return Source(runs, folder=tops.pop(), address=address)
    home = homes[0]
    if addresses:
        # Copies are no place for a report: it goes to the one address, or to report/ here.
        return Source(runs, plans[home], address=address)
    given = Path(sources[0]) if len(sources) == 1 else home
    return Source(runs, plans[home], given if given.resolve() == home else home)


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
