"""float32, or products in bf16 where that pays: what a run computes in, and why.

In bf16 the network's products and convolutions take bf16 operands (torch's autocast, and the
small-map products of `smallmap`); weights, gradients as the optimizer sees them, the optimizer's
own state, batch-norm statistics and losses are float32. Learning curves and results are evaluated
in float32, whatever was trained in.
"""

from __future__ import annotations

import re
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from pathlib import Path

import torch

from bakeoff.errors import UnknownName
from bakeoff.records.schema import Precision

PRECISIONS = ("auto", "fp32", "bf16")

FASTER = 1.05
"""bf16 is chosen when it is measured to be so many times as fast."""

_INSTRUCTIONS = {"amx_bf16": "AMX", "avx512_bf16": "AVX512-BF16", "bf16": "Arm's bf16"}
"""Flags of /proc/cpuinfo, and what they are called; the fastest first."""


def require_precision(asked: str) -> str:
    """`asked` itself. Raises UnknownName for a word that is none of PRECISIONS."""
    if asked not in PRECISIONS:
        raise UnknownName("precision", asked, PRECISIONS)
    return asked


def bf16_by(device: torch.device) -> str:
    """What multiplies bf16 on `device` ("AMX", "the GPU"); empty where it is only emulated."""
    if device.type == "cuda":
        return "the GPU" if torch.cuda.is_bf16_supported(including_emulation=False) else ""
    return _processors_bf16() if device.type == "cpu" else ""


@cache
def _processors_bf16(cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's own answer: the system's list of its instructions."""
    try:
        text = cpuinfo.read_text(errors="replace")
    except OSError:
        return ""
    listed = re.search(r"^(?:flags|Features)\s*:\s*(.+)$", text, re.MULTILINE)
    flags = set(listed[1].split()) if listed else set()
    return next((name for flag, name in _INSTRUCTIONS.items() if flag in flags), "")


def autocast(precision: Precision, device: torch.device) -> AbstractContextManager[object]:
    """The context in which a network's forward pass has this precision."""
    if precision == "bf16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return nullcontext()
