"""torchvision's data sets by name: downloaded once with their checksums verified, then offline."""

from __future__ import annotations

import os
import pickle
import socket
import urllib.error
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from bakeoff.data.dataset import Dataset, Split, as_channels, channel_statistics, content_hash
from bakeoff.data.facts import DataFacts
from bakeoff.data.file_sets import Progress, build, silent
from bakeoff.data.folder import Files, Listing
from bakeoff.data.idx_sets import MNIST_FILES, idx_files, read_parts
from bakeoff.data.stream import StreamedDataset
from bakeoff.errors import BadFile, UsageError, first_line

PATIENCE_SECONDS = 30.0
SYSTEM = Path("/usr/share/datasets")
"""Where Debian's packages put data sets: dataset-fashion-mnist, for one."""

Part = tuple[Tensor, Tensor]
"""Images uint8 (N, C, H, W) and labels int64 (N,)."""


@dataclass(frozen=True)
class Known:
    """A set that torchvision knows: how to open it, and whose it is.

    arrays: opens (root, train or test, download) and gives pixels. files: the same for sets of
    image files. One of the two is given. Both also give the class names.
    """

    title: str
    citation: str
    licence: str = ""
    arrays: Callable[[Path, bool, bool], tuple[Part, list[str]]] | None = None
    files: Callable[[Path, bool, bool], tuple[Files, list[str]]] | None = None


def load_known(
    name: str,
    *,
    channels: int | None,
    root: Path | None,
    offline: bool,
    size: int | None,
    stream: bool | None,
    progress: Progress = silent,
) -> Dataset | StreamedDataset:
    """The set called `name` (a key of `KNOWN`), downloaded if it is not there and may be.

    root: folder of the downloads; None takes `cache_folder()`. Raises UsageError when it is not
    on this machine and cannot be fetched, BadFile when what is there is damaged.
    """
    known = KNOWN[name]
    folder = root or cache_folder()
    if known.arrays is not None:
        there = folder
        if root is None and not (folder / name).exists() and idx_files(SYSTEM / name):
            there = SYSTEM
        (train, names), (test, _) = _both(name, there, offline, known.arrays)
        return from_arrays(name, known, train, test, names, channels)
    assert known.files is not None
    (train_files, names), (test_files, _) = _both(name, folder, offline, known.files)
    listing = Listing(folder, tuple(names), train_files, test_files, ())
    return build(
        listing,
        name=name,
        title=known.title,
        channels=channels,
        size=size,
        stream=stream,
        progress=progress,
        licence=known.licence,
        citation=known.citation,
    )


def cache_folder() -> Path:
    """Where downloads are kept: $BAKEOFF_DATA, else the user's cache folder."""
    from platformdirs import user_cache_path

    named = os.environ.get("BAKEOFF_DATA")
    return Path(named) if named else user_cache_path("bakeoff") / "data"


def _both(name: str, root: Path, offline: bool, opener: Callable[[Path, bool, bool], Any]) -> Any:
    """Both parts of a set: as they lie there, else downloaded."""
    try:
        return opener(root, True, False), opener(root, False, False)
    except (RuntimeError, FileNotFoundError) as absent:
        if offline:
            raise UsageError(
                f"no intact copy of {name} is in {root}, and offline mode forbids downloading it",
                "Allow the network once, or name the folder that has it in $BAKEOFF_DATA",
            ) from absent
    except _DAMAGE as damage:
        raise _damaged(name, root, damage) from damage
    with _downloading(name, root):
        return opener(root, True, True), opener(root, False, True)


@contextmanager
def _downloading(name: str, root: Path) -> Iterator[None]:
    """One download at a time, with a time limit for answers, and clear words when it fails."""
    from filelock import FileLock

    before = socket.getdefaulttimeout()
    try:
        root.mkdir(parents=True, exist_ok=True)
        socket.setdefaulttimeout(PATIENCE_SECONDS)
        with FileLock(root / f".{name}.lock"):
            yield
    except (urllib.error.URLError, TimeoutError, ConnectionError, RuntimeError) as failure:
        reason = getattr(failure, "reason", None) or failure
        raise UsageError(
            f"{name} could not be downloaded ({first_line(reason)})",
            "Try again later, or name a folder that has its files in $BAKEOFF_DATA",
        ) from failure
    except PermissionError as trouble:
        raise UsageError(
            f"{root} cannot be written ({trouble.strerror})",
            "Name another folder in $BAKEOFF_DATA",
        ) from trouble
    except _DAMAGE as damage:
        raise _damaged(name, root, damage) from damage
    finally:
        socket.setdefaulttimeout(before)


_DAMAGE = (ValueError, EOFError, TypeError, KeyError, AssertionError, pickle.UnpicklingError)


def _damaged(name: str, root: Path, damage: Exception) -> BadFile:
    return BadFile(root, f"its files of {name} are damaged ({damage})", "Remove them and try again")


def from_arrays(
    name: str,
    known: Known,
    train: Part,
    test: Part,
    names: list[str],
    channels: int | None,
    notes: tuple[str, ...] = (),
) -> Dataset:
    """The data set of pixels that lie in memory as they are."""
    shown = channels or 3
    stored = train[0].shape[1]
    if stored > shown:
        raise UsageError(
            f"{name} has {stored} channels, {shown} were asked for",
            "Leave --channels out (in a bake-off file: channels)",
        )
    mean, std = channel_statistics(train[0])
    facts = DataFacts(
        name=name,
        title=known.title,
        train_images=len(train[1]),
        test_images=len(test[1]),
        classes=len(names),
        class_names=tuple(names),
        channels=shown,
        height=train[0].shape[2],
        width=train[0].shape[3],
        mean=mean * (shown // len(mean)),
        std=std * (shown // len(std)),
        train_hash=content_hash(*train),
        test_hash=content_hash(*test),
        notes=notes,
        licence=known.licence,
        citation=known.citation,
    )
    return Dataset(facts, *(Split(as_channels(images, shown), y) for images, y in (train, test)))


def _mnist_like(kind: str, name: str) -> Callable[[Path, bool, bool], tuple[Part, list[str]]]:
    def open_part(root: Path, train: bool, download: bool) -> tuple[Part, list[str]]:
        from torchvision import datasets

        known = getattr(datasets, kind)
        if download:
            known(root, train=train, download=True)
        for folder in (root / kind / "raw", root / kind, root / name):
            files = idx_files(folder).get("", {})
            if len(files) == len(MNIST_FILES):
                # torchvision reads these files without checking their header against their length.
                return read_parts(folder, files)[not train], list(known.classes)
        raise FileNotFoundError(root / kind / "raw")

    return open_part


def _cifar(kind: str) -> Callable[[Path, bool, bool], tuple[Part, list[str]]]:
    def open_part(root: Path, train: bool, download: bool) -> tuple[Part, list[str]]:
        from torchvision import datasets

        part = getattr(datasets, kind)(root, train=train, download=download)
        images = torch.from_numpy(part.data).permute(0, 3, 1, 2).contiguous()
        return (images, torch.tensor(part.targets)), list(part.classes)

    return open_part


def _svhn(root: Path, train: bool, download: bool) -> tuple[Part, list[str]]:
    from torchvision import datasets

    split = "train" if train else "test"
    part = datasets.SVHN(root / "svhn", split=split, download=download)
    labels = torch.as_tensor(part.labels).long()
    return (torch.from_numpy(part.data).contiguous(), labels), list("0123456789")


def _flowers(root: Path, train: bool, download: bool) -> tuple[Files, list[str]]:
    from torchvision import datasets

    split = "train" if train else "test"
    part = datasets.Flowers102(root, split=split, download=download)
    # torchvision gives no public way to the files, only to decoded images.
    return Files(tuple(part._image_files), tuple(part._labels)), list(part.classes)


def _imagenette(root: Path, train: bool, download: bool) -> tuple[Files, list[str]]:
    from torchvision import datasets

    split = "train" if train else "val"
    # Its download is skipped when any folder of it is there; ask only when it is needed.
    there = (root / "imagenette2-160").exists()
    part = datasets.Imagenette(root, split=split, size="160px", download=download and not there)
    paths, labels = zip(*part._samples, strict=True)
    return Files(tuple(map(Path, paths)), tuple(labels)), [names[0] for names in part.classes]


KNOWN = {
    "fashion-mnist": Known(
        "Fashion-MNIST",
        "Xiao, Rasul, Vollgraf: Fashion-MNIST, a novel image dataset for benchmarking machine "
        "learning algorithms. arXiv 1708.07747, 2017",
        "MIT",
        arrays=_mnist_like("FashionMNIST", "fashion-mnist"),
    ),
    "kmnist": Known(
        "Kuzushiji-MNIST",
        "Clanuwat et al.: Deep learning for classical Japanese literature. arXiv 1812.01718, 2018",
        "CC BY-SA 4.0",
        arrays=_mnist_like("KMNIST", "kmnist"),
    ),
    "cifar-10": Known(
        "CIFAR-10",
        "Krizhevsky: Learning multiple layers of features from tiny images. 2009",
        arrays=_cifar("CIFAR10"),
    ),
    "cifar-100": Known(
        "CIFAR-100",
        "Krizhevsky: Learning multiple layers of features from tiny images. 2009",
        arrays=_cifar("CIFAR100"),
    ),
    "svhn": Known(
        "Street View House Numbers (cropped digits)",
        "Netzer et al.: Reading digits in natural images with unsupervised feature learning. NIPS "
        "workshop on deep learning and unsupervised feature learning, 2011",
        "non-commercial use only",
        arrays=_svhn,
    ),
    "flowers-102": Known(
        "Oxford 102 Flowers (1,020 training and 6,149 test images)",
        "Nilsback, Zisserman: Automated flower classification over a large number of classes. "
        "ICVGIP 2008",
        files=_flowers,
    ),
    "imagenette": Known(
        "Imagenette, shorter side 160 pixels",
        "Howard: Imagenette. fast.ai, 2019",
        "Apache-2.0",
        files=_imagenette,
    ),
}
