"""What a table must say of the machine and the versions it was measured with."""

from __future__ import annotations

import importlib.metadata
import os
from typing import Any

import torch

from bakeoff.training import device as devices

PACKAGES = ("bakeoff", "torch", "torchvision", "timm", "numpy", "pillow")


def describe(device: torch.device) -> dict[str, Any]:
    """Hardware, versions and settings that decide about speed."""
    return {
        "device": devices.describe(device),
        "processor": devices.processor(),
        "cores": devices.cores(),
        "threads": torch.get_num_threads(),
        "instructions": torch.backends.cpu.get_cpu_capability(),
        "precision": devices.precision(device)[0],
        "code": devices.code_version(),
        "packages": {name: importlib.metadata.version(name) for name in PACKAGES},
        "settings": {
            k: v for k, v in os.environ.items() if k.startswith(("OMP_", "GOMP_", "MKL_"))
        },
        "load_before": os.getloadavg()[0],
    }
