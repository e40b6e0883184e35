"""Matrix products by the faster of the libraries that torch brings."""

from __future__ import annotations

import statistics
import time

import torch
from torch import Tensor

_HERE: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
_ONEDNN = getattr(torch.ops.mkldnn, "_linear_pointwise", None) if _HERE else None
"""oneDNN's product, which torch's own compiler calls too; absent from some builds of torch."""


def product(rows: Tensor, weight: Tensor) -> Tensor:
    """rows (M, K) @ weight (N, K).t(), without a gradient.

    float32 on a CPU goes through oneDNN: MKL, which torch's own product calls, does not use
    AVX-512 on every processor that has it. Everything else is torch's.
    """
    if _ONEDNN is not None and rows.dtype is torch.float32 and rows.device.type == "cpu":
        made: Tensor = _ONEDNN(rows, weight, None, "none", [], "")
        return made
    return rows @ weight.t()


def gigaflops(device: torch.device, side: int = 1024, turns: int = 5) -> tuple[float, float]:
    """Measured 10^9 operations a second of square products in float32 and in bf16, in turns."""
    kinds = (torch.float32, torch.bfloat16)
    seconds: dict[torch.dtype, list[float]] = {kind: [] for kind in kinds}
    operands = {kind: torch.ones(side, side, device=device, dtype=kind) for kind in kinds}
    for turn in range(turns + 1):
        for kind, operand in operands.items():
            start = time.perf_counter()
            product(operand, operand)
            if device.type == "cuda":
                torch.cuda.synchronize(device)
            if turn:  # the first sets things up
                seconds[kind].append(time.perf_counter() - start)
    plain, mixed = (2 * side**3 / statistics.median(seconds[kind]) / 1e9 for kind in kinds)
    return plain, mixed
