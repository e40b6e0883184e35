"""An installation without the extra `train`: what works there, and what says that it needs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from bakeoff.extras import PACKAGES

ROOT = Path(__file__).parents[1]
FLIPS = ROOT / "docs/results/flips"

WITHOUT = f"""
import sys

ABSENT = {tuple(PACKAGES["train"])} + ("pyarrow", "mlscorecheck", "statsmodels")

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
import importlib.util
real = importlib.util.find_spec
importlib.util.find_spec = lambda name, *more: (
    None if name.partition(".")[0] in ABSENT else real(name, *more)
)
from bakeoff.cli import main
sys.argv = ["bakeoff", *sys.argv[1:]]
sys.exit(main())
"""


def bakeoff(*words: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", WITHOUT, *map(str, words)],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "COLUMNS": "120"},
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--help"], "reproduce"),
        (["audit", "paper.md"], "cannot be"),
        (["compare", FLIPS], "standard-gentle"),
        (["plan", "--sd", "0.3", "--delta", "0.5"], "seeds"),
        (["results", "resnet50"], "resnet50"),
        (["recipes", "rsb-a3"], "lamb"),
        (["report", FLIPS, "--out", "page"], "report.html"),
        (["doctor"], "bakeoff[train]"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_what_trains_nothing_works_without_torch(tmp_path, words, said):
    (tmp_path / "paper.md").write_text(
        "Top-1 accuracy 98.87 % and cross-entropy loss 0.0011 on MNIST's 10,000 test images.\n"
    )
    done = bakeoff(*words, cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    assert "Traceback" not in done.stderr
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(
    "words",
    [
        ["train"],
        ["run", ROOT / "examples/flips.yaml"],
        ["reproduce"],
        ["evaluate", FLIPS / "standard/seed-0"],
        ["data", "mnist"],
        ["export", FLIPS / "standard/seed-0", "--hf", "there"],
    ],
    ids=lambda words: words[0],
)
def test_what_trains_names_the_extra_that_it_needs(tmp_path, words):
    done = bakeoff(*words, cwd=tmp_path)
    assert done.returncode == 2
    assert "pip install 'bakeoff[train]'" in done.stderr
    assert "Traceback" not in done.stderr
