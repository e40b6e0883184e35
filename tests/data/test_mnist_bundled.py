"""MNIST comes with the package, offline and verified."""

from __future__ import annotations

import shutil
import socket
from pathlib import Path

import pytest
import torch

from bakeoff.data import load, names
from bakeoff.data.dataset import Dataset
from bakeoff.data.mnist_files import BUNDLED
from bakeoff.errors import BadFile, UnknownName, UsageError


def test_mnist_is_what_everybody_knows(mnist: Dataset) -> None:
    facts = mnist.facts
    assert (facts.train_images, facts.test_images, facts.classes) == (60_000, 10_000, 10)
    assert mnist.train.images.shape == (60_000, 3, 28, 28)
    # The statistics every MNIST example uses.
    assert facts.mean == pytest.approx((0.1307,) * 3, abs=5e-5)
    assert facts.std == pytest.approx((0.3081,) * 3, abs=5e-5)
    assert mnist.test.labels.bincount().tolist() == [
        980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009,
    ]  # fmt: skip


def test_torchvision_reads_the_same_images(mnist: Dataset, tmp_path: Path) -> None:
    import gzip

    from torchvision.datasets import MNIST

    raw = tmp_path / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for path in BUNDLED.glob("*.gz"):
        (raw / path.stem).write_bytes(gzip.decompress(path.read_bytes()))
    theirs = MNIST(tmp_path, train=False)
    assert torch.equal(theirs.data, mnist.test.images[:, 0])
    assert torch.equal(theirs.targets, mnist.test.labels)


def test_one_and_three_channels_are_the_same_test_set(mnist: Dataset) -> None:
    grey = load("mnist", channels=1)
    assert grey.test.images.shape[1] == 1
    assert grey.facts.test_hash == mnist.facts.test_hash
    assert torch.equal(mnist.test.images[:, 2], grey.test.images[:, 0])


def test_loading_needs_no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("touched the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    assert load("mnist", offline=True).facts.name == "mnist"


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz"])
def test_a_damaged_file_is_named_with_what_to_do(tmp_path: Path, name: str) -> None:
    for path in BUNDLED.glob("*.gz"):
        shutil.copy(path, tmp_path)
    damaged = bytearray((tmp_path / name).read_bytes())
    damaged[len(damaged) // 2] ^= 1
    (tmp_path / name).write_bytes(damaged)
    with pytest.raises(BadFile, match=name) as caught:
        load("mnist", root=tmp_path)
    assert caught.value.advice


def test_the_attribution_lies_beside_the_files() -> None:
    text = (BUNDLED / "ATTRIBUTION.md").read_text(encoding="utf-8")
    assert "CC BY-SA 3.0" in text
    assert "LeCun" in text
    assert "Cortes" in text


def test_an_unknown_name_offers_the_nearest() -> None:
    with pytest.raises(UnknownName, match="mnist"):
        load("mnst")
    assert "mnist" in names()


def test_channels_that_make_no_sense_are_refused() -> None:
    with pytest.raises(UsageError, match="2 channels"):
        load("mnist", channels=2)
