"""What this machine has, what it will be used for, and what is broken: `bakeoff doctor`.

Looks only: nothing is installed, written or, unless asked, asked of the network.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import platform
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from bakeoff.control_groups import memory_limit
from bakeoff.errors import first_line
from bakeoff.extras import has
from bakeoff.threads import COUNT_VARIABLES, SPIN_COUNT, WAITING_VARIABLES, cores, give_way

State = Literal["ok", "note", "broken"]

GIB = 1024**3
LEAST_PYTHON = (3, 11)
LEAST_DISK = GIB // 2
RUN_MEMORY = 3 * GIB
"""Bytes that a run of ResNet-50 on a small data set is given when workers are advised."""

NEEDED = (
    "numpy", "scipy", "pandas", "pillow", "pydantic", "ruamel.yaml", "altair", "vl-convert-python",
    "jinja2", "markdown-it-py", "typer", "rich", "platformdirs", "filelock", "fsspec",
)  # fmt: skip
NEEDED_TO_TRAIN = ("torch", "torchvision", "timm", "safetensors", "huggingface-hub", "pyarrow")
EXTRAS = {
    "track": ("accelerate",),
    "TensorBoard": ("tensorboard",),
    "MLflow": ("mlflow",),
    "W&B": ("wandb",),
    "trackio": ("trackio",),
    "ray": ("ray",),
    "s3": ("s3fs",),
    "tune": ("optuna",),
    "onnx": ("onnx", "onnxruntime", "onnxscript"),
    "scores": ("mlscorecheck",),
    "polars": ("polars",),
}
"""What can be done beside the essential, and the modules that it takes."""


@dataclass(frozen=True, slots=True)
class Look:
    """One thing that was looked at. advice: what to do, where something is to be done."""

    name: str
    state: State
    said: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """has: what there is; used: what Bakeoff will do with it when nothing else is asked for."""

    has: tuple[Look, ...]
    used: tuple[tuple[str, str], ...]

    @property
    def broken(self) -> tuple[Look, ...]:
        """What must be mended before anything can be trained."""
        return tuple(look for look in self.has if look.state == "broken")

    def to_dict(self) -> dict[str, Any]:
        """JSON-ready."""
        return {
            "healthy": not self.broken,
            "has": [asdict(look) for look in self.has],
            "used": dict(self.used),
        }

    def __str__(self) -> str:
        return "\n".join(self.lines())

    def lines(self, *, only_trouble: bool = False) -> Iterator[str]:
        """The same in words; only_trouble: no more than what must be mended."""
        for look in self.has:
            if only_trouble and look.state != "broken":
                continue
            mark = {"ok": " ", "note": "·", "broken": "✗"}[look.state]
            advice = f" {look.advice}." if look.advice else ""
            yield f"{mark} {look.name:<23}{look.said}.{advice}"
        if not only_trouble:
            yield ""
            for what, value in self.used:
                yield f"  {what:<23}{value}"


def doctor(*, network: bool = False) -> Examination:
    """Look at this machine.

    network: also ask whether the Hugging Face hub answers; without it nothing is asked.
    Never raises: what cannot be looked at is broken, and says why.
    """
    looks = [_guarded("Python", _python), _guarded("packages", _packages)]
    trains = has("train")
    if trains:
        looks += [_guarded("torch and torchvision", _pair), _guarded("a training step", _step)]
        looks += [_guarded("processor", _processor), _guarded("threads that wait", _waiting)]
        looks.append(_guarded("bf16", _bf16))
    else:
        said = "not installed: Bakeoff compares, audits, plans and reports, and trains nothing"
        looks.append(Look("training", "note", said, "pip install 'bakeoff[train]'"))
    looks.append(_guarded("memory", _memory))
    if trains:
        looks.append(_guarded("GPU", _gpu))
    looks += [_guarded("disk", _disk), _guarded("Chromium", _browser)]
    looks += list(_extras())
    if trains:
        looks += [_guarded("data sets", _data_sets), _guarded("pretrained weights", _weights)]
        if network:
            looks.append(_guarded("Hugging Face hub", _hub))
    used: tuple[tuple[str, str], ...] = ()
    if trains and not any(look.state == "broken" for look in looks):
        used = tuple(_used())
    return Examination(tuple(looks), used)


def _guarded(name: str, look: Callable[[], Look]) -> Look:
    try:
        return look()
    except Exception as error:  # a broken installation raises whatever it stumbles on
        return Look(
            name, "broken", first_line(error)[:200], "Install Bakeoff anew in a fresh environment"
        )


def _python() -> Look:
    said = f"{platform.python_version()} ({platform.python_implementation()}), {sys.prefix}"
    if sys.version_info < LEAST_PYTHON:
        return Look("Python", "broken", said, "Bakeoff needs Python 3.11 or newer")
    return Look("Python", "ok", said)


def _packages() -> Look:
    needed = NEEDED + (NEEDED_TO_TRAIN if has("train") else ())
    missing = [name for name in needed if _version(name) is None]
    if missing:
        return Look(
            "packages",
            "broken",
            f"missing: {', '.join(missing)}",
            f"Install them: pip install {' '.join(missing)}",
        )
    named = [name for name in ("timm", "numpy", "scipy") if name in needed]
    shown = ", ".join(f"{name} {_version(name)}" for name in named)
    return Look("packages", "ok", f"all {len(needed)} are there ({shown})")


def _version(package: str) -> str | None:
    from importlib import metadata  # late: costs more than the rest of `import bakeoff`

    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _pair() -> Look:
    """torchvision is built against one torch; with another it fails, sometimes only later."""
    from importlib import metadata

    from packaging.requirements import Requirement
    from packaging.specifiers import SpecifierSet

    name = "torch and torchvision"
    torch, vision = _version("torch"), _version("torchvision")
    said = f"torch {torch}, torchvision {vision}"
    advice = "Install both together, from the same index: pip install --upgrade torch torchvision"
    declared = map(Requirement, metadata.requires("torchvision") or ())
    wants = next((r.specifier for r in declared if r.name == "torch"), SpecifierSet())
    if torch is None or vision is None:
        return Look(name, "broken", said, advice)
    if not wants.contains(torch.partition("+")[0], prereleases=True):
        return Look(name, "broken", f"{said}, which wants torch {wants}", advice)
    builds = {version.partition("+")[2] for version in (torch, vision)} - {""}
    if len(builds) > 1:
        return Look(name, "broken", f"{said}: two different builds", advice)
    try:
        ops = importlib.import_module("torchvision.ops")
        tensor = importlib.import_module("torch").tensor
        kept = ops.nms(tensor([[0.0, 0.0, 1.0, 1.0]]), tensor([1.0]), 0.5)
    except Exception as error:  # a mismatched pair fails in ways of its own
        return Look(name, "broken", f"{said} do not work together: {error}"[:200], advice)
    assert kept.tolist() == [0]
    return Look(name, "ok", f"{said}, which belong together")


def _step() -> Look:
    """The smallest network that there is takes one step on the device that would be used."""
    import torch

    from bakeoff.training.device import choose, precision

    device = choose()
    model = torch.nn.Sequential(
        torch.nn.Conv2d(3, 4, 3), torch.nn.Flatten(), torch.nn.LazyLinear(2)
    )
    model = model.to(device)
    with precision(device)[1]:
        loss = model(torch.ones(2, 3, 8, 8, device=device)).square().mean()
    loss.backward()
    return Look("a training step", "ok", f"works on {device}")


def _processor() -> Look:
    import torch

    from bakeoff.training.device import processor

    threads, there = torch.get_num_threads(), cores()
    said = f"{processor()}, {there.usable} cores"
    if there.quota is not None and there.quota < there.affinity:
        said += f" (a container's limit is worth {there.quota:.3g} of {there.affinity})"
    elif there.affinity < there.machine:
        said += f" (this process may use these of {there.machine})"
    said += f", {threads} threads"
    set_by = [v for v in COUNT_VARIABLES if os.environ.get(v)]
    if threads != there.usable and set_by:
        return Look("processor", "note", f"{said} ({set_by[0]} is set)", f"Unset {set_by[0]}")
    return Look("processor", "ok", said)


def _bf16() -> Look:
    """What multiplies bf16 here, and how much faster than float32 it does: measured."""
    from bakeoff.training.device import choose
    from bakeoff.training.precision import bf16_by
    from bakeoff.training.products import gigaflops

    device = choose()
    by = bf16_by(device)
    if not by:
        return Look("bf16", "ok", f"{device} has no instructions for it: float32 is used")
    plain, mixed = gigaflops(device)
    said = f"by {by}: products at {mixed:,.0f} GFLOP/s, float32 at {plain:,.0f} (measured)"
    return Look("bf16", "ok", said)


def _waiting() -> Look:
    """What threads do while they wait for each other."""
    name, set_by = "threads that wait", [v for v in WAITING_VARIABLES if os.environ.get(v)]
    match give_way():
        case "gives way":
            said = f"give way to other processes (GOMP_SPINCOUNT={SPIN_COUNT})"
            return Look(name, "ok", said)
        case "as asked":
            return Look(name, "ok", f"as {', '.join(f'{v}={os.environ[v]}' for v in set_by)} says")
        case "too late":
            return Look(
                name,
                "note",
                "hold their cores: torch was imported before bakeoff",
                "Import bakeoff first, so that a busy machine slows training less",
            )


def memory() -> tuple[int, int] | None:
    """Bytes (total, available) for this process, a container's limit included; None: not known."""
    info = Path("/proc/meminfo")
    if not info.exists():
        try:
            total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        except (ValueError, OSError, AttributeError):
            return None
        return total, total
    found = dict(re.findall(r"^(\w+):\s+(\d+) kB", info.read_text(), re.MULTILINE))
    total, available = 1024 * int(found["MemTotal"]), 1024 * int(found["MemAvailable"])
    limit = memory_limit()
    return (total, available) if limit is None else (min(total, limit), min(available, limit))


def _memory() -> Look:
    known = memory()
    if known is None:
        return Look("memory", "note", "not known on this system")
    said = f"{known[0] / GIB:.1f} GiB, {known[1] / GIB:.1f} GiB of it free"
    if known[1] < RUN_MEMORY:
        return Look("memory", "note", said, "Close something, or use a smaller model")
    return Look("memory", "ok", said)


def _gpu() -> Look:
    import torch

    if torch.cuda.is_available():
        each = [torch.cuda.get_device_properties(i) for i in range(torch.cuda.device_count())]
        said = ", ".join(f"{p.name} ({p.total_memory / GIB:.0f} GiB)" for p in each)
        return Look("GPU", "ok", f"{said}; CUDA {torch.version.cuda}")
    if torch.backends.mps.is_available():
        return Look("GPU", "ok", "Apple's, by MPS")
    if shutil.which("nvidia-smi"):
        built = torch.version.cuda or "no CUDA"
        return Look(
            "GPU",
            "note",
            f"there may be one that this torch (built for {built}) cannot use",
            "Run nvidia-smi, and install the torch built for that driver",
        )
    return Look("GPU", "ok", "none: training is on the processor")


def _disk() -> Look:
    place = Path.cwd()
    free = shutil.disk_usage(place).free
    said = f"{free / GIB:.1f} GiB free where runs/ would be ({place})"
    if not os.access(place, os.W_OK):
        return Look("disk", "note", f"{place} cannot be written", "Give --out a folder that can")
    if free < LEAST_DISK:
        return Look("disk", "note", said, "Free some; a run of ResNet-50 keeps about 100 MB")
    return Look("disk", "ok", said)


def _browser() -> Look:
    from bakeoff.reporting.pdf import find_browser

    found = find_browser()
    if found is None:
        return Look(
            "Chromium", "note", "none, so no PDF", "Install chromium to have reports as PDF"
        )
    return Look("Chromium", "ok", f"{found}, for PDF")


def _extras() -> Iterator[Look]:
    for what, modules in EXTRAS.items():
        missing = [m for m in modules if importlib.util.find_spec(m) is None]
        if missing:
            name = f'"bakeoff[{what}]"' if what.islower() and what not in modules else missing[0]
            name = f'"bakeoff[{what}]"' if what in ("ray", "scores") else name
            yield Look(f"optional: {what}", "note", "not installed", f"pip install {name}")
        else:
            yield Look(f"optional: {what}", "ok", f"{', '.join(modules)} can be used")


def _data_sets() -> Look:
    from bakeoff.data.torchvision_sets import cache_folder

    folder = cache_folder()
    there = sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []
    said = f"mnist is bundled; in {folder}: {', '.join(there) or 'nothing yet'}"
    return Look("data sets", "ok", said)


def _weights() -> Look:
    from huggingface_hub import constants

    folder = Path(constants.HF_HUB_CACHE)
    there = sorted(p.name for p in folder.glob("models--*")) if folder.is_dir() else []
    shown = ", ".join(name.removeprefix("models--").replace("--", "/") for name in there[:6])
    more = f" and {len(there) - 6} more" if len(there) > 6 else ""
    return Look("pretrained weights", "ok", f"in {folder}: {shown or 'none yet'}{more}")


def _hub() -> Look:
    import urllib.error
    import urllib.request

    from huggingface_hub import constants

    from bakeoff.data.network import why_unreachable
    from bakeoff.training.hub import ANSWER_SECONDS, forbidden_by

    name = "Hugging Face hub"
    if by := forbidden_by():
        return Look(name, "note", f"not asked: {by} is set")
    try:
        request = urllib.request.Request(constants.ENDPOINT, method="HEAD")  # noqa: S310
        with urllib.request.urlopen(request, timeout=ANSWER_SECONDS):  # noqa: S310
            return Look(name, "ok", f"{constants.ENDPOINT} answers")
    except urllib.error.HTTPError:
        return Look(name, "ok", f"{constants.ENDPOINT} answers")
    except (OSError, ValueError) as error:
        said = f"{constants.ENDPOINT} does not answer ({why_unreachable(error)})"
        return Look(name, "note", said, "Pretrained arms need it once; the rest does not")


def _used() -> Iterator[tuple[str, str]]:
    """What is chosen when nothing is asked for, by the code that chooses it."""
    from bakeoff.bakeoffs.planning.plan import chosen_budget
    from bakeoff.bakeoffs.specification.spec import default_spec
    from bakeoff.training.device import choose, describe, precision

    device = choose()
    budget, why = chosen_budget(default_spec(), device)
    means = {"quick": default_spec().quick, "full": default_spec().full}.get(budget.kind)
    yield "device", describe(device)
    yield "precision", precision(device)[0]
    yield "budget", f"{budget.asked}, {why}; for bakeoff reproduce that is up to {means}"
    if device.type == "cpu":
        room = memory()
        here = cores().usable
        most = max(1, min(here, (room[1] if room else RUN_MEMORY) // RUN_MEMORY))
        yield (
            "workers",
            f"1 run at a time with all {here} cores; --workers up to {most} share them out",
        )
    else:
        yield "workers", "1 run at a time on the GPU"
