"""How near the machine's limit: its matrix-product peak, and where a step's time goes."""

from __future__ import annotations

from typing import Any

import torch
from benchmarks.speed.ours import Ours
from benchmarks.speed.plain import Plain
from benchmarks.speed.turns import timed
from benchmarks.speed.work import Work
from torch.profiler import ProfilerActivity, profile

from bakeoff.training import device as devices
from bakeoff.training.model import training_flops

SIDE = 2048
FAMILIES = {
    "matrix products and convolutions": ("mm", "conv", "linear", "bmm"),
    "batch norm": ("batch_norm",),
    "ReLU, sums and pooling": (
        "relu",
        "clamp_min",
        "threshold",
        "add",
        "pool",
        "mean",
        "sum",
        "div",
    ),
    "optimizer": ("adam", "sgd", "lamb", "foreach", "lerp", "sqrt", "addcdiv", "mul", "norm"),
    "copies and fills": ("copy", "fill", "cat", "zero", "clone", "index", "gather", "contiguous"),
}


def peak(device: torch.device, dtype: torch.dtype) -> float:
    """FLOP/s of the best of the library's matrix products on this machine, side 2048 or 8192."""
    side = 8192 if device.type == "cuda" else SIDE
    a, b = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    ways = [lambda: a @ b, lambda: torch.nn.functional.linear(a, b)]
    if device.type == "cpu":
        # oneDNN's product, through a 1 × 1 convolution: on some processors it is the faster one.
        image, kernel = a.view(1, side, 1, side).permute(0, 3, 1, 2), b.view(side, side, 1, 1)
        ways.append(lambda: torch.conv2d(image, kernel))
    best = min(timed(way, device) for way in ways * 6)
    return 2 * side**3 / best


def share(work: Work, rate: float, peak_flops: float) -> dict[str, float]:
    """Achieved FLOP/s, counted on the unmodified model (a multiply and an add are two)."""
    flops = training_flops(
        work.job.model,
        classes=work.facts.classes,
        channels=work.facts.channels,
        size=work.recipe.resolution.train,
    )
    return {
        "flops_per_image": flops,
        "achieved": rate * flops,
        "share_of_peak": rate * flops / peak_flops,
    }


def step_profile(work: Work, steps: int = 2) -> dict[str, dict[str, float]]:
    """Shares of a resident step's time by family of operations: ours and the plain script's."""
    found = {}
    for kind in (Ours, Plain):
        contender = kind(work, 0)
        contender.resident(2)
        on_device = [ProfilerActivity.CUDA] if work.device.type == "cuda" else []
        with profile(activities=[ProfilerActivity.CPU, *on_device]) as seen:
            contender.resident(steps)
        found[kind.name] = _by_family(seen.key_averages(), bool(on_device))
        contender.close()
    return found


def _by_family(events: Any, on_device: bool) -> dict[str, float]:
    spent = dict.fromkeys([*FAMILIES, "everything else"], 0.0)
    for event in events:
        time = event.self_device_time_total if on_device else event.self_cpu_time_total
        name = event.key.lower()
        family = next(
            (f for f, words in FAMILIES.items() if any(word in name for word in words)),
            "everything else",
        )
        spent[family] += time
    total = sum(spent.values()) or 1.0
    return {family: time / total for family, time in spent.items()}


def dtype_of(device: torch.device) -> torch.dtype:
    """What Bakeoff trains in there."""
    return torch.bfloat16 if devices.precision(device)[0] == "bf16" else torch.float32
