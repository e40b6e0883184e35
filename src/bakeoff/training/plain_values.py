"""What may stand beside tensors in a checkpoint: classes that only hold values, so that
unpickling them runs nothing of a stranger's."""

from __future__ import annotations

import argparse
import pathlib
from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

_KINDS = "?bhilqBHILQefdUS"
"""Of numpy's numbers and texts; arrays of objects can hold nothing but what is listed here."""

Allowed = Callable[..., Any] | tuple[Callable[..., Any], str]


def plain_values() -> list[Allowed]:
    """For `torch.serialization.safe_globals`: training scripts' arguments (argparse.Namespace),
    numpy's numbers and arrays under the names of its versions 1 and 2, and paths."""
    multiarray = import_module("numpy._core.multiarray")
    allowed: list[Allowed] = [argparse.Namespace, np.dtype, np.ndarray]
    allowed += [type(np.dtype(kind)) for kind in _KINDS]
    for module in ("numpy.core.multiarray", "numpy._core.multiarray"):
        allowed += [
            (multiarray.scalar, f"{module}.scalar"),
            (multiarray._reconstruct, f"{module}._reconstruct"),
        ]
    for module in ("pathlib", "pathlib._local"):
        # Paths of another system can be told, and not be opened.
        allowed += [
            (pathlib.PurePosixPath, f"{module}.PosixPath"),
            (pathlib.PureWindowsPath, f"{module}.WindowsPath"),
        ]
    return allowed
