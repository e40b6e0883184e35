"""Sets in MNIST's layout: gzipped or not, by name and by folder, never several as one."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from bakeoff.data import load, torchvision_sets
from bakeoff.errors import BadFile, UsageError


def lay(folder: Path, *, prefix: str = "", zipped: bool = False, first: int = 0) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for part, number in (("train", 20), ("t10k", 10)):
        random = np.random.default_rng(number)
        images = random.integers(0, 256, (number, 6, 6)).astype(np.uint8)
        labels = (np.arange(number) % 10 + first).astype(np.uint8)
        for what, array in (("images-idx3", images), ("labels-idx1", labels)):
            header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
            content = header + array.tobytes()
            name = f"{prefix}{part}-{what}-ubyte" + ".gz" * zipped
            (folder / name).write_bytes(gzip.compress(content) if zipped else content)
    return folder


@pytest.mark.parametrize("zipped", [False, True])
@pytest.mark.parametrize("where", ["FashionMNIST/raw", "FashionMNIST", "fashion-mnist"])
def test_fashion_mnist_is_found_gzipped_or_not(tmp_path: Path, zipped: bool, where: str) -> None:
    lay(tmp_path / where, zipped=zipped)
    facts = load("fashion-mnist", root=tmp_path, offline=True).facts
    assert facts.class_names[9] == "Ankle boot"
    assert facts.test_hash == load(f"idx:{tmp_path / where}").facts.test_hash


def test_fashion_mnist_is_found_where_the_systems_package_puts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path / "empty"))
    monkeypatch.setattr(torchvision_sets, "SYSTEM", tmp_path / "system")
    lay(tmp_path / "system" / "fashion-mnist", zipped=True)
    assert load("fashion-mnist", offline=True).facts.test_images == 10


def test_several_sets_in_one_folder_are_asked_about(tmp_path: Path) -> None:
    for kind in ("digits", "letters"):
        lay(tmp_path, prefix=f"emnist-{kind}-", first=kind == "letters")
    with pytest.raises(UsageError, match=r"several sets.*::emnist-digits"):
        load(f"idx:{tmp_path}")
    data = load(f"idx:{tmp_path}::emnist-letters")
    assert data.facts.class_names == tuple(map(str, range(1, 11)))
    assert data.train.labels.tolist()[:3] == [0, 1, 2]


def test_what_is_missing_from_a_set_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadFile, match="no IDX files"):
        load(f"idx:{tmp_path}/nowhere")
    lay(tmp_path)
    with pytest.raises(UsageError, match=r"Write idx:"):
        load(f"folder:{tmp_path}")
    (tmp_path / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(BadFile, match=r"t10k-labels-idx1-ubyte: no such file"):
        load(f"idx:{tmp_path}")
