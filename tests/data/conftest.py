"""Pictures and data that the tests of the data room share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image

from bakeoff.data import load
from bakeoff.data.dataset import Dataset

Picture = Callable[..., NDArray[np.uint8]]


def make_picture(
    seed: int, height: int = 28, width: int = 36, channels: int = 3
) -> NDArray[np.uint8]:
    """A smooth picture with some noise, (height, width, channels)."""
    random = np.random.default_rng(seed)
    coarse = random.integers(0, 256, (height // 4, width // 4, 3)).astype(np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC))
    noisy = smooth.astype(int) + random.integers(-6, 7, smooth.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8)[:, :, :channels]


@pytest.fixture
def picture() -> Picture:
    return make_picture


@pytest.fixture(scope="session")
def mnist() -> Dataset:
    return load("mnist")


@pytest.fixture
def generator() -> torch.Generator:
    return torch.Generator().manual_seed(7)


def save_folder(
    root: Path,
    classes: dict[str, int],
    *,
    size: tuple[int, int] = (40, 30),
    suffix: str = ".png",
    first_seed: int = 0,
) -> Path:
    """`classes[name]` pictures in each sub-folder of `root`; size is (width, height)."""
    seed = first_seed
    for name, count in classes.items():
        (root / name).mkdir(parents=True)
        for number in range(count):
            picture = Image.fromarray(make_picture(seed, size[1], size[0]))
            picture.save(root / name / f"{number:03d}{suffix}")
            seed += 1
    return root


@pytest.fixture
def image_folder() -> Callable[..., Path]:
    return save_folder
