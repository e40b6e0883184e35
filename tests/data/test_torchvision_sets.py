"""torchvision's sets by name, from caches laid out as torchvision lays them out; no network."""

from __future__ import annotations

import hashlib
import pickle
import socket
import struct
import urllib.error
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from scipy.io import savemat
from torchvision import datasets
from torchvision.datasets import utils

from bakeoff.data import load, names, open_data
from bakeoff.data.torchvision_sets import cache_folder
from bakeoff.errors import BadFile, UsageError

RANDOM = np.random.default_rng(0)


def write_idx(path: Path, array: np.ndarray) -> None:
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(header + array.tobytes())


def lay_mnist_like(root: Path, kind: str) -> tuple[np.ndarray, np.ndarray]:
    raw = root / kind / "raw"
    raw.mkdir(parents=True)
    for prefix, n in (("train", 40), ("t10k", 20)):
        images = RANDOM.integers(0, 256, (n, 28, 28)).astype(np.uint8)
        labels = (np.arange(n) % 10).astype(np.uint8)
        write_idx(raw / f"{prefix}-images-idx3-ubyte", images)
        write_idx(raw / f"{prefix}-labels-idx1-ubyte", labels)
    return images, labels


def lay_cifar(root: Path, monkeypatch: pytest.MonkeyPatch, classes: int) -> np.ndarray:
    kind = datasets.CIFAR10 if classes == 10 else datasets.CIFAR100
    key, meta_key = (
        ("labels", "label_names") if classes == 10 else ("fine_labels", "fine_label_names")
    )
    folder = root / kind.base_folder
    folder.mkdir(parents=True)

    def put(name: str, content: dict[str, object]) -> str:
        data = pickle.dumps(content)
        (folder / name).write_bytes(data)
        return hashlib.md5(data).hexdigest()

    lists = {}
    for which in ("train_list", "test_list"):
        lists[which] = []
        for name, _ in getattr(kind, which):
            pixels = RANDOM.integers(0, 256, (classes, 3072)).astype(np.uint8)
            lists[which].append([name, put(name, {"data": pixels, key: list(range(classes))})])
        monkeypatch.setattr(kind, which, lists[which])
    meta = dict(kind.meta)
    meta["md5"] = put(meta["filename"], {meta_key: [f"class {i}" for i in range(classes)]})
    monkeypatch.setattr(kind, "meta", meta)
    return pixels


@pytest.mark.parametrize(
    ("name", "kind"), [("fashion-mnist", "FashionMNIST"), ("kmnist", "KMNIST")]
)
def test_relatives_of_mnist(tmp_path: Path, name: str, kind: str) -> None:
    images, labels = lay_mnist_like(tmp_path, kind)
    data = load(name, root=tmp_path, offline=True)
    assert data.train.images.shape == (40, 3, 28, 28)
    assert data.train.images.stride(1) == 0
    assert np.array_equal(data.test.images[:, 1].numpy(), images)
    assert data.test.labels.tolist() == labels.tolist()
    assert data.facts.class_names == tuple(getattr(datasets, kind).classes)
    assert data.facts.citation


@pytest.mark.parametrize("classes", [10, 100])
def test_cifar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, classes: int) -> None:
    pixels = lay_cifar(tmp_path, monkeypatch, classes)
    data = load(f"cifar-{classes}", root=tmp_path, offline=True)
    assert torch.equal(data.test.images, torch.from_numpy(pixels).view(-1, 3, 32, 32))
    assert data.facts.classes == classes
    assert data.facts.class_names[1] == "class 1"
    with pytest.raises(UsageError, match="3 channels, 1 were asked"):
        load(f"cifar-{classes}", root=tmp_path, offline=True, channels=1)


def test_svhn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "svhn"
    folder.mkdir()
    known = {}
    for split in ("train", "test"):
        path = folder / f"{split}_32x32.mat"
        pixels = RANDOM.integers(0, 256, (32, 32, 3, 12)).astype(np.uint8)
        savemat(path, {"X": pixels, "y": (np.arange(12) % 10 + 1).reshape(-1, 1)})
        known[split] = ["", path.name, hashlib.md5(path.read_bytes()).hexdigest()]
    monkeypatch.setattr(datasets.SVHN, "split_list", known)
    data = load("svhn", root=tmp_path, offline=True)
    assert np.array_equal(data.test.images[3].permute(1, 2, 0).numpy(), pixels[:, :, :, 3])
    assert data.test.labels.tolist()[8:11] == [9, 0, 1]  # the file calls zero "10"


def test_flowers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture) -> None:
    folder = tmp_path / "flowers-102"
    (folder / "jpg").mkdir(parents=True)
    for number in range(1, 10):
        Image.fromarray(picture(number)).save(folder / "jpg" / f"image_{number:05d}.jpg")
    savemat(folder / "imagelabels.mat", {"labels": np.arange(1, 10)})
    savemat(folder / "setid.mat", {"trnid": [1, 2, 3, 4], "valid": [5], "tstid": [6, 7, 8, 9]})
    files = dict(datasets.Flowers102._file_dict)
    for key, name in (("label", "imagelabels.mat"), ("setid", "setid.mat")):
        files[key] = (name, hashlib.md5((folder / name).read_bytes()).hexdigest())
    monkeypatch.setattr(datasets.Flowers102, "_file_dict", files)
    data = load("flowers-102", root=tmp_path, offline=True)
    assert (data.facts.train_images, data.facts.test_images, data.facts.classes) == (4, 4, 102)
    assert data.test.labels.tolist() == [5, 6, 7, 8]


def test_imagenette(tmp_path: Path, picture) -> None:
    for part in ("train", "val"):
        for index, wnid in enumerate(datasets.Imagenette._WNID_TO_CLASS):
            folder = tmp_path / "imagenette2-160" / part / wnid
            folder.mkdir(parents=True)
            Image.fromarray(picture(index)).save(folder / f"{part}.JPEG")
    data = open_data("imagenette", root=tmp_path, offline=True, size=20)
    assert data.facts.class_names[0] == "tench"
    assert data.train.labels.tolist() == list(range(10))
    assert data.train.images.shape[2] == 20


@pytest.mark.parametrize("name", [name for name in names() if name not in ("mnist", "letters")])
def test_offline_and_absent_is_one_clear_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match=f"no intact copy of {name} is in .*offline mode"):
        load(name, root=tmp_path, offline=True)


def test_offline_can_be_said_for_all_commands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setenv("BAKEOFF_OFFLINE", "1")
    for name, said in {
        "kmnist": "offline mode",
        "hf:nobody/nothing-here": "not in the hub's cache here",
        "webdataset:http://127.0.0.1/a.tar::http://127.0.0.1/b.tar": "is not in .*shards",
    }.items():
        with pytest.raises(UsageError, match=said):
            load(name, root=tmp_path)


@pytest.mark.parametrize("name", ["fashion-mnist", "cifar-10", "svhn", "flowers-102", "imagenette"])
@pytest.mark.parametrize(
    "failure", [urllib.error.URLError("no route to host"), TimeoutError("timed out")]
)
def test_no_network_is_one_clear_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, failure: Exception
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise failure

    monkeypatch.setattr(utils.urllib.request, "urlopen", refuse)
    with pytest.raises(UsageError, match=f"{name} could not be downloaded") as caught:
        load(name, root=tmp_path)
    assert caught.value.advice


def test_a_download_that_is_not_the_original_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(url: str, filename: str, *_: object, **__: object) -> None:
        Path(filename).write_bytes(b"something else")

    monkeypatch.setattr(utils, "_urlretrieve", fetch)
    monkeypatch.setattr(utils, "_get_redirect_url", lambda url, **_: url)
    with pytest.raises(UsageError, match="cifar-10 could not be downloaded"):
        load("cifar-10", root=tmp_path)


def test_damaged_files_are_named(tmp_path: Path) -> None:
    lay_mnist_like(tmp_path, "KMNIST")
    path = tmp_path / "KMNIST" / "raw" / "t10k-images-idx3-ubyte"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadFile, match=r"t10k-images-idx3-ubyte: truncated after 15,580 of 15,680"):
        load("kmnist", root=tmp_path, offline=True)


def test_downloads_are_kept_where_the_user_says(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("BAKEOFF_DATA", str(tmp_path))
    assert cache_folder() == tmp_path
    monkeypatch.delenv("BAKEOFF_DATA")
    assert "bakeoff" in str(cache_folder())
