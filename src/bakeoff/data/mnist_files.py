"""MNIST as it comes with the package: no network, every byte verified."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor

from bakeoff.data.dataset import Dataset, Split, as_channels, channel_statistics, content_hash
from bakeoff.data.facts import DataFacts
from bakeoff.data.idx import read_idx
from bakeoff.errors import UsageError

BUNDLED = Path(__file__).parent / "mnist"
CONTENT_SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}


def load_mnist(*, channels: int = 3, root: Path | None = None) -> Dataset:
    """MNIST, 28 × 28, its grey levels as `channels` equal channels (1 or 3).

    root: a folder with the same four files instead of the bundled ones.
    Raises BadFile for a file that is missing or not the original.
    """
    if channels not in (1, 3):
        raise UsageError(f"MNIST cannot be shown with {channels} channels", "Use 1 or 3")
    folder = BUNDLED if root is None else root
    train, test = _split(folder, "train"), _split(folder, "t10k")
    train_hash = content_hash(train.images, train.labels)
    test_hash = content_hash(test.images, test.labels)
    mean, std = channel_statistics(train.images)
    facts = DataFacts(
        name="mnist",
        title="MNIST handwritten digits",
        train_images=len(train),
        test_images=len(test),
        classes=10,
        class_names=tuple("0123456789"),
        channels=channels,
        height=28,
        width=28,
        mean=mean * channels,
        std=std * channels,
        train_hash=train_hash,
        test_hash=test_hash,
        licence="CC BY-SA 3.0",
        citation="LeCun, Bottou, Bengio, Haffner: Gradient-based learning applied to document "
        "recognition. Proceedings of the IEEE 86(11), 1998",
    )
    return Dataset(
        facts,
        *(Split(as_channels(s.images, channels), s.labels) for s in (train, test)),
    )


def _split(folder: Path, prefix: str) -> Split:
    images = _read(folder, f"{prefix}-images-idx3-ubyte", 3)
    labels = _read(folder, f"{prefix}-labels-idx1-ubyte", 1)
    return Split(images[:, None], labels.long())


def _read(folder: Path, name: str, dimensions: int) -> Tensor:
    plain = folder / name
    path = plain if plain.exists() else folder / f"{name}.gz"
    advice = (
        "Reinstall Bakeoff: pip install --force-reinstall --no-deps bakeoff "
        "(in a checkout: git checkout -- src/bakeoff/data/mnist)"
        if path.parent == BUNDLED
        else "Replace it by an intact copy"
    )
    array = read_idx(path, dimensions=dimensions, sha256=CONTENT_SHA256[name], advice=advice)
    return torch.from_numpy(array)
