"""Real faults: processes that train the tiny set and can be hurt, image folders, full disks."""

import gc
import multiprocessing
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from faults_tools import Training, full_disk


@pytest.fixture
def training(tmp_path):
    """Start a training of the tiny set in a process of its own, in tmp_path / "run"."""
    started = []

    def start(*, images=6400, more_bytes=None, **options) -> Training:
        started.append(Training(tmp_path / "run", images, more_bytes, options))
        return started[-1]

    yield start
    for one in started:
        one.process.kill()
        one.process.join()


@pytest.fixture(params=["tmpfs", "limit"])
def disk(request, tmp_path):
    """A disk that can be filled."""
    with full_disk(tmp_path / "disk", request.param) as made:
        yield made


def save_images(root: Path, classes: dict[str, int], side: int = 16, first: int = 0) -> Path:
    """A folder a class, of so many PNG files of noise; `first` seeds them."""
    random = np.random.default_rng(first)
    for name, count in classes.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            pixels = random.integers(0, 256, (side, side, 3)).astype(np.uint8)
            Image.fromarray(pixels).save(root / name / f"{number:03d}.png")
    return root


@pytest.fixture
def image_folder():
    return save_images


@pytest.fixture
def no_processes_left():
    """Whatever a loader started is collected here, so that it reaches no other test."""
    yield
    for child in multiprocessing.active_children():
        if "ForkServer" not in type(child).__name__:
            child.kill()
            child.join()
    gc.collect()
