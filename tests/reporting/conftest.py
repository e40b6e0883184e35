"""Bake-offs that never ran, for tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from bakeoff.reporting import Report, report
from reporting.synthetic_runs import two_arms, write_bakeoff


@pytest.fixture
def bakeoff_folder(tmp_path: Path) -> Path:
    """standard (98.2 %) and rsb-a3 (95.7 %), three seeds each, with predictions."""
    return write_bakeoff(tmp_path / "runs" / "made-up", two_arms())


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """The report of those two arms, written once."""
    folder = tmp_path_factory.mktemp("runs") / "made-up"
    return report(write_bakeoff(folder, two_arms()))
