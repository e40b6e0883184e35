"""How much training an arm may have, as a person writes it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bakeoff.errors import UsageError

Kind = Literal["quick", "full", "epochs", "images", "seconds"]

_UNITS: dict[str, tuple[Kind, float]] = {
    "epoch": ("epochs", 1),
    "epochs": ("epochs", 1),
    "image": ("images", 1),
    "images": ("images", 1),
    "s": ("seconds", 1),
    "sec": ("seconds", 1),
    "second": ("seconds", 1),
    "seconds": ("seconds", 1),
    "min": ("seconds", 60),
    "minute": ("seconds", 60),
    "minutes": ("seconds", 60),
    "h": ("seconds", 3600),
    "hour": ("seconds", 3600),
    "hours": ("seconds", 3600),
}
_WRITTEN = re.compile(r"(\d{1,12}(?:[,_]\d{3})*(?:\.\d{1,9})?) ?([a-z]+)", re.ASCII)
_MOST: dict[Kind, float] = {"epochs": 1e5, "images": 1e12, "seconds": 1e8}


@dataclass(frozen=True, slots=True)
class Budget:
    """One of five kinds; `value` is epochs, images or seconds, and None for quick and full.

    quick: what the hardware does in some minutes. full: the recipe's or bake-off's own length.
    images: augmented copies count, each time an image passes through the network.
    """

    kind: Kind
    value: float | None
    asked: str

    @classmethod
    def parse(cls, text: str) -> Budget:
        """Read "quick", "full", "5epochs", "20000images", "30min", "2h" or "90s".

        Raises UsageError for anything else, for zero, and for absurd lengths.
        """
        asked = text.strip()
        plain = asked.lower()
        if plain == "quick":
            return cls("quick", None, asked)
        if plain == "full":
            return cls("full", None, asked)
        match = _WRITTEN.fullmatch(plain)
        if match is None or match[2] not in _UNITS:
            raise _not_a_budget(asked, "is not a budget")
        kind, factor = _UNITS[match[2]]
        value = float(match[1].replace(",", "").replace("_", "")) * factor
        if value <= 0:
            raise _not_a_budget(asked, "trains nothing")
        if value > _MOST[kind]:
            raise _not_a_budget(asked, f"is more than {_MOST[kind]:,.0f} {kind}")
        if kind == "images" and not value.is_integer():
            raise _not_a_budget(asked, "is not a whole number of images")
        return cls(kind, value, asked)

    @property
    def title(self) -> str:
        """As a sentence says it: "20,000 images", "1 epoch"; else as it was asked."""
        if self.value is None or self.kind == "seconds":
            return self.asked
        one = self.kind.removesuffix("s")
        return f"{self.value:,.10g} {one if self.value == 1 else self.kind}"

    def images(self, train_images: int) -> int | None:
        """Training images this budget buys; None where that depends on hardware or recipe."""
        if self.kind == "images":
            assert self.value is not None
            return int(self.value)
        if self.kind == "epochs":
            assert self.value is not None
            return max(1, round(self.value * train_images))
        return None


def _not_a_budget(asked: str, what: str) -> UsageError:
    return UsageError(
        f"{asked[:60]!r} {what}", "Write quick, full, 5epochs, 20000images, 30min, 2h or 90s"
    )
