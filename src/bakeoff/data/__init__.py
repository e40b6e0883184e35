"""Data sets: what is trained and tested on. Light: torch is imported only when data is loaded."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from bakeoff.data.facts import DataFacts

if TYPE_CHECKING:
    from bakeoff.data.catalog import kept_at, listed, load, names, open_data
    from bakeoff.data.facts_report import describe
    from bakeoff.data.sheet import picture_sheet

__all__ = [
    "DataFacts",
    "describe",
    "kept_at",
    "listed",
    "load",
    "names",
    "open_data",
    "picture_sheet",
]

_HOMES = {
    "kept_at": "catalog",
    "listed": "catalog",
    "load": "catalog",
    "names": "catalog",
    "open_data": "catalog",
    "describe": "facts_report",
    "picture_sheet": "sheet",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
