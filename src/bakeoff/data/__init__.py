"""Data sets: what is trained and tested on. Light: torch is imported only when data is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bakeoff.data.facts import DataFacts

if TYPE_CHECKING:
    from bakeoff.data.dataset import Dataset

__all__ = ["DataFacts", "load", "names"]


def load(
    name: str,
    *,
    channels: int | None = None,
    root: Path | str | None = None,
    offline: bool = False,
) -> Dataset:
    """The data set called `name`, in memory; see `bakeoff.data.catalog.load`."""
    from bakeoff.data.catalog import load as load_now

    return load_now(name, channels=channels, root=root, offline=offline)


def names() -> tuple[str, ...]:
    """Every name that `load` knows without a path."""
    from bakeoff.data.catalog import names as names_now

    return names_now()
