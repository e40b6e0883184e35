"""What this machine computes on, and what the record says of it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import resource
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path

import torch

from bakeoff.errors import UnknownName, UsageError
from bakeoff.records.schema import Environment, Precision
from bakeoff.threads import COUNT_VARIABLES
from bakeoff.threads import cores as find_cores
from bakeoff.training.distributed.torchrun import launched
from bakeoff.training.precision import autocast, bf16_by
from bakeoff.version import __version__

RECORDED_PACKAGES = ("torch", "torchvision", "timm", "numpy", "scipy")


def choose(asked: str | None = None) -> torch.device:
    """The device to train on: `asked`, or CUDA, then Apple's MPS, then the CPU.

    Of several processes on one machine each takes the CUDA device of its own number.
    Raises UnknownName for a word torch does not know, UsageError for one that is not there.
    """
    use_cores()
    if launched().processes > 1:
        return _choose_own(asked)
    if asked is None or asked == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda")
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    try:
        device = torch.device(asked)
    except RuntimeError:
        raise UnknownName("device", asked, ["auto", "cpu", "cuda", "cuda:0", "mps"]) from None
    there = {
        "cpu": True,
        "cuda": torch.cuda.is_available()
        and (device.index is None or device.index < torch.cuda.device_count()),
        "mps": torch.backends.mps.is_available(),
    }
    if device.type not in there:
        raise UnknownName("device", asked, ["auto", "cpu", "cuda", "cuda:0", "mps"])
    if not there[device.type]:
        raise UsageError(
            f"device {asked} is not on this machine", "Use --device cpu, or leave --device out"
        )
    return device


def _choose_own(asked: str | None) -> torch.device:
    own = launched().local_rank
    if asked == "cpu" or (asked in (None, "auto") and not torch.cuda.is_available()):
        return torch.device("cpu")
    if asked not in (None, "auto", "cuda"):
        raise UsageError(
            f"several processes cannot share device {asked}",
            "Leave --device out: each process takes the GPU of its own number; or use --device cpu",
        )
    if own >= torch.cuda.device_count():
        raise UsageError(
            f"process {own} of this machine finds {torch.cuda.device_count()} CUDA devices",
            "Start as many processes as there are devices, or use --device cpu",
        )
    torch.cuda.set_device(own)
    return torch.device("cuda", own)


def precision(device: torch.device) -> tuple[str, AbstractContextManager[object]]:
    """What is to be expected of `--precision auto` here, before any arm was measured."""
    name: Precision = "bf16" if bf16_by(device) else "fp32"
    return name, autocast(name, device)


def describe(device: torch.device) -> str:
    """The device in words: the GPU's name, or the processor and its threads."""
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    return f"{device.type} ({processor()}, {torch.get_num_threads()} threads)"


@cache
def processor() -> str:
    """The processor's name as the system tells it."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        named = re.search(r"^model name\s*:\s*(.+)$", cpuinfo.read_text(), re.MULTILINE)
        if named:
            return named[1].strip()
    return platform.processor() or platform.machine()


@cache
def code_version() -> str:
    """The git commit of Bakeoff's own checkout, "-dirty" if changed; else the package version."""
    root = Path(__file__).resolve().parents[3]
    if (root / ".git").exists():
        try:
            named = subprocess.run(  # noqa: S603 - a fixed command, no input
                ["git", "-C", str(root), "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
                capture_output=True,
                text=True,
                timeout=10,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return __version__
        return named.stdout.strip()
    return __version__


def environment(
    device: torch.device, precision_name: str, every: Sequence[str] = ()
) -> Environment:
    """Everything about this machine that a reader needs to repeat the run.

    every: the device of each process, in words, where there are several.
    """
    return Environment(
        bakeoff=__version__,
        code=code_version(),
        python=platform.python_version(),
        packages={p: importlib.metadata.version(p) for p in RECORDED_PACKAGES},
        platform=platform.platform(terse=True),
        processor=processor(),
        device=describe(device),
        threads=torch.get_num_threads(),
        precision=precision_name,
        deterministic=device.type == "cpu" or torch.are_deterministic_algorithms_enabled(),
        processes=max(1, len(every)),
        devices=tuple(every),
    )


def peak_memory(device: torch.device) -> int:
    """Bytes: the device's peak allocation on CUDA, else the process's peak resident set."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    status = Path("/proc/self/status")
    if status.exists():
        # Linux counts what the starting process held into ru_maxrss; VmHWM is this program's own.
        for line in status.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def cores() -> int:
    """Processor cores this process may really use, by affinity and by its container's limit."""
    return find_cores().usable


def use_cores() -> None:
    """No more threads than cores this process may use, its machine's processes sharing them.

    torch counts the machine's cores and knows of no container's limit: more threads than that
    wait for each other. A number that somebody set in the environment stays.
    """
    most = max(1, cores() // launched().local_processes)
    if torch.get_num_threads() > most and not any(os.environ.get(v) for v in COUNT_VARIABLES):
        torch.set_num_threads(most)
