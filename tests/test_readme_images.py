"""README's section on your own images, as written but for its budgets, on JPEGs made for it."""

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import bakeoff

README = Path(__file__).parents[1] / "README.md"


def section() -> str:
    """The section with budgets that a test can pay."""
    text = re.search(r"\n## Your own images\n(.*?)\n## ", README.read_text(), re.DOTALL)[1]
    assert text.count("2000images") == text.count("10epochs") == 1
    return text.replace("2000images", "64images").replace("10epochs", "1epochs")


@pytest.mark.slow
def test_the_section_on_your_own_images_works_as_written(tmp_path):
    random = np.random.default_rng(2)
    for label, name in enumerate(("cats & dogs", "Ärzte", "plain")):
        folder = tmp_path / "photos" / name
        folder.mkdir(parents=True)
        for number in range(12):
            pixels = random.integers(0, 120, (20 + number % 2, 24, 3))
            pixels[..., label] += 100
            Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.jpg")
    blocks = re.findall(r"```(sh|yaml)\n(.*?)```", section(), re.DOTALL)
    files = [text for kind, text in blocks if kind == "yaml"]
    [name] = re.findall(r"^# (\S+\.yaml)$", files[0], re.MULTILINE)
    (tmp_path / name).write_text(files[0])
    commands = [
        line.split("#")[0].strip()
        for kind, text in blocks
        if kind == "sh"
        for line in text.splitlines()
        if "bakeoff " in line
    ]
    assert [command.split()[1] for command in commands] == ["train", "run"]
    for command in commands:
        words = command.split()
        assert words[0].endswith("bakeoff")
        done = subprocess.run(
            [sys.executable, "-m", "bakeoff.cli", *words[1:]],
            cwd=tmp_path, capture_output=True, text=True, timeout=550,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "runs" / "photos" / "report.html").exists()
    records = bakeoff.load_records(tmp_path / "runs" / "photos")
    assert len(records) == 6
    assert {record.status for record in records} == {"complete"}
    assert {record.data.class_names for record in records} == {("cats & dogs", "plain", "Ärzte")}
