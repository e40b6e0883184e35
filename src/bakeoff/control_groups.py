"""What Linux control groups, and so containers, let this process have: time on cores, and memory.

The group of this process and each above it may have a limit; the smallest counts. Sources: the
kernel's documents on cgroup-v2, sched-bwc and cgroup-v1/memory.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

UNLIMITED_MEMORY = 2**60
"""Version 1 writes a number near 2^63 where there is no limit."""


def processor_quota(root: Path = Path("/")) -> float | None:
    """Cores' worth of time allowed to this process; None where nothing limits it.

    root: where /proc and /sys lie. Version 2 writes `cpu.max` ("150000 100000", "max 100000"),
    version 1 `cpu.cfs_quota_us` (-1: none) and `cpu.cfs_period_us`. What cannot be read is no
    limit.
    """
    limits = (_processor_limit(group) for group in _groups(root, "cpu"))
    return min((limit for limit in limits if limit is not None), default=None)


def memory_limit(root: Path = Path("/")) -> int | None:
    """Bytes allowed to this process's group; None where nothing limits it. root: as above."""
    limits = (_memory_limit(group) for group in _groups(root, "memory"))
    return min((limit for limit in limits if limit is not None), default=None)


def _groups(root: Path, controller: str) -> Iterator[Path]:
    """The folders of this process's groups, and those above them, that may hold such a limit."""
    mounted = root / "sys/fs/cgroup"
    for line in _text(root / "proc/self/cgroup").splitlines():
        controllers, _, path = line.partition(":")[2].partition(":")
        if not controllers:
            tops = [mounted, mounted / "unified"]
        elif controller in controllers.split(","):
            tops = [mounted / controllers, mounted / controller]
        else:
            continue
        # Inside a container the path may be the host's, which is not there; the top of the mount
        # then is this process's own group.
        parts = [part for part in path.split("/") if part not in ("", "..", ".")]
        for top in tops:
            for depth in range(len(parts), -1, -1):
                yield top.joinpath(*parts[:depth])


def _processor_limit(group: Path) -> float | None:
    time, _, period = _text(group / "cpu.max").strip().partition(" ")
    if not time:
        time = _text(group / "cpu.cfs_quota_us").strip()
        period = _text(group / "cpu.cfs_period_us").strip()
    try:
        cores = int(time) / int(period)
    except (ValueError, ZeroDivisionError):
        return None  # "max", or no such file
    return cores if cores > 0 else None


def _memory_limit(group: Path) -> int | None:
    text = _text(group / "memory.max") or _text(group / "memory.limit_in_bytes")
    limit = int(text) if text.strip().isdigit() else 0
    return limit if 0 < limit < UNLIMITED_MEMORY else None


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""
