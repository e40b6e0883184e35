"""Fixtures of the comparison's tests; the made-up runs themselves are in worlds.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bakeoff.records.store import save_record
from comparison.worlds import make_record, predictions_with


@pytest.fixture
def write_run(tmp_path: Path) -> Callable[..., Path]:
    """Write a run's folder: record, and predictions right on exactly the given images."""

    def write(arm: str, seed: int, right: np.ndarray, **change: Any) -> Path:
        folder = tmp_path / "runs" / arm / f"seed-{seed}"
        found = predictions_with(right)
        record = make_record(arm, seed, int(right.sum()), loss=float(found.nll.mean()), **change)
        save_record(record, folder)
        found.save(folder)
        return folder

    return write
