"""What is known beforehand, as the rules ask for it: None, not an error, where nothing is known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from bakeoff.audit.claims import Claim
from bakeoff.errors import UnknownName

if TYPE_CHECKING:
    from bakeoff.published import Accelerator, Architecture, Dataset


class Facts:
    """Look-ups in the registry; a subclass may answer otherwise in tests."""

    @staticmethod
    @cache
    def dataset(name: str) -> Dataset | None:
        """A data set by name or alias."""
        from bakeoff import published

        return _known(published.dataset, name)

    @staticmethod
    @cache
    def architecture(name: str) -> Architecture | None:
        """An architecture by timm's name or an alias."""
        from bakeoff import published

        return _known(published.architecture, name)

    @staticmethod
    @cache
    def accelerator(name: str) -> Accelerator | None:
        """An accelerator by name or alias."""
        from bakeoff import published

        return _known(published.accelerator, name)

    def dataset_of(self, claim: Claim) -> Dataset | None:
        """The data set a claim is about, if the registry has it."""
        name = claim.context.get("dataset", "")
        return self.dataset(name) if name else None

    def classes_of(self, claim: Claim) -> int | None:
        """Number of classes of the data set a claim is about."""
        if stated := claim.context.get("classes", ""):
            return int(stated) if stated.isdigit() else None
        known = self.dataset_of(claim)
        return known.classes if known else None


T = TypeVar("T")


def _known(look_up: Callable[[str], T], name: str) -> T | None:
    if not name.strip() or len(name) > 100:
        return None
    try:
        return look_up(name)
    except UnknownName:
        return None
