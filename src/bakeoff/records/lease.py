"""Who works on a run at an address: object stores have no locks, so a lease that is kept alive.

A lease is an object `lease-N` in the run's folder, created only if there is none of that name, so
that of several machines one succeeds. Its holder writes it anew every BEAT_SECONDS. A lease that
was released, whose process on this machine has ended (in this container, if it is one: others
number their processes anew), or that has expired and shows no beat while it is watched for two
beats (clocks of machines may differ) is succeeded by `lease-N+1`. A holder
that meets a successor has lost its lease; that can only be after a silence of LIFE_SECONDS.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import threading
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bakeoff.errors import Busy, OutputError
from bakeoff.records.storage import Address

LIFE_SECONDS = 60.0
BEAT_SECONDS = 10.0
_NAME = re.compile(r"lease-(\d{6})")


class Lease:
    """Held from `acquire` to `release`. lost: another machine has taken it over."""

    def __init__(self, address: Address) -> None:
        self.address = address
        self.lost = False
        self._number = 0
        self._id = uuid.uuid4().hex

    def acquire(self) -> None:
        """Raises Busy, naming the holder, when another process holds it; OutputError."""
        numbers = _numbers(self.address)
        newest = numbers[-1] if numbers else 0
        if newest:
            _refuse_unless_ended(self.address, newest)
        self._number = newest + 1
        if not self.address.create(_name(self._number), self._content()):
            raise _busy(self.address, None)
        # A store without conditional puts may have let two of us through: the later one holds it.
        held = _read(self.address, self._number)
        if held is None or held["id"] != self._id:
            raise _busy(self.address, held)
        self.address.remove(*(_name(n) for n in numbers))

    def beat(self) -> None:
        """Say that the holder lives, or learn that it was taken for dead."""
        held = _read(self.address, self._number)
        mine = held is not None and held["id"] == self._id
        self.lost = not mine or self.address.exists(_name(self._number + 1))
        if not self.lost:
            self.address.write(_name(self._number), self._content())

    def release(self) -> None:
        """Let others have it at once."""
        if not self.lost:
            self.address.remove(_name(self._number))

    def _content(self) -> bytes:
        return json.dumps(
            {
                "id": self._id,
                "host": platform.node(),
                "boot": _boot(),
                "process": os.getpid(),
                "processes": _processes(),
                "until": time.time() + LIFE_SECONDS,
            }
        ).encode()


@contextlib.contextmanager
def leased(address: Address) -> Iterator[Lease]:
    """Hold the lease of a run's folder; a thread keeps it alive. Raises Busy or OutputError."""
    lease = Lease(address)
    lease.acquire()
    over = threading.Event()

    def keep() -> None:
        while not over.wait(BEAT_SECONDS) and not lease.lost:
            # A store that is away for a moment costs a beat; one away for longer, the lease.
            with contextlib.suppress(OutputError):
                lease.beat()

    thread = threading.Thread(target=keep, daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        over.set()
        thread.join()
        with contextlib.suppress(OutputError):
            lease.release()


def is_lease(name: str) -> bool:
    """Whether an object of this name is a lease."""
    return _NAME.fullmatch(name) is not None


def _name(number: int) -> str:
    return f"lease-{number:06d}"


def _numbers(address: Address) -> list[int]:
    return sorted(int(m[1]) for n in address.names() if (m := _NAME.fullmatch(n)))


def _read(address: Address, number: int) -> dict[str, Any] | None:
    content = address.read(_name(number))
    if content is None:
        return None
    try:
        held = json.loads(content)
        return held if {"id", "host", "boot", "process", "until"} <= held.keys() else None
    except (ValueError, AttributeError):
        return None


def _refuse_unless_ended(address: Address, number: int) -> None:
    """Return when that lease may be succeeded, else raise Busy."""
    held = _read(address, number)
    if held is None or _process_has_ended(held):
        return
    if held["until"] > time.time():
        raise _busy(address, held)
    watched = time.monotonic()
    while time.monotonic() - watched < 2 * BEAT_SECONDS:
        time.sleep(BEAT_SECONDS / 4)
        if _read(address, number) != held:
            raise _busy(address, held)


def _process_has_ended(held: dict[str, Any]) -> bool:
    """Whether the holder was a process of this machine, since its last start, that is no more.

    Only among processes that are numbered together; a lease of an older Bakeoff does not say.
    """
    here = (platform.node(), _boot(), _processes())
    if (held["host"], held["boot"], held.get("processes")) != here or not all(here[1:]):
        return False
    return not Path(f"/proc/{held['process']}").exists()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""


def _processes() -> str:
    """The PID namespace of this process; empty where the system has none."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""


def _busy(address: Address, held: dict[str, Any] | None) -> Busy:
    who = f"process {held['process']} on {held['host']}" if held else "another process"
    return Busy(
        f"{address} is in use by another run ({who})",
        f"Wait for it; if it was killed, its lease ends within {LIFE_SECONDS:.0f} s",
    )
