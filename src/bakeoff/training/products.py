"""Matrix products by the faster of the libraries that torch brings."""

from __future__ import annotations

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
