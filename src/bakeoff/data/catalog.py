"""Data sets by name."""

from __future__ import annotations

from pathlib import Path

from bakeoff.data.dataset import Dataset
from bakeoff.data.mnist_files import load_mnist
from bakeoff.errors import UnknownName


def names() -> tuple[str, ...]:
    """Every name that `load` knows without a path."""
    return ("mnist",)


def load(
    name: str,
    *,
    channels: int | None = None,
    root: Path | str | None = None,
    offline: bool = False,
) -> Dataset:
    """The data set called `name`, in memory.

    channels: of the images as trained on; None takes the set's usual number (3 for MNIST, so that
    pretrained weights and published models fit).
    root: where the files are, or are to be kept; None takes the bundled or cached ones.
    offline: never touch the network.
    Raises UnknownName, BadFile or BadData.
    """
    if name == "mnist":
        return load_mnist(channels=channels or 3, root=Path(root) if root else None)
    raise UnknownName("data set", name, names())
