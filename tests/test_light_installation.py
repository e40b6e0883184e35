"""The wheel in an environment of what it requires and nothing else: no torch, half a gigabyte."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
MOST_MEGABYTES = 550
TRAINING = {"torch", "torchvision", "timm", "safetensors", "huggingface-hub", "pyarrow"}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built by the project's own build back end, of a copy of what the wheel is made from."""
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md", "LICENSE", "NOTICE"):
        shutil.copy(ROOT / name, source)
    left_out = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "src", source / "src", ignore=left_out)
    code = f"from hatchling.build import build_wheel; print(build_wheel({str(out)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=source, capture_output=True, text=True, check=True
    )
    return out / done.stdout.strip().splitlines()[-1]


@pytest.fixture(scope="module")
def required(wheel: Path) -> dict[str, metadata.Distribution]:
    """Every distribution that installing the wheel brings, from those installed here."""
    with zipfile.ZipFile(wheel) as content:
        [name] = [n for n in content.namelist() if n.endswith(".dist-info/METADATA")]
        told = metadata.PathDistribution(zipfile.Path(wheel, name.removesuffix("METADATA")))
        open_ = list(told.requires or ())
    found: dict[str, metadata.Distribution] = {}
    while open_:
        need = Requirement(open_.pop())
        name = canonicalize_name(need.name)
        if name in found or (need.marker and not need.marker.evaluate({"extra": ""})):
            continue
        found[name] = metadata.distribution(name)
        open_ += found[name].requires or ()
    return found


@pytest.fixture(scope="module")
def clean(
    wheel: Path,
    required: dict[str, metadata.Distribution],
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    """A virtual environment with the wheel and its requirements (linked, not copied)."""
    home = tmp_path_factory.mktemp("clean") / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", home], check=True)
    [site] = home.glob("lib/python*/site-packages")
    with zipfile.ZipFile(wheel) as content:
        content.extractall(site)
    for one in required.values():
        for file in one.files or ():
            if not file.parts[0].startswith((".", "__pycache__")):
                here = Path(str(one.locate_file(file.parts[0])))
                there = site / file.parts[0]
                if here.exists() and not there.exists():
                    there.symlink_to(here)
    return home


def test_the_wheel_requires_nothing_of_training(required: dict[str, metadata.Distribution]) -> None:
    assert set(required) & TRAINING == set()
    assert not [name for name in required if name.startswith("nvidia")]


def test_what_the_wheel_brings_stays_small(
    wheel: Path, required: dict[str, metadata.Distribution]
) -> None:
    with zipfile.ZipFile(wheel) as content:
        total = sum(item.file_size for item in content.infolist())
    for one in required.values():
        paths = (Path(str(one.locate_file(file))) for file in one.files or ())
        total += sum(path.stat().st_size for path in paths if path.is_file())
    assert total / 1e6 <= MOST_MEGABYTES


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["audit", "paper.md"], "cannot be"),
        (["compare", ROOT / "docs/results/flips"], "standard-gentle"),
        (["plan", "--sd", "0.3", "--delta", "0.5"], "seeds"),
        (["results", "resnet50"], "resnet50"),
        (["report", ROOT / "docs/results/flips", "--out", "page"], "report.html"),
        (["train"], "bakeoff[train]"),
    ],
    ids=lambda value: value[0] if isinstance(value, list) else "",
)
def test_the_installed_wheel_works(
    clean: Path, tmp_path: Path, words: list[str], said: str
) -> None:
    (tmp_path / "paper.md").write_text(
        "Top-1 accuracy 98.87 % and cross-entropy loss 0.0011 on MNIST's 10,000 test images.\n"
    )
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(
        [clean / "bin/python", "-m", "bakeoff.cli", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        env={**environment, "COLUMNS": "120"},
    )
    assert done.returncode in (0, 1, 2), done.stderr
    assert "Traceback" not in done.stderr
    assert said in done.stdout + done.stderr
