"""Where a bake-off's runs lie: a local folder, or an address that several machines share.

At an address a run is trained in a scratch folder on this machine, under a lease that no other
machine holds. Its checkpoints are sent as they are saved, and its record last of all; until that
has arrived the scratch folder stays.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch

from bakeoff.bakeoffs.execution.also_tests import tested_also, untested
from bakeoff.errors import Busy, OutputError, RunFailed, Stopped
from bakeoff.records.files import LOCK_NAME, locked, require_writable
from bakeoff.records.lease import is_lease, leased
from bakeoff.records.manifest import MANIFEST_NAME, Manifest, load_manifest
from bakeoff.records.schema import Failure, Record
from bakeoff.records.storage import Address, as_place, local_copy
from bakeoff.records.store import (
    PRETRAINING_FOLDER,
    RECORD_NAME,
    SET_ASIDE_FOLDER,
    VIEWED,
    digest,
    load_record,
    run_folder,
    save_record,
)
from bakeoff.training.callbacks import Forwarding, Listener
from bakeoff.training.distributed.process_group import ALONE, Group
from bakeoff.training.identity import refuse_another_job
from bakeoff.training.job import Job
from bakeoff.training.run import execute
from bakeoff.training.tracking import is_tracked

CHECKPOINT_SUFFIX = ".checkpoint"
SEND_TRIES = 3
DECIDING_PATIENCE = 90.0


@dataclass(frozen=True, slots=True)
class Place:
    """folder: local; for an address, a copy of the records there as `refresh` last found them."""

    folder: Path
    address: Address | None = None

    @classmethod
    def at(cls, out: Path | str) -> Place:
        """The place that a user names. Raises OutputError when an address does not answer."""
        place = as_place(out)
        if isinstance(place, Path):
            return cls(place)
        return cls(local_copy(place, VIEWED), Address(place))

    def __truediv__(self, name: str) -> Place:
        return Place(self.folder / name, self.address / name if self.address else None)

    def __str__(self) -> str:
        return str(self.address or self.folder)

    def absolute(self) -> Place:
        """The same for processes that run in other folders."""
        return Place(self.folder.resolve(), self.address)

    @property
    def name(self) -> Path | str:
        """As `bakeoff.report` and `bakeoff.compare` take it."""
        return self.address.url if self.address else self.folder

    def run(self, job: Job) -> Place:
        """Where that job's record is, or will be."""
        inside = run_folder(self.folder, job.arm, job.seed).relative_to(self.folder)
        return self / inside.as_posix()

    def require_writable(self) -> None:
        """Raise OutputError now rather than after an hour's work."""
        if self.address is None:
            require_writable(self.folder)
        else:
            self.address.require_writable()

    def refresh(self) -> None:
        """Look again at what other machines have left at the address."""
        if self.address is not None:
            self.address.update(self.folder, VIEWED)

    def seen(self) -> str:
        """What the record at a run's address was when last looked at: its digest; empty if none."""
        return digest(self.folder / RECORD_NAME) if self.address is not None else ""

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """For the whole bake-off: one process a folder. At an address, many: each run is leased."""
        if self.address is not None:
            yield
            return
        with locked(self.folder):
            yield

    @contextlib.contextmanager
    def deciding(self) -> Iterator[Manifest | None]:
        """What was decided here before; until the end nobody else changes it."""
        if self.address is None:
            yield load_manifest(self.folder)
            return
        with contextlib.ExitStack() as stack:
            began = time.monotonic()
            while True:
                try:
                    stack.enter_context(leased(self.address))
                    break
                except Busy:
                    if time.monotonic() - began > DECIDING_PATIENCE:
                        raise
                    time.sleep(1.0)
            self.refresh()
            yield load_manifest(self.folder)

    def save(self, manifest: Manifest) -> None:
        """Write `bakeoff.json`, whole or not at all."""
        manifest.save(self.folder)
        if self.address is not None:
            self.address.send(self.folder / MANIFEST_NAME, MANIFEST_NAME)

    def fail(self, failure: Failure) -> bool:
        """Mark this run, which was lost in its midst, as failed; False where it left no record."""
        self.refresh()
        if not (self.folder / RECORD_NAME).exists():
            return False
        lost = load_record(self.folder)
        record = lost.model_copy(update={"status": "failed", "failure": failure, "result": None})
        save_record(record, self.folder)
        if self.address is not None:
            self.address.send(self.folder / RECORD_NAME, RECORD_NAME)
        return True

    def drop(self, name: str) -> None:
        """Remove one file, wherever it is; all is well if it is not there."""
        (self.folder / name).unlink(missing_ok=True)
        if self.address is not None:
            self.address.remove(name)

    def contents(self) -> list[str]:
        """Names of what lies here; hidden files, leases and all that no arm left aside."""
        if self.address is None:
            found = [path.name for path in self.folder.iterdir()] if self.folder.exists() else []
        else:
            found = [name.partition("/")[0] for name in self.address.names()]
        shown = {n for n in found if not n.startswith(".") and not is_lease(n)}
        return sorted(shown - {PRETRAINING_FOLDER, SET_ASIDE_FOLDER})


def execute_at(
    job: Job,
    place: Place,
    *,
    device: torch.device,
    listener: Listener,
    group: Group = ALONE,
    seen: str | None = None,
) -> Record:
    """`training.run.execute` wherever the run lies; returns its complete record.

    seen: `Place.seen` when it was decided to run this; None where that was decided here. A
    failure that another machine has left since then stands, and is raised as RunFailed.

    Raises what `execute` does; Busy when another machine works on this run; OutputError, which
    names the scratch folder that holds the finished run, when it cannot be sent.
    """
    if place.address is None:
        record = execute(job, place.folder, device=device, listener=listener, group=group)
        return _also(job, place.folder, record, device, group)
    address, folder = place.address, scratch(place.address)
    seen = place.seen() if seen is None else seen
    with leased(address) as lease:
        here = [name for name in address.names() if "/" not in name]
        if RECORD_NAME in here:
            address.fetch([RECORD_NAME], place.folder)
            record = load_record(place.folder)
            refuse_another_job(record, job, place.folder)
            if record.status == "complete":
                shutil.rmtree(folder, ignore_errors=True)
                return record
            if record.status == "failed" and place.seen() != seen:
                raise _failed_elsewhere(record)
            if record.status == "failed":
                address.remove(*filter(is_tracked, address.names()))
            # What it says of earlier tries is kept by the next one.
            if not (folder / RECORD_NAME).exists():
                save_record(record, folder)
        _fetch_checkpoint(address, here, folder)
        with ThreadPoolExecutor(1) as sender:
            sending = _Sending(listener, address, folder, sender)
            try:
                record = execute(job, folder, device=device, listener=sending)
                record = _also(job, folder, record, device, group)
            except Stopped:
                sending.finish()
                try:
                    send_run(address, folder, unfinished=True)
                except OutputError as error:
                    listener.note(error.message)
                raise
            except RunFailed:
                sending.finish()
                if (folder / RECORD_NAME).exists():
                    left = load_record(folder).status == "incomplete"
                    send_run(address, folder, unfinished=left)
                raise
            sending.finish()
        if lease.lost:
            raise OutputError(
                f"{address} was taken over by another machine while this one was silent; "
                f"the finished run is kept in {folder}",
                "Run the same command again: it takes what is there, or sends this one",
            )
        send_run(address, folder)
    return record


def _also(job: Job, folder: Path, record: Record, device: torch.device, group: Group) -> Record:
    """The finished run on the other test sets, which one process shows it."""
    if not untested(job, record, folder):
        return record
    return group.first(lambda: tested_also(job, folder, device))


def _failed_elsewhere(record: Record) -> RunFailed:
    failure = record.failure
    if failure is None:
        return RunFailed(
            "failed on another machine; no reason was recorded",
            "Run it again; bakeoff run and bakeoff reproduce need --retry",
        )
    return RunFailed(f"{failure.message}, on another machine", failure.advice)


@contextlib.contextmanager
def leaving(place: Place | None) -> Iterator[Path | None]:
    """A folder to leave a record in; what is left there is sent on where `place` is an address."""
    if place is None or place.address is None:
        yield place.folder if place is not None else None
        return
    place.require_writable()
    folder = scratch(place.address)
    with leased(place.address):
        if RECORD_NAME in place.address.names():
            place.address.fetch([RECORD_NAME], folder)
        yield folder
        send_run(place.address, folder)


def scratch(address: Address) -> Path:
    """This machine's working folder for one run at an address."""
    from platformdirs import user_cache_path

    named = os.environ.get("BAKEOFF_SCRATCH")
    root = Path(named) if named else user_cache_path("bakeoff") / "runs"
    last = "-".join(address.url.rsplit("/", 2)[1:])
    return root / f"{last}-{hashlib.sha256(address.url.encode()).hexdigest()[:12]}"


def send_run(address: Address, folder: Path, *, unfinished: bool = False) -> None:
    """Send what a run left, its record last, then remove the scratch folder.

    Raises OutputError, which says where the run is kept, when the address cannot be written.
    """
    for tries in range(SEND_TRIES):
        try:
            _send_run(address, folder, unfinished)
        except OutputError as error:
            if tries < SEND_TRIES - 1:
                time.sleep(2.0**tries)
                continue
            raise OutputError(
                f"{error.message}; the run is kept in {folder}",
                "Fix that, then rerun the same command: it is sent without training again",
            ) from error
        else:
            break
    shutil.rmtree(folder, ignore_errors=True)


def _send_run(address: Address, folder: Path, unfinished: bool) -> None:
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not p.name.startswith("."))
    before = [name for name in address.names() if name.endswith(CHECKPOINT_SUFFIX)]
    for path in files:
        if path.name not in (RECORD_NAME, LOCK_NAME):
            address.send(path, path.relative_to(folder).as_posix())
    address.send(folder / RECORD_NAME, RECORD_NAME)
    address.remove(*(name for name in before if not unfinished or not (folder / name).exists()))


def _fetch_checkpoint(address: Address, here: list[str], folder: Path) -> None:
    """The newest checkpoint at the address, unless this machine has a newer one."""
    there = sorted(name for name in here if name.endswith(CHECKPOINT_SUFFIX))
    mine = sorted(path.name for path in folder.glob(f"*{CHECKPOINT_SUFFIX}"))
    if there and (not mine or mine[-1] < there[-1]):
        address.fetch(there[-1:], folder)


class _Sending(Forwarding):
    """Sends each checkpoint once it is saved, while training goes on; tells all else as it is."""

    def __init__(
        self, inner: Listener, address: Address, folder: Path, sender: ThreadPoolExecutor
    ) -> None:
        super().__init__(inner)
        self._address, self._folder, self._sender = address, folder, sender
        self._under_way: Future[str] | None = None

    def saved(self, path: Path) -> None:
        super().saved(path)
        if self._under_way is not None and not self._under_way.done():
            return  # The one before is still on its way; the next will be newer than this.
        self._complain()
        self._under_way = self._sender.submit(self._send, path)

    def finish(self) -> None:
        """Wait until nothing is under way any more."""
        self._complain()
        self._under_way = None

    def _complain(self) -> None:
        if self._under_way is not None and self._under_way.result():
            self.note(self._under_way.result())

    def _send(self, path: Path) -> str:
        """What went wrong, if anything: a checkpoint that does not arrive ends no training."""
        try:
            self._address.send(path, path.name)
            if RECORD_NAME not in self._address.names():
                self._address.send(self._folder / RECORD_NAME, RECORD_NAME)
            older = [n for n in self._address.names() if n.endswith(CHECKPOINT_SUFFIX)][:-2]
            self._address.remove(*older)
        except OutputError as error:
            if not path.exists():
                return ""  # Two newer checkpoints have taken its place.
            return f"the checkpoint was not sent: {error.message}; training goes on"
        return ""
