"""Optional parts: what an installation without them says when it needs one.

Reading, comparing, auditing and reporting need no torch; training does. `require` is called where
such a part begins, so that a user reads which part is missing instead of an ImportError.
"""

from __future__ import annotations

import importlib.util
from typing import Literal

from bakeoff.errors import UsageError

Extra = Literal["train"]

PACKAGES: dict[Extra, tuple[str, ...]] = {
    "train": ("torch", "torchvision", "timm", "safetensors", "huggingface_hub"),
}
"""What each extra of pyproject.toml brings, by import name."""


class MissingExtra(UsageError):
    """A part of Bakeoff that this installation lacks. extra: its name in pyproject.toml."""

    def __init__(self, extra: Extra, what: str, missing: str) -> None:
        self.extra = extra
        super().__init__(
            f"{what} needs {missing}, which is not installed",
            f"Install it with: pip install 'bakeoff[{extra}]'",
        )


def has(extra: Extra) -> bool:
    """Whether every package of an extra can be imported; nothing is imported to find out."""
    return _missing(extra) is None


def require(extra: Extra, what: str) -> None:
    """Raise MissingExtra, which names the first package that is missing. what: as "training"."""
    missing = _missing(extra)
    if missing is not None:
        raise MissingExtra(extra, what, missing)


def _missing(extra: Extra) -> str | None:
    return next((name for name in PACKAGES[extra] if importlib.util.find_spec(name) is None), None)
