"""The Slurm example does what it says, with submitit's executor for this machine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bakeoff.records import load_records

ROOT = Path(__file__).parents[2]


def test_each_seed_is_a_job_and_their_records_merge(tmp_path):
    pytest.importorskip("submitit")
    rng = np.random.default_rng(0)
    for part, count in (("train", 16), ("test", 8)):
        for shade, name in ((60, "dark"), (180, "light")):
            (tmp_path / "tiny" / part / name).mkdir(parents=True)
            for i in range(count):
                pixels = rng.integers(shade - 50, shade + 50, (16, 16, 3)).astype(np.uint8)
                Image.fromarray(pixels).save(tmp_path / f"tiny/{part}/{name}/{i}.png")
    (tmp_path / "toy.yaml").write_text(
        f"data: folder:{tmp_path}/tiny\nmodel: test_resnet\narms: [standard, rsb-a3]\n"
        "budget: 64images\n"
    )
    line = [sys.executable, ROOT / "examples/slurm.py", "toy.yaml", "--out", tmp_path / "runs"]
    path = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [*line, "--seeds", "2", "--cluster", "local", "--cpus", "1"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    records = load_records(tmp_path / "runs")
    assert sorted((r.arm, r.seed, r.status) for r in records) == [
        (arm, seed, "complete") for arm in ("rsb-a3", "standard") for seed in (0, 1)
    ]
    left = [line for line in done.stdout.splitlines() if line.startswith("job ")]
    assert [line.rpartition("/")[2] for line in left] == ["seed-0", "seed-1"]
    assert "rsb-a3" in done.stdout.replace("\n".join(left), "")
